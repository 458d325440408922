"""What the commands say and give back, rightly and wrongly used."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import zst
from tests.cli.conftest import Run
from tests.receiver import Answer, Receiver

SAMPLE = Path(__file__).parents[2] / "samples" / "python" / "agent.jsonl"
COMMANDS = ("run", "backfill", "preview", "schema", "demo", "config")


def spans_in(path: Path) -> list[str]:
    return sorted(json.loads(line)["span_id"] for line in path.read_text().splitlines())


def test_it_says_its_version(run: Run) -> None:
    assert run("--version").out.startswith("translator ")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, run: Run) -> None:
    said = run(command, "--help")

    assert said.code == 0
    assert f"Example: translator {command}" in " ".join(said.out.split()) or command == "schema"


def test_without_arguments_it_helps(run: Run) -> None:
    assert "backfill" in "".join(run()[1:])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["fly"], "fly"),
        (["backfill"], "no input named"),
        (["run"], "no input named"),
        (["backfill", "nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (["backfill", "no/*.jsonl"], "no/*.jsonl: no such file"),
        (["preview", "nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (["backfill", "x", "--format", "spam"], "format"),
        (["backfill", "x", "--dsn", "https://nothing"], "DSN"),
        (["backfill", "x", "--frobnicate"], "frobnicate"),
        (["backfill", str(SAMPLE), "--out", "no/such/directory/out.jsonl"], "no/such/directory/out.jsonl"),
        (["backfill", "x", "--dsn", "http://a@h/1", "--out", "o"], "say where to send"),
    ],
)
def test_wrong_usage_is_told_in_a_line(arguments: list[str], word: str, run: Run) -> None:
    said = run(*arguments)

    assert said.code == 2
    assert word.lower() in said.err.lower()


def test_a_dsn_is_never_repeated_in_an_error(run: Run) -> None:
    said = run("backfill", str(SAMPLE), "--dsn", "https://secretsecret@host:no-port/1")

    assert said.code == 2
    assert "secretsecret" not in said.err


def test_without_a_destination_the_traces_are_shown(run: Run) -> None:
    said = run("backfill", str(SAMPLE))

    assert said.code == 0
    assert "invoke_agent Weather Agent" in said.out
    assert "no destination" in said.err


def test_a_preview_shows_trees_without_colours(run: Run) -> None:
    said = run("preview", str(SAMPLE))

    assert said.code == 0
    assert "└─" in said.out
    assert "\x1b[" not in said.out
    assert "34 lines, 34 events, 17 spans" in said.err


def test_terminal_escapes_in_a_log_are_not_passed_on(run: Run) -> None:
    record = {"event": "tool", "tool": "\x1b[2J\x1b]0;owned\x07evil", "ts": 1_795_423_737}
    Path("a.jsonl").write_text(json.dumps(record))

    said = run("preview", "a.jsonl")

    assert "evil" in said.out
    assert "\x1b" not in said.out


def test_out_appends_spans_as_lines(run: Run) -> None:
    assert run("backfill", str(SAMPLE), "--out", "spans.jsonl").code == 0
    assert run("backfill", str(SAMPLE), "--out", "spans.jsonl").code == 0

    spans = spans_in(Path("spans.jsonl"))
    assert len(spans) == 34
    assert spans[::2] == spans[1::2]


def test_out_to_standard_output_is_lines_alone(run: Run) -> None:
    said = run("backfill", str(SAMPLE), "--out", "-")

    assert len([json.loads(line) for line in said.out.splitlines()]) == 17


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("a.log.gz", gzip.compress), ("a.log.bz2", bz2.compress), ("a.log.xz", lzma.compress),
        ("a.log.zst", zst.compress), ("a.log.1", bytes),
    ],
)  # fmt: skip
def test_compressed_logs_give_the_same(name: str, compress: Callable[[bytes], bytes], run: Run) -> None:
    Path(name).write_bytes(compress(SAMPLE.read_bytes()))
    run("backfill", str(SAMPLE), "--out", "plain.jsonl")

    assert run("backfill", name, "--out", "unpacked.jsonl").code == 0
    assert spans_in(Path("unpacked.jsonl")) == spans_in(Path("plain.jsonl"))


def test_a_damaged_archive_is_told(run: Run) -> None:
    Path("a.log.gz").write_bytes(gzip.compress(SAMPLE.read_bytes())[:-200])

    said = run("backfill", "a.log.gz", "--out", "-")

    assert said.code == 2
    assert "a.log.gz" in said.err


def test_directories_and_globs_are_read_oldest_first(run: Run) -> None:
    lines = SAMPLE.read_text().splitlines(keepends=True)
    for place, name in enumerate(("logs/b.jsonl", "logs/deep/a.jsonl")):
        path = Path(name)
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("".join(lines[place * 17 : place * 17 + 17]))
        os.utime(path, (1_795_000_000 + place, 1_795_000_000 + place))
    run("backfill", str(SAMPLE), "--out", "plain.jsonl")

    assert run("backfill", "logs", "--out", "directory.jsonl").code == 0
    assert run("backfill", "logs/**/*.jsonl", "--out", "glob.jsonl").code == 0
    assert spans_in(Path("directory.jsonl")) == spans_in(Path("plain.jsonl")) == spans_in(Path("glob.jsonl"))


def test_an_empty_file_is_nothing_wrong(run: Run) -> None:
    Path("a.jsonl").touch()

    said = run("backfill", "a.jsonl", "--out", "-")

    assert (said.code, said.out) == (0, "")
    assert "0 lines" in said.err


def test_a_log_without_events_is_told(run: Run) -> None:
    Path("a.jsonl").write_text('{"level":"info","msg":"listening"}\n')

    said = run("backfill", "a.jsonl", "--out", "-")

    assert said.code == 0
    assert "No line was an event" in said.err


@pytest.mark.parametrize("content", ['{\n  "resourceSpans": [\n  ]\n}\n', "\n\x80\x01\n\x40binary\n"])
def test_a_file_that_has_no_lines_of_json_is_told(run: Run, content: str) -> None:
    Path("a.json").write_text(content)

    said = run("backfill", "a.json", "--out", "-")

    assert said.code == 0
    assert "Most lines are no JSON" in said.err


def test_the_own_log_goes_to_standard_error_in_the_form_that_was_asked_for(run: Run) -> None:
    as_json = run("backfill", str(SAMPLE), "--log-format", "json").err.splitlines()[0]
    as_text = run("backfill", str(SAMPLE), "--log-format", "console").err.splitlines()[0]

    assert json.loads(as_json)["event"] == "nothing_is_sent"
    assert "nothing_is_sent" in as_text
    assert not as_text.startswith("{")


def test_quiet_says_nothing_when_nothing_is_wrong(run: Run) -> None:
    said = run("backfill", str(SAMPLE), "--out", "o.jsonl", "--quiet")

    assert (said.out, said.err) == ("", "")


def test_a_state_directory_that_cannot_be_made_is_told(run: Run, receiver: Receiver) -> None:
    Path("file").touch()

    said = run("backfill", str(SAMPLE), "--dsn", receiver.dsn, "--state-dir", "file/state")

    assert said.code in (2, 3)
    assert "file/state" in said.err
    assert "--state-dir" in said.err


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(), 0),
        (Answer(400, {}, b'{"detail":"bad item"}'), 1),
        (Answer(403, {}, b'{"detail":"disabled"}'), 3),
    ],
)
def test_the_exit_code_says_what_became_of_the_spans(
    answer: Answer, code: int, run: Run, receiver: Receiver
) -> None:
    receiver.script([answer] * 4)

    said = run("backfill", str(SAMPLE), "--dsn", receiver.dsn, "--state-dir", "state")

    assert said.code == code
    assert receiver.dsn.split("@")[0].removeprefix("http://") not in said.out + said.err


def test_once_reads_what_is_there(run: Run, receiver: Receiver) -> None:
    said = run("run", str(SAMPLE), "--once", "--dsn", receiver.dsn, "--state-dir", "state")

    assert said.code == 0
    assert len(receiver.latest) == 17


def test_the_demo_shows_traces(run: Run) -> None:
    said = run("demo")

    assert said.code == 0
    assert "invoke_agent Weather Agent" in said.out
    assert "17 spans" in said.out


def process(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "translator", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.parametrize("command", [("preview",), ("check", "--all"), ("backfill", "--out", "-")])
def test_a_reader_that_goes_away_is_no_mistake(command: tuple[str, ...]) -> None:
    with process(*command, str(SAMPLE)) as left:
        assert left.stdout is not None
        assert left.stderr is not None
        left.stdout.close()
        said = left.stderr.read()
        left.wait(30)

    assert left.returncode == 141
    assert b"Traceback" not in said
    assert b"BrokenPipe" not in said


def test_a_locale_without_unicode_is_no_mistake() -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
    with process("preview", str(SAMPLE), **plain) as preview:
        out, said = preview.communicate(timeout=60)

    assert preview.returncode == 0, said
    assert b"invoke_agent" in out


def test_standard_input_is_read(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with process("backfill", "-", "--out", str(out)) as backfill:
        backfill.communicate(SAMPLE.read_bytes(), timeout=60)

    assert backfill.returncode == 0
    assert len(spans_in(out)) == 17


@pytest.mark.parametrize("to", ["a file", "standard output", "the terminal"])
def test_an_interrupt_ends_a_backfill(to: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out.jsonl")
    flags = {"a file": ("--out", out), "standard output": ("--out", "-")}.get(to, ())
    with process("backfill", "-", *flags) as backfill:
        assert backfill.stdin is not None
        backfill.stdin.write(SAMPLE.read_bytes())
        backfill.stdin.flush()
        wait_until_it_reads(backfill.pid)
        backfill.send_signal(signal.SIGINT)
        _, said = backfill.communicate(timeout=30)

    assert backfill.returncode == 130
    assert b"Traceback" not in said
    last = said.decode().splitlines()[-1]
    assert last.startswith("interrupted: nothing is kept of this run, the next one begins anew")
    assert (f"written to {out} stays there" in last) == (to == "a file")


def wait_until_it_reads(pid: int) -> None:
    """Waits until the process sees to signals, and rests: it has taken what stands in its standard input."""
    for _ in range(3_000):
        caught = int(Path(f"/proc/{pid}/status").read_text().split("SigCgt:")[1].split()[0], 16)
        resting = Path(f"/proc/{pid}/stat").read_text().split()[2] == "S"
        if caught >> (signal.SIGTERM - 1) & 1 and resting:
            return
        signal.sigtimedwait([], 0.01)
    raise AssertionError("it does not read")
