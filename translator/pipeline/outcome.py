"""What becomes of the envelopes of one run, and when waiting for it is in vain."""

from __future__ import annotations

import time

from translator.delivery.sender import Counters, Sender
from translator.errors import DeliveryError
from translator.model import Retry
from translator.state.store import Store

PATIENCE_SECONDS = 30.0
"""How long a run that shall end waits for a server that does not answer."""

_LOOK_SECONDS = 1.0


class Delivery:
    """What becomes of the envelopes of one run.

    Args:
        sender: What sends them.
        store: Where they wait.
    """

    def __init__(self, sender: Sender, store: Store) -> None:
        self._sender = sender
        self._store = store
        self._acknowledged = 0
        self._progress_at = time.monotonic()

    @property
    def counters(self) -> Counters:
        """What became of the attempts, for others to read at any time."""
        return self._sender.counters

    @property
    def problem(self) -> str | None:
        """Why nothing is sent any more; None while all is well."""
        return self._sender.problem

    @property
    def set_aside(self) -> int:
        """Spans that the server will never take."""
        return self._sender.counters.rejected_spans

    def hopeless(self) -> bool:
        """Whether waiting is in vain: the key is refused, or no answer has come for too long."""
        counters = self._sender.counters
        waiting_for_limit = self._sender.limited_for() > 0
        settled = counters.acknowledged_envelopes + counters.rejected_spans
        if settled != self._acknowledged or waiting_for_limit or not self._store.pending:
            self._acknowledged = settled
            self._progress_at = time.monotonic()
        silent = time.monotonic() - self._progress_at > PATIENCE_SECONDS
        return self._sender.problem is not None or silent

    def finish(self, timeout: float | None) -> None:
        """Waits until everything has been sent.

        Args:
            timeout: Seconds; None for as long as the server answers at all.

        Raises:
            DeliveryError: Not everything could be sent.
        """
        # Nobody has asked while the input was read, which may have taken long and given little to send.
        self._progress_at = time.monotonic()
        deadline = None if timeout is None else time.monotonic() + timeout
        done = self._sender.drain(_LOOK_SECONDS if timeout is None else timeout)
        while not done and not self.hopeless() and (deadline is None or time.monotonic() < deadline):
            done = self._sender.wait(_LOOK_SECONDS)
        if done:
            return
        why = self._sender.problem or "the time for it was over"
        last = self._sender.counters.last_answer
        if self._sender.problem is None and isinstance(last, Retry):
            why = last.detail
        elif self._sender.problem is None and self._sender.limited_for() > 0:
            why = f"the server asks to wait {self._sender.limited_for():.0f} s more"
        waiting = self._store.pending
        raise DeliveryError(
            f"{waiting:,} envelope{'' if waiting == 1 else 's'} could not be sent: {why}",
            hint="they are kept in the state: run again once the server takes them",
        )

    def counts(self) -> dict[str, int]:
        """What became of the attempts, for the summary."""
        counters = self._sender.counters
        return {
            "spans_acknowledged": counters.acknowledged_spans,
            "envelopes": counters.acknowledged_envelopes,
            "tried_again": counters.retries,
            "set_aside": counters.rejected_spans,
        }
