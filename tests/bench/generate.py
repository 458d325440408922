"""Log lines to measure with: small ones (about 340 bytes) and rich ones (about 1.9 KB)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

START_MS = 1_795_423_737_000
TEXT = (
    "The forecast for tomorrow shows light rain in the morning and sun from noon, with a high of 17 "
    "degrees and a south-westerly breeze; the air quality is moderate and pollen counts are low. "
)
LOREM = TEXT * 6


def records(*, rich: bool) -> Iterator[dict[str, object]]:
    """Endless agent runs of ten lines each: an agent with two model calls and two tools."""
    for number in count():
        trace = f"{number:032x}".replace("0", "a", 8)
        base = START_MS + number * 5_000
        common = {
            "level": "info",
            "service": "travel",
            "trace_id": trace,
            "conversation_id": f"conversation-{number // 4}",
            "agent": "Weather Agent",
        }
        agent_id = f"{number + 1:016x}"

        def line(offset: int, event: str, base: int = base, common: dict[str, str] = common,
                 **more: object) -> dict[str, object]:
            return {"time": base + offset, "event": event, **common, **more}

        yield line(0, "agent.start", span_id=agent_id, host="host-1", version="2.4.1")
        for call, offset in ((1, 10), (2, 2_500)):
            model_in: dict[str, object] = {"model": "gpt-4o", "provider": "openai", "temperature": 0.2}
            model_out: dict[str, object] = {
                "model": "gpt-4o",
                "response_model": "gpt-4o-2024-08-06",
                "usage": {"prompt_tokens": 1204, "completion_tokens": 88, "total_tokens": 1292},
                "finish_reason": "stop",
            }
            if rich:
                model_in["messages"] = [
                    {"role": "system", "content": "You are a helpful travel assistant."},
                    {"role": "user", "content": LOREM},
                ]
                model_out["output"] = [{"role": "assistant", "content": LOREM}]
            yield line(offset, "model.start", call_id=f"{trace[:8]}-m{call}", **model_in)
            yield line(offset + 900, "model.end", call_id=f"{trace[:8]}-m{call}", **model_out)
        for tool, offset in (("get_weather", 1_000), ("get_air_quality", 1_100)):
            argument: dict[str, object] = {"city": "Paris", "days": 3}
            result: dict[str, object] = {"celsius": 17, "sky": "rain"}
            if rich:
                argument["question"] = LOREM
                result["report"] = LOREM
            call_id = f"call_{trace[:10]}_{tool[4]}"
            yield line(offset, "tool.start", tool=tool, call_id=call_id, arguments=argument)
            yield line(offset + 700, "tool.end", tool=tool, call_id=call_id, result=result)
        yield line(4_000, "agent.end", span_id=agent_id, host="host-1", version="2.4.1")


def write_log(path: Path, lines: int, *, rich: bool) -> int:
    """Writes a log of so many lines; returns its size in bytes."""
    with path.open("w", encoding="utf-8") as file:
        for _, record in zip(range(lines), records(rich=rich), strict=False):
            file.write(json.dumps(record, separators=(",", ":")) + "\n")
    return path.stat().st_size
