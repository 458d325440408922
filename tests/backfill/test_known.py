"""What a backfill knows of its inputs from earlier runs, and what becomes of an interrupted one."""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.backfill.field import Server, backfill, start, write_runs
from translator.backfill.job import Job, Progress
from translator.backfill.known import recognised
from translator.backfill.merge import Position
from translator.backfill.notes import Notes, read_notes
from translator.backfill.orders import ShareState
from translator.delivery.destination import Destination
from translator.errors import InputError
from translator.files.inputs import Input, find_inputs, open_input
from translator.state.sqlite import SqliteStore
from translator.state.store import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY = 86_400.0


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


class Field:
    """Logs in a directory, and what is kept of backfills of them to a server."""

    def __init__(self, directory: Path, server: Server) -> None:
        self.logs = directory / "logs"
        self.logs.mkdir()
        self.server = server
        self.to = ("--dsn", server.dsn, "--state-dir", str(directory / "state"), "--json", "-q")
        destination = Destination.from_dsn(server.dsn)
        self.state = directory / "state" / destination.identity / "backfill"

    def write(self, name: str, runs: int, begin: float = 2.0) -> int:
        """Writes a log of runs that begin some days ago; gives how many spans they have."""
        return write_runs([self.logs / name], runs, time.time() - begin * DAY)

    def send(self, *arguments: str) -> dict[str, Any]:
        """Sends all; gives the summary."""
        done = backfill(*(arguments or [str(self.logs)]), *self.to)
        assert done.returncode == 0, done.stderr
        summary: dict[str, Any] = json.loads(done.stdout)
        return summary

    @contextmanager
    def store(self) -> Iterator[SqliteStore]:
        """What is kept of backfills."""
        self.state.mkdir(parents=True, exist_ok=True)
        store = SqliteStore(self.state, clock=time.time)
        yield store
        store.close()

    def interrupt(self, name: str, *shares: ShareState) -> None:
        """Leaves what a backfill of a log leaves that was interrupted at its begin."""
        (one,) = inputs(self.logs / name)
        with self.store() as store:
            Job(store, self.state).keep(
                Progress(
                    {one.identity: Position()}, {one.identity: one.name}, under_way=True, shares=[*shares]
                )
            )


@pytest.fixture
def field(tmp_path: Path, server: Server) -> Field:
    return Field(tmp_path, server)


def inputs(*paths: Path) -> list[Input]:
    return find_inputs([str(path) for path in paths], lambda _: None)


def position_after(one: Input) -> Position:
    """How far an input has been read when it has been read to its end."""
    position = Position(ended=True, size=one.size, compressed=one.compressed, head=one.head)
    for batch in open_input(one):
        position.offset, position.number, position.read = batch.offset, batch.number, batch.read
        position.tail, position.begun = batch.tail, batch.begun
    return position


def lines_from(one: Input, position: Position) -> list[tuple[int, bytes]]:
    """The lines that are still to be read, with their numbers."""
    batches = open_input(one, offset=position.offset, number=position.number)
    return [(line.number, line.data) for batch in batches for line in batch.lines]


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "compressed"])
@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        (b"a\nb\n", b"", None),
        (b"a\nb\n", b"c\n", [(3, b"c")]),
        (b"a\nb", b"", None),
        (b"a\nb", b"c\nd\n", [(2, b"bc"), (3, b"d")]),
        (b"a\nb", b"\nc\n", [(3, b"c")]),
        (b"a\nb", b"\r\nc\n", [(3, b"c")]),
    ],
    ids=["same", "grown", "same without newline", "half a line", "a newline later", "\\r\\n later"],
)
def test_what_has_grown_is_read_on(
    before: bytes,
    after: bytes,
    left: list[tuple[int, bytes]] | None,
    tmp_path: Path,
    *,
    compressed: bool,
    long: bool,
) -> None:
    before = b"x" * 100_000 * long + before
    log = tmp_path / "app.log"
    log.write_bytes(before)
    (one,) = inputs(log)
    known = {one.identity: position_after(one)}
    log.unlink()
    moved = tmp_path / "app.log.1"
    moved.write_bytes(gzip.compress(before + after) if compressed else before + after)

    (now,) = inputs(moved)
    position = recognised([now], known)[now.identity]

    assert position.ended == (left is None)
    assert left is None or lines_from(now, position) == left


