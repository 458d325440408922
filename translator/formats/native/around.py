"""What loggers write around an event: it fills in what the event itself does not say."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from translator.formats.native.fields import squash
from translator.model import Json


class Around(msgspec.Struct, frozen=True):
    """One object, or list of objects, in which loggers put more about a line.

    Attributes:
        companion: A key that must be beside it, squashed: by it the logger is known. Empty for none.
        names: Under which name which key of it is a field; empty where all keys but `_NEVER` are.
    """

    companion: str = ""
    names: dict[str, str] = {}


_AROUND: dict[str, Around] = {
    "metadata": Around("severity"),  # logger_json (Elixir)
    "namedtags": Around(),  # semantic_logger (Ruby)
    "eventproperties": Around(),  # NLog
    "state": Around("loglevel"),  # the console of Microsoft.Extensions.Logging
    "scopes": Around("loglevel"),
    "span": Around("target"),  # tracing-subscriber (Rust): the innermost
    "spans": Around("target"),  # the same: all, the outermost first
    "syslog": Around("", {"timestamp": "timestamp"}),  # logger_json for Datadog
    "dd": Around("", {"trace_id": "dd.trace_id", "span_id": "dd.span_id"}),
    "trace": Around("", {"id": "trace.id"}),  # the Elastic Common Schema
}

_NEVER = frozenset(("id", "name", "spanid", "parentid", "message", "msg", "{originalformat}"))
"""Keys that tell of something else than the event: the surrounding request, the logger."""

Places = tuple[tuple[str, Around], ...]


def places(keys: Iterable[str]) -> Places:
    """Where a record with these keys has something around its event."""
    squashed = {squash(key): key for key in keys}
    return tuple(
        (key, around)
        for name, key in squashed.items()
        if (around := _AROUND.get(name)) is not None
        and (not around.companion or around.companion in squashed)
    )


def filled(record: dict[str, Json], where: Places) -> dict[str, Json]:
    """The record with what is said around its event, where it does not say it itself."""
    flat = dict(record)
    known = {squash(key) for key in flat}
    for key, around in where:
        value = record.get(key)
        said = [value] if type(value) is dict else value if type(value) is list else []
        objects = [one for one in said if type(one) is dict]
        if not objects:
            continue
        if not around.names or objects[0].keys() <= around.names.keys():
            flat.pop(key, None)
        for one in reversed(objects):
            for name, inner in one.items():
                field = around.names.get(name, "") if around.names else name
                if field and squash(field) not in known and squash(field) not in _NEVER:
                    known.add(squash(field))
                    flat[field] = inner
    return flat
