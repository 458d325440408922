"""What happens to logs, and to the programs that follow them: each row of the fault table."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Callable

from tests.faults.field import Field, copytruncate, remove

Scenario = Callable[[Field], None]


def renames_of_the_only_path(field: Field) -> None:
    """Six renames in one second; the pattern names the active log alone."""
    field.log.touch()
    field.start()
    _rename_six_times(field)


def renames_within_the_glob(field: Field) -> None:
    """Six renames in one second; the pattern covers the backups."""
    field.log.touch()
    field.start("app.log*")
    _rename_six_times(field)


def _rename_six_times(field: Field) -> None:
    field.write(1)
    field.settle()
    pause = threading.Event()
    for generation in range(6):
        for _ in range(10):
            field.write(300)
            pause.wait(1 / 60)
        field.log.rename(field.logs / f"app.log.{6 - generation}")
    field.log.touch()


def the_writer_keeps_the_old_descriptor(field: Field) -> None:
    """After the rename the writer goes on writing to the old file for a second."""
    field.log.touch()
    field.start()
    with field.log.open("ab", buffering=0) as writer:
        writer.write(field.lines(500))
        field.settle()
        field.log.rename(field.logs / "app.log.1")
        field.log.touch()
        pause = threading.Event()
        for _ in range(10):
            writer.write(field.lines(100))
            pause.wait(0.1)
    field.write(500)


def copytruncate_while_quiet(field: Field) -> None:
    """Copied and truncated when all has been read; then written to."""
    field.write(5_000)
    field.start("app.log*")
    field.settle()
    copytruncate(field.log, field.logs / "app.log.1")
    field.write(5_001)


def truncated_live_and_regrown(field: Field) -> None:
    """Truncated and at once regrown larger than before, with the same first 2 KiB."""
    head = field.line(pad=2_048 - 140)
    body = field.lines(500)
    field.log.write_bytes(head + body)
    field.start()
    field.settle()
    field.again[0] += 1
    with field.log.open("r+b") as file:
        file.truncate(0)
        file.write(head + field.lines(1_001))


def truncated_while_down(field: Field) -> None:
    """Truncated while nobody reads, and regrown larger with lines of equal length."""
    field.write(500)
    field.start()
    field.settle()
    field.subject.stop()
    field.log.write_bytes(field.lines(1_500))
    field.start()


def truncated_while_down_with_an_equal_head(field: Field) -> None:
    """The same, with equal first 2 KiB."""
    head = field.line(pad=2_048 - 140)
    field.log.write_bytes(head + field.lines(499))
    field.start()
    field.settle()
    field.subject.stop()
    field.again[0] += 1
    field.log.write_bytes(head + field.lines(1_500))
    field.start()


def recreated_while_down(field: Field) -> None:
    """Deleted and made anew while nobody reads; the inode is the same where the system reuses it."""
    field.write(500)
    field.start()
    field.settle()
    field.subject.stop()
    remove(field.log)
    field.write(1_000)
    field.start()


def rotated_while_down(field: Field) -> None:
    """Rotated while nobody reads; the pattern covers the backup."""
    field.write(1_000)
    field.start("app.log*")
    field.settle()
    field.subject.stop()
    field.log.rename(field.logs / "app.log.1")
    field.write(1_000)
    field.start("app.log*")


def rotated_and_compressed_while_down(field: Field) -> None:
    """Rotated and compressed while nobody reads, with lines in it that were not read."""
    field.write(500)
    field.start("app.log*")
    field.settle()
    field.subject.stop()
    field.write(500)
    (field.logs / "app.log.1.gz").write_bytes(gzip.compress(field.log.read_bytes()))
    remove(field.log)
    field.write(500)
    field.start("app.log*")


def compressed_while_running(field: Field) -> None:
    """Rotated and compressed before everybody's eyes."""
    field.write(500)
    field.start("app.log*")
    field.settle()
    field.log.rename(field.logs / "app.log.1")
    field.write(500)
    field.settle()
    old = field.logs / "app.log.1"
    (field.logs / "app.log.1.gz").write_bytes(gzip.compress(old.read_bytes()))
    old.unlink()
    field.write(500)


