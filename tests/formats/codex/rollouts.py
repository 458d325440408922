"""Rollouts made by hand: sessions of any shape, in the ways that versions of Codex write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

Record = dict[str, Any]
Style = Literal["before", "after", "late", "record"]
"""When a request's tokens are told: before its items (0.57), after them (0.77 to 0.142), after the
outputs of its tools (0.149), or in a record of its own and after the outputs (0.169)."""

STYLES: tuple[Style, ...] = ("before", "after", "late", "record")
KEYS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")
BEGIN_MS = 1_790_000_000_000


def uuid7(ms: int, number: int) -> str:
    """A UUID of version 7 of a time in milliseconds."""
    head = f"{ms:012x}"
    return f"{head[:8]}-{head[8:]}-7{number % 4096:03x}-8000-{number:012x}"


def stamp(ms: int) -> str:
    """A time in milliseconds as rollouts have it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Rollout:
    """One thread, as it writes its file.

    Args:
        style: When tokens are told.
        ms: When it begins, in milliseconds.
        number: Tells threads apart.
        parent: The thread that starts it, or that it is forked from.
        spawned: Whether a tool call of the parent starts it.
        nickname: What its agent is called.

    Attributes:
        records: Its lines.
        ms: The time now.
        used: The tokens of its own requests by `KEYS`.
        models: How many requests it has made.
        tools: How many tool calls.
        turns: How many turns.
    """

    def __init__(
        self, style: Style, ms: int, number: int, parent: Rollout | None = None, *, spawned: bool = False,
        nickname: str = "",
    ) -> None:  # fmt: skip
        self.style, self.ms, self.number, self.parent = style, ms, number, parent
        self.thread = uuid7(ms, number)
        self.nickname = nickname
        self.records: list[Record] = []
        self.used = dict.fromkeys(KEYS, 0)
        self.inherited = dict.fromkeys(KEYS, 0)
        self.last: dict[str, int] | None = None
        self.models = self.tools = self.turns = 0
        self.root: str = parent.root if parent is not None and spawned else self.thread
        meta: Record = {"id": self.thread, "session_id": self.root, "timestamp": stamp(ms), "source": "cli",
                        "cli_version": "0.0.0", "model_provider": "openai"}  # fmt: skip
        if parent is not None and spawned:
            spawn = {"parent_thread_id": parent.thread, "depth": 1, "agent_nickname": nickname}
            meta |= {"parent_thread_id": parent.thread, "source": {"subagent": {"thread_spawn": spawn}}}
        self.meta = meta
        self.turn_id = ""
        self.add("session_meta", meta)

    def add(self, kind: str, payload: Record, wait: int = 3) -> None:
        """Writes a line, and lets some milliseconds go by before it."""
        self.ms += wait
        self.records.append({"timestamp": stamp(self.ms), "type": kind, "payload": payload})

    def replay(self, *, stamped: bool) -> None:
        """Copies all that the parent has written."""
        assert self.parent is not None
        self.meta["forked_from_id"] = self.parent.thread
        for record in self.parent.records:
            if record["type"] != "token_usage_record":
                self.records.append({**record, "timestamp": stamp(self.ms)} if stamped else record)
        self.inherited = {key: self.parent.inherited[key] + self.parent.used[key] for key in KEYS}
        self.last = self.parent.last

    def begin(self, prompt: str) -> None:
        """Begins a turn."""
        self.turns += 1
        self.ms += 400
        user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": prompt}]}
        if self.style == "before":
            self.add("response_item", user)
            self.add("event_msg", {"type": "user_message", "message": prompt})
            self.add("turn_context", {"model": "gpt-5.5"})
            return
        self.turn_id = uuid7(self.ms + 3, self.number * 100 + self.turns)
        self.add("event_msg", {"type": "task_started", "turn_id": self.turn_id})
        self.add("turn_context", {"turn_id": self.turn_id, "model": "gpt-5.5", "effort": "low"})
        self.add("response_item", user)

    def headers(self) -> None:
        """Tells the tokens of before once more, as a response begins."""
        self.add("event_msg", {"type": "token_count", "info": self._info() if self.last else None}, wait=500)

    def request(self, items: list[Record], outputs: dict[str, Any], *, noise: bool = False) -> None:
        """Asks the model, which gives items; their calls are answered."""
        self.models += 1
        if noise:
            self.headers()
        n = self.models + self.number * 7
        self.last = dict(zip(KEYS, (1000 + n, 500 + n, 50 + n, 10 + n, 1050 + 2 * n), strict=True))
        told = False
        if self.style == "before":
            self._count(wait=900)
            told = True
        for item in items:
            self.add("response_item", item, wait=700 if not told else 1)
        if self.style in ("record", "after"):
            self._count(wait=2)
        for call_id, output in outputs.items():
            self.tools += 1
            self.add(
                "response_item",
                {"type": "function_call_output", "call_id": call_id, "output": output},
                wait=250,
            )
        if self.style in ("record", "late"):
            if self.style == "late":
                self._spend()
            self.add("event_msg", {"type": "token_count", "info": self._info()}, wait=1)
        if self.style == "before" and outputs:
            self.add("turn_context", {"model": "gpt-5.5"})

    def say(self, words: str, *, noise: bool = False) -> None:
        """Asks the model, which answers with words."""
        content = [{"type": "output_text", "text": words}]
        self.request([{"type": "message", "role": "assistant", "content": content}], {}, noise=noise)

    def call(self, tools: int, *, noise: bool = False) -> None:
        """Asks the model, which calls tools."""
        ids = [f"call_{self.thread[-6:]}_{self.models}_{n}" for n in range(tools)]
        calls = [
            {
                "type": "function_call",
                "name": "exec_command",
                "arguments": '{"cmd": "ls"}',
                "call_id": call_id,
            }
            for call_id in ids
        ]
        self.request([{"type": "reasoning", "summary": []}, *calls], dict.fromkeys(ids, "done"), noise=noise)

    def spawn(self, name: str, style: Style, number: int, replay: str) -> Rollout:
        """Starts a sub-agent; `replay` is "none", "stamped" or "original"."""
        call_id = f"call_{self.thread[-6:]}_{self.models}_s"
        child = Rollout(style, self.ms + 1_500, number, self, spawned=True, nickname=name)
        if replay != "none":
            child.replay(stamped=replay == "stamped")
        arguments = f'{{"message": "{name}"}}'
        item = {"type": "function_call", "name": "spawn_agent", "arguments": arguments, "call_id": call_id}
        self.request([item], {call_id: f'{{"agent_id": "{child.thread}"}}'})
        return child

    def fork(self, number: int, *, stamped: bool) -> Rollout:
        """A session that goes on with a copy of this one."""
        self.ms += 60_000
        other = Rollout(self.style, self.ms, number, self)
        other.replay(stamped=stamped)
        other.ms += 5_000
        return other

    def end(self, kind: str = "task_complete", **more: Any) -> None:
        """Ends the turn."""
        if self.style != "before":
            self.add("event_msg", {"type": kind, "turn_id": self.turn_id, **more})

    def _spend(self) -> None:
        assert self.last is not None
        for key in KEYS:
            self.used[key] += self.last[key]

    def _count(self, wait: int) -> None:
        self._spend()
        if self.style != "record":
            self.add("event_msg", {"type": "token_count", "info": self._info()}, wait=wait)
            return
        response_id = f"resp_{self.number}_{self.models}"
        record = {"thread_id": self.thread, "turn_id": self.turn_id, "response_id": response_id,
                  "usage": self.last, "thread_token_usage": self._total()}  # fmt: skip
        self.add("token_usage_record", record, wait=wait)

    def _info(self) -> Record:
        return {"total_token_usage": self._total(), "last_token_usage": self.last}

    def _total(self) -> dict[str, int]:
        return {key: self.inherited[key] + self.used[key] for key in KEYS}
