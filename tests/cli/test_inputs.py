"""What may be read: files, archives, directories, globs and standard input give the same spans."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import zst
from tests.cli.conftest import Run, Said
from tests.cli.process import opened, started

Pack = Callable[[bytes], bytes]

SAMPLE = Path(__file__).parents[2] / "samples" / "python" / "agent.jsonl"
CONTENT = SAMPLE.read_bytes()
LINES = CONTENT.splitlines(keepends=True)

_CAPABILITIES = re.search(r"CapEff:\s*(\w+)", Path("/proc/self/status").read_text(encoding="ascii"))
READS_EVERYTHING = bool(int(_CAPABILITIES[1] if _CAPABILITIES else "0", 16) & 0b110)
"""Whether this process may read whatever the permissions say (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""

COMPRESSED: dict[str, Pack] = {
    ".gz": gzip.compress,
    ".zst": zst.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.fixture
def plain(run: Run) -> list[str]:
    """The lines that the uncompressed log gives."""
    return spans(run("backfill", str(SAMPLE), "--out", "-"))


def spans(said: Said) -> list[str]:
    assert said.code == 0, said.err
    return sorted(said.out.splitlines())


@pytest.mark.parametrize("ending", COMPRESSED)
class TestCompressed:
    """What a file is, its first bytes say."""

    def test_it_gives_the_same_lines(self, ending: str, run: Run, plain: list[str]) -> None:
        Path(f"a.jsonl{ending}").write_bytes(COMPRESSED[ending](CONTENT))

        assert spans(run("backfill", f"a.jsonl{ending}", "--out", "-")) == plain

    def test_whatever_it_is_called(self, ending: str, run: Run, plain: list[str]) -> None:
        Path("a.jsonl").write_bytes(COMPRESSED[ending](CONTENT))

        assert spans(run("backfill", "a.jsonl", "--out", "-")) == plain

    def test_in_two_pieces_put_together(self, ending: str, run: Run, plain: list[str]) -> None:
        pack = COMPRESSED[ending]
        half = len(CONTENT) // 2
        Path("a.log").write_bytes(pack(CONTENT[:half]) + pack(CONTENT[half:]))

        assert spans(run("backfill", "a.log", "--out", "-")) == plain

    def test_a_preview_reads_it(self, ending: str, run: Run) -> None:
        Path("a.log").write_bytes(COMPRESSED[ending](CONTENT))

        assert run("preview", "a.log").out == run("preview", str(SAMPLE)).out

    @pytest.mark.parametrize("command", [("backfill",), ("run", "--once")], ids=" ".join)
    def test_one_that_is_not_whole_is_told(self, command: tuple[str, ...], ending: str, run: Run) -> None:
        Path("a.log").write_bytes(COMPRESSED[ending](CONTENT)[:-20])

        said = run(*command, "a.log", "--out", "-", "--quiet")

        assert said.code == 2, said.err
        assert "error: a.log: cannot be read: the compressed file is not complete" in said.err
        assert "hint: " in said.err
        assert "whether the file is complete" in said.err


@pytest.mark.parametrize("command", [("backfill",), ("run", "--once")], ids=" ".join)
def test_a_damaged_file_does_not_keep_others_from_being_read(
    command: tuple[str, ...], plain: list[str], run: Run
) -> None:
    Path("bad.log").write_bytes(b"\x1f\x8b\x08\0no gzip after all, whatever it begins with")
    Path("good.log").write_bytes(CONTENT)

    said = run(*command, "bad.log", "good.log", "--out", "-", "--quiet")

    assert said.code == 2
    assert sorted(said.out.splitlines()) == plain
    assert "error: bad.log: cannot be read: " in said.err


@pytest.mark.parametrize("command", ["preview", "check"])
def test_what_sends_nothing_tells_each_damaged_file_and_reads_the_others(command: str, run: Run) -> None:
    Path("good.log").write_bytes(CONTENT)
    whole = run(command, "good.log", "--quiet")
    for name in ("bad.log", "worse.log"):
        Path(name).write_bytes(b"\x1f\x8b\x08\0no gzip after all, whatever it begins with")

    said = run(command, "bad.log", "good.log", "worse.log", "--quiet")

    assert said.code == 2
    assert said.out == whole.out
    assert "error: bad.log: cannot be read: " in said.err
    assert "worse.log: cannot be read: " in said.err


def test_a_page_is_written_of_what_can_be_read(run: Run) -> None:
    Path("good.log").write_bytes(CONTENT)
    Path("bad.log").write_bytes(gzip.compress(b"")[:-1])

    assert run("preview", "good.log", "--html", "good.html").code == 0
    said = run("preview", "bad.log", "good.log", "--html", "page.html")

    assert said.code == 2
    assert "error: bad.log: cannot be read: the compressed file is not complete" in said.err
    assert Path("page.html").read_bytes() == Path("good.html").read_bytes()


def test_an_empty_file_that_is_compressed_is_read_wholly(run: Run) -> None:
    Path("a.log").write_bytes(gzip.compress(b""))

    assert run("run", "--once", "a.log", "--out", "-", "--quiet").code == 0


def test_what_is_excluded_is_left_out(run: Run) -> None:
    for name in ("logs/a.log", "logs/b.log", "logs/old/c.log", "logs/old/deep/d.log"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(CONTENT if name == "logs/a.log" else b"{broken")

    said = run("backfill", "logs", "--exclude", "b.*:logs/old/*", "--out", "-")

    assert said.code == 0
    assert "not json" not in said.err


def rotated(names_and_packs: dict[str, Pack]) -> None:
    """A log in equal pieces, the first of them the oldest."""
    step = -(-len(LINES) // len(names_and_packs))
    for place, (name, pack) in enumerate(names_and_packs.items()):
        path = Path("logs", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pack(b"".join(LINES[place * step : place * step + step])))
        os.utime(path, (1_795_000_000 + place, 1_795_000_000 + place))


@pytest.mark.parametrize(
    "paths",
    [("logs",), ("logs/",), ("logs/**",), ("logs/agent.log*", "logs/d"), ("./logs", "logs/agent.log")],
)
@pytest.mark.parametrize("command", [("backfill",), ("run", "--once")], ids=" ".join)
def test_rotated_logs_give_what_the_whole_log_gives(
    paths: tuple[str, ...], command: tuple[str, ...], run: Run, plain: list[str]
) -> None:
    packs: dict[str, Pack] = {
        "agent.log.3.gz": gzip.compress,
        "d/agent.log.2.zst": zst.compress,
        "agent.log.1": bytes,
        "agent.log": bytes,
    }
    rotated(packs)

    assert spans(run(*command, *paths, "--out", "-")) == plain


@pytest.mark.parametrize("command", [("backfill",), ("run", "--once")], ids=" ".join)
def test_what_is_written_among_the_logs_is_not_read(
    command: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    rotated({"a.log": bytes})
    for _ in range(2):
        said = run(*command, "logs", "--out", "~/logs/out.jsonl")

        assert said.code == 0
        assert f"{len(LINES)} lines" in said.err


def test_hidden_files_of_a_directory_are_left_out(run: Run) -> None:
    rotated({"a.log": bytes})
    Path("logs/.hidden").write_bytes(CONTENT)
    Path("logs/.git").mkdir()
    Path("logs/.git/a.log").write_bytes(CONTENT)

    assert f"{len(LINES)} lines" in run("preview", "logs").err
    assert f"{len(LINES)} lines" in run("preview", "logs/.hidden").err


def test_a_file_that_is_named_twice_is_read_once(run: Run) -> None:
    rotated({"a.log": bytes})
    Path("link.log").symlink_to("logs/a.log")

    assert f"{len(LINES)} lines" in run("preview", "logs/a.log", "logs", "link.log", "l*.log").err


def test_a_name_with_brackets_is_a_name(run: Run) -> None:
    Path("a[1].log").write_bytes(CONTENT)

    assert f"{len(LINES)} lines" in run("preview", "a[1].log").err


def test_the_last_line_may_lack_its_end(run: Run, plain: list[str]) -> None:
    Path("a.log").write_bytes(CONTENT.rstrip(b"\n"))

    assert spans(run("backfill", "a.log", "--out", "-")) == plain


def test_lines_may_end_as_on_windows(run: Run) -> None:
    Path("a.log").write_bytes(CONTENT.replace(b"\n", b"\r\n"))

    assert run("preview", "a.log").out == run("preview", str(SAMPLE)).out


@pytest.mark.parametrize("command", ["preview", "backfill"])
def test_one_path_of_several_that_is_not_there_is_told(command: str, run: Run) -> None:
    said = run(command, str(SAMPLE), "nowhere.log", "--quiet")

    assert said.code == 2
    assert said.out == ""
    assert said.err == "error: nowhere.log: no such file\nhint: check the path or the pattern\n"


@pytest.mark.skipif(READS_EVERYTHING, reason="this process may read everything, as root: run it without")
@pytest.mark.parametrize("path", ["locked", "locked/a.log"])
@pytest.mark.parametrize("command", [("preview",), ("backfill",), ("run", "--once")], ids=" ".join)
def test_a_directory_that_may_not_be_read_is_told(command: tuple[str, ...], path: str, run: Run) -> None:
    Path("locked").mkdir(0)

    said = run(*command, path)

    assert said.code == 2
    assert f"error: {path}: cannot be read: Permission denied" in said.err


@pytest.mark.skipif(READS_EVERYTHING, reason="this process may read everything, as root: run it without")
@pytest.mark.parametrize("command", [("preview",), ("backfill",), ("run", "--once")], ids=" ".join)
def test_a_directory_below_that_may_not_be_read_is_told(command: tuple[str, ...], run: Run) -> None:
    Path("logs").mkdir()
    Path("logs/a.log").write_bytes(CONTENT)
    Path("logs/locked").mkdir(0)

    said = run(*command, "logs")

    assert said.code == 2
    assert "error: logs/locked: cannot be read: Permission denied" in said.err
    assert command == ("preview",) or "invoke_agent" in said.out


@pytest.mark.skipif(READS_EVERYTHING, reason="this process may read everything, as root: run it without")
def test_a_state_that_may_not_be_looked_at_is_told(run: Run) -> None:
    Path("state").mkdir(0)

    said = run("status", "--state-dir", "state")

    assert said.code == 3
    assert "error: state: cannot be read: Permission denied" in said.err


@pytest.mark.skipif(READS_EVERYTHING, reason="this process may read everything, as root: run it without")
@pytest.mark.parametrize("command", [("preview",), ("backfill",), ("run", "--once")], ids=" ".join)
def test_a_file_that_may_not_be_read_is_told(command: tuple[str, ...], run: Run) -> None:
    Path("a.log").write_bytes(CONTENT)
    Path("a.log").chmod(0)

    said = run(*command, "a.log")

    assert said.code == 2
    assert "a.log: cannot be read: Permission denied" in said.err


@pytest.mark.parametrize("command", [("backfill",), ("run", "--once"), ("run",)], ids=" ".join)
def test_standard_input_gives_what_the_file_gives(
    command: tuple[str, ...], plain: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    with started(*command, "-", "--out", str(out)) as process:
        said = process.communicate(CONTENT.strip().decode())[1]

    assert process.returncode == 0, said
    assert sorted(out.read_text().splitlines()) == plain


def test_standard_input_and_files_together_are_read_whole_but_not_followed(tmp_path: Path) -> None:
    for name, lines in (("a.log", LINES[:17]), ("b.log", LINES[17:])):
        (tmp_path / name).write_bytes(b"".join(lines))
    with started("preview", "-", str(tmp_path / "a.log")) as process:
        said = process.communicate((tmp_path / "b.log").read_text())[1]
    with started("run", "-", str(tmp_path / "a.log")) as follower:
        opened(follower.stdin).close()
        refused = opened(follower.stderr).read()

    assert "34 lines, 34 events" in said
    assert follower.wait() == 2
    assert "error: standard input cannot be followed together with files" in refused


@pytest.mark.parametrize("pack", [gzip.compress, zst.compress])
def test_what_comes_compressed_on_standard_input_is_unpacked(pack: Pack, plain: list[str]) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "translator", "backfill", "-", "--out", "-"],
        input=pack(CONTENT), capture_output=True, check=True,
    )  # fmt: skip

    assert sorted(said.stdout.decode().splitlines()) == plain


@pytest.mark.parametrize("command", ["backfill", "preview", "run"])
def test_standard_input_that_is_closed_is_told(command: str) -> None:
    said = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m translator {command} - <&-"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert said.returncode == 2
    assert "error: standard input is closed\nhint: " in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize("command", [("backfill",), ("preview",), ("run", "--once")])
def test_a_home_that_there_is_not_is_told(command: tuple[str, ...], run: Run) -> None:
    said = run(*command, "~no-such-user/x")

    assert said.code == 2
    assert "error: ~no-such-user/x: there is no such home directory\nhint: " in said.err


def test_addresses_may_stand_in_the_variable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_PATHS", "a.log:s3://bucket/x:/var/log")

    assert "a.log s3://bucket/x /var/log" in " ".join(run("config").out.split())


@pytest.mark.parametrize(
    "command", [("backfill",), ("preview",), ("check",), ("run", "--once")], ids=" ".join
)
@pytest.mark.parametrize(
    ("path", "more", "words"),
    [
        ("empty", (), "empty: no file in this directory"),
        ("a.log", ("--exclude", "*.log"), "a.log: this file is left out"),
        ("no/*.log", (), "no/*.log: no such file"),
    ],
)
def test_what_names_no_file_is_told(
    command: tuple[str, ...], path: str, more: tuple[str, ...], words: str, run: Run
) -> None:
    Path("empty").mkdir()
    Path("a.log").write_bytes(CONTENT)

    said = run(*command, path, *more)

    assert said.code == 2
    assert said.err.startswith(f"error: {words}\nhint: ")


@pytest.mark.parametrize(
    "command", [("backfill",), ("preview",), ("check",), ("run", "--once")], ids=" ".join
)
def test_a_pipe_with_a_name_is_told_of_standard_input(command: tuple[str, ...], run: Run) -> None:
    os.mkfifo("a.pipe")

    said = run(*command, "a.pipe")

    assert said.code == 2
    assert said.err.startswith("error: a.pipe: this is no regular file\nhint: read a pipe as standard input")


def test_too_few_files_at_once_are_told(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(CONTENT)
    dsn = "http://0123456789abcdef0123456789abcdef@127.0.0.1:1/1"
    to = ("--dsn", dsn, "--state-dir", str(tmp_path / "state"), "--workers", "4")
    line = [sys.executable, "-m", "translator", "backfill", str(log), *to, "-q"]
    said = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -n 16; exec "$@"', "sh", *line],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert said.returncode == 3
    assert "error: Too many open files\nhint: raise the limit (`ulimit -n`), or give fewer" in said.stderr
