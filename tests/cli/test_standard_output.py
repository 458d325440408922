"""Standard output that is closed, where something is asked to go there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = str(Path(__file__).parents[2] / "samples" / "python" / "agent.jsonl")


@pytest.mark.parametrize(
    "arguments",
    [
        ("backfill", SAMPLE, "--out", "-"), ("run", "--once", SAMPLE, "--out", "-"),
        ("preview", SAMPLE, "--html", "-"), ("check", SAMPLE, "--json"), ("check", SAMPLE, "--sarif", "-"),
        ("schema",),
    ],
    ids=lambda arguments: " ".join(arguments).replace(SAMPLE, "LOG"),
)  # fmt: skip
def test_it_is_told(arguments: tuple[str, ...]) -> None:
    line = [sys.executable, "-m", "translator", *arguments]
    said = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *line],
        stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert said.returncode == 2, said.stderr
    assert "error: standard output is closed\nhint: leave it open" in said.stderr
    assert "Traceback" not in said.stderr
