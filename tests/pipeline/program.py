"""The program as its users run it, and logs for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

T0 = 1_795_423_737.0
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def translator(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end and gives back what it said."""
    return subprocess.run(
        [sys.executable, "-m", "translator", *arguments],
        capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **environment},
    )  # fmt: skip


def event(name: str, at: float, **fields: Any) -> dict[str, Any]:
    """A record of the log format, so many seconds after the begin."""
    return {"event": name, "ts": T0 + at, "trace_id": TRACE, **fields}


def write(path: Path, *records: dict[str, Any]) -> str:
    """A log file of these records; returns its path."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)
