"""The values of settings: from a text or a TOML value to what the program works with, or a ValueError."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from datetime import date
from math import isfinite

from translator.formats.native.timestamps import parse_time
from translator.model import Json

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)\Z")
LONGEST_DAYS = 10_000
"""More than any process lives, and less than what the system's timers take."""
_DURATION_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
MOST_WORKERS = 256
_SIZE = re.compile(r"(\d+)\s*(|k|ki|m|mi|g|gi)b?\Z", re.IGNORECASE)
_SIZE_BYTES = {"": 1, "k": 10**3, "ki": 2**10, "m": 10**6, "mi": 2**20, "g": 10**9, "gi": 2**30}
_ADDRESS = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^\s:\[\]]*):(\d{1,5})\Z", re.ASCII)
_LAST_PORT = 65_535
_TRUE = frozenset(("1", "on", "t", "true", "y", "yes"))
_FALSE = frozenset(("0", "off", "f", "false", "n", "no"))

_BETWEEN_PATHS = re.compile(re.escape(os.pathsep) + r"(?!//)")
"""The separator of the system, but not that of an address such as `s3://bucket`."""

_SCALARS = frozenset((str, bool, int, float))
_RESERVED = ("sentry.", "gen_ai.")
_LARGEST = 2**63

Convert = Callable[[Json], Json]


def to_text(value: Json) -> str:
    """A text that is not empty."""
    if value == "":
        raise ValueError("is empty (a variable that is not set?)")
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("expected a text")
    return value


def to_flag(value: Json) -> bool:
    """True or false, in any word for it."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("expected true or false")


def to_seconds(value: Json) -> float:
    """A length of time, in seconds."""
    seconds: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value
    elif isinstance(value, str) and (match := _DURATION.match(value.strip())):
        seconds = float(match[1]) * _DURATION_SECONDS[match[2]]
    if seconds is None or not 0 <= seconds <= LONGEST_DAYS * _DURATION_SECONDS["d"]:
        raise ValueError(f"expected a length of time such as 5s, 30m or 1.5h, at most {LONGEST_DAYS}d")
    return float(seconds)


def to_size(value: Json) -> int:
    """A size, in bytes."""
    match = _SIZE.match(str(value).strip()) if not isinstance(value, bool) else None
    if match is None or int(match[1]) == 0:
        raise ValueError("expected a size above 0, such as 16MiB or 500000")
    return int(match[1]) * _SIZE_BYTES[match[2].lower()]


def to_address(value: Json) -> str:
    """A host and a port, as they were said."""
    match = _ADDRESS.match(to_text(value))
    if match is None or int(match[1]) > _LAST_PORT:
        raise ValueError("expected host and port, such as 127.0.0.1:9464")
    return str(value)


def to_count(value: Json) -> int:
    """A whole number, 0 or more."""
    if isinstance(value, bool) or not str(value).strip().isdecimal():
        raise ValueError("expected a whole number, 0 or more")
    return int(str(value))


def to_rate(value: Json) -> float:
    """A share, from 0 to 1."""
    try:
        rate = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("expected a number from 0 to 1") from None
    if isinstance(value, bool) or not 0.0 <= rate <= 1.0:
        raise ValueError("expected a number from 0 to 1")
    return rate


def to_pace(value: Json) -> float:
    """A number above 0."""
    try:
        pace = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("expected a number above 0") from None
    if isinstance(value, bool) or not 0.0 < pace < float("inf"):
        raise ValueError("expected a number above 0")
    return pace


def to_attributes(value: Json) -> dict[str, Json]:
    """Attributes by their names: a table of texts, numbers and flags, or a text such as `a=b,c=d`."""
    if isinstance(value, str):
        pairs = [item.partition("=") for item in value.split(",") if item.strip()]
        if any(not between for _, between, _ in pairs):
            raise ValueError("expected names and values such as team=search,tier=gold")
        value = {name.strip(): said.strip() for name, _, said in pairs}
    if not isinstance(value, dict) or not all(type(said) in _SCALARS for said in value.values()):
        raise ValueError("expected a table of texts, numbers and flags")
    for name, said in value.items():
        if not name or name.startswith(_RESERVED) or (type(said) is float and not isfinite(said)):
            raise ValueError(f"`{name}` cannot be an attribute of one's own")
        if type(said) is int and abs(said) >= _LARGEST:
            raise ValueError(f"`{name}` is too large a number")
    return dict(value)


def to_workers(value: Json) -> int:
    """A number of processes."""
    if (members := to_count(value)) == 0 or members > MOST_WORKERS:
        raise ValueError(f"expected a whole number from 1 to {MOST_WORKERS}")
    return members


def to_days(value: Json) -> int:
    """A number of days, 1 or more."""
    if (days := to_count(value)) == 0 or days > LONGEST_DAYS:
        raise ValueError(f"expected a whole number from 1 to {LONGEST_DAYS}")
    return days


def to_when(value: Json) -> str:
    """A point in time as a person names it, which `moment` understands."""
    text = value.isoformat() if isinstance(value, date) else value
    moment(to_text(text), 0.0)
    return str(text)


def moment(text: str, now: float) -> int:
    """A point in time as a person names it, in microseconds: a date, a time, or how long ago (`7d`).

    Args:
        text: What was said; a time without a zone is in UTC.
        now: Unix seconds.

    Raises:
        ValueError: It is none.
    """
    ago = _DURATION.match(text.strip())
    if ago is not None and ago[2]:
        return round((now - to_seconds(text)) * 1e6)
    found = parse_time(f"{text}T00:00:00Z" if _DATE.match(text.strip()) else text)
    if found is None:
        raise ValueError(
            "expected a date or time such as 2026-05-01 or 2026-05-01T12:00Z, or how long ago: 7d"
        )
    return found


def to_spotlight(value: Json) -> str:
    """The address of a Spotlight, or a word for yes or no."""
    return ("1" if value else "0") if isinstance(value, bool) else to_text(value)


def to_paths(value: Json) -> tuple[str, ...]:
    """Paths, from a list or a text with the separator of the system."""
    if isinstance(value, str):
        value = [part for part in _BETWEEN_PATHS.split(value) if part]
    if not isinstance(value, (list, tuple)) or not all(isinstance(part, str) for part in value):
        raise ValueError("expected a list of paths")
    return tuple(value)


class _OneOf:
    """Takes one of a few words."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words

    def __call__(self, value: Json) -> str:
        if value not in self.words:
            near = difflib.get_close_matches(value, self.words, 1) if isinstance(value, str) else []
            hint = f" (did you mean `{near[0]}`?)" if near else ""
            raise ValueError(f"expected one of {', '.join(self.words)}{hint}")
        return str(value)


def to_one_of(*words: str) -> Convert:
    """What takes one of these words."""
    return _OneOf(words)


def words_of(convert: Convert) -> tuple[str, ...]:
    """The words that a value may be one of; none where it is not one of a few."""
    return convert.words if isinstance(convert, _OneOf) else ()
