"""JSON wrappers: a record to what is inside it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import orjson

from translator.content.plain import plain
from translator.formats.native.fields import squash
from translator.formats.native.names import meaning
from translator.formats.native.reader import EVENT_KEYS
from translator.formats.native.timestamps import parse_time
from translator.formats.records import parse_record
from translator.formats.wrappers.inner import Inner
from translator.formats.wrappers.tables import (
    DOCKER,
    DOCKER_KEYS,
    FILEBEAT_LOG,
    FLUENT_MERGES,
    LISTS,
    OBJECTS,
    PIECES,
    SHAPES,
    STREAMS,
    TEXTS,
    TIMES,
    VECTOR_SOURCES,
    WHO,
    Shape,
)
from translator.formats.wrappers.texts import unwrap_text
from translator.model import Json

_DOCKER_SPLITS_AT = 16_000
"""docker and containerd cut lines at 16 KiB; where the cut would be inside a character, a little before."""

_LONGEST_NAME = 200
_NOT_NAMES = frozenset(squash(key) for key in TEXTS)
_NAMES = frozenset(squash(key) for key in EVENT_KEYS) - _NOT_NAMES
_TIME_NAMES = frozenset(("timestamp", "@timestamp", "@t", "time", "ts", "asctime", "datetime", "date"))

Found = tuple[Inner, ...]


class _Plan(NamedTuple):
    """What the keys of a record say before its values are looked at."""

    shape: Shape | None
    lists: tuple[str, ...]
    objects: tuple[str, ...]
    texts: tuple[str, ...]
    times: tuple[str, ...]
    who: tuple[tuple[tuple[str, ...], ...], ...]
    pieces: tuple[tuple[str, frozenset[str | bool], str, str], ...]
    names: tuple[str, ...]


def unwrap_record(record: dict[str, Json]) -> Found:
    """What a known wrapper holds; nothing where the record is none."""
    plan = _plan(frozenset(record))
    if plan.lists and not _names_event(record, plan) and (found := _listed(record, plan)):
        return found
    if plan.shape is None:
        return ()
    if not _is_of(plan.shape, record):
        return ()
    who = _who(record, plan)
    written = _time(record, plan)
    inner = _object(record, plan)
    if inner is not None:
        return (Inner(_bytes(inner), who, written),)
    return _texts(record, plan, who, written)


def unwrap_text_in(record: dict[str, Json]) -> Found:
    """What a record of any logger holds as its text, where that is JSON and the record no event itself."""
    plan = _plan(frozenset(record))
    if _names_event(record, plan):
        return ()
    for key in plan.texts:
        text = _text(record[key])
        if text is not None and (_is_object(stripped := text.strip()) or unwrap_text(stripped)):
            return (Inner(stripped, "", _time(record, plan)),)
    return ()


@lru_cache(maxsize=4096)
def _plan(there: frozenset[str]) -> _Plan:
    # The journal gives the keys of each record in another order.
    who = []
    for row in WHO:
        paths = tuple(path for name in row if (path := tuple(name.split("/")))[0] in there)
        if paths:
            who.append(paths)
    return _Plan(
        _shape(there),
        tuple(key for key in LISTS if key in there),
        tuple(key for key in OBJECTS if key in there),
        tuple(key for key in TEXTS if key in there),
        tuple(key for key in TIMES if key in there),
        tuple(who),
        tuple(piece for piece in PIECES if piece[0] in there),
        tuple(key for key in there if squash(key) in _NAMES),
    )


def _shape(keys: frozenset[str]) -> Shape | None:
    if keys <= DOCKER_KEYS and keys >= DOCKER.signs[0]:
        return DOCKER
    for shape in SHAPES:
        if any(keys >= sign for sign in shape.signs):
            return shape
    return None


def _listed(record: dict[str, Json], plan: _Plan) -> Found:
    """The events of a list in which each has a time and a text."""
    found: list[Inner] = []
    outer = _who(record, plan)
    listed = record[plan.lists[0]]
    for row in listed if type(listed) is list else ():
        event = _row(row) if type(row) is list else row
        if type(event) is not dict:
            return ()
        inner_plan = _plan(frozenset(event))
        text = next((event[key] for key in ("message", "@message") if key in event), None)
        written = _time(event, inner_plan)
        if type(text) is not str or written is None:
            return ()
        who = _who(event, inner_plan)
        found.append(Inner(_encoded(text), who or outer, written))
    return tuple(found)


def _row(pairs: list[Json]) -> dict[str, Json]:
    """A row of CloudWatch Logs Insights, which is a list of fields and their values."""
    return {
        pair["field"]: pair.get("value")
        for pair in pairs
        if type(pair) is dict and type(pair.get("field")) is str
    }


def _object(record: dict[str, Json], plan: _Plan) -> dict[str, Json] | None:
    """The record that the wrapper has made of the text already."""
    for key in plan.objects:
        value = record[key]
        if type(value) is dict:
            if key == "jsonPayload" and type(record.get("trace")) is str:
                # Google's agents move the trace from the record to the entry around it.
                return {"logging.googleapis.com/trace": record["trace"], **value}
            return value
    if plan.shape is not None and plan.shape.name == "lambda" and type(record["message"]) is dict:
        return record["message"]
    if plan.shape is not None and plan.shape.name in ("fluent", "docker"):
        value = record.get("log")
        if type(value) is dict and not value.keys() <= FILEBEAT_LOG:
            return value
    return None


def _texts(record: dict[str, Json], plan: _Plan, who: str, written: int | None) -> Found:
    """The text that the wrapper holds, or what it has laid beside its own keys."""
    assert plan.shape is not None  # noqa: S101
    merges = plan.shape.merges
    for key in plan.texts:
        text = _text(record[key])
        if text is None:
            continue
        piece, more, marked = _piece(record, plan, text)
        key_of_pieces = f"{record.get('stream') or record.get('_STREAM_ID') or ''}\0{piece}"
        if not more:
            text = text.removesuffix(b"\n").removesuffix(b"\r")
        if merges and not more and not marked and not _holds_record(text, key, record, plan):
            rest = _bytes(_rest(record, plan))
            return (Inner(rest, who, written, key_of_pieces, splits=True, last=text),)
        return (Inner(text, who, written, key_of_pieces, more, splits=True),)
    return (Inner(_bytes(_rest(record, plan)), who, written),) if merges else ()


def _is_of(shape: Shape, record: dict[str, Json]) -> bool:
    """Whether the values, too, are such as this wrapper writes: programs have keys of the same names."""
    if shape.name == "vector":
        kind = record["source_type"]
        return type(kind) is str and kind in VECTOR_SOURCES
    if shape.name == "lambda":
        return _may_hold_record(record["message"])
    if shape.name == "fluent" and record.keys().isdisjoint(FLUENT_MERGES):
        stream = record.get("stream")
        says_stream = type(stream) is str and stream in STREAMS
        return says_stream or any(_may_hold_record(record.get(key)) for key in ("log", "message"))
    return True


def _may_hold_record(value: Json) -> bool:
    if type(value) is not str:
        return type(value) is dict and not value.keys() <= FILEBEAT_LOG
    text = value.strip()
    return text.startswith("{") or text.endswith("}")


def _holds_record(text: bytes, key: str, record: dict[str, Json], plan: _Plan) -> bool:
    """Whether the text is to be read, and not the record that it stands in."""
    if key not in ("log", "MESSAGE") and _names_event(record, plan):
        return False
    stripped = text.strip()
    if stripped.startswith(b"{") or (b"{" in stripped and stripped.endswith(b"}")):
        return True
    return bool(unwrap_text(stripped))


def _piece(record: dict[str, Json], plan: _Plan, text: bytes) -> tuple[str, bool, bool]:
    """The id of a line in pieces, whether more of them come, and whether the wrapper said anything of it."""
    for key, values, id_key, last_key in plan.pieces:
        value = record[key]
        if type(value) in (str, bool) and value in values:
            piece = record.get(id_key)
            last = record.get(last_key)
            return str(piece) if type(piece) in (str, int) else "", last not in ("true", True), True
    split = record.get("split")
    if type(split) is dict and type(split.get("index")) is int and type(split.get("totalSplits")) is int:
        return str(split.get("uid")), split["index"] + 1 < split["totalSplits"], True
    if text.endswith(b"\n") or plan.shape is None:
        return "", False, False
    if plan.shape is DOCKER:
        return "", True, True
    if len(text) >= _DOCKER_SPLITS_AT and "log" in record and not _is_object(text.strip()):
        return "", True, True
    return "", False, False


def _rest(record: dict[str, Json], plan: _Plan) -> dict[str, Json]:
    """The keys of the record that are not the wrapper's; its time only where there is no other."""
    shape = plan.shape
    assert shape is not None  # noqa: S101
    journald = shape.name == "journald"
    rest = {
        key: value
        for key, value in record.items()
        if key not in shape.own
        and not (key in shape.own_objects and type(value) is dict)
        and not (journald and key[:1] == "_")
    }
    times = [key for key in rest if key in _TIME_NAMES]
    around = next((key for key in plan.times if key in times), None)
    if len(times) > 1 and around is not None:
        del rest[around]
    return rest


