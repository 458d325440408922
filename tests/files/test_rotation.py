"""The fault table, as far as it is about files: what happens while the sidecar runs, and while it is down."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import zst
from tests.files.following import Sidecar, at_end, copytruncate, from_beginning, open_files, texts, write


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture(params=["app.log", "app.log*", "*.log", "."])
def sidecar(request: pytest.FixtureRequest, tmp_path: Path) -> Sidecar:
    return Sidecar(tmp_path / request.param)


def test_six_renames_between_two_looks(log: Path, sidecar: Sidecar) -> None:
    lines = texts(0, 700)
    write(log, lines[:100])
    sidecar.look()
    for generation in range(1, 7):
        for number in range(6, 0, -1):
            backup = log.with_name(f"app.log.{number}")
            if backup.exists():
                backup.rename(log.with_name(f"app.log.{number + 1}"))
        log.rename(log.with_name("app.log.1"))
        write(log, lines[generation * 100 : (generation + 1) * 100])
    sidecar.look()

    assert sidecar.data == lines
    assert {line.source for line in sidecar.lines} == {str(log)}


def test_the_writer_keeps_the_old_file_for_a_while(log: Path, sidecar: Sidecar) -> None:
    lines = texts(0, 30)
    with log.open("wb", buffering=0) as writer:
        writer.write(b"\n".join(lines[:10]) + b"\n")
        sidecar.look()
        log.rename(log.with_name("app.log.1"))
        write(log, lines[20:])
        sidecar.look()
        writer.write(b"\n".join(lines[10:20]) + b"\n")
        sidecar.look()

    assert sorted(sidecar.data) == lines


def test_a_deleted_file_is_read_as_long_as_it_is_written_and_then_let_go(log: Path, sidecar: Sidecar) -> None:
    lines = texts(0, 30)
    with log.open("wb", buffering=0) as writer:
        writer.write(b"\n".join(lines[:10]) + b"\n")
        sidecar.look()
        log.unlink()
        for line in lines[10:]:
            sidecar.now += 8
            sidecar.look()
            writer.write(line + b"\n")
        sidecar.look()
        descriptors = open_files()
        sidecar.wait(30)

        assert sidecar.data == lines
        assert open_files() == descriptors - 1
        assert sidecar.tailer.files == 0


@pytest.mark.parametrize("quiet", [True, False])
def test_copytruncate(log: Path, sidecar: Sidecar, quiet: bool) -> None:  # noqa: FBT001
    lines = texts(0, 300)
    write(log, lines[:100])
    sidecar.look()
    write(log, lines[100:200])
    copytruncate(log, log.with_name("app.log.1"))
    if quiet:
        sidecar.look()
    write(log, lines[200:])
    sidecar.wait()

    assert sorted(sidecar.data) == lines


def test_copytruncate_seen_between_copy_and_truncation(log: Path, sidecar: Sidecar) -> None:
    lines = texts(0, 300)
    copy = log.with_name("app.log.1")
    write(log, lines[:100])
    sidecar.look()
    copy.write_bytes(log.read_bytes()[:1000])
    sidecar.look()
    copy.write_bytes(log.read_bytes())
    sidecar.wait()
    write(log, lines[100:200])
    sidecar.look()
    os.truncate(log, 0)
    sidecar.look()
    write(log, lines[200:])
    sidecar.wait()

    assert sidecar.data == lines


def test_a_copy_that_was_overtaken_before_anyone_saw_it(log: Path, sidecar: Sidecar) -> None:
    lines = texts(0, 300)
    write(log, lines[:100])
    sidecar.look()
    log.with_name("app.log.1").write_bytes(log.read_bytes())
    write(log, lines[100:110])
    sidecar.poll()
    os.truncate(log, 0)
    write(log, lines[110:])
    sidecar.wait()
    sidecar.restart()
    sidecar.wait()

    assert sidecar.data == lines


@pytest.mark.parametrize("grow", [0, 100, 1000, 5000])
@pytest.mark.parametrize("head", [0, 2048])
def test_truncated_and_regrown_with_the_same_head(log: Path, sidecar: Sidecar, head: int, grow: int) -> None:
    banner = texts(0, head // 64, 40)
    before, after = texts(1000, 1000), texts(5000, grow)
    write(log, banner + before)
    sidecar.look()
    os.truncate(log, 0)
    if grow:
        write(log, banner + after)
    sidecar.poll()
    sidecar.look()

    assert sidecar.data == banner + before + (banner + after if grow else [])


@pytest.mark.parametrize("head", [0, 2048])
def test_truncated_and_regrown_while_down(log: Path, sidecar: Sidecar, head: int) -> None:
    banner = texts(0, head // 64, 40)
    before, after = texts(1000, 500), texts(5000, 1500)
    write(log, banner + before)
    sidecar.look()
    sidecar.tailer.close()
    os.truncate(log, 0)
    write(log, banner + after)
    sidecar.restart()
    sidecar.look()

    assert sidecar.data == banner + before + banner + after


@pytest.mark.parametrize("down", [True, False])
def test_deleted_and_recreated_with_the_same_inode(log: Path, sidecar: Sidecar, down: bool) -> None:  # noqa: FBT001
    before, after = texts(0, 500), texts(1000, 1000)
    write(log, before)
    sidecar.look()
    inode = log.stat().st_ino
    if down:
        sidecar.tailer.close()
    # An unlinked file that is open keeps its inode: writing in place has the same effect.
    log.write_bytes(b"\n".join(after) + b"\n")
    assert log.stat().st_ino == inode
    if down:
        sidecar.restart(start=at_end)
    sidecar.look()

    assert sidecar.data == before + after


def test_rotated_while_down(log: Path, sidecar: Sidecar) -> None:
    lines = texts(0, 400)
    write(log, lines[:100])
    sidecar.look()
    sidecar.tailer.close()
    write(log, lines[100:200])
    log.rename(log.with_name("app.log.2"))
    write(log, lines[200:300])
    log.rename(log.with_name("app.log.1"))
    write(log, lines[300:])
    sidecar.restart(start=at_end)
    sidecar.look()

    assert sidecar.data == lines
    sidecar.restart()
    sidecar.wait()
    assert sidecar.data == lines


def test_rotated_out_of_sight_while_down(log: Path, sidecar: Sidecar) -> None:
    lines = texts(0, 300)
    write(log, lines[:100])
    sidecar.look()
    sidecar.tailer.close()
    log.unlink()
    write(log.with_name("app.log.1"), lines[100:200])
    write(log, lines[200:])
    sidecar.restart()
    sidecar.look()

    assert sidecar.data == lines


def test_backups_that_were_there_before_are_not_read_for_the_log_alone(log: Path) -> None:
    for number in range(1, 4):
        write(log.with_name(f"app.log.{number}"), texts(number * 100, 10))
    log.with_name("app.log.4.gz").write_bytes(gzip.compress(b"old\n"))
    write(log, texts(0, 10))
    sidecar = Sidecar(log)
    for _ in range(3):
        sidecar.wait()
        sidecar.restart()

    assert sidecar.data == texts(0, 10)


def test_two_live_files_with_an_equal_beginning(tmp_path: Path, sidecar: Sidecar) -> None:
    banner = texts(0, 32, 40)
    first, second = tmp_path / "app.log", tmp_path / "app.log.old"
    if str(tmp_path) not in sidecar.patterns:
        sidecar = Sidecar(tmp_path)
    for path in (first, second):
        write(path, banner)
    sidecar.look()
    assert sidecar.data == banner
    for start in range(1000, 1200, 20):
        write(first, texts(start, 20))
        write(second, texts(start + 1000, 20))
        sidecar.look()

    assert sorted(sidecar.data) == sorted(banner + banner + texts(1000, 200) + texts(2000, 200))


def test_half_a_line_at_stop_and_the_rest_after_start(log: Path, sidecar: Sidecar) -> None:
    write(log, [b"first", b"sec"], end=b"")
    sidecar.look()
    assert sidecar.data == [b"first"]
    sidecar.restart()
    sidecar.wait(60)
    assert sidecar.data == [b"first"]
    write(log, [b"ond", b"third"])
    sidecar.look()

    assert [(line.data, line.offset, line.number) for line in sidecar.lines] == [
        (b"first", 0, 1), (b"second", 6, 2), (b"third", 13, 3),
    ]  # fmt: skip


def test_half_a_line_of_a_rotated_file_counts_when_nobody_writes_any_more(
    log: Path, sidecar: Sidecar
) -> None:
    write(log, [b"first", b"half"], end=b"")
    sidecar.look()
    log.rename(log.with_name("app.log.1"))
    write(log, [b"new"])
    sidecar.look()
    assert sidecar.data == [b"first", b"new"]
    sidecar.wait()
    sidecar.restart()
    sidecar.wait()

    assert sidecar.data == [b"first", b"new", b"half"]


def test_a_very_long_line_among_others(log: Path, sidecar: Sidecar) -> None:
    sidecar.restart(max_line_bytes=1_000_000)
    write(log, [*texts(0, 100), b"x" * 5_000_000, *texts(100, 100)])
    sidecar.look()

    assert [line.too_long for line in sidecar.lines] == [False] * 100 + [True] + [False] * 100
    long, after = sidecar.lines[100:102]
    assert (long.data, long.offset, long.number) == (b"", 100 * (len(texts(0, 1)[0]) + 1), 101)
    assert (after.data, after.offset) == (texts(100, 1)[0], long.offset + 5_000_001)


def test_a_hole_left_by_a_writer_that_does_not_append(log: Path, sidecar: Sidecar) -> None:
    sidecar.restart(max_line_bytes=10_000)
    with log.open("wb", buffering=0) as writer:
        writer.write(b"\n".join(texts(0, 1000)) + b"\n")
        sidecar.look()
        os.truncate(log, 0)
        writer.write(b"\n".join(texts(1000, 100)) + b"\n")
        sidecar.look()

    assert sidecar.data == texts(0, 1100)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
    ".zst": lambda data: zst.compress(data[:700]) + zst.compress(data[700:]),
}  # fmt: skip


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_rotation_is_read_on(log: Path, sidecar: Sidecar, suffix: str, down: bool) -> None:  # noqa: FBT001
    lines = texts(0, 600, 30)
    backup = log.with_name("app.log.1")
    write(log, lines[:200])
    sidecar.look()
    if down:
        sidecar.tailer.close()
        write(log, lines[200:400])
    log.rename(backup)
    write(log, lines[400:])
    if not down:
        sidecar.look()
        write(backup, lines[200:400])
        sidecar.poll()
    packed = PACKERS[suffix](backup.read_bytes())
    target = backup.with_name(backup.name + suffix)
    target.write_bytes(packed[: len(packed) // 2])
    if not down:
        sidecar.look()
    target.write_bytes(packed)
    if not down:
        sidecar.look()
    backup.unlink()
    if down:
        sidecar.restart()
    sidecar.wait()
    assert sorted(sidecar.data) == lines
    target.rename(log.with_name("app.log.2" + suffix))
    sidecar.wait()
    sidecar.restart()
    sidecar.wait()

    assert sorted(sidecar.data) == lines


def test_a_late_gzip_is_known_and_what_is_gone_for_long_is_forgotten(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    sidecar = Sidecar(tmp_path / "*")
    write(log, texts(0, 100))
    sidecar.look()
    packed = gzip.compress(log.read_bytes() + b"one more\n")
    log.unlink()
    sidecar.wait(120)
    log.with_name("app.log.1.gz").write_bytes(packed)
    sidecar.wait()
    assert sidecar.data == [*texts(0, 100), b"one more"]
    log.with_name("app.log.1.gz").unlink()
    sidecar.wait(700)

    assert sidecar.known == {}


def test_compressed_files_never_seen_are_read_whole_or_not_at_all(tmp_path: Path) -> None:
    data = b"\n".join(texts(0, 100)) + b"\nlast"
    for suffix, pack in PACKERS.items():
        (tmp_path / f"a.log{suffix}").write_bytes(pack(data + suffix.encode()))
    sidecar = Sidecar(tmp_path)
    skipping = Sidecar(tmp_path, start=at_end)
    for _ in range(2):
        for one in (sidecar, skipping):
            one.wait()
            one.restart()

    assert sorted(sidecar.data) == sorted(
        [*texts(0, 100) * 4, b"last.gz", b"last.bz2", b"last.xz", b"last.zst"]
    )
    assert skipping.data == []


def test_a_damaged_compressed_file_gives_what_can_be_read_and_is_told_of_once(tmp_path: Path) -> None:
    packed = gzip.compress(b"\n".join(texts(0, 5000)))
    (tmp_path / "cut.log.gz").write_bytes(packed[: len(packed) // 2])
    packed = gzip.compress(b"\n".join(texts(5000, 5000)))
    (tmp_path / "bad.log.gz").write_bytes(packed[: len(packed) // 2] + b"\xff" * 1000)
    sidecar = Sidecar(tmp_path)
    sidecar.wait(60)

    assert len(sidecar.data) > 1000
    assert sorted(path for path, _ in sidecar.problems) == [
        str(tmp_path / "bad.log.gz"),
        str(tmp_path / "cut.log.gz"),
    ]


def test_from_the_end_begins_at_a_line_and_survives_a_restart(log: Path, sidecar: Sidecar) -> None:
    sidecar.restart(start=at_end)
    write(log, [b"old", b"ha"], end=b"")
    sidecar.restart()
    sidecar.look()
    sidecar.restart()
    write(log, [b"lf", b"new"])
    sidecar.restart()
    sidecar.look()

    assert sidecar.data[-2:] == [b"half", b"new"]


def test_an_option_changed_and_nothing_is_read_again(log: Path) -> None:
    sidecar = Sidecar(log, start=at_end)
    write(log, texts(0, 10))
    write(log.with_name("app.log.1"), texts(100, 10))
    log.with_name("app.log.2.gz").write_bytes(gzip.compress(b"old\n"))
    sidecar.look()
    sidecar.patterns = [str(log.parent)]
    sidecar.restart(start=from_beginning, max_line_bytes=5000)
    write(log, texts(10, 10))
    sidecar.wait()

    assert sidecar.data == texts(10, 10)


def test_equal_lines_are_not_taken_for_one_another(log: Path, sidecar: Sidecar) -> None:
    for _ in range(3):
        log.write_bytes(b"started\nready\n")
        sidecar.look()
        os.truncate(log, 0)
        sidecar.look()

    assert sidecar.data == [b"started", b"ready"] * 3


def test_a_clock_that_jumps_back_hides_no_new_file(log: Path, sidecar: Sidecar) -> None:
    def start(_path: str, stat: os.stat_result) -> int:
        return stat.st_size if stat.st_mtime < 1_700_000_000 else 0

    sidecar.restart(start=start)
    write(log, texts(0, 10))
    sidecar.look()
    log.rename(log.with_name("app.log.1"))
    write(log, texts(10, 10))
    os.utime(log, (1_000_000_000, 1_000_000_000))
    sidecar.look()

    assert sidecar.data == texts(0, 20)


def test_copies_are_followed_by_nothing_when_their_original_goes(log: Path) -> None:
    sidecar = Sidecar(log.parent)
    write(log, texts(0, 10))
    sidecar.look()
    log.with_name("copy.log").write_bytes(log.read_bytes())
    log.with_name("copy.log.gz").write_bytes(gzip.compress(log.read_bytes()))
    sidecar.wait()
    log.unlink()
    sidecar.wait(60)
    sidecar.restart()
    log.with_name("copy.log").unlink()
    sidecar.wait(60)

    assert sidecar.data == texts(0, 10)
