"""What is said while a backfill goes on."""

from __future__ import annotations

from translator.cli.progress import Rates


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_the_first_rates_are_those_since_the_start() -> None:
    clock = Clock()
    rates = Rates(clock)
    clock.now += 10

    assert rates.take(5_000, 100, 50) == (500, 10, 5)


def test_what_earlier_runs_have_done_does_not_count() -> None:
    clock = Clock()
    rates = Rates(clock, 4_000, 0, 40)
    clock.now += 10

    assert rates.take(5_000, 100, 50) == (100, 10, 1)


def test_later_rates_are_those_of_the_last_seconds() -> None:
    clock = Clock()
    rates = Rates(clock)
    for turn in range(1, 4):
        clock.now += 10
        found = rates.take(1_000 * turn**2, 100 * turn, 0)

    assert found == (500, 10, 0)
