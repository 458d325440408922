"""Every form of time that loggers write, as integer microseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from translator.model import Json

EARLIEST = 0
LATEST = 253_402_300_799_999_999
"""The end of the year 9999, in microseconds: what is beyond is not a time."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Digits of a date and a time (20261123120001), to the second or the millisecond. As milliseconds and
# microseconds these numbers are of the years 2594 and later.
_CALENDARS = (
    (19_700_101_000_000, 21_000_101_000_000, 1_000_000, 1),
    (19_700_101_000_000_000, 21_000_101_000_000_000, 1_000, 1_000),
)
_FIRST_CALENDAR = _CALENDARS[0][0]
_CALENDAR_DIGITS = 14

# A number is seconds, milliseconds, microseconds or nanoseconds, told apart by its size; each
# unit covers the years 1973 to 5138, so no real time of one unit is taken for another.
_MAGNITUDES: tuple[tuple[float, int, int], ...] = (
    (1e11, 1_000_000, 1),
    (1e14, 1_000, 1),
    (1e17, 1, 1),
    (1e20, 1, 1_000),
)
_MILLISECONDS = (100_000_000_000, _FIRST_CALENDAR)
_SMALLEST_NUMBER = 1e8
"""Smaller numbers are not points in time (1973 in seconds): counters, uptimes, line numbers."""

_NUMERIC = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?\Z", re.ASCII)
_WHOLE = re.compile(r"\d{1,20}\Z", re.ASCII)
_DATE_TIME = re.compile(
    r"""(\d{4})-?(\d\d)-?(\d\d)        # date
        (?:[Tt\ _]|\s)\s*
        (\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,12}))?)?   # time, fraction
        \s*(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?\Z""",
    re.ASCII | re.VERBOSE,
)
_CLOCK = re.compile(r"(?:(\d+)[. ](?:days?,? )?)?(\d+):(\d\d):(\d\d(?:\.\d+)?)\Z", re.ASCII)
_ISO_DURATION = re.compile(
    r"PT(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?\Z", re.ASCII | re.IGNORECASE
)
_UNIT_US = {
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), 0.001),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds"), 1),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1e3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1e6),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 6e7),
    **dict.fromkeys(("h", "hour", "hours"), 3.6e9),
}
_DURATION_PART = re.compile(
    rf"(\d+(?:\.\d+)?)\s*({'|'.join(sorted(_UNIT_US, key=len, reverse=True))})(?![a-z])", re.ASCII
)
_LONGEST_US = 100 * 365 * 86_400 * 1_000_000
_LONGEST_TEXT = 100
"""Characters of a duration: in longer ones the search for its parts would take too long."""

# Protocol buffers, Firestore, log4j2, and Rust's serde for lengths of time.
_SECONDS = ("seconds", "_seconds", "epochSecond", "secs")
_NANOS = ("nanos", "_nanoseconds", "nanoOfSecond")

_minutes: dict[str, int] = {}


def parse_time(value: Json) -> int | None:
    """A point in time from any form in a log, in microseconds since the epoch.

    Understood are RFC 3339 and its relatives (`T` or a space, `.` or `,` before up to twelve
    digits of fraction, any offset, none for UTC), numbers in seconds, milliseconds, microseconds or
    nanoseconds told apart by size (also as strings), `{"seconds": …, "nanos": …}`, and objects that
    hold one of these as `timestamp`. Digits below a microsecond are cut off.

    Returns:
        None where the value is no time.
    """
    kind = type(value)
    if kind is str:
        return _from_text(value)
    if kind is int and _MILLISECONDS[0] <= value < _MILLISECONDS[1]:
        return value * 1_000  # type: ignore[no-any-return]
    if kind is int or kind is float:
        return _from_number(value)
    if kind is dict:
        return _from_object(value)
    return None


def _from_text(text: str) -> int | None:
    quick = _in_known_minute(text)
    if quick is not None:
        return quick
    text = text.strip()
    if _NUMERIC.match(text):
        whole, point, fraction = text.partition(".")
        if point and len(whole) == _CALENDAR_DIGITS:
            start = _from_number(int(whole))
            return None if start is None else start + _fraction(fraction)
        return _from_number(float(text) if point else int(text))
    match = _DATE_TIME.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    seconds = int(second or 0)
    if seconds > 60:
        return None
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        return None
    start = (moment - _EPOCH) // _MICROSECOND
    if zone == "Z" and text[13:14] == text[16:17] == ":" and start >= EARLIEST:
        _remember_minute(text[:17], start)
    # A leap second has no number of its own in Unix time: it is the next minute's first.
    micros = start + seconds * 1_000_000 + _fraction(fraction) - _offset(zone)
    return micros if EARLIEST <= micros <= LATEST else None


