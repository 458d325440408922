"""Rate limits outlive the process; a clock that was wrong when they came does not."""

from __future__ import annotations

import time
from pathlib import Path

import orjson
import pytest

from tests.state.memory import MemoryStore
from translator.cli.sending import RATE_LIMITS, _kept_limits
from translator.delivery.limits import LONGEST_SECONDS


def test_what_is_kept_holds_as_long_as_was_asked_for_and_a_day_at_most(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, clock=time.time)
    assert _kept_limits(store) == {}
    until = {"span": 60, "transaction": 30 * 365 * 86_400, "error": -5, "": 20}
    store.remember(RATE_LIMITS, orjson.dumps({name: time.time() + s for name, s in until.items()}).decode())

    kept = _kept_limits(store)

    assert kept == {
        "span": pytest.approx(60, abs=5), "transaction": LONGEST_SECONDS, None: pytest.approx(20, abs=5),
    }  # fmt: skip
