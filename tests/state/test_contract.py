"""What every store promises: order, ownership, size, and who hears of it."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.delivery.endpoint import envelope
from tests.state.memory import MemoryStore
from tests.state.stores import T0, AnyStore, Clock, checkpoint, line, names
from translator.errors import StateError
from translator.state.sqlite import SqliteStore
from translator.state.store import Commit, Store

Open = Callable[..., AnyStore]


@pytest.fixture(params=[MemoryStore, SqliteStore])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens stores of one kind; they are closed in the end."""
    stores: list[AnyStore] = []

    def new(directory: Path = tmp_path / "state" / "identity", **options: object) -> AnyStore:
        store: AnyStore = request.param(directory, **{"clock": Clock(), **options})
        stores.append(store)
        return store

    yield new
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Open) -> AnyStore:
    return opened()


def test_it_is_a_store(store: AnyStore) -> None:
    as_store: Store = store

    assert as_store.pending == 0
    assert not as_store.full
    assert store.problems == []
    store.close()
    store.close()


def test_its_log_rests_for_a_while(store: AnyStore) -> None:
    as_store: Store = store
    store.commit(Commit(envelopes=[envelope("one"), envelope("two")]))
    store.reject(store.take(1)[0].row, "malformed", "before")
    with as_store.log_at_rest():
        pass
    store.reject(store.take(1)[0].row, "malformed", "after")

    assert store.rejected == {"malformed": 2}


def test_checkpoints_and_envelopes_are_stored_together(store: AnyStore) -> None:
    assert list(store.checkpoints()) == []

    store.commit(
        Commit([checkpoint("a", 10), checkpoint("b", 20)], envelopes=[envelope("one"), envelope("two")])
    )
    store.commit(Commit([checkpoint("a", 15)]))

    assert sorted(store.checkpoints(), key=lambda each: each.file_id) == [
        checkpoint("a", 15), checkpoint("b", 20),
    ]  # fmt: skip
    assert names(store.take(5)) == ["one", "two"]


def test_files_that_are_gone_are_forgotten(store: AnyStore) -> None:
    store.commit(Commit([checkpoint("a", 10), checkpoint("b", 20)]))
    store.commit(Commit(forgotten=["a", "never known"]))

    assert list(store.checkpoints()) == [checkpoint("b", 20)]


def test_names_of_files_need_not_be_utf_8(store: AnyStore) -> None:
    odd = checkpoint("a", 10, source=os.fsdecode(b"/logs/\xff.log"), path="/logs/\N{SNOWMAN}.log")
    store.commit(Commit([odd]))

    assert list(store.checkpoints()) == [odd]


def test_an_envelope_comes_out_as_it_went_in(store: AnyStore) -> None:
    whole = envelope("one", category="transaction", spans=2)
    store.commit(Commit(envelopes=[whole, envelope("two")]))
    (taken,) = store.take(1)

    assert (taken.envelope, taken.attempts) == (whole, 0)


def test_what_is_taken_is_not_given_to_another(store: AnyStore) -> None:
    store.commit(Commit(envelopes=[envelope("one"), envelope("two"), envelope("three")]))

    assert store.take(0) == []
    assert names(store.take(2)) == ["one", "two"]
    assert names(store.take(2)) == ["three"]
    assert store.take(2) == []
    assert store.pending == 3


def test_what_is_deferred_comes_back_at_its_old_place(store: AnyStore) -> None:
    store.commit(Commit(envelopes=[envelope("one"), envelope("two"), envelope("three")]))
    one, _ = store.take(2)
    store.defer(one.row)

    again, three = store.take(2)
    assert names([again, three]) == ["one", "three"]
    assert (again.row, one.attempts, again.attempts) == (one.row, 0, 1)


def test_parts_take_the_place_of_the_whole(store: AnyStore) -> None:
    store.commit(Commit(envelopes=[envelope("whole"), envelope("last")]))
    (whole,) = store.take(1)
    store.replace(whole.row, [envelope("left"), envelope("right")])
    (left,) = store.take(1)

    assert names([left]) == ["left"]
    store.replace(left.row, [envelope("far left"), envelope("middle")])
    assert sorted(names(store.take(3))) == ["far left", "middle", "right"]
    assert names(store.take(3)) == ["last"]
    assert store.pending == 4


def test_parts_of_one_that_others_have_overtaken_go_first(store: AnyStore) -> None:
    store.commit(Commit(envelopes=[envelope("whole"), envelope("two"), envelope("three")]))
    whole, _ = store.take(2)
    store.replace(whole.row, [envelope("left"), envelope("right")])

    assert names(store.take(5)) == ["left", "right", "three"]
    assert store.take(5) == []


def test_what_is_settled_is_gone(store: AnyStore) -> None:
    store.commit(Commit(envelopes=[envelope("one", spans=3), envelope("two"), envelope("three")]))
    one, two, three = store.take(3)
    store.reject(one.row, "malformed", "no")
    store.acknowledge(two.row)
    store.replace(three.row, [])

    assert (store.pending, store.pending_bytes, store.oldest) == (0, 0, None)
    assert store.rejected == {"malformed": 1}