def two_files_with_an_equal_head(field: Field) -> None:
    """Two live logs that begin with the same 2 KiB."""
    head = field.line(pad=2_048 - 140)
    for name in ("app.log", "app-2.log"):
        (field.logs / name).write_bytes(head)
    field.again[0] += 1
    field.start("app*.log")
    field.settle()
    for _ in range(3):
        field.write(100)
        field.write(100, field.logs / "app-2.log")


def half_a_line_at_the_stop(field: Field) -> None:
    """The program stops in the middle of a line; the rest comes after its start."""
    line = field.line()
    field.write(1)
    with field.log.open("ab") as file:
        file.write(line[:30])
    field.start()
    field.wait_for(lambda: len(field.subject.arrived()) == 1)
    field.subject.stop()
    with field.log.open("ab") as file:
        file.write(line[30:])
    field.write(1)
    field.start()


def a_line_of_five_megabytes(field: Field) -> None:
    """One among others."""
    field.write(100)
    with field.log.open("ab") as file:
        file.write(field.line(pad=5_000_000))
    field.write(99)
    field.start()


def killed_while_it_reads(field: Field) -> None:
    """SIGKILL in the middle of many lines, five times."""
    field.write(40_000)
    for share in range(1, 6):
        field.start()
        field.wait_for(lambda share=share: len(field.subject.arrived()) >= share * 4_000)  # type: ignore[misc]
        field.subject.kill()
    field.start()


def many_files_at_once(field: Field) -> None:
    """800 files of 20 lines appear at once."""
    field.start("*.log")
    for number in range(800):
        field.write(20, field.logs / f"{number}.log")


def deleted_while_it_is_read(field: Field) -> None:
    """Deleted by name while the writer goes on writing to it."""
    field.log.touch()
    field.start()
    with field.log.open("ab", buffering=0) as writer:
        writer.write(field.lines(200))
        field.settle()
        field.log.unlink()
        writer.write(field.lines(200))


def a_symbolic_link_and_its_target(field: Field) -> None:
    """Both are matched; the link is then set to another file."""
    field.write(200)
    link = field.logs / "current.log"
    link.symlink_to(field.log)
    field.start("*.log")
    field.settle()
    other = field.logs / "other.log"
    field.write(200, other)
    temporary = field.logs / "temporary"
    temporary.symlink_to(other)
    temporary.rename(link)
    field.write(200)
    field.write(200, other)


def a_hole_left_by_copytruncate(field: Field) -> None:
    """A writer without O_APPEND goes on at its old place: NUL bytes before its next line."""
    field.log.touch()
    field.start()
    with field.log.open("wb", buffering=0) as writer:
        writer.write(field.lines(100))
        field.settle()
        os.truncate(field.log, 0)
        writer.write(field.lines(100))


def options_changed(field: Field) -> None:
    """Started again with another pattern that names the same file."""
    field.write(300)
    field.start()
    field.settle()
    field.subject.stop()
    field.start("*.log", "app.*")
    field.write(300)


FAULTS: dict[str, Scenario] = {
    "6 renames in 1 s, only the active path watched": renames_of_the_only_path,
    "6 renames in 1 s, glob app.log*": renames_within_the_glob,
    "writer keeps the old descriptor 1 s after the rename": the_writer_keeps_the_old_descriptor,
    "copytruncate while quiet": copytruncate_while_quiet,
    "truncated live, regrown larger, same 2 KiB head": truncated_live_and_regrown,
    "while down: truncated, regrown larger, equal line length": truncated_while_down,
    "the same with equal first 2 KiB": truncated_while_down_with_an_equal_head,
    "while down: deleted and recreated with the same inode": recreated_while_down,
    "while down: rotated, glob covers the backup": rotated_while_down,
    "while down: rotated and compressed, glob covers the backup": rotated_and_compressed_while_down,
    "rotated and compressed into the glob": compressed_while_running,
    "two live files with equal first 2 KiB": two_files_with_an_equal_head,
    "half a line at stop, the rest after start": half_a_line_at_the_stop,
    "a 5 MB line among others": a_line_of_five_megabytes,
    "SIGKILL five times in the middle of 40,000 lines": killed_while_it_reads,
    "800 files of 20 lines at once": many_files_at_once,
    "deleted while the writer goes on": deleted_while_it_is_read,
    "symbolic link and target matched, link retargeted": a_symbolic_link_and_its_target,
    "NUL hole left by copytruncate": a_hole_left_by_copytruncate,
    "started again with other patterns": options_changed,
}
"""Every scenario that any program can be put through, by the name of its row."""
