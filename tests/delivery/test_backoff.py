"""How long is waited after failures."""

from __future__ import annotations

import random

import pytest

from translator.delivery.backoff import Backoff


@pytest.mark.parametrize(
    ("attempt", "longest"), [(0, 1.0), (1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 60.0), (5_000, 60.0)]
)
def test_waits_double_up_to_the_cap(attempt: int, longest: float) -> None:
    assert Backoff(lambda: 1.0).delay(attempt) == longest
    assert Backoff(lambda: 0.5).delay(attempt) == longest / 2
    assert Backoff(lambda: 0.0).delay(attempt) == 0.0


def test_the_jitter_is_full() -> None:
    backoff = Backoff(random.Random(7).random)  # noqa: S311
    delays = [backoff.delay(4) for _ in range(1_000)]

    assert all(0.0 <= delay <= 8.0 for delay in delays)
    assert min(delays) < 0.2
    assert max(delays) > 7.8
