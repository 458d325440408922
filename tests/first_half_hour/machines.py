"""Fresh machines to play on: a container, or plain processes where no container can run."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from tests.image.podman import PROGRAM

NODE = "docker.io/library/node:22-bookworm-slim"
LIMIT = 600
STOP_LIMIT = 20


class Machine(Protocol):
    """Where the commands of an operator are carried out, in a clone of the repository."""

    def shell(self, line: str) -> None:
        """Carries out a command line to its end."""

    def background(self, line: str) -> None:
        """Starts a command line and goes on."""

    def docker(self, line: str) -> str:
        """Carries out a command line of docker, and gives what it said."""

    def close(self) -> None:
        """Ends all that was started."""


def finished(command: list[str], where: Path, environment: dict[str, str] | None = None) -> str:
    """Runs a program to its end, and gives what it said.

    Raises:
        AssertionError: It failed.
    """
    done = subprocess.run(
        command, cwd=where, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


class Container:
    """A file system with Node.js and no more; docker is podman, on the machine around it.

    Args:
        clone: The clone, under the same path on both.
        port: Where the sidecar answers its health check.
    """

    def __init__(self, clone: Path, port: int) -> None:
        self._clone = clone
        self._port = port
        self._started: list[str] = []
        run = ("run", "--detach", "--network=host", f"--volume={clone}:{clone}", f"--workdir={clone}")
        self._machine = self._podman(*run, NODE, "sleep", "infinity").split()[-1]

    def shell(self, line: str) -> None:
        """Carries out a command line inside."""
        self._podman("exec", self._machine, "sh", "-ec", line)

    def background(self, line: str) -> None:
        """Starts a command line inside."""
        self._podman("exec", "--detach", self._machine, "sh", "-ec", line)

    def docker(self, line: str) -> str:
        """Carries out a command line of docker by podman."""
        verb, *rest = shlex.split(line)[1:]
        if verb == "run":
            rest = [f"--env=TRANSLATOR_LISTEN=127.0.0.1:{self._port}", *rest]
            self._started.append(rest[rest.index("--name") + 1])
        return self._podman(verb, *rest)

    def close(self) -> None:
        """Removes the containers and the volumes."""
        for container in (self._machine, *self._started):
            self._podman("rm", "--force", "--ignore", "--time=0", "--volumes", container)
        self._podman("volume", "prune", "--force")

    def _podman(self, *arguments: str) -> str:
        return finished([str(PROGRAM), *arguments], self._clone)


class Processes:
    """This machine, with an empty environment; what docker should do is done without it."""

    def __init__(self, clone: Path, port: int) -> None:
        self._clone = clone
        kept = {
            name: value for name, value in os.environ.items() if name.endswith(("_CERT", "_CERTS", "PATH"))
        }
        self._environment = {**kept, "HOME": str(clone), "TRANSLATOR_LISTEN": f"127.0.0.1:{port}"}
        self._bin = clone / "image" / "bin"
        self._started: list[subprocess.Popen[bytes]] = []

    def shell(self, line: str) -> None:
        """Carries out a command line."""
        finished(["sh", "-ec", line], self._clone, self._environment)

    def background(self, line: str) -> None:
        """Starts a command line, with a process group of its own."""
        self._start(["sh", "-ec", line], {})

    def docker(self, line: str) -> str:
        """An environment in place of the image, a process in place of a container."""
        verb, *rest = shlex.split(line)[1:]
        if verb == "build":
            pip = f"{shlex.quote(str(self._bin / 'pip'))} install --quiet"
            self.shell(f"{shlex.quote(sys.executable)} -m venv {shlex.quote(str(self._bin.parent))}")
            self.shell(f"{pip} --require-hashes --requirement requirements.run.lock && {pip} --no-deps .")
        elif verb == "run":
            variables = dict(word.split("=", 1) for word in rest if word.startswith("SENTRY_"))
            (logs,) = [word.split(":")[0] for word in rest if word.endswith(":/var/log/agent:ro")]
            state = str(self._clone / "state")
            self._start([str(self._bin / "translator"), "run", logs, "--state-dir", state], variables)
        elif verb == "stop":
            sidecar = self._started[-1]
            sidecar.send_signal(signal.SIGTERM)
            assert sidecar.wait(STOP_LIMIT) == 0
        return self._log.read_text() if verb == "logs" else ""

    def close(self) -> None:
        """Ends the processes."""
        for process in self._started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait(STOP_LIMIT)

    @property
    def _log(self) -> Path:
        return self._clone / "sidecar.log"

    def _start(self, command: list[str], variables: dict[str, str]) -> None:
        with self._log.open("wb") as log:
            self._started.append(
                subprocess.Popen(
                    command, cwd=self._clone, env={**self._environment, **variables},
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                )
            )  # fmt: skip
