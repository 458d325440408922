"""The loop of a backfill: inputs in the order of time, to events, to whole traces, to those that send."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec

from translator.backfill.dispatch import Dispatch
from translator.backfill.job import Progress
from translator.backfill.merge import Merge, Position
from translator.backfill.parts import Collector
from translator.backfill.work import summed
from translator.errors import InputError
from translator.files.inputs import Input, InputBatch
from translator.pipeline.beside import BesideFiles
from translator.pipeline.translation import HISTORY_BYTES, Translation

HELD_BYTES = HISTORY_BYTES * 9 // 10
"""What is read before anything is handed on, so that the lines of smaller inputs may come in any order."""

SNAPSHOT_SECONDS = 5.0
"""How often all that is not finished is stored; less often where that takes long."""

_SHARE = 20
"""Storing may take this part of the time at most."""

_TICK_SECONDS = 0.25


class Backfill:
    """One run over the inputs.

    Args:
        inputs: What is read, as in `merge`.
        merge: Gives their lines in the order of time.
        translation: Turns lines into spans.
        collector: Puts spans together to traces.
        dispatch: Has them sent.
        reorder: Seconds of the log's time for which a line of a large input may be late.
        clock: Seconds, never going back.
        on_damaged: Told of an input that cannot be read, or not further.

    Attributes:
        bytes_read: Stored bytes of the inputs that have been read.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        merge: Merge,
        translation: Translation,
        collector: Collector,
        dispatch: Dispatch,
        *,
        reorder: float,
        clock: Callable[[], float],
        on_damaged: Callable[[InputError], None],
    ) -> None:
        self._inputs = inputs
        self._merge = merge
        self._translation = translation
        self._collector = collector
        self._dispatch = dispatch
        self._reorder = round(reorder * 1e6)
        self._clock = clock
        self._on_damaged = on_damaged
        self._beside = BesideFiles()
        self._until: int | None = None
        self._base: dict[str, int] = {}
        self._known: dict[str, Position] = {}
        self._snapshot_due = clock() + SNAPSHOT_SECONDS
        self.bytes_read = 0

    def resume(self, progress: Progress) -> None:
        """Goes on from where the last run stopped; to be called before `run`."""
        self._known = progress.positions
        if not progress.under_way:
            return
        self._translation.restore(progress.translation, 0.0)
        self._collector.restore(progress.collector)
        self._until = progress.read_until
        totals = progress.totals
        self._translation.recount(totals)
        self._collector.recount(totals)
        self._base = {name: count for name, count in totals.items() if name.startswith(("sent.", "changed."))}
        figures = self._dispatch.figures
        figures.handed_on = figures.acknowledged = totals.get("handed_on", 0)

    def run(self, stopping: threading.Event, beat: Callable[[], None]) -> bool:
        """Reads all inputs to their ends, and waits until all has been acknowledged.

        Args:
            stopping: Set when it is time to end.
            beat: Called now and then.

        Returns:
            Whether it is done; if not, it was time to end, or nothing can be sent any more.
        """
        dispatch = self._dispatch

        def going() -> bool:
            return not stopping.is_set() and dispatch.problem is None

        while going():
            found = self._read()
            if found is None:
                break
            self._take(*found)
            dispatch.look(0.0)
            beat()
            while dispatch.full and going():
                dispatch.look(_TICK_SECONDS)
                beat()
            if self._until is not None and self._clock() >= self._snapshot_due and dispatch.keeps:
                begun = self._clock()
                dispatch.keep(self.progress)
                took = self._clock() - begun
                self._snapshot_due = self._clock() + max(SNAPSHOT_SECONDS, _SHARE * took)
        if going():
            self._drain(going, beat)
        while dispatch.busy and going():
            dispatch.look(_TICK_SECONDS)
            beat()
        return going() and not dispatch.busy

    def progress(self) -> Progress:
        """Where it stands between two steps."""
        return Progress(
            self._positions(),
            self._translation.capture() if self._until is not None else b"",
            self._collector.capture(),
            read_until=self._until,
            totals=self.totals(),
        )

    def done(self) -> Progress:
        """Where it stands when all has been read and acknowledged."""
        return Progress(self._positions())

    def totals(self) -> dict[str, int]:
        """What was counted since the backfill was begun, also in runs before this one, by a dotted name."""
        translation, collector = self._translation, self._collector
        standings = self._dispatch.standings
        counted: dict[str, int] = {
            "unsampled": translation.unsampled,
            "shifted": collector.shifted,
            "traces": collector.traces,
            "handed_on": self._dispatch.figures.handed_on,
        }
        groups: tuple[tuple[str, Mapping[str, int]], ...] = (
            ("lines", translation.lines),
            ("events", translation.events),
            ("spans", translation.spans),
            ("notes", translation.notes()),
            ("skipped", collector.skipped),
            ("skipped_traces", collector.skipped_traces),
            ("changed", summed(standings, "changed")),
            ("sent", summed(standings, "counts")),
        )
        for group, counts in groups:
            counted.update((f"{group}.{name}", count) for name, count in counts.items())
        for name, count in self._base.items():
            counted[name] = counted.get(name, 0) + count
        return counted

    def _read(self) -> tuple[int, InputBatch] | None:
        while True:
            try:
                return self._merge.next()
            except InputError as error:
                self._on_damaged(error)
                self._merge.give_up()

    def _take(self, place: int, batch: InputBatch) -> None:
        translation = self._translation
        translation.feed(self._beside.add(batch.lines), (self._until or 0) / 1e6)
        if translation.earliest is not None:
            self._merge.seen(place, translation.earliest)
        self.bytes_read = sum(self._merge.consumed)
        if self._until is None and translation.held_bytes < HELD_BYTES:
            return
        until = self._merge.read_until
        if until is None:
            return
        until -= self._reorder
        if self._until is None or until > self._until:
            self._until = until
            self._collector.add(translation.until(until), until / 1e6)
            for part in self._collector.ready(until / 1e6):
                self._dispatch.hand_on(part)

    def _drain(self, going: Callable[[], bool], beat: Callable[[], None]) -> None:
        """Takes what is left at the end of all inputs."""
        dispatch = self._dispatch
        now = (self._until or 0) / 1e6
        self._collector.add(self._translation.drain(now), now)
        for part in self._collector.drain(now):
            dispatch.hand_on(part)
            while dispatch.full and going():
                dispatch.look(_TICK_SECONDS)
                beat()
        dispatch.flush()

    def _positions(self) -> dict[str, Position]:
        """How far the inputs have been read that can be known again, and those of earlier backfills."""
        positions = dict(self._known)
        for one, position in zip(self._inputs, self._merge.positions, strict=True):
            if one.identity and not position.damaged:
                positions[one.identity] = msgspec.structs.replace(position)
        return positions
