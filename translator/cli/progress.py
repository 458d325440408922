"""How far a backfill has come: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from translator.backfill.dispatch import Dispatch
from translator.backfill.run import Backfill
from translator.cli.outlook import duration_text, size_text

LINE_SECONDS = 10.0
"""How often a line is printed where there is no terminal."""

_BAR_SECONDS = 0.2
_RATE_SECONDS = 10.0
"""Over how long rates are taken."""


class Rates:
    """What came in the last seconds, per second; at first since the start.

    Args:
        clock: Seconds, never going back.
        read: The totals at the start: stored bytes.
        lines: Lines.
        spans: Acknowledged spans.
    """

    def __init__(self, clock: Callable[[], float], read: int = 0, lines: int = 0, spans: int = 0) -> None:
        self._clock = clock
        self._seen = [(clock(), read, lines, spans)]

    def take(self, read: int, lines: int, spans: int) -> tuple[float, float, float]:
        """Stored bytes, lines and acknowledged spans per second, of these totals."""
        now = self._clock()
        self._seen.append((now, read, lines, spans))
        while len(self._seen) > 2 and self._seen[0][0] < now - _RATE_SECONDS:
            self._seen.pop(0)
        then, *before = self._seen[0]
        seconds = max(now - then, 1e-3)
        return (read - before[0]) / seconds, (lines - before[1]) / seconds, (spans - before[2]) / seconds


class Shown:
    """What is shown of a backfill, as text.

    Args:
        backfill: What is read.
        dispatch: What is sent.
        size: Stored bytes of all inputs; None where one is a stream.
        clock: Seconds, never going back.
    """

    def __init__(
        self,
        backfill: Backfill,
        dispatch: Dispatch,
        size: int | None,
        clock: Callable[[], float],
    ) -> None:
        self._backfill = backfill
        self._dispatch = dispatch
        self._size = size
        self._clock = clock
        self._rates = Rates(clock, backfill.bytes_read, backfill.lines_read, dispatch.figures.acknowledged)

    @property
    def bytes_read(self) -> int:
        """Stored bytes that have been read."""
        return self._backfill.bytes_read

    def text(self) -> str:
        """Bytes, rates, time left, what is acknowledged and what waits."""
        figures, size = self._dispatch.figures, self._backfill.bytes_read
        read, lines, spans = self._rates.take(size, self._backfill.lines_read, figures.acknowledged)
        whole = "" if self._size is None else f" of {size_text(self._size)}"
        parts = [
            f"{size_text(size)}{whole}",
            f"{lines:,.0f} lines/s",
            f"{spans:,.0f} spans/s",
            f"{figures.acknowledged:,} acknowledged",
            f"{figures.waiting:,} waiting",
        ]
        limited = figures.limited_until - self._clock()
        if limited > 0:
            parts.append(f"rate limited, goes on in {limited:.0f} s")
        elif self._size is not None and read > 0 and size < self._size:
            sending = figures.waiting / spans if spans else 0.0
            parts.append(f"{duration_text((self._size - size) / read + sending)} left")
        if self._dispatch.trouble is not None and limited <= 0:
            parts.append(f"tried again: {self._dispatch.trouble}")
        return ", ".join(parts)


@contextmanager
def shown(
    now_shown: Shown, size: int | None, console: Console, *, quiet: bool
) -> Iterator[Callable[[], None]]:
    """Shows how far a backfill has come, whenever what it yields is called.

    Args:
        now_shown: What is shown.
        size: Stored bytes of all inputs; None where one is a stream.
        console: Standard error.
        quiet: Whether to show nothing.
    """
    clock = time.monotonic
    due = clock() + _BAR_SECONDS
    if quiet:
        yield lambda: None
        return
    if not sys.stderr.isatty():
        due = clock() + LINE_SECONDS

        def say() -> None:
            nonlocal due
            if clock() >= due:
                due = clock() + LINE_SECONDS
                console.print(now_shown.text(), style="dim", highlight=False, markup=False, soft_wrap=True)

        yield say
        return
    columns = (BarColumn(bar_width=20), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, refresh_per_second=5) as bar:
        task = bar.add_task("", total=size)

        def draw() -> None:
            nonlocal due
            if clock() >= due:
                due = clock() + _BAR_SECONDS
                bar.update(task, completed=now_shown.bytes_read, description=now_shown.text())

        draw()
        yield draw
