"""From a clone to the traces of a Node.js agent in Spotlight, by the commands of docs/deployment.md alone."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.docs import pages
from tests.first_half_hour.machines import LIMIT, Container, Machine, Processes, finished
from tests.image.podman import free_port
from tests.image.spotlights import counts, wait_until

SECTION = "## The first half hour"
PORT = "8969"
# The two turns of samples/README.md.
TRACES, SPANS = 2, 17


def commands(port: int) -> list[str]:
    """What the page says to type, with a port that is free here in place of Spotlight's."""
    page = pages.DOCS / "deployment.md"
    section = page.read_text(encoding="utf-8").split(f"{SECTION}\n")[1].split("\n## ")[0]
    text = "".join(language_and_text[1] for language_and_text in pages.FENCE.findall(section))
    lines = text.replace("\\\n", "").splitlines()
    return [line.removeprefix("$ ").replace(PORT, str(port)) for line in lines if line.startswith("$ ")]


@pytest.fixture
def clone() -> Iterator[Path]:
    """A clone of what is committed, where every user may read.

    Its files have the times that they have here, for a layer is built again where a time has changed.
    """
    place = Path(mkdtemp(prefix="first-half-hour-", dir="/var/tmp"))
    place.chmod(0o755)
    finished(["git", "clone", "--quiet", str(pages.ROOT), str(place / "translator")], place)
    for path in (place / "translator").rglob("*"):
        here = pages.ROOT / path.relative_to(place / "translator")
        if here.is_file() and path.is_file():
            shutil.copystat(here, path)
    yield place / "translator"
    shutil.rmtree(place)


@pytest.mark.timeout(LIMIT)
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(Container, marks=pytest.mark.image, id="containers"),
        pytest.param(Processes, marks=pytest.mark.no_containers, id="processes"),
    ],
)
def test_an_operator_sees_traces(clone: Path, kind: type[Container | Processes]) -> None:
    spotlight = free_port()
    machine = kind(clone, free_port())
    try:
        play(machine, clone, spotlight)
    finally:
        machine.close()


def play(machine: Machine, clone: Path, spotlight: int) -> None:
    """Types the commands one after the other, and looks into Spotlight before the sidecar is stopped."""
    typed = []
    for line in commands(spotlight):
        words = line.split()
        if words[:2] == ["docker", "logs"]:
            wait_until(partial(follows, machine, line), "the sidecar follows no file")
        elif words[0] == "docker":
            if words[1] == "stop":
                wait_until(lambda: counts(spotlight) == (TRACES, SPANS), "the traces are not in Spotlight")
            machine.docker(line.replace("$PWD", str(clone)))
        elif "server" in words:
            machine.background(line)
            wait_until(lambda: answers(spotlight), "Spotlight does not answer")
        else:
            machine.shell(line)
        typed.append(" ".join(words[:2]))

    assert {"docker build", "docker run", "docker logs", "docker stop"} <= set(typed)


def follows(machine: Machine, logs: str) -> bool:
    return '"following"' in machine.docker(logs)


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
        return True
    return False
