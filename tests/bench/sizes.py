"""A backfill's speed and memory over inputs of several sizes: neither should depend on them.

    python -m tests.bench.sizes [--megabytes 200 4000] [--rich]

Memory is the largest resident set of each process, as the kernel has noted it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from tests.bench.generate import CYCLE, TURNS, write_log
from tests.bench.server import ROOT, backfill_command, serving, spans_received

LOOK_SECONDS = 1.0
"""How often the processes are looked at."""

_PEAK = re.compile(r"VmHWM:\s*(\d+)")


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [pid, *map(int, children.split())]


def peak_kib(pid: int) -> int:
    """The largest resident set of a process so far, in KiB."""
    found = _PEAK.search(Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) if found else 0


def run(command: list[str]) -> tuple[float, dict[int, int]]:
    """Runs a command.

    Returns:
        How many seconds it took, and the largest resident set of each of its processes in KiB.
    """
    peaks: dict[int, int] = {}
    begun = time.perf_counter()
    ended = threading.Event()
    with subprocess.Popen(command, cwd=ROOT) as process:

        def look() -> None:
            while not ended.wait(LOOK_SECONDS):
                try:
                    peaks.update((pid, peak_kib(pid)) for pid in family(process.pid))
                except (FileNotFoundError, ProcessLookupError):
                    # One of them has just ended.
                    continue

        watching = threading.Thread(target=look)
        watching.start()
        code = process.wait()
        seconds = time.perf_counter() - begun
        ended.set()
        watching.join()
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return seconds, peaks


def lines_of(megabytes: float, *, rich: bool) -> int:
    """How many lines a log of about that size has."""
    with tempfile.TemporaryDirectory() as directory:
        per_line = write_log(Path(directory) / "log", CYCLE, rich=rich, turns=TURNS) / CYCLE
    lines = round(megabytes * 1e6 / per_line)
    return lines - lines % CYCLE


def main() -> None:
    """Prints a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, nargs="+", default=[200, 4_000])
    parser.add_argument("--rich", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, serving() as port:
        directory = Path(name)
        for megabytes in chosen.megabytes:
            log = directory / "log.jsonl"
            lines = lines_of(megabytes, rich=chosen.rich)
            size = write_log(log, lines, rich=chosen.rich, turns=TURNS)
            before = spans_received(port)
            seconds, peaks = run(backfill_command(log, port, directory / "state"))
            got = spans_received(port) - before
            if got != lines // 2:
                raise SystemExit(f"{got} spans were acknowledged, not {lines // 2}")
            memory = ", ".join(f"{kib / 1024:.0f}" for kib in sorted(peaks.values(), reverse=True))
            print(
                f"{size / 1e6:>8,.0f} MB {lines:>12,} lines {lines / seconds:>10,.0f} lines/s"
                f"   MiB at most: {memory}",
                flush=True,
            )
            log.unlink()


if __name__ == "__main__":
    main()
