"""What readers of other formats make events with: ids by hash, and cleaned fields.

Ids are hashes of the format, the session in which the log first says a thing, and the log's own id
for it: so they are the same in every copy of a log and on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from translator.content.usage import Usage, read_usage
from translator.formats.native.fields import DURATION_UNITS_US
from translator.formats.native.values import settle
from translator.model import Event, Json, Kind, Line, Phase

ROOT = ""
"""As `parent_id`: the span is the root of its trace, whatever is open there."""

_NO_USAGE = Usage()


def trace_id_of(format_name: str, session: str, native_id: str) -> str:
    """32 hex characters for a trace of a format that has no trace ids of its own."""
    return _hashed(16, b"trace", format_name, session, native_id)


def span_id_of(format_name: str, session: str, native_id: str) -> str:
    """16 hex characters for a span of a format that has no such ids of its own."""
    return _hashed(8, b"span", format_name, session, native_id)


def _hashed(size: int, role: bytes, *parts: str) -> str:
    digest = blake2b(digest_size=size, person=role)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.hexdigest()


def make_event(
    kind: Kind,
    phase: Phase,
    line: Line,
    fields: Mapping[str, Json],
    *,
    time: int | None = None,
    start: int | None = None,
    end: int | None = None,
    extra: Mapping[str, Json] = {},
) -> Event:
    """An event of values under the names of the log format, put into their one form.

    Args:
        kind: What the span is about.
        phase: `START` and `END` with `time`, or `WHOLE` with `start` and `end`.
        line: A line that says so: it gives the source, and ids where `fields` have none.
        fields: By the names in `native.fields.FIELDS`, already of their types: `usage` is the provider's
            own object (with `provider`, which decides how it is read) or a `Usage`, whose wholes are made
            as large as their parts at least; an error may be `error`, `error_type`, `success` or `status`.
            None leaves a field out.
        time: When, in microseconds; for a whole span its end.
        start: Begin of a whole span, in microseconds.
        end: Its end, in microseconds; never before `start`.
        extra: What the log format has no field for, by the log's own key.
    """
    said = {name: value for name, value in fields.items() if value is not None}
    beyond = {key: value for key, value in extra.items() if value is not None}
    for name in DURATION_UNITS_US:
        if name in said:
            said[name] = round(said[name] * DURATION_UNITS_US[name])
    settle(kind, said, beyond)
    raw = said.get("usage")
    if raw is not None and type(raw) is not Usage:
        usage, _ = read_usage(raw, said.get("provider"))
        said["usage"] = usage
    elif raw is not None:
        said["usage"] = _with_parts(raw)
    if said.get("usage") == _NO_USAGE:
        del said["usage"]
    if phase is Phase.WHOLE:
        assert start is not None  # noqa: S101 - a reader's mistake, not a log's
        end = start if end is None else max(start, end)
        time = end
    assert time is not None  # noqa: S101
    return Event(kind, phase, time, start, end, line.source, "", said, beyond, line.data)


_BEGINS = re.compile(r"\s*(?:Error: )?exit code:? (-?\d{1,10})\b", re.IGNORECASE)
_ENDS = re.compile(r"\b(?:exited with code|exit code:) (-?\d{1,10})\s*\Z", re.IGNORECASE)
_LAST = 100
"""Characters at the end of an output among which an exit code is looked for."""


def failed_output(output: str | None) -> dict[str, Json]:
    """What the output of a tool that failed says of its failure.

    Returns:
        `error_output`, which is all of it and content; and what of it is none, an exit code, as
        `error_message`.
    """
    if not output:
        return {}
    found = _BEGINS.match(output) or _ENDS.search(output[-_LAST:])
    code = None if found is None else f"exit code {found[1]}"
    return {"error_message": code, "error_output": output}


def _with_parts(usage: Usage) -> Usage:
    """The counts where a whole that could not be read, or cannot be, is as much as its parts together."""
    cache, thought = (usage.cache_read or 0) + (usage.cache_write or 0), usage.reasoning or 0
    if cache <= (usage.input_tokens or 0) and thought <= (usage.output_tokens or 0):
        return usage
    return msgspec.structs.replace(
        usage,
        input_tokens=max(usage.input_tokens or 0, cache) if cache else usage.input_tokens,
        output_tokens=max(usage.output_tokens or 0, thought) if thought else usage.output_tokens,
    )
