"""A real Spotlight, started on loopback for as long as a test needs it."""

import fcntl
import hashlib
import http.client
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

Json = dict[str, Any]

HERE = Path(__file__).parent
PACKAGE_FILES = ("package.json", "package-lock.json", "drive.mjs")
SERVER = Path("node_modules/@spotlightjs/spotlight/dist/run.js")
OLDEST_NODE = 20
ENVELOPE = "application/x-sentry-envelope"
MARKER = "text/x-end-of-replay"
LISTENING = re.compile(r"Spotlight listening on (\d+)")
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens

INSTALL_LIMIT = 240.0
START_LIMIT = 30.0
REPLAY_LIMIT = 15.0
STOP_LIMIT = 5.0
BROWSER_LIMIT = 90.0


class SpotlightError(Exception):
    """Spotlight, its browser or their installation did not do what they should."""


@dataclass(frozen=True)
class Envelope:
    """One envelope as Spotlight holds it.

    Attributes:
        header: The envelope's own header, without what Spotlight adds to it.
        items: Each item's header and payload.
    """

    header: Json
    items: list[tuple[Json, Json]]


def missing_tools() -> str | None:
    """Says what this machine lacks for a look at Spotlight.

    Returns:
        One sentence with the remedy in it, or None when nothing is missing.
    """
    if chromium() is None:
        return "no Chromium on this machine: apt-get install chromium"
    if (node := shutil.which("node")) is None or shutil.which("npm") is None:
        return f"no Node.js with npm on this machine: install Node.js {OLDEST_NODE} or newer"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().removeprefix("v").split(".")[0]) < OLDEST_NODE:
        return f"Node.js {version.strip()} is too old for Spotlight: install {OLDEST_NODE} or newer"
    return None


def chromium() -> str | None:
    """Finds the browser, by the names that distributions give it."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def install(directory: Path = HERE) -> None:
    """Puts the locked Node packages and the browser driver into a directory, if they are not there.

    Args:
        directory: Where `node_modules` goes. Several processes may ask for the same one at once.

    Raises:
        SpotlightError: npm could not install them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if directory.resolve() != HERE.resolve():
            for name in PACKAGE_FILES:
                shutil.copyfile(HERE / name, directory / name)
        stamp = directory / "node_modules" / ".locked"
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            subprocess.run(
                npm,
                cwd=directory,
                capture_output=True,
                text=True,
                check=True,
                timeout=INSTALL_LIMIT,
            )
        except subprocess.CalledProcessError as error:
            raise SpotlightError(f"npm ci failed:\n{error.stdout}{error.stderr}") from error
        stamp.write_text(wanted)


