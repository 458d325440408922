"""A state file that is damaged is set aside; one that is newer is left as it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.delivery.endpoint import envelope
from tests.state.stores import T0, Clock, checkpoint, sqlite_store
from translator.errors import StateError
from translator.state import database, schema
from translator.state.database import STATE_FILE, SUSPECT_FILE
from translator.state.failures import DamagedStateError
from translator.state.store import Commit, Recovered

STEPS = 40


def _begun(directory: Path) -> Path:
    """A state with something in every table, and its file."""
    store = sqlite_store(directory)
    for number in range(1, STEPS + 1):
        store.commit(
            Commit(
                [checkpoint("a", number), checkpoint(f"b{number}", 1)],
                envelopes=[envelope(str(number), size=3_000)],
                journal=b"x" * 500,
                counters={"steps": number},
            )
        )
    store.remember("fact", "kept")
    store.close()
    return directory / STATE_FILE


def _overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def _garble(path: Path) -> None:
    for offset in range(0, path.stat().st_size, 1_000):
        _overwrite(path, offset, b"\xa5" * 100)


def _delete_behind_the_index(path: Path) -> None:
    """The index has an entry of a row that is not in the table."""
    with closing(sqlite3.connect(path)) as connection:
        hidden = connection.execute("SELECT * FROM sqlite_schema WHERE name = 'outbox_order'").fetchone()
    for statement, values in (
        ("DELETE FROM sqlite_schema WHERE name = 'outbox_order'", ()),
        ("DELETE FROM outbox WHERE row = 3", ()),
        ("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", hidden),
    ):
        # The schema is read when a connection is opened.
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(statement, values)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: os.truncate(path, 0),
    "one byte": lambda path: os.truncate(path, 1),
    "half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "one page": lambda path: os.truncate(path, 4_096),
    "not whole pages": lambda path: os.truncate(path, path.stat().st_size - 100),
    "zeroed": lambda path: path.write_bytes(b"\0" * path.stat().st_size),
    "zeroed but for its head": lambda path: _overwrite(path, 4_096, b"\0" * (path.stat().st_size - 4_096)),
    "text": lambda path: path.write_text("checkpoint = 12\n" * 1_000),
    "garbled": _garble,
    "garbled inside": lambda path: _overwrite(path, 8 * 4_096, b"\xa5" * 8_192),
    "index": _delete_behind_the_index,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_set_aside_and_told(tmp_path: Path, damage: str) -> None:
    path = _begun(tmp_path)
    DAMAGES[damage](path)
    bad = path.read_bytes()

    store = sqlite_store(tmp_path, clock=Clock(T0 + 1_000))
    (problem,) = store.problems
    assert str(path) in problem
    assert "state.sqlite.damaged-1" in problem
    assert "\n" not in problem
    assert (list(store.checkpoints()), store.pending, store.recover()) == ([], 0, Recovered())
    # Else what was written since the first run, and is read again now, would count as old.
    assert store.first_run == T0
    store.commit(Commit([checkpoint("a", 1)], envelopes=[envelope()]))
    store.close()

    assert path.with_name("state.sqlite.damaged-1").read_bytes() == bad
    again = sqlite_store(tmp_path)
    assert (again.problems, again.pending) == ([], 1)
    again.close()


def test_each_damaged_file_is_kept_with_its_write_ahead_log(tmp_path: Path) -> None:
    for number in (1, 2):
        path = _begun(tmp_path)
        path.write_bytes(b"")
        path.with_name(f"{STATE_FILE}-wal").write_bytes(b"log %d" % number)
        store = sqlite_store(tmp_path)
        assert len(store.problems) == 1
        store.close()

    for number in (1, 2):
        aside = path.with_name(f"{STATE_FILE}.damaged-{number}")
        assert aside.read_bytes() == b""
        assert aside.with_name(f"{aside.name}-wal").read_bytes() == b"log %d" % number


@pytest.mark.parametrize("lost", [b"", b"\0" * 50_000, b"\xa5" * 50_000])
def test_without_its_write_ahead_log_it_is_as_it_was_some_steps_before(tmp_path: Path, lost: bytes) -> None:
    _begun(tmp_path / "before")
    live = sqlite_store(tmp_path / "before")
    live.commit(Commit([checkpoint("a", 1_000)], envelopes=[envelope()], counters={"steps": 1_000}))
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    live.close()
    (tmp_path / "after" / f"{STATE_FILE}-wal").write_bytes(lost)

    store = sqlite_store(tmp_path / "after")
    assert store.problems == []
    at = {each.file_id: each.offset for each in store.checkpoints()}["a"]
    assert (at, store.pending, store.recover().counters) == (STEPS, STEPS, {"steps": STEPS})
    store.close()


def _damage_under_it(directory: Path) -> None:
    """Garbles what comes after the head of a file, and leaves no write-ahead log to repair it from."""
    path = directory / STATE_FILE
    _overwrite(path, 4_096, b"\xa5" * (path.stat().st_size - 4_096))


def test_damage_that_shows_while_running_is_told_and_set_aside_at_the_next_start(tmp_path: Path) -> None:
    _begun(tmp_path)
    store = sqlite_store(tmp_path)
    _damage_under_it(tmp_path)

    with pytest.raises(DamagedStateError, match="damaged") as caught:
        store.take(100)
    assert "start again" in str(caught.value.hint)
    assert (tmp_path / SUSPECT_FILE).exists()
    with pytest.raises(DamagedStateError):
        store.commit(Commit([checkpoint("a", 1_000)], envelopes=[envelope()]))
    store.close()

    again = sqlite_store(tmp_path)
    assert len(again.problems) == 1
    assert not (tmp_path / SUSPECT_FILE).exists()
    again.close()


@pytest.mark.parametrize("damage", ["half", "zeroed but for its head", "garbled inside", "index"])
def test_a_large_file_is_checked_once_it_is_suspect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(database, "CHECKED_BYTES", 0)
    DAMAGES[damage](_begun(tmp_path))

    def run() -> list[str]:
        """What a sidecar does between its start and the end of its outbox."""
        store = sqlite_store(tmp_path)
        try:
            list(store.checkpoints())
            store.recover()
            for stored in store.take(1_000):
                store.acknowledge(stored.row)
            store.commit(Commit([checkpoint("a", 1_000)], envelopes=[envelope()]))
        finally:
            store.close()
        return store.problems

    problems = []
    for _ in range(3):
        try:
            problems += run()
        except DamagedStateError:
            assert (tmp_path / SUSPECT_FILE).exists()

    assert len(problems) == 1
    assert run() == []


def test_an_envelope_that_is_not_json_any_more_is_told(tmp_path: Path) -> None:
    path = _begun(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE outbox SET header = x'7b' WHERE row = 1")
    store = sqlite_store(tmp_path)

    with pytest.raises(DamagedStateError, match="cannot be read"):
        store.take(1)
    store.close()


def test_a_newer_state_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = _begun(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE journal OF THE FUTURE' WHERE name = 'journal'"
    )
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.commit()
    connection.close()
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}

    for _ in range(2):
        with pytest.raises(StateError, match="newer version") as caught:
            sqlite_store(tmp_path, clock=Clock(T0 - 1_000))
    assert "--state-dir" in str(caught.value.hint)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_each_version_of_the_tables_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None)
    good = "CREATE TABLE two (a); INSERT INTO two VALUES (1)"
    schema.migrate(connection)
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, (*schema.MIGRATIONS, good + "; CREATE TABLE two (b)"))
    assert schema.version_of(connection) == schema.VERSION

    schema.migrate(connection, (*schema.MIGRATIONS, good))
    schema.migrate(connection, (*schema.MIGRATIONS, good))
    assert connection.execute("SELECT * FROM two").fetchall() == [(1,)]
    assert schema.version_of(connection) == schema.VERSION + 1
    connection.close()