def test_only_what_is_taken_can_be_settled(store: AnyStore) -> None:
    store.commit(Commit(envelopes=[envelope()]))
    changes: list[Callable[[int], None]] = [
        store.acknowledge,
        store.defer,
        lambda row: store.replace(row, [envelope()]),
        lambda row: store.reject(row, "malformed", "no"),
    ]
    for change in changes:
        for row in (1, 99):
            with pytest.raises(KeyError):
                change(row)
    assert (store.pending, store.rejected) == (1, {})


def test_it_is_full_by_bytes_and_takes_what_comes_all_the_same(opened: Open) -> None:
    store = opened(max_bytes=10_000)
    full = []
    for _ in range(3):
        store.commit(Commit(envelopes=[envelope(size=5_000)]))
        full.append(store.full)

    assert full == [False, True, True]
    assert 15_000 < store.pending_bytes < 25_000
    for stored in store.take(3):
        store.acknowledge(stored.row)
    assert not store.full


def test_the_oldest_is_the_first_that_is_left(opened: Open) -> None:
    clock = Clock()
    store = opened(clock=clock)
    for name in ("one", "two"):
        store.commit(Commit(envelopes=[envelope(name)]))
        clock.now += 10
    one, two = store.take(2)
    store.replace(one.row, [envelope("part")])

    assert store.oldest == T0
    store.acknowledge(store.take(1)[0].row)
    assert store.oldest == T0 + 10
    store.acknowledge(two.row)
    assert store.oldest is None


def test_small_facts_are_remembered(store: AnyStore) -> None:
    assert store.recall("limits") is None

    store.remember("limits", "{}")
    store.remember("limits", '{"span": 1}')

    assert store.recall("limits") == '{"span": 1}'


def test_rejected_lines_are_counted_with_their_step(store: AnyStore) -> None:
    store.reject_line(line(b"{"), "not_json", "it ends too early")
    store.commit(Commit([checkpoint("a", 10)]))

    assert store.rejected_lines == {"not_json": 1}
    assert store.rejected == {}


def test_listeners_hear_of_every_change_and_may_use_the_store(store: AnyStore) -> None:
    heard: list[int] = []
    store.subscribe(lambda: heard.append(store.pending))
    store.subscribe(lambda: store.defer(store.take(1)[0].row) if len(heard) == 1 else None)
    store.commit(Commit(envelopes=[envelope("one"), envelope("two"), envelope("three")]))
    one, two, three = store.take(3)
    store.acknowledge(one.row)
    store.replace(two.row, [envelope("left"), envelope("right")])
    store.defer(three.row)
    store.reject(store.take(1)[0].row, "malformed", "no")

    assert heard == [3, 3, 2, 3, 3, 2]


def test_a_commit_of_checkpoints_alone_is_no_change_of_the_outbox(store: AnyStore) -> None:
    changed = threading.Event()
    store.subscribe(changed.set)
    store.commit(Commit([checkpoint("a", 1)]))

    assert not changed.is_set()


def test_several_threads_may_take_and_settle(store: AnyStore) -> None:
    store.commit(Commit(envelopes=[envelope(f"{number}") for number in range(500)]))

    def work(thread: int) -> list[str]:
        done = []
        while taken := store.take(3):
            for stored in taken:
                if stored.attempts < 1 and stored.row % 5 == thread:
                    store.defer(stored.row)
                else:
                    done += names([stored])
                    store.acknowledge(stored.row)
        return done

    def read(_: int) -> list[str]:
        for number in range(500, 600):
            store.commit(Commit([checkpoint("a", number)], envelopes=[envelope(f"{number}")]))
        return []

    with ThreadPoolExecutor(5) as threads:
        reader = threads.submit(read, 0)
        done = [name for names in threads.map(work, range(4)) for name in names]
    reader.result()
    done += work(0)

    assert sorted(done, key=int) == [str(number) for number in range(600)]
    assert (store.pending, store.pending_bytes) == (0, 0)
    assert list(store.checkpoints()) == [checkpoint("a", 599)]


def test_the_first_run_is_remembered(opened: Open) -> None:
    opened().close()

    assert opened(clock=Clock(T0 + 1_000)).first_run == T0


def test_a_clock_that_went_back_makes_no_first_run_in_the_future(opened: Open) -> None:
    opened().close()

    assert opened(clock=Clock(T0 - 1_000)).first_run == T0 - 1_000


def test_nobody_else_may_look_into_the_state(opened: Open, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        opened().commit(Commit(envelopes=[envelope()]))
    finally:
        os.umask(before)

    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").rglob("state.*")} <= {0o600}
    for directory in (tmp_path / "state", tmp_path / "state" / "identity"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_directory_that_cannot_be_made_is_told(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StateError, match="cannot be kept") as caught:
        opened(tmp_path / "file" / "state")
    assert "--state-dir" in str(caught.value.hint)


def test_a_store_in_memory_may_share_the_directory(opened: Open, tmp_path: Path) -> None:
    opened()

    assert MemoryStore(tmp_path / "state" / "identity", clock=Clock(T0 + 5)).first_run == T0
