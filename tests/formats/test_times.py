"""Every form of time and duration that loggers write."""

from __future__ import annotations

from typing import Any

import pytest

from translator.formats.native.reader import NativeReader
from translator.formats.native.timestamps import parse_bare_duration, parse_duration, parse_time
from translator.formats.records import Unreadable
from translator.model import Event, Line

T = 1_795_423_737_500_000
TIMES: tuple[Any, ...] = (
    "2026-11-23T08:48:57.5Z",
    "2026-11-23T08:48:57.500000Z",
    "2026-11-23T08:48:57.500000000Z",
    "2026-11-23T08:48:57.500000999+00:00",
    "2026-11-23T10:48:57.5+02:00",
    "2026-11-23T10:48:57.5+0200",
    "2026-11-23T10:48:57.5+02",
    "2026-11-22T23:18:57.5-09:30",
    "2026-11-23T08:48:57.5",
    "2026-11-23t08:48:57.5z",
    "2026-11-23 08:48:57,500",
    "2026-11-23 08:48:57.500 UTC",
    "2026-11-23 08:48:57.500 +0000",
    "20261123T084857.5Z",
    " 2026-11-23T08:48:57.5Z ",
    1_795_423_737.5,
    1_795_423_737_500,
    1_795_423_737_500_000,
    1_795_423_737_500_000_000,
    "1795423737.5",
    "1795423737500",
    "1795423737500000000",
    20_261_123_084_857_500,
    "20261123084857500",
    {"seconds": 1_795_423_737, "nanos": 500_000_000},
    {"seconds": "1795423737", "nanos": 500_000_000},
    {"_seconds": 1_795_423_737, "_nanoseconds": 500_000_000},
    {"epochSecond": 1_795_423_737, "nanoOfSecond": 500_000_000},
    {"repr": "2026-11-23 08:48:57.500000+00:00", "timestamp": 1_795_423_737.5},
)
NO_TIMES: tuple[Any, ...] = (
    None, True, "", "never", "08:48:57", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
    "2026-11-23T25:00:00Z", 0, -1, 5, 12_345, 1e300, float("inf"), float("nan"), 10**40, [], {},
    {"seconds": "x"}, "1" * 400,
)  # fmt: skip
DURATIONS: tuple[tuple[Any, float, int], ...] = (
    (1_500, 1e3, 1_500_000),
    (1.5, 1e6, 1_500_000),
    (1_500_000_000, 1e-3, 1_500_000),
    ("1500", 1e3, 1_500_000),
    ("1.5s", 1e3, 1_500_000),
    ("1500ms", 1e6, 1_500_000),
    ("1500000µs", 1e3, 1_500_000),
    ("1m30s", 1e3, 90_000_000),
    ("1h", 1e3, 3_600_000_000),
    ("1.5 seconds", 1e3, 1_500_000),
    ("1 second", 1e3, 1_000_000),
    ("1500 milliseconds", 1e6, 1_500_000),
    ("1 minute 30 secs", 1e3, 90_000_000),
    ("2 min", 1e3, 120_000_000),
    ({"secs": 1, "nanos": 500_000_000}, 1e3, 1_500_000),
    ({"seconds": "1", "nanos": 500_000_000}, 1e-3, 1_500_000),
    ({"secs": 2}, 1e3, 2_000_000),
    ("PT1.5S", 1e3, 1_500_000),
    ("PT1M30S", 1e3, 90_000_000),
    ("0:00:01.5", 1e3, 1_500_000),
    ("00:00:01.5000000", 1e3, 1_500_000),
    (0, 1e3, 0),
)
NO_DURATIONS: tuple[Any, ...] = (
    None, "", "soon", -5, "-5", float("nan"), float("inf"), 1e300, [], {}, True, "5 sheep", "5 mills",
    "1 s late", {"secs": -1, "nanos": 0}, {"secs": True}, {"nanos": 5}, {"secs": "1.5"}, {"secs": 10**40},
)  # fmt: skip


@pytest.mark.parametrize("written", TIMES, ids=str)
def test_it_is_that_time(written: Any) -> None:
    assert parse_time(written) == T


@pytest.mark.parametrize(
    ("written", "later"),
    [
        (20_261_123_084_857, 0),
        ("20261123084857", 0),
        ("20261123084857.5", 500_000),
        ("20261123084857.250", 250_000),
        ("20261123084857.123456789", 123_456),
        (20_261_123_084_857.5, 500_000),
        (20_261_123_084_857_250, 250_000),
    ],
)
def test_digits_of_a_date_and_a_time_are_those(written: object, later: int) -> None:
    assert parse_time(written) == T - 500_000 + later


@pytest.mark.parametrize(
    "milliseconds", [19_700_001_000_000, 20_261_323_000_000, 20_261_123_250_000, 21_000_101_000_000]
)
def test_other_digits_are_milliseconds(milliseconds: int) -> None:
    assert parse_time(milliseconds) == milliseconds * 1_000


@pytest.mark.parametrize("written", NO_TIMES, ids=lambda value: str(value)[:20])
def test_it_is_no_time(written: Any) -> None:
    assert parse_time(written) is None


@pytest.mark.parametrize(("written", "unit_us", "expected"), DURATIONS, ids=str)
def test_it_is_that_duration(written: Any, unit_us: float, expected: int) -> None:
    assert parse_duration(written, unit_us) == expected


@pytest.mark.parametrize("written", NO_DURATIONS, ids=str)
def test_it_is_no_duration(written: Any) -> None:
    assert parse_duration(written, 1e3) is None


def test_a_duration_without_a_unit_is_milliseconds_or_nanoseconds_by_its_size() -> None:
    assert parse_bare_duration(250) == 250_000
    assert parse_bare_duration(250_000_000) == 250_000
    assert parse_bare_duration("0.25s") == 250_000


def read(line: bytes) -> Event | Unreadable:
    return NativeReader().read(Line(line, "a.log", 1))


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ('"start_time":1795423737.5,"end_time":1795423738.5', T, T + 1_000_000),
        ('"start_time":1795423737.5,"duration_ms":1000', T, T + 1_000_000),
        ('"end_time":1795423738.5,"duration_s":1', T, T + 1_000_000),
        ('"ts":1795423738.5,"latency_ms":1000', T, T + 1_000_000),
        ('"ts":1795423738.5,"elapsed_ms":1000', T, T + 1_000_000),
        ('"ts":1795423738.5,"duration_ns":1000000000', T, T + 1_000_000),
        ('"ts":1795423739,"start_time":1795423737.5,"end_time":1795423738.5', T, T + 1_000_000),
        ('"ts":1795423737.5', T, T),
        ('"start_time":1795423737.5', T, T),
    ],
)
def test_any_two_of_start_end_and_duration_make_a_whole_span(written: str, start: int, end: int) -> None:
    event = read(b'{"event":"tool","tool":"t",' + written.encode() + b"}")

    assert not isinstance(event, Unreadable)
    assert (event.start, event.end) == (start, end)
