"""The store in memory: what it alone does; the rest is in `test_contract`."""

from __future__ import annotations

from pathlib import Path

from tests.delivery.endpoint import envelope
from tests.state.memory import MemoryStore
from tests.state.stores import Clock, checkpoint
from translator.state.first_run import FIRST_RUN_FILE
from translator.state.store import Commit, Recovered


def test_it_forgets_everything_but_its_first_run(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, clock=Clock())
    store.commit(
        Commit([checkpoint("a", 1)], envelopes=[envelope()], journal=b"a", snapshot=b"b", counters={"n": 1})
    )
    store.remember("a", "b")
    store.close()

    again = MemoryStore(tmp_path, clock=Clock())
    assert (list(again.checkpoints()), again.pending, again.recall("a")) == ([], 0, None)
    assert again.recover() == Recovered()
    assert [path.name for path in tmp_path.iterdir()] == [FIRST_RUN_FILE]


def test_the_last_that_were_set_aside_are_remembered(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, clock=Clock())
    store.commit(Commit(envelopes=[envelope(spans=3)]))
    store.reject(store.take(1)[0].row, "malformed", "no")

    (rejection,) = store.rejections
    assert (rejection.reason, rejection.detail, rejection.spans) == ("malformed", "no", 3)
