"""Where finished spans go: into the outbox, into a file, or into a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import IO, Protocol

from translator.envelopes.encode import SpanEncoder
from translator.envelopes.pack import Packer
from translator.model import Envelope, Span


class Sink(Protocol):
    """Takes finished spans."""

    def put(self, spans: Sequence[Span], checkpoints: Mapping[str, int]) -> None:
        """Takes spans, and how far the files have been read that they come from."""

    def drain(self) -> None:
        """Takes note that no more spans come."""

    @property
    def full(self) -> bool:
        """Whether it wants no more for now, so that reading shall pause."""


class OutboxSink:
    """Puts spans into envelopes, and envelopes together with checkpoints into the outbox.

    Args:
        encoder: Puts spans into Sentry's words.
        packer: Makes envelopes of them.
        commit: Stores checkpoints and envelopes, together or not at all.
        is_full: Whether the outbox holds as much as it may.
    """

    def __init__(
        self,
        encoder: SpanEncoder,
        packer: Packer,
        commit: Callable[[Mapping[str, int], Sequence[Envelope]], None],
        is_full: Callable[[], bool],
    ) -> None:
        self._encoder = encoder
        self._packer = packer
        self._commit = commit
        self._is_full = is_full

    def put(self, spans: Sequence[Span], checkpoints: Mapping[str, int]) -> None:
        """Takes spans, and how far the files have been read that they come from."""
        if spans or checkpoints:
            envelopes = self._packer.pack(map(self._encoder.encode, spans))
            self._commit(checkpoints, envelopes)

    def drain(self) -> None:
        """Stores what the packer still holds."""
        self._commit({}, self._packer.drain())

    @property
    def full(self) -> bool:
        """Whether the outbox holds as much as it may."""
        return self._is_full()


class FileSink:
    """Writes each span as one JSON line in the shape of span v2.

    Args:
        encoder: Puts spans into Sentry's words.
        file: Where to; flushed after each batch.
    """

    def __init__(self, encoder: SpanEncoder, file: IO[bytes]) -> None:
        self._encoder = encoder
        self._file = file

    def put(self, spans: Sequence[Span], checkpoints: Mapping[str, int]) -> None:  # noqa: ARG002
        """Writes the spans."""
        for span in spans:
            self._file.write(self._encoder.encode(span).data + b"\n")
        if spans:
            self._file.flush()

    def drain(self) -> None:
        """Nothing is held."""

    @property
    def full(self) -> bool:
        """Never: writing blocks until there is room."""
        return False


class ShowSink:
    """Hands the spans of each trace on when nothing has been added to it for a while.

    Args:
        show: Told of all spans of one trace.
    """

    def __init__(self, show: Callable[[Sequence[Span]], None]) -> None:
        self._show = show
        self._traces: dict[str, list[Span]] = {}

    def put(self, spans: Sequence[Span], checkpoints: Mapping[str, int]) -> None:  # noqa: ARG002
        """Collects the spans; a trace whose root has come is shown."""
        complete: list[str] = []
        for span in spans:
            self._traces.setdefault(span.trace_id, []).append(span)
            if span.segment_id == span.span_id and span.trace_id not in complete:
                complete.append(span.trace_id)
        for trace_id in complete:
            self._show(self._traces.pop(trace_id))

    def drain(self) -> None:
        """Shows what is left."""
        for spans in self._traces.values():
            self._show(spans)
        self._traces.clear()

    @property
    def full(self) -> bool:
        """Never."""
        return False
