"""Trace and span ids: as the log gives them, else hashes of what is in the log.

Hashes are BLAKE2b, personalised by what they are for, so equal texts in two roles never give
equal ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import unquote

_HEX = frozenset("0123456789abcdef")
_ZEROS = "0-"
_SHORTEST_ZEROS = 16
"""A shorter one may be a number that a log counts its traces by."""


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and _HEX.issuperset(text) and text.strip("0") != ""


# Copying a hash that has its role costs less than making one.
_TRACE = blake2b(digest_size=16, person=b"trace")
_TRACE_LINE = blake2b(digest_size=16, person=b"trace line")
_SPAN = blake2b(digest_size=8, person=b"span")
_SPAN_LINE = blake2b(digest_size=8, person=b"span line")
_TRACE_ID_SIZE = (32).to_bytes(4, "big")
_COUNT_SIZE = (8).to_bytes(4, "big")


def _hashed(role: blake2b, *parts: bytes) -> str:
    digest = role.copy()
    digest.update(b"".join([piece for part in parts for piece in (len(part).to_bytes(4, "big"), part)]))
    return digest.hexdigest()


@lru_cache(maxsize=4096)
def trace_id_from(text: str) -> str:
    """The trace id that a log's own id stands for.

    32 hex characters, with or without dashes, are used as they are; of a path (Google Cloud's
    `projects/P/traces/T`) the last part counts; any other text is hashed into 128 bits.
    """
    last = text.rsplit("/", 1)[-1]
    plain = last.replace("-", "").lower()
    if _is_hex(plain, 32):
        return plain
    return _hashed(_TRACE, last.encode())


def says_id(text: str | None) -> bool:
    """Whether a log's id says the trace, or the span: OpenTelemetry writes zeros where there is none."""
    return text is not None and text != "" and (len(text) < _SHORTEST_ZEROS or text.strip(_ZEROS) != "")


def says_parent(text: str) -> bool:
    """Whether a log's id says the parent: OpenTelemetry and Datadog write zeros for a root."""
    return text.strip(_ZEROS) != ""


def trace_id_of_line(line: bytes, equal_before: int) -> str:
    """The trace id of a trace that has none: that of the line which opens it."""
    return _hashed(_TRACE_LINE, line, equal_before.to_bytes(8, "big"))


def span_id_from(trace_id: str, text: str) -> str:
    """The span id that a log's own id stands for: 16 hex characters as they are, else a hash."""
    plain = text.lower()
    if _is_hex(plain, 16):
        return plain
    return _hashed(_SPAN, trace_id.encode(), text.encode())


def span_id_of_line(trace_id: str, line: bytes, equal_before: int) -> str:
    """The span id of a span that has none: that of the line which opens it.

    Args:
        trace_id: The trace it lies in.
        line: The bytes of the line.
        equal_before: How many spans of the trace equal lines have opened before.
    """
    # As `_hashed` of the three, but without its loop: most spans have no id of their own.
    size, count = len(line).to_bytes(4, "big"), equal_before.to_bytes(8, "big")
    digest = _SPAN_LINE.copy()
    digest.update(b"".join((_TRACE_ID_SIZE, trace_id.encode(), size, line, _COUNT_SIZE, count)))
    return digest.hexdigest()


def parse_traceparent(text: str) -> tuple[str, str] | None:
    """Trace id and parent id of a W3C `traceparent`, or None when it is none."""
    parts = text.strip().lower().split("-")
    if len(parts) >= 4 and _is_hex(parts[1], 32) and _is_hex(parts[2], 16):
        return parts[1], parts[2]
    return None


def parse_sentry_trace(text: str) -> tuple[str, str] | None:
    """Trace id and parent id of a `sentry-trace` header, or None when it is none."""
    parts = text.strip().lower().split("-")
    if len(parts) >= 2 and _is_hex(parts[0], 32) and _is_hex(parts[1], 16):
        return parts[0], parts[1]
    return None


def parse_baggage(text: str) -> Mapping[str, str]:
    """The entries of Sentry in a `baggage` header, without their prefix, unquoted."""
    entries: dict[str, str] = {}
    for item in text.split(","):
        key, _, value = item.partition(";")[0].strip().partition("=")
        if key.startswith("sentry-") and value:
            entries[key.removeprefix("sentry-")] = unquote(value)
    return entries
