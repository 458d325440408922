"""A state that cannot be written, now or at all, or that somebody else uses."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.delivery.endpoint import envelope
from tests.state.stores import checkpoint, line, names, sqlite_store
from translator.errors import StateError
from translator.state.database import LOCK_FILE, STATE_FILE
from translator.state.rejected import REJECTED_FILE, read
from translator.state.sqlite import SqliteStore
from translator.state.store import Commit

HOLDER = """
import sys, time
from pathlib import Path
from translator.state.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]), clock=time.time)
print(flush=True)
sys.stdin.read()
"""


def test_a_second_store_is_refused_until_the_first_is_closed(tmp_path: Path) -> None:
    first = sqlite_store(tmp_path)
    with pytest.raises(StateError, match=f"another translator uses this state .process {os.getpid()}"):
        sqlite_store(tmp_path)
    first.commit(Commit([checkpoint("a", 1)]))
    first.close()

    sqlite_store(tmp_path).close()


def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StateError, match=f"process {holder.pid}"):
            sqlite_store(tmp_path)
        holder.kill()

    sqlite_store(tmp_path).close()


def test_a_store_that_could_not_be_opened_holds_no_lock(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).mkdir()
    with pytest.raises(StateError):
        sqlite_store(tmp_path)
    (tmp_path / STATE_FILE).rmdir()

    sqlite_store(tmp_path).close()


@contextmanager
def _mounted(directory: Path, *options: str) -> Iterator[None]:
    done = subprocess.run(["mount", *options, str(directory)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.decode(errors='replace').strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


@contextmanager
def _read_only(path: Path) -> Iterator[None]:
    """Takes the right to write; root has it all the same, unless the file system is read-only."""
    if os.geteuid():
        mode = path.stat().st_mode
        path.chmod(0o500 if path.is_dir() else 0o400)
        try:
            yield
        finally:
            path.chmod(mode)
    else:
        with _mounted(path, "--bind", str(path)):
            subprocess.run(["mount", "-o", "remount,bind,ro", str(path)], check=True)
            yield


@pytest.mark.parametrize("name", ["", STATE_FILE, LOCK_FILE])
def test_what_is_read_only_is_told_and_kept(tmp_path: Path, name: str) -> None:
    store = sqlite_store(tmp_path)
    store.commit(Commit(envelopes=[envelope()]))
    store.close()

    with _read_only(tmp_path / name), pytest.raises(StateError) as caught:
        sqlite_store(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "--state-dir" in str(caught.value.hint)
    again = sqlite_store(tmp_path)
    assert (again.pending, again.problems) == (1, [])
    again.close()


def test_a_directory_below_one_that_is_read_only_is_told(tmp_path: Path) -> None:
    with _read_only(tmp_path), pytest.raises(StateError, match="cannot be kept"):
        sqlite_store(tmp_path / "state" / "identity")


def test_a_closed_store_stores_nothing(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    store.commit(Commit(envelopes=[envelope()]))
    (taken,) = store.take(1)
    store.close()

    with pytest.raises(StateError):
        store.commit(Commit(envelopes=[envelope()]))
    # A sender whose answer comes too late must not end by that; the envelope is sent again.
    store.acknowledge(taken.row)
    store.close()
    again = sqlite_store(tmp_path)
    assert again.pending == 1
    again.close()


@contextmanager
def _no_more_pages(store: SqliteStore) -> Iterator[None]:
    """SQLite's own "database or disk is full"."""
    connection: sqlite3.Connection = store._database.connection
    connection.execute("PRAGMA max_page_count = 1")
    yield
    connection.execute("PRAGMA max_page_count = 1000000")


@contextmanager
def _no_larger_files(store: SqliteStore) -> Iterator[None]:
    """The system refuses to write at the end of the write-ahead log."""
    size = store._database.path.with_name(f"{STATE_FILE}-wal").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(size, 1), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def _full_disk(store: SqliteStore) -> Iterator[None]:
    """A file takes all that is left of a small file system."""
    filler = store._database.path.with_name("filler")
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4_096)
    yield
    filler.unlink()


