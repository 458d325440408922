"""Lines per second from file to acknowledged, beside a bare JSON loop and a naive replay.

    python -m tests.bench.bench [--lines N] [--naive-lines N]

Each figure is the best of three whole processes, and the ratios are of one run: the machine's speed
drops out of them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.generate import CYCLE, TURNS, write_log
from tests.bench.server import ROOT, backfill_command, dsn_of, serving, spans_received

LOOP = "import orjson,sys\nfor line in open(sys.argv[1],'rb'): orjson.loads(line)"
RUNS = 3


def timed(command: list[str]) -> float:
    """Seconds that a process takes."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def measure(
    lines: int, naive_lines: int, turns: Sequence[int], *, rich: bool, port: int, directory: Path
) -> dict[str, float]:
    """Lines per second of each contender, and bytes per line."""
    log = directory / ("rich.jsonl" if rich else "small.jsonl")
    size = write_log(log, lines, rich=rich, turns=turns)
    short = directory / "short.jsonl"
    write_log(short, naive_lines, rich=rich, turns=turns)
    python = sys.executable
    ours = backfill_command(log, port, directory / "state")
    results: dict[str, float] = {"bytes per line": size / lines}
    before = spans_received(port)
    full = min(timed([*ours, "--send-default-pii"]) for _ in range(RUNS))
    got = spans_received(port) - before
    if got != RUNS * (lines // 2):
        raise SystemExit(f"{got} spans were acknowledged, not {RUNS * (lines // 2)}")
    results["translator"] = lines / full
    results["translator, content off"] = lines / min(timed(ours) for _ in range(RUNS))
    results["orjson loop"] = lines / min(timed([python, "-c", LOOP, str(log)]) for _ in range(RUNS))
    naive = [python, "-m", "tests.bench.naive", str(short), dsn_of(port)]
    results["naive replay"] = naive_lines / min(timed(naive) for _ in range(RUNS))
    return results


def main() -> None:
    """Prints the tables of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=300_000)
    parser.add_argument("--naive-lines", type=int, default=5_000)
    parser.add_argument("--short-runs", action="store_true", help="runs of ten lines, not of 10 to 70")
    chosen = parser.parse_args()
    turns = TURNS[:1] if chosen.short_runs else TURNS
    per_cycle = 10 if chosen.short_runs else CYCLE
    lines, naive_lines = (count - count % per_cycle for count in (chosen.lines, chosen.naive_lines))
    with tempfile.TemporaryDirectory() as directory, serving() as port:
        for rich in (False, True):
            found = measure(lines, naive_lines, turns, rich=rich, port=port, directory=Path(directory))
            show(found, rich=rich)


def show(found: dict[str, float], *, rich: bool) -> None:
    """Prints one table."""
    loop, naive = found["orjson loop"], found["naive replay"]
    size = found.pop("bytes per line")
    print(f"{'rich' if rich else 'small'} lines, {size:.0f} bytes each")
    for name, speed in found.items():
        ratios = f"{speed / loop:>9.1%} of the loop{speed / naive:>8.1f} x naive"
        print(f"  {name:<26}{speed:>12,.0f} lines/s{ratios}")


if __name__ == "__main__":
    main()
