"""Containers for the tests: podman, as `podman.sh` has prepared it."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("podman.sh")
ROOT = Path(__file__).parents[2]
IMAGE = "log-to-span-translator:0.1.0"
# As the manifests run it: nothing can be written but volumes. A shell is not there, so none is needed.
HARDENED = (
    "--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges",
    "--volume=/dev/null:/usr/bin/sh:ro",
)  # fmt: skip
BUILD_LIMIT = 600
STOP_LIMIT = 15


def podman(*arguments: str, limit: float = 60, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs podman to its end.

    Args:
        arguments: What follows its name.
        limit: Seconds that it may take.
        check: Whether it must succeed.

    Raises:
        AssertionError: It did not, with what it said.
    """
    done = subprocess.run(
        [str(PROGRAM), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=limit, check=False
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def inspect(name: str, kind: str = "container") -> dict[str, Any]:
    """All that podman knows of a container or an image."""
    (found,) = json.loads(podman(kind, "inspect", name).stdout)
    known: dict[str, Any] = found
    return known


def free_port() -> int:
    """A port of loopback that nobody listens on; the machine may have other sidecars and Spotlights."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    """A container in the background, with the network of this machine, removed afterwards.

    Args:
        arguments: Options, the image, and its command.

    Yields:
        The container's id.
    """
    container = podman("run", "--detach", "--network=host", *arguments).stdout.split()[-1]
    try:
        yield container
    finally:
        podman("rm", "--force", "--volumes", "--time=0", container)
