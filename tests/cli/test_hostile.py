"""Names of files and answers of servers are not trusted: a terminal obeys none, and none is a style."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from tests.cli.conftest import Run
from tests.pipeline.program import event, write
from tests.receiver import Receiver
from translator.cli import progress
from translator.cli.printable import printable

ESCAPE = "\x1b]0;owned\x07\x1b[2J"
STYLE = "a[/bold]"


class Terminal(io.StringIO):
    """What looks like one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A directory of logs whose names are a trap."""
    directory = tmp_path / "a["
    directory.mkdir()
    write(directory / "bold].jsonl", event("tool", 0, tool="one"))
    write(directory / f"{ESCAPE}.jsonl", event("tool", 1, tool="two"))
    return directory


def test_the_log_and_the_status_show_names_as_texts(logs: Path, run: Run, receiver: Receiver) -> None:
    to = ("--state-dir", "state", "--dsn", receiver.dsn)
    said = run("run", "--once", f"{logs}/", *to, "--log-format", "console")
    status = run("status", "--state-dir", "state")

    assert (said.code, status.code) == (0, 0)
    assert said.err.count("file_found") == 2
    assert "a[/bold].jsonl" in said.err
    assert "a[/bold].jsonl" in status.out
    assert "\x1b" not in said.err + said.out + status.out


def test_the_log_for_machines_has_the_names_as_they_are(logs: Path, run: Run, receiver: Receiver) -> None:
    to = ("--state-dir", "state", "--dsn", receiver.dsn)
    said = run("run", "--once", f"{logs}/", *to, "--log-format", "json")
    found = {json.loads(line).get("file") for line in said.err.splitlines() if line.startswith("{")}

    assert str(logs / f"{ESCAPE}.jsonl") in found
    assert "\x1b" not in said.err


def test_errors_show_names_as_texts(run: Run) -> None:
    said = run("preview", f"{ESCAPE}.jsonl")

    assert said.code == 2
    assert "owned" in said.err
    assert "\x1b" not in said.err


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_the_progress_shows_answers_as_texts(
    stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = stream()
    monkeypatch.setattr("sys.stderr", out)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_BAR_SECONDS", 0.0)
    view = cast("Any", SimpleNamespace(bytes_read=1, text=lambda: f"tried again: {STYLE}"))
    with progress.shown(view, 10, Console(file=out, width=80, color_system=None), quiet=False) as beat:
        beat()

    assert STYLE in out.getvalue()


def test_what_is_printable_stays() -> None:
    assert printable("Prüfung — 試験 🙂") == "Prüfung — 試験 🙂"
    assert printable("a\tb\x9b31m", keep="\t") == "a\tb\N{REPLACEMENT CHARACTER}31m"
