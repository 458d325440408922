"""Colours only where they are wanted, and no crash where a terminal is narrow, dumb or without Unicode."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.process import on_a_terminal
from tests.pipeline.program import event, translator, write

ESCAPE = "\x1b"
ASCII = {
    "LC_ALL": "C",
    "LANG": "C",
    "PYTHONUTF8": "0",
    "PYTHONIOENCODING": "ascii",
    "PYTHONCOERCECLOCALE": "0",
}
LOG = "wéather.jsonl"
COMMANDS = (
    ("--help",), ("run", "--help"), ("preview", LOG), ("check", LOG), ("backfill", LOG), ("config",),
    ("schema",), ("run", LOG, "--once"), ("backfill", LOG, "--out", "-"),
    ("check", "--explain", "E101"), ("demo",), ("preview", "nowhérè.jsonl"), ("run", "--flÿ"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    failed = {"type": "TïmeoutError", "message": "zu spät ☂"}
    write(tmp_path / LOG, event("tool", 0, tool="☂ météo", duration_ms=250, error=failed))


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_without_unicode_and_narrow(arguments: tuple[str, ...]) -> None:
    said = translator(*arguments, COLUMNS="40", **ASCII)

    assert said.returncode in (0, 1, 2), said.stderr
    assert "Traceback" not in said.stderr
    assert "codec" not in said.stderr
    # What goes to a program is JSON in UTF-8, whatever the terminal.
    text = said.stderr if "--out" in arguments else said.stdout + said.stderr
    assert text.isascii()
    assert ESCAPE not in text


@pytest.mark.parametrize("command", ["preview", "check", "backfill"])
def test_a_terminal_that_wants_no_colours_gets_none(command: str) -> None:
    _, shown = on_a_terminal(command, LOG, NO_COLOR="1")

    # Bold and dim are no colours.
    assert re.search(r"\x1b\[(?:\d+;)*[39][0-7][;m]", shown) is None


@pytest.mark.parametrize("command", ["preview", "check", "backfill"])
def test_a_dumb_terminal_gets_text_alone(command: str) -> None:
    _, shown = on_a_terminal(command, LOG, TERM="dumb")

    assert shown
    assert re.search(r"\x1b\[[\d;]*m", shown) is None


def test_colours_can_be_asked_for_where_there_is_no_terminal() -> None:
    assert ESCAPE in translator("preview", LOG, FORCE_COLOR="1").stdout
    assert ESCAPE not in translator("preview", LOG).stdout
