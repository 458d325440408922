"""Lines to records: the bytes of a line as a JSON object, or the reason why not."""

from __future__ import annotations

import json

import msgspec
import orjson

from translator.content.plain import plain
from translator.model import Json, Line

_BOM = b"\xef\xbb\xbf"


class Unreadable(msgspec.Struct, frozen=True):
    """A line that holds no record.

    Attributes:
        reason: A bounded word for counters: "blank", "not_json", "not_an_object".
        detail: What is wrong, for a person.
    """

    reason: str
    detail: str = ""


BLANK = Unreadable("blank")
TOO_LONG = Unreadable("too_long", "the line is longer than max_line_bytes, and was not read")
_NOT_AN_OBJECT = Unreadable("not_an_object", "the line is JSON, but no object")


def looks_like_event(line: Line, why: Unreadable) -> bool:
    """Whether a line that cannot be read was meant to be an event, and is worth keeping.

    A line of text between events is none, nor is the brace in which JSON over several lines begins; the
    begin of a JSON object, or an event without a time, is.
    """
    if why.reason == "not_json":
        text = line.data.strip(_BOM + b" \t\0\r")
        return text.startswith(b"{") and text != b"{"
    return why.reason in ("no_timestamp", "too_long")


def parse_record(data: bytes) -> dict[str, Json] | Unreadable:
    """The JSON object of one line.

    A byte order mark, a carriage return and the NUL bytes that copytruncate leaves are passed over.
    What strict JSON does not have, but loggers write all the same (NaN, Infinity, lone surrogates,
    bytes that are not UTF-8), is mended rather than lost: numbers become texts, the rest U+FFFD.
    """
    try:
        record = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return _mend(data, error)
    if type(record) is dict:
        return record
    return _NOT_AN_OBJECT


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 20 else digits


def _mend(data: bytes, error: orjson.JSONDecodeError) -> dict[str, Json] | Unreadable:
    text_bytes = data.removeprefix(_BOM).strip(b" \t\r\n\0")
    if not text_bytes:
        return BLANK
    if text_bytes[:1] != b"{" or text_bytes[-1:] != b"}":
        return Unreadable("not_json", str(error))
    text = text_bytes.decode("utf-8", errors="replace")
    try:
        record = json.loads(text, parse_constant=str, parse_int=_integer, strict=False)
        record = plain(record)
    except (ValueError, RecursionError) as problem:
        return Unreadable("not_json", str(problem))
    return record if type(record) is dict else _NOT_AN_OBJECT
