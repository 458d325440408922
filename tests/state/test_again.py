"""A second try of what was set aside: nothing of it is lost, whatever comes between."""

from __future__ import annotations

from pathlib import Path

from tests.delivery.endpoint import envelope
from tests.state.stores import sqlite_store
from translator.state.again import SecondTry
from translator.state.rejected import REJECTED_FILE, read


def _details(path: Path) -> list[str]:
    return [record.detail for record in read(path)]


def test_what_is_set_aside_during_a_second_try_is_kept(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    store.set_aside(envelope("one"), "malformed", "before")

    trying = SecondTry(tmp_path, store.log_at_rest())
    store.set_aside(envelope("two"), "malformed", "meanwhile")
    trying.done()
    store.close()

    assert [record.detail for record in trying.records] == ["before"]
    assert _details(tmp_path / REJECTED_FILE) == ["meanwhile"]
