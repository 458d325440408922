"""Log lines to measure with: small ones (about 340 bytes) and rich ones (about 1.9 KB)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

START_MS = 1_795_423_737_000
TEXT = (
    "The forecast for tomorrow shows light rain in the morning and sun from noon, with a high of 17 "
    "degrees and a south-westerly breeze; the air quality is moderate and pollen counts are low. "
)
LOREM = TEXT * 10
MODEL_IN = {"model": "gpt-4o", "provider": "openai", "temperature": 0.2}
MODEL_OUT = {
    "model": "gpt-4o",
    "response_model": "gpt-4o-2024-08-06",
    "usage": {"prompt_tokens": 1204, "completion_tokens": 88, "total_tokens": 1292},
    "finish_reason": "stop",
}
RICH_IN = {
    "messages": [
        {"role": "system", "content": "You are a helpful travel assistant."},
        {"role": "user", "content": LOREM},
    ]
}
RICH_OUT = {"output": [{"role": "assistant", "content": LOREM}]}


TURN_MS = 2_500
"""From one model call of a run to the next, in milliseconds."""

TURNS = (2, 5, 3, 8, 4, 12, 6, 3)
"""How many model calls agent runs make, run by run; two tools are called between each two calls."""

CYCLE = sum(6 * calls - 2 for calls in TURNS)
"""Lines of one run of each kind."""


def records(*, rich: bool, turns: Sequence[int] = (2,)) -> Iterator[dict[str, object]]:
    """Endless agent runs.

    Args:
        rich: Whether the lines hold messages.
        turns: How many model calls the runs make, in turn: two make ten lines and five spans.
    """
    start = START_MS
    for number in count():
        calls = turns[number % len(turns)]
        yield from _run(number, start, calls, rich=rich)
        start += calls * TURN_MS


def _run(number: int, start: int, calls: int, *, rich: bool) -> Iterator[dict[str, object]]:
    trace = f"{number:032x}".replace("0", "a", 8)
    agent = {"span_id": f"{number + 1:016x}", "host": "host-1", "version": "2.4.1"}

    def line(offset: int, event: str, fields: Mapping[str, object]) -> dict[str, object]:
        return {
            "time": start + offset,
            "event": event,
            "level": "info",
            "logger": "travel.agent",
            "caller": "agent/loop.go:142",
            "service": "travel",
            "trace_id": trace,
            "conversation_id": f"conversation-{number // 4}",
            "agent": "Weather Agent",
            **fields,
        }

    yield line(0, "agent.start", agent)
    for call in range(calls):
        begin = 10 + call * TURN_MS
        call_id = {"call_id": f"{trace[:8]}-m{call}"}
        yield line(begin, "model.start", {**call_id, **MODEL_IN, **(RICH_IN if rich else {})})
        yield line(begin + 900, "model.end", {**call_id, **MODEL_OUT, **(RICH_OUT if rich else {})})
        if call == calls - 1:
            break
        for tool, offset in (("get_weather", 1_000), ("get_air_quality", 1_100)):
            called = {"tool": tool, "call_id": f"call_{trace[:10]}_{tool[4]}{call}"}
            arguments = {"city": "Paris", "days": 3, **({"question": LOREM} if rich else {})}
            result = {"celsius": 17, "sky": "rain", **({"report": LOREM} if rich else {})}
            yield line(begin + offset, "tool.start", {**called, "arguments": arguments})
            yield line(begin + offset + 700, "tool.end", {**called, "result": result})
    yield line((calls - 1) * TURN_MS + 1_500, "agent.end", agent)


def write_log(path: Path, lines: int, *, rich: bool, turns: Sequence[int] = (2,)) -> int:
    """Writes a log of so many lines; returns its size in bytes."""
    with path.open("w", encoding="utf-8") as file:
        for _, record in zip(range(lines), records(rich=rich, turns=turns), strict=False):
            file.write(json.dumps(record, separators=(",", ":")) + "\n")
    return path.stat().st_size
