"""The loop of a backfill: inputs in the order of time, their lines to those that rebuild and send."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import msgspec

from translator.backfill.dispatch import Dispatch
from translator.backfill.job import Progress
from translator.backfill.merge import Merge, Position
from translator.backfill.share import WHOLE
from translator.backfill.sorter import Sorter
from translator.errors import InputError
from translator.files.inputs import Input, InputBatch
from translator.model import Line
from translator.pipeline.beside import BesideFiles
from translator.pipeline.translation import HISTORY_BYTES
from translator.spans.reorder import EVENT_BYTES

HELD_BYTES = HISTORY_BYTES * 9 // 10
"""What is read before anything is handed on, so that the lines of smaller inputs may come in any order."""

SNAPSHOT_SECONDS = 5.0
"""How often all that is not finished is stored."""

_TICK_SECONDS = 0.25

_STEP_SECONDS = 1.0
"""How long an interruption waits for the end of a step."""

Wait = Callable[[Callable[[], bool], float], bool]
"""Waits while something is so, after an interruption for some seconds more; gives whether it is no more."""


class Backfill:
    """One run over the inputs.

    Args:
        inputs: What is read, as in `merge`.
        merge: Gives their lines in the order of time.
        sorter: Sorts them into shares; None to take them all as one.
        dispatch: Has them rebuilt and sent.
        reorder: Seconds of the log's time for which a line of a large input may be late.
        clock: Seconds, never going back.
        on_damaged: Told of an input that cannot be read, or not further.

    Attributes:
        bytes_read: Stored bytes of the inputs that have been read.
        lines_read: Lines that this run has read.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        merge: Merge,
        sorter: Sorter | None,
        dispatch: Dispatch,
        *,
        reorder: float,
        clock: Callable[[], float],
        on_damaged: Callable[[InputError], None],
    ) -> None:
        self._inputs = inputs
        self._merge = merge
        self._sorter = sorter
        self._dispatch = dispatch
        self._reorder = round(reorder * 1e6)
        self._clock = clock
        self._on_damaged = on_damaged
        self._beside = BesideFiles()
        self._until: int | None = None
        self._held = 0
        self._between = True
        self._known: dict[str, Position] = {}
        # A stream cannot be read again from its middle: all of it comes again, and is known by its spans.
        self._keeps = all(one.identity for one in inputs)
        self._snapshot_due = clock() + SNAPSHOT_SECONDS
        self.bytes_read = merge.consumed
        self.lines_read = 0

    def resume(self, progress: Progress) -> None:
        """Goes on from where the last run stopped; to be called before `run`."""
        self._known = progress.positions
        if not progress.under_way:
            return
        self._dispatch.resume(progress)
        self._until = progress.read_until
        if progress.native is None:
            self._sorter = None
        elif self._sorter is not None:
            self._sorter.native.update(progress.native)

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

        def wait(while_: Callable[[], bool], seconds: float = 0.0) -> bool:
            deadline: float | None = None
            while while_():
                if not going():
                    deadline = self._clock() + seconds if deadline is None else deadline
                    if self._clock() >= deadline:
                        return False
                dispatch.look(_TICK_SECONDS)
                beat()
            return True

        while going():
            found = self._read()
            if found is None:
                break
            if not self._take(*found, wait):
                self._between = False
                return False
            dispatch.look(0.0)
            beat()
            wait(lambda: dispatch.full)
            if self._is_due() and dispatch.keeps:
                self._snapshot_due = self._clock() + SNAPSHOT_SECONDS
                dispatch.keep(self.progress())
        if not going():
            return False
        self._between = False
        dispatch.drain((self._until or 0) / 1e6)
        return wait(lambda: not dispatch.drained)

    def stop(self, seconds: float, beat: Callable[[], None]) -> None:
        """Stores where it stands between two steps, once what is under way has been acknowledged.

        Args:
            seconds: How long to wait for that at most.
            beat: Called now and then.
        """
        if not self._between or not self._keeps:
            # The last snapshot, and what has been noted since, is all that the next run needs.
            return
        dispatch = self._dispatch
        deadline = self._clock() + seconds

        def waiting() -> bool:
            return dispatch.problem is None and self._clock() < deadline

        while dispatch.keeping and waiting():
            dispatch.look(_TICK_SECONDS)
            beat()
        dispatch.keep(self.progress())
        while dispatch.keeping and waiting():
            dispatch.look(_TICK_SECONDS)
            beat()

    def progress(self) -> Progress:
        """Where it stands between two steps, but for what those that rebuild know."""
        return Progress(
            self._positions(),
            inputs={one.identity: one.name for one in self._inputs},
            under_way=True,
            native=None if self._sorter is None else sorted(self._sorter.native),
            read_until=self._until,
        )

    def done(self) -> Progress:
        """Where it stands when all has been read and acknowledged; what is damaged is read anew next time."""
        positions = self._positions()
        return Progress({identity: one for identity, one in positions.items() if not one.damaged})

    def _is_due(self) -> bool:
        """Whether it is time to store where it stands."""
        return self._keeps and self._until is not None and self._clock() >= self._snapshot_due

    def _read(self) -> tuple[int, InputBatch] | None:
        while True:
            try:
                return self._merge.next()
            except InputError as error:
                self._on_damaged(error)
                self._merge.give_up()

    def _take(self, place: int, batch: InputBatch, wait: Wait) -> bool:
        """Gives lines to those that read them; False where it was interrupted in the middle of that."""
        lines = self._beside.add(batch.lines)
        self.lines_read += len(batch.lines)
        self.bytes_read = self._merge.consumed
        if self._until is None:
            self._held += sum([len(line.data) for line in lines]) + EVENT_BYTES * len(lines)
        if self._sorter is not None and (sorted_ := self._sorter.sort(lines)) is not None:
            self._seen(place, self._sorter.earliest(lines))
            native = lines[0].source if lines and lines[0].source in self._sorter.native else ""
            self._dispatch.hand_on(sorted_, native, self._read_until())
            return True
        return self._gather(wait) and self._take_whole(place, lines, wait)

    def _gather(self, wait: Wait) -> bool:
        """From now on one takes all: there are lines that do not say which trace they belong to."""
        if self._sorter is None:
            return True
        self._sorter = None
        self._dispatch.gather()
        return wait(lambda: not self._dispatch.gathered(), _STEP_SECONDS)

    def _take_whole(self, place: int, lines: list[Line], wait: Wait) -> bool:
        number = self._dispatch.hand_on({WHOLE: lines}, "", None)
        # Only who reads them knows their times, and what is read next depends on these.
        if not wait(lambda: self._dispatch.taken(number) is None, _STEP_SECONDS):
            return False
        taken = self._dispatch.taken(number)
        self._seen(place, None if taken is None else taken.earliest)
        until = self._read_until()
        if until is not None:
            self._dispatch.hand_on({}, "", until)
        return True

    def _seen(self, place: int, time: int | None) -> None:
        if time is not None:
            self._merge.seen(place, time)

    def _read_until(self) -> int | None:
        """The time before which all lines have been read, where it is later than it was known before."""
        if self._until is None and self._held < HELD_BYTES:
            return None
        until = self._merge.read_until
        if until is None or (self._until is not None and until - self._reorder <= self._until):
            return None
        self._until = until - self._reorder
        return self._until

    def _positions(self) -> dict[str, Position]:
        """How far the inputs have been read that can be known again, and those of earlier backfills."""
        positions = dict(self._known)
        here = {one.identity for one in self._inputs}
        for one, position in zip(self._inputs, self._merge.positions, strict=True):
            if one.identity:
                if position.known_as not in here:
                    positions.pop(position.known_as, None)
                positions[one.identity] = msgspec.structs.replace(position, known_as="")
        return positions
