"""The running sidecar: latency, what 1,000 idle files cost, and memory over a large backlog.

python -m tests.bench.live [latency] [idle] [backlog] [--gigabytes N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path
from typing import Self

KEY = "0123456789abcdef0123456789abcdef"
WINDOW = 0.2
TICKS = os.sysconf("SC_CLK_TCK")


class Clock:
    """A server that notes when each span has come, by the name of its tool."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self.port = 0
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
                body = await reader.readexactly(length)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                now = time.time()
                _, header, payload = zlib.decompress(body, wbits=31).split(b"\n", 2)
                if b'"span"' in header:
                    for span in json.loads(payload)["items"]:
                        self.seen[span["name"].rpartition(" ")[2]] = now
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


class Sidecar:
    """A running sidecar, and what it has used of the machine."""

    def __init__(self, pattern: str, port: int, directory: Path, *options: str) -> None:
        dsn = f"http://{KEY}@127.0.0.1:{port}/1"
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "translator", "run", pattern, "--dsn", dsn, "--from", "beginning",
                "--state-dir", str(directory / "state"), "--reorder-window", f"{WINDOW}s",
                "--orphan-hold", f"{WINDOW}s", "-q", *options,
            ],
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()

    def cpu_seconds(self) -> float:
        """Seconds of processor time."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, name: str = "VmRSS") -> float:
        """MiB of memory, now or (VmHWM) at most."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split(f"{name}:")[1].split()[0]) / 1024


def pause(seconds: float) -> None:
    """Waits so many seconds."""
    threading.Event().wait(seconds)


def latency(rate: int, seconds: float = 10.0) -> None:
    """From the write of a span's last line to its acknowledgement, beyond the reorder window."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        log = directory / "agent.jsonl"
        log.touch()
        written: dict[str, float] = {}
        with Sidecar(str(log), clock.port, directory) as sidecar, log.open("ab", buffering=0) as file:
            pause(2.0)
            before = sidecar.cpu_seconds()
            begun = time.time()
            for number in range(int(rate * seconds / 2)):
                due = begun + number * 2 / rate
                pause(max(0.0, due - time.time()))
                common = f'"tool":"t{number}","trace_id":"{number // 20}","call_id":"{number}"'
                file.write(b'{"event":"tool.start","ts":%.6f,%s}\n' % (time.time(), common.encode()))
                now = time.time()
                file.write(b'{"event":"tool.end","ts":%.6f,%s}\n' % (now, common.encode()))
                written[f"t{number}"] = now
            used = sidecar.cpu_seconds() - before
            while len(clock.seen) < len(written):
                pause(0.1)
        late = sorted(clock.seen[name] - at - WINDOW for name, at in written.items())
        p50, p99 = statistics.median(late), late[int(len(late) * 0.99)]
        print(
            f"{rate:,} lines/s: p50 {p50 * 1_000:.0f} ms, p99 {p99 * 1_000:.0f} ms beyond the window, "
            f"{used / seconds:.0%} of a core"
        )


def idle(files: int = 1_000, seconds: float = 20.0) -> None:
    """What so many files cost that nobody writes to."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        logs = directory / "logs"
        logs.mkdir()
        line = '{"event":"tool","tool":"t","ts":1795423737,"trace_id":"%d","duration_ms":5}\n'
        for number in range(files):
            (logs / f"{number}.jsonl").write_text(line % number)
        for begun in ("end", "beginning"):
            state = directory / begun
            with Sidecar(str(logs / "*.jsonl"), clock.port, state, "--from", begun) as sidecar:
                pause(10.0)
                before = sidecar.cpu_seconds()
                pause(seconds)
                used = (sidecar.cpu_seconds() - before) / seconds
                print(
                    f"{files:,} idle files, read from their {begun}: {used:.1%} of a core, "
                    f"{sidecar.memory():.0f} MiB"
                )


def backlog(gigabytes: float) -> None:
    """Memory and speed over a log of so many GB: events among many lines that are none."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        log = directory / "agent.jsonl"
        noise = (json.dumps({"level": "debug", "msg": "x" * 4_000}) + "\n").encode() * 250
        written = number = 0
        with log.open("wb") as file:
            while written < gigabytes * 1e9:
                lines = b"".join(
                    b'{"event":"tool","tool":"t%d","ts":%d,"trace_id":"%d","duration_ms":5}\n'
                    % (each, 1_795_423_737 + each, each // 20)
                    for each in range(number, number + 20)
                )
                number += 20
                written += file.write(noise) + file.write(lines)
        begun = time.time()
        with Sidecar(str(log), clock.port, directory) as sidecar:
            early = 0.0
            while len(clock.seen) < number:
                pause(0.2)
                early = early or (sidecar.memory("VmHWM") if len(clock.seen) > number // 10 else 0.0)
            print(
                f"{written / 1e9:.1f} GB in {time.time() - begun:.0f} s, {number:,} spans: at most "
                f"{early:.0f} MiB after a tenth, {sidecar.memory('VmHWM'):.0f} MiB in the end"
            )


def main() -> None:
    """Measures what is named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.live", description=__doc__)
    parser.add_argument("what", nargs="*", default=["latency", "idle", "backlog"])
    parser.add_argument("--gigabytes", type=float, default=5.0)
    arguments = parser.parse_args()
    if "latency" in arguments.what:
        latency(100)
        latency(2_000)
    if "idle" in arguments.what:
        idle()
    if "backlog" in arguments.what:
        backlog(arguments.gigabytes)


if __name__ == "__main__":
    main()
