"""All figures of a running sidecar at one moment: metrics, heartbeat and readiness are made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from translator.delivery.sender import Counters
from translator.model import Acknowledged
from translator.pipeline.translation import Translation


class Position(Protocol):
    """How far one file has been read."""

    @property
    def lag(self) -> int:
        """Bytes that are there and have not been read."""

    @property
    def behind(self) -> float:
        """For how many seconds there has been something to read."""


class Outbox(Protocol):
    """What waits to be sent."""

    @property
    def pending(self) -> int:
        """How many envelopes."""

    @property
    def pending_bytes(self) -> int:
        """How many bytes they need."""

    @property
    def oldest(self) -> float | None:
        """When the oldest of them was put there, in Unix seconds."""

    @property
    def rejected(self) -> Mapping[str, int]:
        """What was set aside, by reason."""


class Figures(msgspec.Struct, frozen=True):
    """What a sidecar has done, and what it holds.

    Attributes:
        totals: What was counted since the state was begun, by a dotted name such as "lines.event".
        files: Files that are followed.
        lag_bytes: Bytes that are there and have not been read, in all files.
        lag_seconds: For how long the file that waits longest has had something to read.
        open_spans: Spans that have begun and not ended.
        envelopes: Envelopes in the outbox.
        outbox_bytes: Bytes of them.
        oldest_seconds: How long the oldest of them has waited.
        requests: Attempts to send since the process began, by the status of the answer, or "none".
        acknowledged_spans: Spans that the server has taken since then.
        rejected: What was set aside, by reason.
        problem: Why nothing is sent any more; None while all is well.
        tried: Whether an attempt has been made.
        last_was_good: Whether the last attempt was taken.
    """

    totals: Mapping[str, int] = {}
    files: int = 0
    lag_bytes: int = 0
    lag_seconds: float = 0.0
    open_spans: int = 0
    envelopes: int = 0
    outbox_bytes: int = 0
    oldest_seconds: float = 0.0
    requests: Mapping[str, int] = {}
    acknowledged_spans: int = 0
    rejected: Mapping[str, int] = {}
    problem: str | None = None
    tried: bool = False
    last_was_good: bool = True

    @property
    def ready(self) -> bool:
        """Whether files are found, and the last send was fine or none was tried yet."""
        return self.files > 0 and self.problem is None and (self.last_was_good or not self.tried)


class Gauges(msgspec.Struct):
    """Where figures come from: the parts of a running sidecar."""

    translation: Translation
    totals: Callable[[], Mapping[str, int]]
    positions: Callable[[], Sequence[Position]]
    files: Callable[[], int]
    outbox: Outbox | None
    counters: Counters | None
    problem: Callable[[], str | None]
    clock: Callable[[], float]

    def read(self) -> Figures:
        """The figures now."""
        positions = self.positions()
        figures = Figures(
            totals=dict(self.totals()),
            files=self.files(),
            lag_bytes=sum(position.lag for position in positions),
            lag_seconds=max((position.behind for position in positions), default=0.0),
            open_spans=self.translation.open_spans,
            problem=self.problem(),
        )
        if self.outbox is None or self.counters is None:
            return figures
        oldest = self.outbox.oldest
        last = self.counters.last_answer
        return msgspec.structs.replace(
            figures,
            envelopes=self.outbox.pending,
            outbox_bytes=self.outbox.pending_bytes,
            oldest_seconds=0.0 if oldest is None else max(0.0, self.clock() - oldest),
            requests=dict(self.counters.statuses),
            acknowledged_spans=self.counters.acknowledged_spans,
            rejected=dict(self.outbox.rejected),
            tried=last is not None,
            last_was_good=isinstance(last, Acknowledged),
        )