def test_what_holds_something_else_is_read_anew(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(b"x" * 70_000 + b"a\n")
    (one,) = inputs(log)
    known = {one.identity: position_after(one)}
    log.write_bytes(b"x" * 70_000 + b"b\nc\n")

    assert recognised(inputs(log), known) == {}


def test_a_log_that_grew_and_was_then_compressed_is_sent_from_where_it_was_read(field: Field) -> None:
    spans = field.write("app.log", 30)
    field.send()
    more = write_runs([field.logs / "more.log"], 50, time.time() - 2 * DAY)
    grown = (field.logs / "more.log").read_bytes()
    old = (field.logs / "app.log").read_bytes()
    assert not grown.startswith(old)
    for path in field.logs.iterdir():
        path.unlink()
    (field.logs / "app.log.1.gz").write_bytes(gzip.compress(old + grown))

    summary = field.send()

    assert summary["lines"] == {"event": 500}
    assert field.server.times.total() == spans + more
    assert field.send()["already_sent"]


def test_a_line_that_was_half_written_is_read_whole_later(field: Field) -> None:
    field.write("app.log", 3)
    whole = (field.logs / "app.log").read_bytes()
    (field.logs / "app.log").write_bytes(whole[:-40])
    assert field.send()["lines"] == {"event": 29, "not_json": 1}
    (field.logs / "app.log").write_bytes(whole)

    assert field.send()["lines"] == {"event": 1}


def test_a_backfill_of_other_inputs_has_to_be_finished_first(field: Field) -> None:
    spans = field.write("a.log", 5)
    field.write("b.log", 7, 3.0)
    field.interrupt("a.log")

    other = backfill(str(field.logs / "b.log"), *field.to)
    assert other.returncode == 3
    assert "a backfill of other inputs was interrupted" in other.stderr
    assert "a.log" in other.stderr
    assert field.server.times.total() == 0

    field.send(str(field.logs / "a.log"))
    assert field.server.times.total() == spans
    field.send()
    assert field.server.times.total() == spans + 35


def test_another_one_can_be_forgotten(field: Field) -> None:
    field.write("a.log", 5)
    field.write("b.log", 7, 3.0)
    field.interrupt("a.log")

    field.send(str(field.logs / "b.log"), "--again")

    assert field.server.times.total() == 35


def test_an_input_that_is_gone_does_not_hold_up_the_others(field: Field) -> None:
    field.write("a.log", 5)
    field.write("b.log", 7, 3.0)
    found = inputs(field.logs)
    with field.store() as store:
        Job(store, field.state).keep(
            Progress(
                {one.identity: Position() for one in found},
                {one.identity: one.name for one in found},
                under_way=True,
            )
        )
    (field.logs / "a.log").unlink()

    field.send()

    assert field.server.times.total() == 35


@pytest.mark.parametrize("workers", [(), ("--workers", "2")], ids=["alone", "with workers"])
@pytest.mark.parametrize("damage", ["snapshot", "shares"])
def test_a_state_that_cannot_be_read_is_told_and_can_be_forgotten(
    damage: str, workers: tuple[str, ...], field: Field
) -> None:
    field.write("a.log", 5)
    if damage == "snapshot":
        with field.store() as store:
            store.commit(Commit(snapshot=b"\xc1 no snapshot"))
    else:
        field.interrupt("a.log", ShareState(0, b"\xc1", b"\xc1"))

    told = backfill(str(field.logs), *field.to, *workers)
    assert told.returncode == 3
    assert "cannot be read" in told.stderr
    assert "--again" in told.stderr
    assert "Traceback" not in told.stderr
    field.send(str(field.logs), "--again", *workers)

    assert field.server.times.total() == 25


def test_again_forgets_what_was_noted(field: Field) -> None:
    with field.store() as store:
        job = Job(store, field.state)
        job.keep(Progress(generation=3))
        for generation in (3, 4):
            notes = Notes(job.notes(generation), "0")
            notes.add(bytes([generation]) * 16)
            notes.close()
        job.forget()

        assert read_notes(field.state) == set()
        assert job.progress == Progress()


def test_what_is_refused_is_set_aside_or_comes_again(field: Field) -> None:
    field.write("a.log", 5)
    field.state.mkdir(parents=True)
    (field.state / "rejected.jsonl").mkdir()
    field.server.answers = [(200, {}), (400, {})]

    failed = backfill(str(field.logs), *field.to)
    assert failed.returncode == 3
    (field.state / "rejected.jsonl").rmdir()
    field.server.answers = []
    field.send()

    assert len(field.server.spans) == 25, "the refused one is there"


def test_standard_input_is_read_again_from_its_begin_and_nothing_is_sent_twice(field: Field) -> None:
    spans = field.write("a.log", 2_500)
    text = (field.logs / "a.log").read_text()
    with start("-", *field.to) as process:
        assert process.stdin
        process.stdin.write(text)
        process.stdin.flush()
        field.server.wait_for(500)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    with start("-", *field.to) as process:
        _, said = process.communicate(text, timeout=60)

    assert process.returncode == 0, said
    assert field.server.changed == []
    assert len(field.server.spans) == field.server.times.total() == spans


def test_a_copy_that_has_grown_leaves_the_original_known(field: Field) -> None:
    field.write("a.log", 5)
    original = (field.logs / "a.log").read_bytes()
    field.send()
    more = write_runs([field.logs / "b.log"], 2, time.time() - DAY)
    (field.logs / "b.log").write_bytes(original + (field.logs / "b.log").read_bytes())
    sent = field.server.times.total()

    field.send()

    assert field.server.times.total() == sent + more
    assert field.send()["already_sent"]


def test_an_input_whose_position_a_copy_has_taken_over_does_not_hold_it_up(field: Field) -> None:
    field.write("a.log", 5)
    spans = field.write("b.log", 7, 3.0)
    gone, left = sorted(inputs(field.logs), key=lambda one: one.name)
    with field.store() as store:
        names = {gone.identity: gone.name, left.identity: left.name}
        Job(store, field.state).keep(Progress({left.identity: Position()}, names, under_way=True))
    (field.logs / "a.log").unlink()

    field.send()

    assert field.server.times.total() == spans


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_logs_that_begin_alike_are_told_apart_by_what_was_read_of_them(
    order: tuple[int, int], tmp_path: Path
) -> None:
    begin = b"the same\n" * 8_000
    paths = [tmp_path / "a.log", tmp_path / "b.log"]
    for number, path in enumerate(paths):
        path.write_bytes(begin + f"its own {number}\n".encode() * 100)
        os.utime(path, (1_000, 1_000 + number))
    before = inputs(*paths)
    positions = {one.identity: position_after(one) for one in before}
    for number, path in enumerate(paths):
        os.utime(path, (2_000, 2_000 + order[number]))
    now = inputs(*paths)

    known = recognised(now, positions)

    by_name = {one.name: one.identity for one in before}
    assert {one.name: known[one.identity].known_as for one in now} == by_name
    assert [lines_from(one, known[one.identity]) for one in now] == [[], []]


@pytest.mark.parametrize("offset", [0, 9])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_a_file_that_has_come_into_the_place_of_another_is_told(
    pack: Callable[[bytes], bytes], offset: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(pack(b"the first\nthe second\n"))
    (one,) = inputs(path)
    path.rename(tmp_path / "a.log.1")
    path.write_bytes(pack(b"the third\nthe fourth\n"))

    with pytest.raises(InputError, match="another file has come into its place"):
        list(open_input(one, offset=offset, number=1))


@pytest.mark.parametrize("offset", [0, 170])
def test_a_file_that_has_become_shorter_is_told_after_what_is_left_of_it(offset: int, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"a line of 16 B..\n" * 20_000)
    (one,) = inputs(path)
    os.truncate(path, 17 * 10_000)

    batches = open_input(one, offset=offset)
    assert len(next(batches).lines) == 10_000 - offset // 17
    with pytest.raises(InputError, match="has become shorter since this began"):
        next(batches)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_a_file_that_grows_after_it_was_found_is_the_same(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(pack(b"the first\n"))
    (one,) = inputs(path)
    with path.open("ab") as file:
        file.write(pack(b"the second\n"))

    assert lines_from(one, Position()) == [(1, b"the first"), (2, b"the second")]
