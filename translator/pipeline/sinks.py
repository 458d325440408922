"""Where finished spans go: into the outbox, into a file, or into a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO, Protocol

import msgspec

from translator.envelopes.encode import SpanEncoder
from translator.envelopes.pack import Packer
from translator.model import Checkpoint, Line, Span
from translator.state.store import Commit, Store


class Step(msgspec.Struct, frozen=True):
    """What was read before some spans were finished.

    Attributes:
        now: When, in seconds on the clock of the windows.
        lines: The lines that are events.
        checkpoints: How far the files have been read that they come from.
        forgotten: Ids of files that need not be known any more.
    """

    now: float = 0.0
    lines: Sequence[Line] = ()
    checkpoints: Sequence[Checkpoint] = ()
    forgotten: Sequence[str] = ()


class Sink(Protocol):
    """Takes finished spans."""

    def put(self, spans: Sequence[Span], step: Step) -> None:
        """Takes spans, and the step of the reading that they come from."""

    def finish(self, spans: Sequence[Span], *, ended: bool) -> None:
        """Takes the last spans for now, or, where the input has ended, for good."""

    @property
    def full(self) -> bool:
        """Whether it wants no more for now, so that reading shall pause."""

    @property
    def keeps_open(self) -> bool:
        """Whether what is not finished is there again after a restart."""


class OutboxSink:
    """Puts spans into envelopes, and envelopes into the outbox.

    What has been read is not kept: it stands for whole input, which is read again after a failure.

    Args:
        encoder: Puts spans into Sentry's words.
        packer: Makes envelopes of them.
        store: Where envelopes wait.
    """

    keeps_open = False

    def __init__(self, encoder: SpanEncoder, packer: Packer, store: Store) -> None:
        self._encoder = encoder
        self._packer = packer
        self._store = store

    def put(self, spans: Sequence[Span], step: Step) -> None:  # noqa: ARG002
        """Takes spans."""
        if spans:
            self._store.commit(Commit(envelopes=self._packer.pack(map(self._encoder.encode, spans))))

    def finish(self, spans: Sequence[Span], *, ended: bool) -> None:  # noqa: ARG002
        """Takes the last spans, and stores what the packer still holds."""
        self.put(spans, Step())
        self._store.commit(Commit(envelopes=self._packer.drain()))

    @property
    def full(self) -> bool:
        """Whether the outbox holds as much as it may."""
        return self._store.full


class FileSink:
    """Writes each span as one JSON line in the shape of span v2.

    Args:
        encoder: Puts spans into Sentry's words.
        file: Where to; flushed after each batch.
    """

    keeps_open = False

    def __init__(self, encoder: SpanEncoder, file: IO[bytes]) -> None:
        self._encoder = encoder
        self._file = file

    def put(self, spans: Sequence[Span], step: Step) -> None:  # noqa: ARG002
        """Writes the spans."""
        for span in spans:
            self._file.write(self._encoder.encode(span).data + b"\n")
        if spans:
            self._file.flush()

    def finish(self, spans: Sequence[Span], *, ended: bool) -> None:  # noqa: ARG002
        """Writes the last spans."""
        self.put(spans, Step())

    @property
    def full(self) -> bool:
        """Never: writing blocks until there is room."""
        return False


class ShowSink:
    """Hands the spans of each trace on when nothing has been added to it for a while.

    Args:
        show: Told of all spans of one trace.
    """

    keeps_open = False

    def __init__(self, show: Callable[[Sequence[Span]], None]) -> None:
        self._show = show
        self._traces: dict[str, list[Span]] = {}

    def put(self, spans: Sequence[Span], step: Step) -> None:  # noqa: ARG002
        """Collects the spans; a trace whose root has come is shown."""
        complete: list[str] = []
        for span in spans:
            self._traces.setdefault(span.trace_id, []).append(span)
            if span.segment_id == span.span_id and span.trace_id not in complete:
                complete.append(span.trace_id)
        for trace_id in complete:
            self._show(self._traces.pop(trace_id))

    def finish(self, spans: Sequence[Span], *, ended: bool) -> None:  # noqa: ARG002
        """Shows what is left."""
        self.put(spans, Step())
        for trace in self._traces.values():
            self._show(trace)
        self._traces.clear()

    @property
    def full(self) -> bool:
        """Never."""
        return False
