"""How long a run that shall end waits for a server: from when it waits, and for something."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from translator.delivery.sender import Counters
from translator.errors import DeliveryError
from translator.pipeline import outcome
from translator.pipeline.outcome import PATIENCE_SECONDS, Delivery


class Server:
    """One that gives its first answer late, as far as is told here, and the clock.

    Args:
        answers_at: When everything is acknowledged, in seconds from now.
    """

    problem = None

    def __init__(self, answers_at: float) -> None:
        self.now = 0.0
        self.counters = Counters()
        self.pending = 0
        self._answers_at = answers_at

    def monotonic(self) -> float:
        """The clock."""
        return self.now

    def limited_for(self) -> float:
        """There is no limit."""
        return 0.0

    def wait(self, timeout: float) -> bool:
        """Lets time pass; whether everything is acknowledged."""
        self.now += timeout
        if self.now >= self._answers_at:
            self.pending = 0
        return not self.pending

    drain = wait


def delivery_to(server: Server, monkeypatch: pytest.MonkeyPatch) -> Delivery:
    """What is sent to it, by its clock."""
    monkeypatch.setattr(outcome, "time", SimpleNamespace(monotonic=server.monotonic))
    return Delivery(cast("Any", server), cast("Any", server))


def test_a_long_reading_is_no_silence_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(answers_at=1_000 + PATIENCE_SECONDS - 5)
    delivery = delivery_to(server, monkeypatch)
    server.now = 1_000.0
    server.pending = 3

    delivery.finish(None)

    assert server.pending == 0


def test_one_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(answers_at=1e9)
    delivery = delivery_to(server, monkeypatch)
    server.pending = 3

    with pytest.raises(DeliveryError, match="3 envelopes could not be sent"):
        delivery.finish(None)

    assert PATIENCE_SECONDS <= server.now <= PATIENCE_SECONDS + 5


def test_where_nothing_waits_nothing_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(answers_at=1e9)
    delivery = delivery_to(server, monkeypatch)

    server.now = 1_000.0
    assert not delivery.hopeless()
    server.pending = 3
    server.now += PATIENCE_SECONDS
    assert not delivery.hopeless()
    server.now += 1
    assert delivery.hopeless()
