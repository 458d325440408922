"""A second try of what was set aside: nothing of it is lost, whatever comes between."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import pytest

from tests.delivery.endpoint import envelope
from tests.state.stores import line, sqlite_store
from translator.errors import StateError
from translator.state.again import TRYING_FILE, SecondTry, has_records, waiting
from translator.state.rejected import REJECTED_FILE, RejectedLog, read


def _details(path: Path) -> list[str]:
    return [record.detail for record in read(path)]


def _write(path: Path, *details: str) -> None:
    with closing(RejectedLog(path)) as log:
        for detail in details:
            log.add_line(line(b"{" * 200), "not_json", detail)


def _tried(directory: Path) -> list[str]:
    trying = SecondTry(directory, nullcontext())
    return [record.detail for record in trying.records]


@contextmanager
def _full_disk(size: int) -> Iterator[None]:
    """No file can grow larger than so many bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_what_is_set_aside_during_a_second_try_is_kept(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    store.set_aside(envelope("one"), "malformed", "before")

    trying = SecondTry(tmp_path, store.log_at_rest())
    store.set_aside(envelope("two"), "malformed", "meanwhile")
    trying.done()
    store.close()

    assert [record.detail for record in trying.records] == ["before"]
    assert _details(tmp_path / REJECTED_FILE) == ["meanwhile"]


def test_what_an_interrupted_try_has_left_comes_first(tmp_path: Path) -> None:
    _write(tmp_path / TRYING_FILE, "left")
    _write(tmp_path / f"{REJECTED_FILE}.2", "since 1")
    _write(tmp_path / REJECTED_FILE, "since 2")

    assert _tried(tmp_path) == ["left", "since 1", "since 2"]
    assert [path.name for path in tmp_path.iterdir()] == [TRYING_FILE]
    assert (tmp_path / TRYING_FILE).stat().st_mode & 0o777 == 0o600


def test_a_full_disk_loses_nothing_of_an_interrupted_try(tmp_path: Path) -> None:
    _write(tmp_path / TRYING_FILE, "left")
    _write(tmp_path / REJECTED_FILE, *map(str, range(20)))

    with (
        _full_disk((tmp_path / TRYING_FILE).stat().st_size + 100),
        pytest.raises(StateError, match="cannot be written"),
    ):
        SecondTry(tmp_path, nullcontext())

    assert _details(tmp_path / TRYING_FILE) == ["left"]
    assert _tried(tmp_path) == ["left", *map(str, range(20))]


def test_a_disk_that_fails_at_last_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / TRYING_FILE, "left")
    _write(tmp_path / REJECTED_FILE, "since")

    def fails(descriptor: int) -> None:
        # A directory that is synced has not been written to through its descriptor.
        if os.fstat(descriptor).st_size and os.lseek(descriptor, 0, os.SEEK_CUR):
            raise OSError(errno.EIO, "the disk has failed")

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", fails)
        with pytest.raises(StateError, match="the disk has failed"):
            SecondTry(tmp_path, nullcontext())

    assert _details(tmp_path / TRYING_FILE) == ["left"]
    assert _tried(tmp_path) == ["left", "since"]


def test_half_a_record_spoils_none_that_follows(tmp_path: Path) -> None:
    for name in (TRYING_FILE, f"{REJECTED_FILE}.1"):
        _write(tmp_path / name, f"of {name}")
        with (tmp_path / name).open("ab") as file:
            file.write(b'{"time":1.0,"reason":"r","det')
    _write(tmp_path / REJECTED_FILE, "newest")

    assert _tried(tmp_path) == [f"of {TRYING_FILE}", f"of {REJECTED_FILE}.1", "newest"]


@pytest.mark.parametrize("moved", [(), (2,), (2, 1), (1,), (0,)])
def test_a_kill_between_two_moves_loses_nothing(tmp_path: Path, moved: tuple[int, ...]) -> None:
    for number in range(3):
        name = TRYING_FILE if number in moved else REJECTED_FILE
        _write(tmp_path / (f"{name}.{number}" if number else name), str(number))

    assert has_records(tmp_path)
    assert {record.detail for record in waiting(tmp_path)} == {"0", "1", "2"}
    trying = SecondTry(tmp_path, nullcontext())
    assert {record.detail for record in trying.records} == {"0", "1", "2"}
    trying.done()
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    for name in (REJECTED_FILE, TRYING_FILE):
        (tmp_path / f"{name}.bak").write_bytes(b"of a person")

    assert not has_records(tmp_path)
    trying = SecondTry(tmp_path, nullcontext())
    trying.done()

    assert len(list(tmp_path.glob("*.bak"))) == 2