WAYS = {"pages": _no_more_pages, "files": _no_larger_files, "disk": _full_disk}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """How the disk gets full."""
    if request.param == "disk":
        with _mounted(tmp_path, "-t", "tmpfs", "-o", "size=2m", "tmpfs"):
            yield request.param
    else:
        yield request.param


def test_a_step_that_finds_the_disk_full_is_stored_when_there_is_room(tmp_path: Path, way: str) -> None:
    store = sqlite_store(tmp_path)
    first = Commit([checkpoint("a", 1)], envelopes=[envelope("one")], journal=b"1", counters={"n": 1})
    store.commit(first)
    heard: list[int] = []
    store.subscribe(lambda: heard.append(store.pending))
    store.reject_line(line(b"{"), "not_json", "")
    second = Commit(
        [checkpoint("a", 2)],
        envelopes=[envelope(name, size=50_000) for name in ("two", "three", "four")],
        journal=b"2",
        counters={"n": 2},
    )
    before = store.pending_bytes

    with WAYS[way](store):
        for _ in range(3):
            with pytest.raises(StateError) as caught:
                store.commit(second)
        assert "make room on the disk" in str(caught.value.hint)
        assert (store.pending, store.pending_bytes, heard) == (1, before, [])
        assert list(store.checkpoints()) == [checkpoint("a", 1)]
        assert store.recover().counters == {"n": 1}
        assert names(store.take(9)) == ["one"]
    store.commit(second)
    assert (heard, names(store.take(9))) == ([4], ["two", "three", "four"])
    store.close()

    again = sqlite_store(tmp_path)
    assert list(again.checkpoints()) == [checkpoint("a", 2)]
    assert list(again.recover().journal) == [b"1", b"2"]
    assert names(again.take(9)) == ["one", "two", "three", "four"]
    assert again.rejected_lines == {"not_json": 1}
    assert len(list(read(tmp_path / REJECTED_FILE))) == 1
    again.close()


def test_what_the_sender_does_on_a_full_disk_is_written_later(tmp_path: Path, way: str) -> None:
    store = sqlite_store(tmp_path)
    store.commit(Commit(envelopes=[envelope(f"{number}", size=3_000) for number in range(60)]))
    taken = store.take(60)

    with WAYS[way](store):
        for stored in taken[:40]:
            store.acknowledge(stored.row)
        store.defer(taken[40].row)
        store.remember("limits", "x" * 9_000)
        with pytest.raises(StateError):
            store.replace(taken[41].row, [envelope("part", size=90_000)] * 3)
        assert (store.pending, store.recall("limits")) == (20, "x" * 9_000)
    store.replace(taken[41].row, [envelope("left"), envelope("right")])
    assert names(store.take(9)) == ["40", "left", "right"]
    store.close()

    again = sqlite_store(tmp_path)
    kept = again.take(100)
    assert names(kept) == ["40", "left", "right", *map(str, range(42, 60))]
    assert kept[0].attempts == 1
    assert again.recall("limits") == "x" * 9_000
    again.close()


def test_an_envelope_that_cannot_be_set_aside_stays_in_the_outbox(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    store.commit(Commit(envelopes=[envelope()]))
    (taken,) = store.take(1)
    (tmp_path / REJECTED_FILE).mkdir()
    with pytest.raises(StateError, match="set aside") as caught:
        store.reject(taken.row, "malformed", "no")
    assert "room" in str(caught.value.hint)
    assert (store.pending, store.rejected) == (1, {})

    (tmp_path / REJECTED_FILE).rmdir()
    store.reject(taken.row, "malformed", "no")
    assert (store.pending, store.rejected) == (0, {"malformed": 1})
    store.close()
