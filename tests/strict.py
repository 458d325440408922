"""Values as Sentry takes them: strict JSON, ids, times, text."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

INT64 = 2**63
# Milliseconds taken for seconds land far behind this (the year 2100).
LATEST_SECONDS = 4_102_444_800
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def strict_json(data: bytes | str) -> Any:
    """Parse JSON as a strict server does.

    Raises:
        ValueError: For broken UTF-8 or JSON, NaN, Infinity, numbers beyond the range of a double
            and lone surrogates.
    """
    text = data.decode() if isinstance(data, bytes) else data
    value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    for string in strings(value):
        string.encode()
    return value


def _refuse(token: str) -> NoReturn:
    raise ValueError(f"{token} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is beyond the range of a double")
    return number


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def is_hex_id(value: Any, digits: int) -> bool:
    """Whether a value is an id: that many lower-case hex digits, not all zero."""
    return (
        isinstance(value, str)
        and re.fullmatch(rf"[0-9a-f]{{{digits}}}", value) is not None
        and set(value) != {"0"}
    )


def is_text(value: Any) -> bool:
    """Whether a value is a string that says something."""
    return isinstance(value, str) and bool(value.strip())


def is_number(value: Any) -> bool:
    """Whether a value is a finite number; a boolean is none."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def is_integer(value: Any) -> bool:
    """Whether a value is an integer of 64 bits with a sign; a boolean is none."""
    return isinstance(value, int) and not isinstance(value, bool) and -INT64 <= value < INT64


def is_unix_seconds(value: Any) -> bool:
    """Whether a value can be a time in Unix seconds."""
    return is_number(value) and 0 < value < LATEST_SECONDS


def parse_time(value: Any) -> float | None:
    """An RFC 3339 time in Unix seconds, or None when it is none."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).timestamp()
    except ValueError:
        return None


def size(value: Any) -> int:
    """Bytes of a value as compact JSON."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"))
