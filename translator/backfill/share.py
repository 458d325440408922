"""A share of all traces: their lines are rebuilt, and their spans wait until the traces are over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from translator.backfill.ages import AgeSetup
from translator.backfill.orders import ShareState, unreadable_state
from translator.backfill.parts import Collector, TracePart
from translator.backfill.parts import merged as merged_waiting
from translator.formats.house.load import load_formats
from translator.formats.registry import FORMATS, NATIVE
from translator.model import Json, Line
from translator.pipeline.translation import SkipListener, Translation, Windows, ignore_skipped
from translator.pipeline.translation import merged as merged_translations

SHARES = 8
"""Into how many shares traces are divided, whoever takes them: so the spans do not depend on that."""

WHOLE = 0
"""The share that takes everything where lines do not say themselves which trace they belong to."""


class ShareSetup(msgspec.Struct, frozen=True):
    """What each share needs to know; it can be given to another process.

    Attributes:
        windows: How long to wait for what may still come, as it is set; how much may wait, a share knows.
        format_name: The format of the lines, or "auto".
        house: The formats of one's own, as they stand in the configuration.
        sample_rate: The share of traces that is sent.
        ages: Which traces are sent.
    """

    windows: Windows
    format_name: str
    house: Json
    sample_rate: float
    ages: AgeSetup

    def translation(self, on_skip: SkipListener = ignore_skipped, *, alone: bool = False) -> Translation:
        """What turns lines into spans; `alone` where nothing but it takes lines, and has all the room."""
        return Translation(
            self.windows.of_history() if alone else self.windows.of_share(),
            format_name=self.format_name,
            formats=(*load_formats(self.house), *FORMATS),
            sample_rate=self.sample_rate,
            on_skip=on_skip,
        )


class Share:
    """One share.

    Args:
        number: Its number.
        setup: What it needs to know.
        clock: Unix seconds.
        on_skip: Told of each line that is no event but looks as if it should be.
        alone: Whether it takes all traces.
    """

    def __init__(
        self,
        number: int,
        setup: ShareSetup,
        clock: Callable[[], float],
        on_skip: SkipListener,
        *,
        alone: bool = False,
    ) -> None:
        self.number = number
        self.translation = setup.translation(on_skip, alone=alone)
        self.collector = Collector(
            lambda: setup.ages.rule(clock()), self.translation.is_unfinished, self.translation.begin_of
        )
        self._until = 0.0

    def take(self, lines: Sequence[Line], native: str) -> int | None:
        """Reads lines of one input.

        Args:
            lines: The lines.
            native: The input, if it is known to be of the log format; empty if not.

        Returns:
            The earliest time of their events, in microseconds; None without any.
        """
        if native:
            self.translation.settle(native, NATIVE)
        self.translation.feed(lines, self._until)
        return self.translation.earliest

    def until(self, time: int) -> list[TracePart]:
        """The parts that are ready when all lines before a time (microseconds) have been read."""
        self._until = now = time / 1e6
        self.collector.add(self.translation.until(time), now)
        return self.collector.ready(now)

    def drain(self, now: float) -> list[TracePart]:
        """All that is left at the end; `now` is the log's time in seconds."""
        self.collector.add(self.translation.drain(now), now)
        return self.collector.drain(now)

    def capture(self) -> ShareState:
        """All that is not finished."""
        return ShareState(self.number, self.translation.capture(), self.collector.capture())

    def restore(self, state: ShareState) -> None:
        """Goes on with what another one has captured; to be called before anything else.

        Raises:
            StateError: It is not what a share captures.
        """
        try:
            self.translation.restore(state.translation, 0.0)
            self.collector.restore(state.collector)
        except ValueError as error:
            raise unreadable_state(error) from None

    def count(self, totals: Counter[str]) -> None:
        """Adds what it has counted, by a dotted name."""
        translation, collector = self.translation, self.collector
        totals["unsampled"] += translation.unsampled
        totals["shifted"] += collector.shifted
        totals["traces"] += collector.traces
        for group, counts in (
            ("lines", translation.lines),
            ("events", translation.events),
            ("spans", translation.spans),
            ("notes", translation.notes()),
            ("skipped", collector.skipped),
            ("skipped_traces", collector.skipped_traces),
        ):
            for name, count in counts.items():
                totals[f"{group}.{name}"] += count


def merged(states: Sequence[ShareState]) -> ShareState:
    """What several shares have captured, as if one had taken all of it."""
    ordered = sorted(states, key=lambda state: state.share)
    return ShareState(
        WHOLE,
        merged_translations([state.translation for state in ordered]),
        merged_waiting([state.collector for state in ordered]),
    )
