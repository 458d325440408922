"""Runs command lines in this process, in a directory of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog

from translator.cli.app import run_app


class Said(NamedTuple):
    """What a command line gave: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Run]:
    """Runs one command line; no traceback may ever come of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    def run_line(*arguments: str) -> Said:
        capfd.readouterr()
        code = run_app(arguments)
        said = Said(code, *capfd.readouterr())
        assert "Traceback" not in said.err
        return said

    yield run_line
    # The log of a command goes to a stream of this test, which is closed after it.
    structlog.reset_defaults()