def _names_event(record: dict[str, Json], plan: _Plan) -> bool:
    return any(meaning(record[key]) is not None for key in plan.names)


def _is_object(text: bytes) -> bool:
    return text[:1] == b"{" and text[-1:] == b"}" and type(parse_record(text)) is dict


def _text(value: Json) -> bytes | None:
    if type(value) is str:
        return value.encode("utf-8", "surrogatepass")
    if type(value) is list and value:
        # journald writes what is not UTF-8 as numbers.
        try:
            return bytes(value)
        except (TypeError, ValueError):
            return None
    return None


def _encoded(text: str) -> bytes:
    return text.removesuffix("\n").encode("utf-8", "surrogatepass")


def _bytes(record: dict[str, Json]) -> bytes:
    try:
        return orjson.dumps(record)
    except orjson.JSONEncodeError:
        return orjson.dumps(plain(record))


def _time(record: dict[str, Json], plan: _Plan) -> int | None:
    for key in plan.times:
        written = parse_time(record[key])
        if written is not None:
            return written
    return None


def _who(record: dict[str, Json], plan: _Plan) -> str:
    names: list[str] = []
    for paths in plan.who:
        for path in paths:
            value: Json = record
            for step in path:
                value = value.get(step) if type(value) is dict else None
            if (type(value) is str and value) or type(value) is int:
                names.append(str(value)[:_LONGEST_NAME])
                break
    return ":".join(names)
