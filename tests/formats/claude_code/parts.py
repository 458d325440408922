"""The lines of small transcripts."""

from __future__ import annotations

from typing import Any

from tests.formats.claude_code.transcripts import Record, stamp

T0 = 1_795_423_737_000
"""When they begin, in milliseconds."""


def record(number: int, at: int, kind: str, **fields: Any) -> Record:
    """A line of a small transcript; its parent is the line before it."""
    parent = f"u{number - 1}" if number else None
    return {
        "type": kind, "uuid": f"u{number}", "parentUuid": parent, "sessionId": "s1",
        "isSidechain": False, "timestamp": stamp(T0 + at), **fields,
    }  # fmt: skip


def answer(
    *content: Record, message: str = "m1", stop: str | None = None, output: int = 5, **more: Any
) -> Record:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 10}
    return {
        "message": {"id": message, "role": "assistant", "model": "claude-opus-4-6", "content": list(content),
                    "stop_reason": stop, "usage": {**usage, "output_tokens": output}}, **more,
    }  # fmt: skip


def words(text: str) -> Record:
    return {"type": "text", "text": text}


def call(call_id: str, name: str = "Bash", **arguments: Any) -> Record:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def result(call_id: str, content: Any = "ok", **more: Any) -> Record:
    block = {"type": "tool_result", "tool_use_id": call_id, "content": content, **more}
    return {"message": {"role": "user", "content": [block]}}


def prompt(text: str) -> Record:
    return {"message": {"role": "user", "content": text}}
