"""The store in memory: order, ownership, size, and the one file that it keeps."""

from __future__ import annotations

import json
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.delivery.endpoint import envelope
from translator.errors import ConfigurationError
from translator.state.memory import FIRST_RUN_FILE, MemoryStore
from translator.state.store import Store, Stored

T0 = 1_700_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    return MemoryStore(tmp_path / "state" / "identity", clock=lambda: T0)


def _names(taken: list[Stored]) -> list[str]:
    return [str(json.loads(stored.envelope.payload)["name"]) for stored in taken]


def test_it_is_a_store(store: MemoryStore) -> None:
    as_store: Store = store

    assert as_store.pending == 0
    assert not as_store.full
    store.close()
    store.close()


def test_checkpoints_and_envelopes_are_stored_together(store: MemoryStore) -> None:
    assert store.checkpoint("a") is None

    store.commit({"a": 10, "b": 20}, [envelope("one"), envelope("two")])
    store.commit({"a": 15}, [])

    assert (store.checkpoint("a"), store.checkpoint("b")) == (15, 20)
    assert _names(store.take(5)) == ["one", "two"]


def test_what_is_taken_is_not_given_to_another(store: MemoryStore) -> None:
    store.commit({}, [envelope("one"), envelope("two"), envelope("three")])

    assert _names(store.take(2)) == ["one", "two"]
    assert _names(store.take(2)) == ["three"]
    assert store.take(2) == []
    assert store.pending == 3


def test_what_is_deferred_comes_back_at_its_old_place(store: MemoryStore) -> None:
    store.commit({}, [envelope("one"), envelope("two"), envelope("three")])
    one, _ = store.take(2)
    store.defer(one.row)

    again, three = store.take(2)
    assert _names([again, three]) == ["one", "three"]
    assert (again.row, one.attempts, again.attempts) == (one.row, 0, 1)


def test_parts_take_the_place_of_the_whole(store: MemoryStore) -> None:
    store.commit({}, [envelope("whole"), envelope("last")])
    (whole,) = store.take(1)
    store.replace(whole.row, [envelope("left"), envelope("right")])
    (left,) = store.take(1)

    assert _names([left]) == ["left"]
    store.replace(left.row, [envelope("far left"), envelope("middle")])
    assert sorted(_names(store.take(3))) == ["far left", "middle", "right"]
    assert _names(store.take(3)) == ["last"]
    assert store.pending == 4


def test_what_is_settled_is_gone(store: MemoryStore) -> None:
    store.commit({}, [envelope("one", spans=3), envelope("two")])
    one, two = store.take(2)
    store.reject(one.row, "malformed", "no")
    store.acknowledge(two.row)

    assert (store.pending, store.pending_bytes) == (0, 0)
    assert store.rejected == {"malformed": 1}
    (rejection,) = store.rejections
    assert (rejection.reason, rejection.detail, rejection.spans) == ("malformed", "no", 3)


def test_only_what_is_taken_can_be_settled(store: MemoryStore) -> None:
    store.commit({}, [envelope()])

    for settle in (store.acknowledge, store.defer):
        for row in (1, 99):
            with pytest.raises(KeyError):
                settle(row)
    assert store.pending == 1


def test_it_is_full_by_bytes_and_takes_what_comes_all_the_same(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path / "state", clock=lambda: T0, max_bytes=10_000)
    full = []
    for _ in range(3):
        store.commit({}, [envelope(size=5_000)])
        full.append(store.full)

    assert full == [False, True, True]
    assert 15_000 < store.pending_bytes < 25_000
    for stored in store.take(3):
        store.acknowledge(stored.row)
    assert not store.full


def test_listeners_hear_of_every_change_and_may_use_the_store(store: MemoryStore) -> None:
    heard: list[int] = []
    store.subscribe(lambda: heard.append(store.pending))
    store.commit({"a": 1}, [envelope("one"), envelope("two"), envelope("three")])
    one, two, three = store.take(3)
    store.acknowledge(one.row)
    store.replace(two.row, [envelope("left"), envelope("right")])
    store.defer(three.row)
    store.reject(store.take(1)[0].row, "malformed", "no")

    assert heard == [3, 2, 3, 3, 2]


def test_a_commit_of_checkpoints_alone_is_no_change_of_the_outbox(store: MemoryStore) -> None:
    changed = threading.Event()
    store.subscribe(changed.set)
    store.commit({"a": 1}, [])

    assert not changed.is_set()


def test_several_threads_may_take_and_settle(store: MemoryStore) -> None:
    store.commit({}, [envelope(f"{number}") for number in range(500)])

    def work(_: int) -> list[str]:
        done = []
        while taken := store.take(3):
            for stored in taken:
                done += _names([stored])
                store.acknowledge(stored.row)
        return done

    with ThreadPoolExecutor(4) as threads:
        done = [name for names in threads.map(work, range(4)) for name in names]

    assert sorted(done, key=int) == [str(number) for number in range(500)]
    assert (store.pending, store.pending_bytes) == (0, 0)


def test_the_first_run_is_remembered(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "identity"
    MemoryStore(directory, clock=lambda: T0)
    again = MemoryStore(directory, clock=lambda: T0 + 1_000)

    assert again.first_run == T0
    assert [path.name for path in directory.iterdir()] == [FIRST_RUN_FILE]


def test_nobody_else_may_look_into_the_state(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        MemoryStore(tmp_path / "state" / "identity", clock=lambda: T0)
    finally:
        os.umask(before)

    for directory in (tmp_path / "state", tmp_path / "state" / "identity"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "damage",
    [b"", b"\0" * 64, b"{", b"null", b"[]", b"{}", b'{"first_run":null}', b'{"first_run":"soon"}',
     b'{"first_run":NaN}', b'{"first_run":-1}', b'{"first_run":1e999}', b"\xff", b"[" * 4_096,
     b'{"a":' * 800],
)  # fmt: skip
def test_a_damaged_file_tells_by_its_own_time_when_the_first_run_was(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / FIRST_RUN_FILE
    path.write_bytes(damage)
    os.utime(path, (T0, T0))

    assert MemoryStore(tmp_path, clock=lambda: T0 + 1_000).first_run == T0
    assert MemoryStore(tmp_path, clock=lambda: T0 + 2_000).first_run == T0
    assert json.loads(path.read_bytes()) == {"first_run": T0}


def test_a_clock_that_went_back_makes_no_first_run_in_the_future(tmp_path: Path) -> None:
    MemoryStore(tmp_path, clock=lambda: T0)

    assert MemoryStore(tmp_path, clock=lambda: T0 - 1_000).first_run == T0 - 1_000


def test_a_draft_that_was_left_behind_does_not_disturb(tmp_path: Path) -> None:
    (tmp_path / FIRST_RUN_FILE).with_suffix(".tmp").write_bytes(b"half")

    assert MemoryStore(tmp_path, clock=lambda: T0).first_run == T0


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match="cannot be kept") as caught:
        MemoryStore(tmp_path / "file" / "state", clock=lambda: T0)
    assert "--state-dir" in str(caught.value.hint)
