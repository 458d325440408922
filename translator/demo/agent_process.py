"""The sample agent as a process of its own, as in production."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from translator.errors import InputError


def agent_script() -> Path:
    """The sample agent: beside this file in a wheel, among the samples in a checkout.

    Raises:
        InputError: It is in neither place.
    """
    here = Path(__file__).parent
    for place in (here / "agent.py", here.parents[1] / "samples" / "python" / "agent.py"):
        if place.is_file() and place.stat().st_size:
            return place
    raise InputError("the sample agent is missing from this installation", hint="install it again")


def start_agent(log: Path) -> subprocess.Popen[bytes]:
    """Starts the sample agent, which appends to the log."""
    return subprocess.Popen([sys.executable, str(agent_script()), str(log)])  # noqa: S603 - our own
