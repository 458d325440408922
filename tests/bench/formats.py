"""Lines per second of every format, beside the native one: lines to encoded spans, in one process.

    python -m tests.bench.formats [--megabytes N]

Each format is compared with native lines of as many bytes, in one run: the machine's speed drops out.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.generate import records
from tests.formats.claude_code.transcripts import session
from tests.formats.openai_agents.test_openai_agents import RUN
from tests.formats.otlp.exports import line, span
from tests.formats.otlp.test_otlp import AGENTS, OPENINFERENCE, OTEL, TOOLS
from translator.cli.garbage import collect_seldom
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.model import Line
from translator.pipeline.translation import Translation, Windows

Record = dict[str, Any]

SMALL, RICH = "native, small", "native, rich"
CODEX = Path(__file__).parents[1] / "formats" / "codex" / "recorded"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TEXT = "The forecast for tomorrow shows light rain in the morning and sun from noon. " * 4
LONG = (TEXT * 3).encode()


def native(*, rich: bool) -> Iterator[tuple[str, bytes]]:
    """Lines of the log format."""
    for record in records(rich=rich):
        yield "native.jsonl", json.dumps(record).encode()


def claude_code() -> Iterator[tuple[str, bytes]]:
    """Sessions with sub-agents."""
    for number in range(1_000_000):
        for one in session(number, name=f"s{number}").lines():
            if not one.beside:
                yield one.source, one.data.replace(b"Well.", LONG).replace(b'"done"', b'"' + LONG + b'"')


def codex() -> Iterator[tuple[str, bytes]]:
    """Recorded threads, again and again under other ids."""
    recorded = [path.read_text(encoding="utf-8") for path in sorted(CODEX.rglob("*.jsonl"))]
    for number in range(1_000_000):
        text = recorded[number % len(recorded)]
        ids = {found: f"{found[:-8]}{number:08x}" for found in set(_UUID.findall(text))}
        for old, new in ids.items():
            text = text.replace(old, new)
        for one in text.splitlines():
            yield f"rollout-{number}.jsonl", one.encode()


def otlp() -> Iterator[tuple[str, bytes]]:
    """Agents of OpenTelemetry and OpenInference, four spans a line."""
    for number in range(1_000_000):
        spans = [
            span(2, 1, 1, 40, "chat", a={**OTEL, "gen_ai.system_instructions": TEXT * 8}),
            span(3, 1, 41, 60, "look", a=TOOLS["otel"]),
            span(
                4, 1, 61, 80, "chat", a={**OPENINFERENCE, "llm.output_messages.0.message.content": TEXT * 8}
            ),
            span(1, None, 0, 90, "Bot", a=AGENTS["otel"]),
        ]
        trace = f"{number + 1:032x}"
        yield "otlp.jsonl", json.dumps(line([{**one, "traceId": trace} for one in spans])).encode()


def openai_agents() -> Iterator[tuple[str, bytes]]:
    """Runs with two agents, a handoff and tools."""
    for number in range(1_000_000):
        trace = f"trace_{number + 1:032x}".encode()
        for record in RUN:
            data = json.dumps(record).encode().replace(b"trace_" + b"4f" * 16, trace)
            yield "agents.jsonl", data.replace(b"Hola", LONG).replace(b"18C", LONG).replace(b"Hi", LONG)


FORMATS: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    SMALL: partial(native, rich=False),
    RICH: partial(native, rich=True),
    "claude_code": claude_code,
    "codex": codex,
    "otlp": otlp,
    "openai_agents": openai_agents,
}


def lines_of(made: Iterator[tuple[str, bytes]], size: int) -> list[Line]:
    """So many bytes of lines."""
    lines: list[Line] = []
    for number, (source, data) in enumerate(islice(made, 10_000_000), 1):
        lines.append(Line(data, source, number))
        size -= len(data)
        if size <= 0:
            break
    return lines


def seconds(lines: list[Line]) -> float:
    """How long it takes to make encoded spans of the lines."""
    translation = Translation(Windows().of_whole_input())
    encoder = SpanEncoder(Identity("bench", "1"), Privacy(content=True))
    begun = time.perf_counter()
    translation.feed(lines, 0.0)
    for one in translation.drain(0.0):
        encoder.encode(one)
    return time.perf_counter() - begun


class Speed(NamedTuple):
    """What was measured of one format: bytes of a line, and seconds that it takes."""

    size: float
    seconds: float


def share(of: Speed, small: Speed, rich: Speed) -> float:
    """Lines per second, of those of the native format with lines of as many bytes.

    The native format's time is that of a line and that of its bytes: two lengths tell both.
    """
    slope = (rich.seconds - small.seconds) / (rich.size - small.size)
    return (small.seconds + slope * (of.size - small.size)) / of.seconds


def main() -> None:
    """Prints the table of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=20)
    size = parser.parse_args().megabytes * 1_000_000
    collect_seldom()
    logs = {name: lines_of(made(), size) for name, made in FORMATS.items()}
    took: dict[str, float] = {}
    for _ in range(3):
        for name, lines in logs.items():
            took[name] = min(took.get(name, 1e9), seconds(lines))
    speeds = {
        name: Speed(sum(len(one.data) for one in lines) / len(lines), took[name] / len(lines))
        for name, lines in logs.items()
    }
    print(f"{'format':<16}{'bytes/line':>12}{'lines/s':>12}{'MB/s':>8}{'of native':>12}")
    for name, speed in speeds.items():
        rate = 1 / speed.seconds
        part = share(speed, speeds[SMALL], speeds[RICH])
        print(f"{name:<16}{speed.size:>12,.0f}{rate:>12,.0f}{speed.size * rate / 1e6:>8.1f}{part:>11.0%}")


if __name__ == "__main__":
    main()
