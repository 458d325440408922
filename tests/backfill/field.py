"""A server that notes every span, and may fail; logs for it; the program over them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import zlib
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.bench.generate import START_MS, records

KEY = "0123456789abcdef0123456789abcdef"
FACTS = ("trace_id", "parent_span_id", "name", "status", "start_timestamp", "end_timestamp", "is_segment")

Facts = dict[str, tuple[Any, ...]]


class Server(ThreadingHTTPServer):
    """Acknowledges envelopes and notes the spans in them.

    Args:
        failing: The share of requests that are answered with an error, or with nothing.
        seed: What decides which.

    Attributes:
        spans: What was told of each span, by its id; of one that came twice in two ways, both.
        times: How often each span came and was acknowledged.
        attributes: The attributes of each span, as they came last.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, failing: float = 0.0, seed: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.failing = failing
        self.random = random.Random(seed)  # noqa: S311 - a test that fails shall fail again
        self.lock = threading.Lock()
        self.spans: Facts = {}
        self.changed: list[str] = []
        self.times: Counter[str] = Counter()
        self.attributes: dict[str, dict[str, Any]] = {}
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.reached = threading.Event()
        self.wanted = 0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def handle_error(self, *_: object) -> None:
        """Who asks may be killed in the middle."""

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def dsn(self) -> str:
        """Where it is."""
        return f"http://{KEY}@127.0.0.1:{self.server_address[1]}/1"

    def wait_for(self, spans: int) -> None:
        """Waits until so many spans have come, also again."""
        with self.lock:
            self.wanted = spans
            self.reached.clear()
            if self.times.total() >= spans:
                return
        assert self.reached.wait(120), f"only {self.times.total()} spans came"

    def note(self, items: list[dict[str, Any]]) -> None:
        """Notes spans that are acknowledged."""
        with self.lock:
            for item in items:
                facts = facts_of(item)
                if self.spans.setdefault(item["span_id"], facts) != facts:
                    self.changed.append(item["span_id"])
                self.times[item["span_id"]] += 1
                self.attributes[item["span_id"]] = item["attributes"]
            if self.wanted and self.times.total() >= self.wanted:
                self.reached.set()


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Takes an envelope."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            lot = self.server.random.random()
            scripted = self.server.answers.pop(0) if self.server.answers else None
        status, headers = scripted or (200, {})
        if scripted is None and lot < self.server.failing:
            if lot < self.server.failing / 3:
                self.close_connection = True
                return
            status = 503
        if status == 200:
            if self.headers.get("Content-Encoding") == "gzip":
                body = zlib.decompress(body, wbits=31)
            _, header, payload = body.split(b"\n", 2)
            if json.loads(header)["type"] == "span":
                self.server.note(json.loads(payload)["items"])
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def write_runs(paths: list[Path], runs: int, begin: float, *, every: float = 5.0) -> int:
    """Writes agent runs of ten lines each, the lines of each run spread over the files; returns the spans.

    Args:
        paths: Where to.
        runs: How many.
        begin: Unix seconds of the first one.
        every: Seconds between the begins of two runs.
    """
    source = records(rich=False)
    files = [path.open("w") for path in paths]
    for number in range(runs):
        for place in range(10):
            record = next(source)
            offset = float(str(record["time"])) - START_MS - number * 5_000
            moved = {**record, "time": round((begin + number * every) * 1_000 + offset)}
            files[(number + place) % len(files)].write(json.dumps(moved, separators=(",", ":")) + "\n")
    for file in files:
        file.close()
    return runs * 5


def facts_of(item: dict[str, Any]) -> tuple[Any, ...]:
    """What is told of a span."""
    return tuple(item.get(name) for name in FACTS)


def facts_in(out: Path) -> Facts:
    """What is told of each span in a file, by its id."""
    return {item["span_id"]: facts_of(item) for item in map(json.loads, out.read_text().splitlines())}


def differences(came: Facts, expected: Facts) -> dict[str, tuple[int, list[object]]]:
    """How many spans are lost, phantoms or otherwise than expected, and some of each; nothing where none is.

    Of so many, a difference as text takes longer than the whole test.
    """
    found: dict[str, list[object]] = {
        "lost": [(one, expected[one]) for one in expected.keys() - came.keys()],
        "phantom": [(one, came[one]) for one in came.keys() - expected.keys()],
        "otherwise": [
            (one, came[one], expected[one])
            for one in expected.keys() & came.keys()
            if came[one] != expected[one]
        ],
    }
    return {name: (len(some), some[:5]) for name, some in found.items() if some}


def command(*arguments: str) -> list[str]:
    """The command line of a backfill."""
    return [sys.executable, "-m", "translator", "backfill", *arguments]


def backfill(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a backfill to its end."""
    return subprocess.run(
        command(*arguments),
        capture_output=True, text=True, check=False, timeout=300, env={**os.environ, **environment},
    )  # fmt: skip


def start(*arguments: str) -> subprocess.Popen[str]:
    """Starts a backfill, in a group of processes of its own."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command(*arguments), stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def workers_of(process: subprocess.Popen[str]) -> int:
    """How many workers a backfill has begun."""
    found = 0
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
            found += int(parent) == process.pid and b"spawn_main" in (path / "cmdline").read_bytes()
    return found