def _in_known_minute(text: str) -> int | None:
    """The time of a text whose minute has been read before: logs come in order, so most have."""
    start = _minutes.get(text[:17])
    if start is None or text[-1] != "Z":
        return None
    seconds, point, fraction = text[17:19], text[19:20], text[20:-1]
    if not (seconds.isascii() and seconds.isdigit() and seconds < "60"):
        return None
    if point == "Z" and len(text) == 20:
        return start + int(seconds) * 1_000_000
    if point in (".", ",") and len(fraction) <= 12 and fraction.isascii() and fraction.isdigit():
        return start + int(seconds) * 1_000_000 + _fraction(fraction)
    return None


def _remember_minute(text: str, start: int) -> None:
    if len(_minutes) >= 1_000:
        _minutes.clear()
    _minutes[text] = start


def _fraction(digits: str | None) -> int:
    return int(digits[:6].ljust(6, "0")) if digits else 0


def _offset(zone: str | None) -> int:
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    micros = (int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60) * 1_000_000
    return micros if zone[0] == "+" else -micros


def _from_number(number: float) -> int | None:
    if number < _SMALLEST_NUMBER:
        return None
    if number >= _FIRST_CALENDAR:
        for first, last, units, divisor in _CALENDARS:
            if first <= number < last and (start := _from_calendar(int(number // divisor))) is not None:
                return start + int(number % divisor * units)
    for limit, factor, divisor in _MAGNITUDES:
        if number < limit:
            if type(number) is int:
                return number * factor // divisor
            # Seconds as a float carry less than a microsecond of rounding noise: round, not floor.
            return round(number * factor / divisor)
    return None


def _from_calendar(digits: int) -> int | None:
    try:
        moment = datetime.strptime(str(digits), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - _EPOCH) // _MICROSECOND


def _from_object(value: dict[str, Json]) -> int | None:
    seconds, nanos = _seconds_in(value)
    if seconds is not None:
        base = _from_number(seconds)
        return None if base is None else base + nanos // 1_000
    inner = value.get("timestamp")
    return None if inner is None or type(inner) is dict else parse_time(inner)


def _seconds_in(value: dict[str, Json]) -> tuple[int | None, int]:
    """The seconds and nanoseconds of an object that has both; no seconds where it has none."""
    seconds = next((value[key] for key in _SECONDS if key in value), None)
    if type(seconds) is not int and not (type(seconds) is str and _WHOLE.match(seconds)):
        return None, 0
    nanos = next((value[key] for key in _NANOS if key in value), 0)
    return int(seconds), nanos if type(nanos) is int and 0 <= nanos < 1_000_000_000 else 0


def parse_duration(value: Json, unit_us: float) -> int | None:
    """A length of time in microseconds.

    Args:
        value: A number in the unit, or a text that names its own unit: `1.5s`, `250ms`, `1m30s`,
            `1.5 seconds`, `PT1.5S`, `0:00:01.5`; or `{"secs": …, "nanos": …}`.
        unit_us: The microseconds in one unit of a bare number.

    Returns:
        None where the value is no duration, or a negative or absurd one (above 100 years).
    """
    kind = type(value)
    if kind is str:
        micros = _duration_from_text(value.strip(), unit_us) if len(value) <= _LONGEST_TEXT else None
    elif kind is int or kind is float:
        micros = value * unit_us
    elif kind is dict:
        seconds, nanos = _seconds_in(value)
        micros = None if seconds is None else seconds * 1_000_000 + nanos // 1_000
    else:
        return None
    if micros is None or not 0 <= micros <= _LONGEST_US:
        return None
    return round(micros)


_WHOLE_NANOSECONDS = 10_000_000


def parse_bare_duration(value: Json) -> int | None:
    """A length of time under a name that says no unit, in microseconds.

    Such numbers are milliseconds. Go's loggers write whole nanoseconds; from 10,000,000 on a whole
    number is taken for those, for as milliseconds it would be almost three hours.
    """
    nanoseconds = type(value) is int and value >= _WHOLE_NANOSECONDS
    return parse_duration(value, 1e-3 if nanoseconds else 1e3)


def _duration_from_text(text: str, unit_us: float) -> float | None:
    if _NUMERIC.match(text):
        return float(text) * unit_us
    parts = _DURATION_PART.findall(text)
    if parts and _DURATION_PART.sub("", text).strip() == "":
        return sum(float(number) * _UNIT_US[unit] for number, unit in parts)
    match = _ISO_DURATION.match(text)
    if match and any(match.groups()):
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return (hours * 3600 + minutes * 60 + seconds) * 1e6
    match = _CLOCK.match(text)
    if match:
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return (days * 86_400 + hours * 3600 + minutes * 60 + seconds) * 1e6
    return None
