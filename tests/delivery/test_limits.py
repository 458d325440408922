"""Rate limits: what headers mean, and how limits add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from urllib3 import HTTPHeaderDict

from translator.delivery.limits import LONGEST_SECONDS, RateLimits, parse_limits, retry_after


@pytest.mark.parametrize(
    ("header", "limits"),
    [
        ("", {}),
        ("60:span", {"span": 60}),
        ("60:span:organization:quota_exceeded", {"span": 60}),
        ("60:transaction;span:key", {"transaction": 60, "span": 60}),
        ("60::organization", {None: 60}),
        (" 60 : span ;error , 5:transaction", {"span": 60, "error": 60, "transaction": 5}),
        ("5:span,60:span,10:span", {"span": 60}),
        ("60:span;", {"span": 60}),
        ("0:span", {}),
        ("-5:span", {}),
        ("60:metric_bucket:organization:quota_exceeded:custom", {"metric_bucket": 60}),
        ("soon:span, 7:span", {"span": 7}),
        ("60", {}),
        (",,;:,::::", {}),
        (f"{10**7}:span", {"span": LONGEST_SECONDS}),
        (f"{10**30}:span", {None: 60}),
    ],
)
def test_the_header_of_sentry(header: str, limits: dict[str | None, float]) -> None:
    assert parse_limits(header) == limits


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), (" 3 ", 3.0), ("0", None), ("soon", None), ("", None), ("-1", None), ("9" * 400, None)],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    found = retry_after(HTTPHeaderDict({"Retry-After": value}))

    # Some versions of urllib3 cut what is too long themselves.
    assert found == seconds or (len(value) > 20 and found is not None and found <= LONGEST_SECONDS)


def test_retry_after_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)

    assert retry_after(HTTPHeaderDict({"retry-after": soon})) == pytest.approx(90, abs=5)
    assert retry_after(HTTPHeaderDict({"retry-after": past})) is None


def test_the_longer_of_two_limits_stays() -> None:
    now = 1_000.0
    limits = RateLimits(lambda: now)

    assert limits.remaining("span") is None
    assert limits.learn(200, HTTPHeaderDict({"X-Sentry-Rate-Limits": "100:span"}), "span") == 100
    now += 30
    assert limits.learn(200, HTTPHeaderDict({"X-Sentry-Rate-Limits": "10:span"}), "span") == 70
    assert limits.learn(200, HTTPHeaderDict(), "span") == 70
    assert limits.remaining("transaction") is None
    assert limits.learn(429, HTTPHeaderDict({"X-Sentry-Rate-Limits": "80::organization"}), "span") == 80
    assert limits.remaining("transaction") == 80
    now += 80
    assert limits.remaining("span") is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 60),
        ({"Retry-After": "tomorrow"}, 60),
        ({"X-Sentry-Rate-Limits": "9:span:key", "Retry-After": "7"}, 9),
        ({"X-Sentry-Rate-Limits": "9:error:key", "Retry-After": "7"}, 7),
        ({"X-Sentry-Rate-Limits": "nonsense"}, 60),
    ],
)
def test_a_429_always_names_a_time(headers: dict[str, str], seconds: float) -> None:
    limits = RateLimits(lambda: 1.0)

    assert limits.learn(429, HTTPHeaderDict(headers), "span") == seconds
    assert limits.remaining("span") == seconds
