"""Which traces are sent, by when they begin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.backfill.ages import DAY, MARGIN, AgeRule, Older, Verdict, oldest_taken, period_of

NOW = 1_795_423_737.25
LIMIT = oldest_taken(NOW, 30)


def test_the_limit_is_the_retention_before_now_and_a_little_later() -> None:
    assert round(NOW * 1e6) - 30 * DAY + MARGIN == LIMIT
    assert 0 < MARGIN < DAY // 24


@pytest.mark.parametrize(
    ("older", "start", "expected"),
    [
        (Older.SKIP, LIMIT, Verdict()),
        (Older.SKIP, LIMIT - 1, Verdict("too_old")),
        (Older.SEND, LIMIT - 1, Verdict()),
        (Older.SHIFT, LIMIT, Verdict()),
        (Older.SHIFT, LIMIT - 1, Verdict(shift=28 * DAY)),
        (Older.SHIFT, LIMIT - 28 * DAY, Verdict(shift=28 * DAY)),
        (Older.SHIFT, LIMIT - 28 * DAY - 1, Verdict(shift=56 * DAY)),
    ],
)
def test_the_boundary(older: Older, start: int, expected: Verdict) -> None:
    rule = AgeRule(limit=LIMIT, older=older, period=period_of(30))

    assert rule.judge(start) == expected


@pytest.mark.parametrize(
    ("start", "skipped"), [(99, "before_since"), (100, None), (199, None), (200, "after_until")]
)
def test_since_is_within_and_until_is_not(start: int, skipped: str | None) -> None:
    assert AgeRule(since=100, until=200).judge(start).skipped == skipped


@pytest.mark.parametrize(("days", "period"), [(90, 84), (30, 28), (8, 7), (7, 6), (2, 1)])
def test_times_are_moved_by_whole_weeks_where_they_fit(days: int, period: int) -> None:
    assert period_of(days) == period * DAY


@given(st.integers(0, LIMIT * 2), st.integers(1, 400))
def test_what_is_moved_lies_in_what_is_kept_and_not_in_the_future(start: int, days: int) -> None:
    now = round(NOW * 1e6)
    limit = oldest_taken(NOW, days)
    shift = AgeRule(limit=limit, older=Older.SHIFT, period=period_of(days)).judge(start).shift

    assert shift == 0 if start >= limit else limit <= start + shift < now


@given(st.integers(0, LIMIT), st.floats(0, 3_600))
def test_a_little_later_most_traces_are_moved_to_the_same_time(start: int, later: float) -> None:
    def shift(now: float) -> int:
        rule = AgeRule(limit=oldest_taken(now, 30), older=Older.SHIFT, period=period_of(30))
        return rule.judge(start).shift

    assert shift(NOW + later) - shift(NOW) in (0, period_of(30))
