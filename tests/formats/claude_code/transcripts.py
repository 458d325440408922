"""Transcripts as Claude Code writes them, made of plans, and what must come of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.formats.whole import lines_of
from translator.model import Line

T0_MS = 1_795_423_737_000
Record = dict[str, Any]

TOKENS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write": "cache_creation_input_tokens",
}
"""What is counted, and where a response says it."""


def stamp(ms: int) -> str:
    seconds, rest = divmod(ms, 1_000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:03d}Z"


@dataclass
class Transcripts:
    """Files of one session and its sub-agents, written step by step by one clock.

    Attributes:
        files: Records by path.
        meta: What lies beside a file, by the file's path.
        expected: An independent count: turns, calls, tools, errors, and tokens by what was written last.
    """

    random: Random
    session: str
    stops: bool = True
    now: int = T0_MS
    files: dict[str, list[Record]] = field(default_factory=dict)
    meta: dict[str, Record] = field(default_factory=dict)
    expected: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)

    @property
    def main(self) -> str:
        return f"/logs/{self.session}.jsonl"

    def id(self, kind: str) -> str:
        self.numbers[kind] += 1
        return f"{kind}-{self.session}-{self.numbers[kind]}"

    def write(self, path: str, record: Record, parent: str | None, **common: Any) -> str:
        """Writes a line; returns its uuid."""
        self.now += self.random.randint(5, 900)
        uuid = self.id("uuid")
        line = {"parentUuid": parent, "isSidechain": False, "sessionId": self.session, "version": "2.1.92"}
        line |= {**common, **record, "uuid": uuid, "timestamp": stamp(self.now)}
        self.files.setdefault(path, []).append(line)
        self.order.append(path)
        return uuid

    def turn(self, path: str | None = None, *, depth: int = 0, common: Record | None = None) -> str:
        """A prompt, some responses with tools, and a last one; returns what it ended with."""
        random, path, common = self.random, path or self.main, common or {}
        self.expected["turns"] += 1
        last = self.write(path, user("Do something about it."), None, **common)
        if not depth:
            self.write(path, {"type": "progress", "data": {"type": "hook_progress"}}, last, **common)
        for _ in range(random.randint(0, 3)):
            last = self.respond(path, last, depth, common, tools=random.randint(1, 3))
        self.respond(path, last, depth, common, tools=0)
        return last

    def respond(self, path: str, parent: str, depth: int, common: Record, tools: int) -> str:
        """One response of one to five lines, its tools, and their results, also between its lines."""
        random = self.random
        self.expected["responses"] += 1
        message_id, request = self.id("msg"), self.id("req")
        content: list[Record] = [{"type": "thinking", "thinking": "Hm.", "signature": "x"}] * random.randint(
            0, 1
        )
        content += [{"type": "text", "text": "Well."}] * random.randint(0 if tools else 1, 2)
        for _ in range(tools):
            agent = depth < 2 and random.random() < 0.25
            block: Record = {"type": "tool_use", "id": self.id("toolu"), "name": "Agent" if agent else "Bash"}
            block["input"] = (
                {"subagent_type": "Explore", "prompt": self.id("look")} if agent else {"command": "ls"}
            )
            content.append(block)
        usage = {"input_tokens": random.randint(1, 9), "cache_read_input_tokens": random.randint(0, 9_000),
                 "cache_creation_input_tokens": random.randint(0, 500)}  # fmt: skip
        pending: list[tuple[Record, str]] = []
        last = parent
        for number, block in enumerate(content, 1):
            final = number == len(content)
            usage = {**usage, "output_tokens": random.randint(50, 900) if final else 1}
            reason = ("tool_use" if tools else "end_turn") if final and self.stops else None
            message = {"id": message_id, "role": "assistant", "model": "claude-opus-4-6", "content": [block],
                       "stop_reason": reason, "usage": usage}  # fmt: skip
            last = self.write(
                path, {"type": "assistant", "message": message, "requestId": request}, last, **common
            )
            if block["type"] == "tool_use":
                pending.append((block, last))
                if not final and block["name"] == "Bash" and random.random() < 0.3:
                    self.result(path, *pending.pop(), depth, common)
        for key, name in TOKENS.items():
            self.expected[key] += usage[name]
        random.shuffle(pending)
        for block, line in pending:
            last = self.result(path, block, line, depth, common)
        return last

    def result(self, path: str, block: Record, line: str, depth: int, common: Record) -> str:
        """The result of a tool, after the whole run of a sub-agent where it started one."""
        self.expected["tools"] += 1
        failed = self.random.random() < 0.2
        self.expected["errors"] += failed
        more: Any = "Error: no" if failed else {"stdout": "ok"}
        if block["name"] == "Agent":
            agent_id = self.id("a").replace("-", "")
            below = f"/logs/{self.session}/subagents/agent-{agent_id}.jsonl"
            self.turn(below, depth=depth + 1, common={"agentId": agent_id, "isSidechain": True})
            if self.random.random() < 0.6:
                self.meta[below] = {"agentType": "Explore", "toolUseId": block["id"]}
            more = {"agentId": agent_id, "status": "completed"}
        answer = {"type": "tool_result", "tool_use_id": block["id"], "content": "done", "is_error": failed}
        message = {"role": "user", "content": [answer]}
        return self.write(path, {"type": "user", "message": message, "toolUseResult": more}, line, **common)

    def lines(self) -> list[Line]:
        """All lines in the order in which they were written, each file beside where it begins."""
        left = {path: iter(lines_of(records, path)) for path, records in self.files.items()}
        out: list[Line] = []
        begun: set[str] = set()
        for path in self.order:
            if path not in begun and path in self.meta:
                out += [beside(path, self.meta[path])]
            begun.add(path)
            out.append(next(left[path]))
        return out

    def lines_by_file(self) -> list[list[Line]]:
        """The lines of each file with what lies beside it."""
        return [
            [*([beside(path, self.meta[path])] if path in self.meta else []), *lines_of(records, path)]
            for path, records in self.files.items()
        ]


def user(words: str) -> Record:
    return {"type": "user", "message": {"role": "user", "content": words}, "promptSource": "typed"}


def beside(path: str, meta: Record) -> Line:
    (line,) = lines_of([meta], path)
    return Line(line.data, path, 0, beside="claude_code")


def session(
    seed: int, *, turns: int = 3, stops: bool = True, name: str = "s1", begun: int = T0_MS
) -> Transcripts:
    """A session of so many turns."""
    made = Transcripts(Random(seed), name, stops, begun)  # noqa: S311 - a game of chance, no secret
    for _ in range(turns):
        made.turn()
    return made
