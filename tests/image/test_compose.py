"""The Compose file, carried out: a Node.js agent, the sidecar, and a Spotlight that shows the traces."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.image.podman import BUILD_LIMIT, PROGRAM, ROOT
from tests.image.spotlights import counts, wait_until

pytestmark = [
    pytest.mark.image,
    pytest.mark.timeout(BUILD_LIMIT),
    pytest.mark.skipif(shutil.which("podman-compose") is None, reason="no podman-compose on this machine"),
]
FILE = "deploy/compose/compose.yaml"
PORT = 8969


def compose(*arguments: str) -> None:
    command = ["podman-compose", "--podman-path", str(PROGRAM), "-f", FILE, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=BUILD_LIMIT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def up() -> Iterator[None]:
    compose("build")
    try:
        compose("up", "--detach", "--no-build")
        yield
    finally:
        compose("down", "--volumes", "--timeout", "15")


@pytest.mark.usefixtures("up")
def test_what_is_written_in_compose_is_shown_by_spotlight() -> None:
    wait_until(lambda: counts(PORT) >= (2, 17), "the traces are not in Spotlight")