class Spotlight:
    """Spotlight, from its start to its end.

    It listens on a port of its own choosing, and its calls home go to a port where nobody is.

    Args:
        scratch: An empty directory for its working files.
        modules: The directory whose `node_modules` it comes from; installed if need be.
    """

    def __init__(self, scratch: Path, modules: Path = HERE) -> None:
        self._scratch = scratch
        self._modules = modules
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._port: int | None = None
        self.log: list[str] = []

    @property
    def port(self) -> int:
        """The port that it listens on."""
        if self._port is None:
            raise SpotlightError("Spotlight is not running")
        return self._port

    @property
    def ui(self) -> str:
        """Where a browser finds it. The page itself talks to `localhost`, so that is its name."""
        return f"http://localhost:{self.port}"

    @property
    def url(self) -> str:
        """Where envelopes go, as one gives it to `--spotlight`."""
        return f"http://127.0.0.1:{self.port}/stream"

    def __enter__(self) -> Self:
        install(self._modules)
        self._process = subprocess.Popen(
            ["node", str((self._modules / SERVER).resolve()), "server", "--port", "0"],
            cwd=self._scratch,
            env=closed_environment(self._scratch),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            self._port = self._wait_for_port(self._process)
            self._wait_for_health()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def send(self, body: bytes, content_type: str = ENVELOPE) -> None:
        """Posts one envelope.

        Args:
            body: The envelope, not compressed.
            content_type: Anything but an envelope's type is kept apart from the envelopes.
        """
        with self._request("POST", "/stream", body, {"Content-Type": content_type}) as response:
            if response.status != http.HTTPStatus.OK:
                raise SpotlightError(f"Spotlight answered {response.status} to an envelope")

    def replay(self) -> list[Envelope]:
        """Reads back every envelope that it holds, oldest first.

        The stream never ends by itself, but it keeps the order of arrival: a marker of another
        content type, posted first, shows where the replay is complete.

        Returns:
            What Spotlight made of each envelope. One that it could not read is not among them.
        """
        marker = uuid.uuid4().hex
        self.send(json.dumps({"marker": marker}).encode(), MARKER)
        envelopes: list[Envelope] = []
        deadline = time.monotonic() + REPLAY_LIMIT
        with self._request("GET", "/stream", None, {"Accept": "text/event-stream"}) as response:
            for kind, data in server_sent_events(response):
                header, items = json.loads(data)
                if kind == ENVELOPE:
                    envelopes.append(Envelope(without_own_keys(header), [(h, p) for h, p in items]))
                elif kind == MARKER and header.get("marker") == marker:
                    return envelopes
                if time.monotonic() > deadline:
                    break
        raise SpotlightError(f"Spotlight did not replay its envelopes within {REPLAY_LIMIT:g} s")

    def look(self, pictures: Path, expected: Json) -> Json:
        """Opens its pages in a browser and reads what they show.

        Args:
            pictures: The directory for the screenshots.
            expected: What to wait for and which trace to open, as `drive.mjs` describes it.

        Returns:
            What the pages showed, as `drive.mjs` describes it.
        """
        pictures.mkdir(parents=True, exist_ok=True)
        profile = self._scratch / f"browser-{uuid.uuid4().hex}"
        profile.mkdir()
        driver = str((self._modules / "drive.mjs").resolve())
        options = json.dumps({"chromium": chromium(), "profile": str(profile), **expected})
        done = run_group(
            ["node", driver, self.ui, str(pictures), options],
            environment=closed_environment(self._scratch),
            limit=BROWSER_LIMIT,
        )
        if done.returncode:
            raise SpotlightError(f"the browser driver failed:\n{done.stderr}")
        seen: Json = json.loads(done.stdout)
        return seen

    def _wait_for_port(self, process: subprocess.Popen[str]) -> int:
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        assert process.stderr is not None
        arguments = (process.stderr, lines)
        self._reader = threading.Thread(target=self._collect, args=arguments, daemon=True)
        self._reader.start()
        deadline = time.monotonic() + START_LIMIT
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                break
            if found := LISTENING.search(line):
                return int(found[1])
        raise SpotlightError("Spotlight did not start:\n" + "".join(self.log))

    def _collect(self, stream: IO[str], lines: "queue.SimpleQueue[str | None]") -> None:
        """Keeps the pipe empty for as long as the process lives."""
        with stream:
            for line in stream:
                self.log.append(line)
                lines.put(line)
        lines.put(None)

    def _wait_for_health(self) -> None:
        with self._request("GET", "/health", None, {}) as response:
            if response.status != http.HTTPStatus.OK:
                raise SpotlightError(f"Spotlight started, but its health is {response.status}")

    @contextmanager
    def _request(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REPLAY_LIMIT)
        try:
            connection.request(method, path, body, dict(headers))
            with connection.getresponse() as response:
                yield response
        finally:
            connection.close()

    def _stop(self) -> None:
        process, self._process, self._port = self._process, None, None
        if process is not None:
            end_group(process)
        if self._reader is not None:
            self._reader.join(STOP_LIMIT)


def closed_environment(home: Path) -> dict[str, str]:
    """The environment of a program that is to stay on this machine.

    Args:
        home: Its home directory, so that it finds and leaves nothing in the real one.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return {**kept, "HOME": str(home), "http_proxy": NOWHERE, "https_proxy": NOWHERE}


def run_group(
    command: list[str], *, environment: dict[str, str], limit: float
) -> subprocess.CompletedProcess[str]:
    """Runs a program with all that it starts, and ends them all when it takes too long."""
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired as error:
            raise SpotlightError(f"the browser driver took more than {limit:g} s") from error
        finally:
            end_group(process)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def end_group(process: subprocess.Popen[str]) -> None:
    """Ends a process and everything in its group, politely first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            continue


def server_sent_events(lines: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
    """Splits an event stream into its events.

    Args:
        lines: The body of the response, line by line.

    Yields:
        The event's type and its data.
    """
    kind, data = "message", list[str]()
    for raw in lines:
        line = raw.decode().rstrip("\r\n")
        if not line:
            if data:
                yield kind, "\n".join(data)
            kind, data = "message", []
            continue
        field, _, value = line.partition(":")
        if field == "event":
            kind = value.removeprefix(" ")
        elif field == "data":
            data.append(value.removeprefix(" "))


def without_own_keys(header: Json) -> Json:
    """An envelope header as it was sent."""
    return {key: value for key, value in header.items() if not key.startswith("__spotlight_")}
