"""Each step of the reading with all that came of it, stored so that a restart goes on from there.

The translation is a function of its steps: the lines and the time of each. So a step is stored as what
it was (the journal), in one commit with the checkpoints of its files and the envelopes that came of it.
Now and then a snapshot of the translation takes the journal's place. After a restart the snapshot is
restored and the steps since then are taken again; the envelopes that come of them are in the outbox
already, or have been sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
import structlog

from translator.envelopes.encode import SpanEncoder
from translator.envelopes.pack import Packer, PackerState
from translator.envelopes.reports import client_report
from translator.errors import StateError
from translator.model import Envelope, Line, Span
from translator.pipeline.sinks import Step
from translator.pipeline.translation import Translation
from translator.spans.revive import revived
from translator.state.failures import DamagedStateError
from translator.state.store import Commit, Store

JOURNAL_BYTES = 4 * 1024 * 1024
"""Bytes of journal after which a snapshot takes its place, if the last one was not larger."""

RETRY_SECONDS = 1.0
"""How long to wait when the state cannot be written."""

REPORT_SECONDS = 60.0
"""How often the server is told how many spans sampling has left out."""

LONGEST_GAP = 7 * 86_400.0
"""Seconds between two runs that count as time that has passed; more is a clock that was wrong."""

log = structlog.get_logger(__name__)


class Entry(msgspec.Struct, array_like=True):
    """One step in the journal.

    Attributes:
        now: When, in seconds on the clock of the windows.
        wall: When, in Unix seconds.
        lines: The lines that are events; no others need be known again.
    """

    now: float
    wall: float
    lines: Sequence[Line] = ()


class Snapshot(msgspec.Struct):
    """All that is not finished.

    Attributes:
        now, wall: As in `Entry`.
        translation: What the translation has captured.
        packer: What the packer holds.
    """

    now: float
    wall: float
    translation: bytes
    packer: PackerState


_encode = msgspec.msgpack.Encoder().encode
_decode_entry = msgspec.msgpack.Decoder(Entry).decode
_decode_snapshot = msgspec.msgpack.Decoder(Snapshot).decode


class DurableSink:
    """Stores every step with its envelopes.

    Args:
        translation: What turns lines into spans.
        encoder: Puts spans into Sentry's words.
        packer: Makes envelopes of them.
        store: Where all is kept.
        sdk: Name and version of the sender.
        wall: Unix seconds.
        wait: Waits so many seconds for the next try when the disk is full; true when it is time to end.
    """

    keeps_open = True

    def __init__(
        self,
        translation: Translation,
        encoder: SpanEncoder,
        packer: Packer,
        store: Store,
        *,
        sdk: Mapping[str, str],
        wall: Callable[[], float],
        wait: Callable[[float], bool],
    ) -> None:
        self._translation = translation
        self._encoder = encoder
        self._packer = packer
        self._store = store
        self._sdk = sdk
        self._wall = wall
        self._wait = wait
        self._now = 0.0
        self._journal_bytes = 0
        self._snapshot_bytes = 0
        self._base: Mapping[str, int] = {}
        self._reported = 0
        self._reported_at = wall()

    def recover(self) -> float:
        """Goes on from where the last process left off; to be called once, before anything else.

        Returns:
            The time on the clock of the windows, in seconds.
        """
        recovered = self._store.recover()
        wall = self._wall()
        if recovered.snapshot is not None:
            self._snapshot_bytes = len(recovered.snapshot)
            wall = self._restore(recovered.snapshot, wall)
        unreadable: list[Exception] = []
        for data in recovered.journal:
            self._journal_bytes += len(data)
            try:
                entry = _decode_entry(data)
            except ValueError as error:
                # Only what this step has opened is lost.
                unreadable.append(error)
                continue
            self._now, wall = entry.now, entry.wall
            spans = self._translation.retake(entry.lines, entry.now)
            self._packer.pack(map(self._encoder.encode, spans))
        if unreadable:
            _tell_lost(unreadable[0], steps=len(unreadable))
        self._encoder.counts.clear()
        self._base = recovered.counters
        self._now += min(max(0.0, self._wall() - wall), LONGEST_GAP)
        return self._now

    def put(self, spans: Sequence[Span], step: Step) -> None:
        """Stores a step, with the envelopes of the spans that were finished by it.

        Raises:
            StateError: It could not be stored until it was time to end. Nothing of it is, so that the
                same lines will be read again.
        """
        envelopes = self._packer.pack(map(self._encoder.encode, spans))
        if self._wall() - self._reported_at >= REPORT_SECONDS:
            envelopes += self._report()
        entry = _encode(Entry(step.now, self._wall(), step.lines))
        self._now = step.now
        self._journal_bytes += len(entry)
        full = self._journal_bytes > max(JOURNAL_BYTES, self._snapshot_bytes)
        self._commit(
            Commit(
                checkpoints=step.checkpoints,
                forgotten=step.forgotten,
                envelopes=envelopes,
                journal=None if full else entry,
                snapshot=self._capture() if full else None,
                counters=self.totals(),
            )
        )

    def finish(self, spans: Sequence[Span], *, ended: bool) -> None:
        """Stores the last spans, and what is still open; where the input has ended, nothing is held."""
        envelopes = self._packer.pack(map(self._encoder.encode, spans))
        if ended:
            envelopes += self._packer.drain()
        envelopes += self._report()
        self._commit(Commit(envelopes=envelopes, snapshot=self._capture(), counters=self.totals()))

    @property
    def full(self) -> bool:
        """Whether the outbox holds as much as it may."""
        return self._store.full

    def totals(self) -> dict[str, int]:
        """What was counted since the state was begun, by a dotted name."""
        translation = self._translation
        counted: dict[str, int] = {"unsampled": translation.unsampled}
        for group, counts in (
            ("lines", translation.lines),
            ("events", translation.events),
            ("spans", translation.spans),
            ("notes", translation.notes()),
            ("changed", self._encoder.counts),
        ):
            counted.update((f"{group}.{name}", count) for name, count in counts.items())
        totals = {name: self._base.get(name, 0) + counted.get(name, 0) for name in {*self._base, *counted}}
        totals["open_spans"] = translation.open_spans
        return totals

    def _report(self) -> list[Envelope]:
        """What sampling has left out since the last report."""
        left_out = self._translation.unsampled - self._reported
        self._reported = self._translation.unsampled
        self._reported_at = self._wall()
        return [client_report(self._sdk, left_out, self._reported_at)] if left_out else []

    def _restore(self, data: bytes, wall: float) -> float:
        try:
            snapshot = _decode_snapshot(data)
            self._translation.restore(snapshot.translation, snapshot.now)
        except (ValueError, KeyError, IndexError) as error:
            _tell_lost(error)
            return wall
        self._now = snapshot.now
        for span in snapshot.packer.held:
            revived(span)
        self._packer.restore(snapshot.packer, self._encoder.encode)
        return snapshot.wall

    def _capture(self) -> bytes:
        snapshot = _encode(
            Snapshot(self._now, self._wall(), self._translation.capture(), self._packer.capture())
        )
        self._journal_bytes = 0
        self._snapshot_bytes = len(snapshot)
        return snapshot

    def _commit(self, commit: Commit) -> None:
        told = False
        while True:
            try:
                self._store.commit(commit)
            except DamagedStateError:
                # Waiting mends nothing: the next start sets it aside.
                raise
            except StateError as error:
                if not told:
                    log.error("state_unwritable", error=str(error), hint=error.hint)  # noqa: TRY400
                told = True
                if self._wait(RETRY_SECONDS):
                    raise
            else:
                if told:
                    log.info("state_writable_again")
                return


def _tell_lost(error: Exception, **which: int) -> None:
    # The cause is in the state, not in the program: where it was does not matter.
    log.error("open_spans_lost", error=str(error), hint="files are read on from their checkpoints", **which)
