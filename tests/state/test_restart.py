"""What a store on disk still knows after its process has ended, in order or by SIGKILL."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.delivery.endpoint import envelope
from tests.state.stores import T0, Clock, checkpoint, line, names, sqlite_store
from translator.state.rejected import REJECTED_FILE, read
from translator.state.store import Commit, Recovered

KILLS = 15
ROWS = 100_000


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    store.commit(
        Commit(
            [checkpoint("a", 10), checkpoint("b", 5)],
            envelopes=[envelope(name, size=100) for name in ("one", "two", "three", "four")],
            journal=b"before",
            counters={"lines": 3, "spans": 1},
        )
    )
    store.commit(Commit(snapshot=b"\0all"))
    store.commit(Commit([checkpoint("a", 20)], ["b"], journal=b"first", counters={"lines": 5}))
    store.commit(Commit(journal=b"second"))
    store.remember("limits", "{}")
    one, two, three, _ = store.take(4)
    store.acknowledge(one.row)
    store.defer(two.row)
    store.reject(three.row, "malformed", "no")
    size = store.pending_bytes
    store.close()

    again = sqlite_store(tmp_path, clock=Clock(T0 + 10))
    assert list(again.checkpoints()) == [checkpoint("a", 20)]
    assert again.recover() == Recovered(b"\0all", (b"first", b"second"), {"lines": 5, "spans": 1})
    assert (again.pending, again.pending_bytes, again.oldest) == (2, size, T0)
    assert (again.rejected, again.recall("limits"), again.first_run) == ({"malformed": 1}, "{}", T0)
    taken = again.take(9)
    assert names(taken) == ["two", "four"]
    assert [stored.attempts for stored in taken] == [1, 0]
    assert two.row == taken[0].row
    again.commit(Commit(envelopes=[envelope("five")]))
    assert names(again.take(9)) == ["five"]
    again.close()


def test_parts_keep_their_place_across_a_restart(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    store.commit(Commit(envelopes=[envelope("whole"), envelope("last")]))
    store.replace(store.take(1)[0].row, [envelope("left"), envelope("right")])
    store.close()

    again = sqlite_store(tmp_path)
    assert names(again.take(1)) == ["left"]
    assert names(again.take(9)) == ["right", "last"]
    again.close()


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    seen = []
    for _ in range(3):
        store = sqlite_store(tmp_path)
        store.commit(Commit(envelopes=[envelope()]))
        (taken,) = store.take(1)
        store.acknowledge(taken.row)
        seen.append(taken.row)
        store.close()

    assert len(set(seen)) == 3


def test_a_step_that_was_not_stored_leaves_no_rejected_lines(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    store.reject_line(line(b"{"), "not_json", "it ends too early")
    store.remember("a", "b")
    store.close()

    again = sqlite_store(tmp_path)
    assert again.rejected_lines == {}
    assert list(read(tmp_path / REJECTED_FILE)) == []
    again.reject_line(line(b"{"), "not_json", "it ends too early")
    again.commit(Commit([checkpoint("a", 10)]))
    again.close()
    last = sqlite_store(tmp_path)
    assert last.rejected_lines == {"not_json": 1}
    assert [record.reason for record in read(tmp_path / REJECTED_FILE)] == ["not_json"]
    last.close()


CHILD = """
import sys, time
from pathlib import Path
from tests.state.stores import checkpoint
from translator.model import Envelope
from translator.state.sqlite import SqliteStore
from translator.state.store import Commit

def envelope(name, size=0):
    payload = b'{"name": "%d", "filler": "%s"}' % (name, b"x" * size)
    return Envelope("0" * 32, "span", 1, {}, {}, payload, ())

store = SqliteStore(Path(sys.argv[1]), clock=time.time)
number = max((each.offset for each in store.checkpoints()), default=0)
while True:
    number += 1
    size = number * 7919 % 60_000
    store.commit(Commit(
        [checkpoint("a", number), checkpoint(f"b{number % 3}", number)],
        envelopes=[envelope(number, size), envelope(number)],
        journal=None if number % 7 == 0 else str(number).encode(),
        snapshot=str(number).encode() if number % 7 == 0 else None,
        counters={"steps": number, f"steps.{number % 3}": number},
    ))
    print(number, flush=True)
    while store.pending > 10:
        store.acknowledge(store.take(1)[0].row)
"""


def test_a_kill_leaves_no_half_step(tmp_path: Path) -> None:
    chance = random.Random(11)  # noqa: S311
    reached = 0
    for _ in range(KILLS):
        # Far enough for checkpoints of the write-ahead log to be among what is interrupted.
        steps = chance.randrange(1, 60)
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path.cwd()
        ) as child:
            assert child.stdout is not None
            said = [int(child.stdout.readline()) for _ in range(steps)]
            child.kill()
            said += [int(rest) for rest in child.stdout.read().split(b"\n") if rest]

        store = sqlite_store(tmp_path)
        assert store.problems == []
        # What was told to be stored is; the step after that may be, but no further one.
        at = {each.file_id: each.offset for each in store.checkpoints()}["a"]
        assert at - said[-1] in (0, 1)
        assert said[0] == reached + 1
        reached = at
        recovered = store.recover()
        steps_kept = [int(step) for step in (recovered.snapshot or b"0", *recovered.journal)]
        assert steps_kept == list(range(at // 7 * 7, at + 1))
        assert recovered.counters["steps"] == at
        for each in store.checkpoints():
            assert each.file_id == "a" or recovered.counters[f"steps.{each.offset % 3}"] == each.offset
        kept = [int(name) for name in names(store.take(100))]
        expected = [number for number in range(1, at + 1) for _ in range(2)]
        assert kept == expected[-len(kept) :]
        assert 10 <= len(kept) <= 12 or at < 6
        assert store.pending == len(kept)
        store.close()


def test_a_long_outbox_stays_quick(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    one = envelope("one")
    store.commit(Commit(envelopes=[one] * ROWS))
    store.close()

    begun = time.perf_counter()
    store = sqlite_store(tmp_path)
    assert store.pending == ROWS
    opening = time.perf_counter() - begun
    statements: list[str] = []
    connection: sqlite3.Connection = store._database.connection
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 100

    connection.set_trace_callback(statements.append)
    connection.set_progress_handler(count, 100)
    first = store.take(50)
    for stored in first[:25]:
        store.defer(stored.row)
    for stored in first[25:]:
        store.acknowledge(stored.row)
    for _ in range(200):
        (taken,) = store.take(1)
        store.acknowledge(taken.row)
        assert store.oldest == T0
        assert store.pending
    # Steps of SQLite's machine, so that a slow machine is no failure: some dozens for each statement.
    assert steps < 100 * len(statements)
    assert opening < 5
    store.close()


@pytest.mark.parametrize("name", ["lock", "state.sqlite-shm"])
def test_what_a_killed_process_leaves_beside_does_not_disturb(tmp_path: Path, name: str) -> None:
    store = sqlite_store(tmp_path)
    store.commit(Commit(envelopes=[envelope()]))
    store.close()
    (tmp_path / name).write_bytes(b"\xff" * 40_000)

    again = sqlite_store(tmp_path)
    assert (again.pending, again.problems) == (1, [])
    again.close()
