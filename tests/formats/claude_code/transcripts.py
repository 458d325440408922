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
    """Files of one session and its sub-agents, as one clock would have written them.

    Attributes:
        random: Decides.
        session: Its id.
        stops: Whether responses say why they stopped.
        kinds: Which kinds of sub-agents there may be: "below", "beside", "inline", "background".
        pauses: Whether notifications and hooks go on with the session, minutes after its turns.
        now: The time, in milliseconds.
        files: Records by path.
        meta: What lies beside a file, by the file's path.
        expected: An independent count: turns, calls, tools, errors, and tokens by what was written last.
        parents: The span that each sub-agent's turn is below, as (id of its tool call, uuid of its prompt).
    """

    random: Random
    session: str
    stops: bool = True
    kinds: tuple[str, ...] = ("below",)
    pauses: bool = False
    now: int = T0_MS
    files: dict[str, list[Record]] = field(default_factory=dict)
    meta: dict[str, Record] = field(default_factory=dict)
    expected: Counter[str] = field(default_factory=Counter)
    parents: list[tuple[str, str]] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)
    started: dict[str, str] = field(default_factory=dict)
    ended: list[tuple[int, str, str]] = field(default_factory=list)
    times: dict[str, list[int]] = field(default_factory=dict)

    @property
    def main(self) -> str:
        return f"/logs/{self.session}.jsonl"

    @property
    def order(self) -> list[str]:
        """The path of each line, in the order in which they were written."""
        return [line.source for line in self.lines() if not line.beside]

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
        self.times.setdefault(path, []).append(self.now)
        return uuid

    def turn(
        self,
        path: str | None = None,
        *,
        depth: int = 0,
        common: Record | None = None,
        first: Record | None = None,
    ) -> str:
        """A prompt, some responses with tools, and a last one; returns the prompt's line."""
        random, path, common = self.random, path or self.main, common or {}
        self.expected["turns"] += 1
        last = begin = self.write(path, first or user("Do something about it."), None, **common)
        if not depth:
            self.write(path, {"type": "progress", "data": {"type": "hook_progress"}}, last, **common)
        for _ in range(random.randint(0, 3)):
            last = self.respond(path, last, depth, common, tools=random.randint(1, 3))
        last = self.respond(path, last, depth, common, tools=0)
        if self.pauses and not depth and random.random() < 0.3:
            feedback = {**user("Stop hook feedback: not yet."), "isMeta": True}
            last = self.write(path, feedback, last, **common)
            self.respond(path, last, depth, common, tools=0)
        return begin

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
                kind = self.started[block["id"]] = self.kind(path) if block["name"] == "Agent" else ""
                if kind == "background" or (not (final or kind) and random.random() < 0.3):
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
        more: Any = "Error: no" if failed else {"stdout": "ok"}
        content = "done"
        if block["name"] == "Agent":
            failed = False
            content, more = self.agent(path, block, depth)
        self.expected["errors"] += failed
        answer = {"type": "tool_result", "tool_use_id": block["id"], "content": content, "is_error": failed}
        message = {"role": "user", "content": [answer]}
        return self.write(path, {"type": "user", "message": message, "toolUseResult": more}, line, **common)

    def kind(self, path: str) -> str:
        """A kind of sub-agent; no file but a session's has the lines of another agent."""
        return self.random.choice([kind for kind in self.kinds if path == self.main or kind != "inline"])

    def agent(self, path: str, block: Record, depth: int) -> tuple[str, Any]:
        """The whole run of a sub-agent; returns what its call has as a result."""
        kind = self.started[block["id"]]
        agent_id = self.id("a").replace("-", "")
        first, common = user(block["input"]["prompt"]), {"agentId": agent_id, "isSidechain": True}
        below = f"/logs/{self.session}/subagents/agent-{agent_id}.jsonl"
        content, more = "done", {"agentId": agent_id, "status": "completed"}
        if kind == "inline":
            below, common, more = path, {"isSidechain": True}, {}
        elif kind == "beside":
            below = f"/logs/agent-{agent_id}.jsonl"
            content, more = f"Found.\nagentId: {agent_id}", {}
        elif self.random.random() < 0.6:
            self.meta[below] = {"agentType": "Explore", "toolUseId": block["id"]}
        begun = self.now
        begin = self.turn(below, depth=depth + 1, common=common, first=first)
        self.parents.append((block["id"], begin))
        if kind == "background":
            self.ended.append((self.now, agent_id, block["id"]))
            self.now = begun
            content, more = f"Async agent launched successfully.\nagentId: {agent_id}", {"status": "async"}
        return content, more

    def notify(self) -> None:
        """Tells of the sub-agents in the background that have ended; each time the agent goes on."""
        for when, agent_id, call_id in self.ended:
            self.now = max(self.now, when) + self.random.choice([300, 15_000, 400_000])
            words = f"<task-notification><task-id>{agent_id}</task-id><tool-use-id>{call_id}</tool-use-id>"
            self.turn(first={**user(words), "origin": {"kind": "task-notification"}})
        self.ended.clear()

    def lines(self) -> list[Line]:
        """All lines in the order in which they were written, each file beside where it begins."""
        return [line for _, line in self.timed()]

    def timed(self) -> list[tuple[int, Line]]:
        """The same, with when each was written, in milliseconds."""
        out: list[tuple[int, Line]] = []
        for path, records in self.files.items():
            lines = list(zip(self.times[path], lines_of(records, path), strict=True))
            if path in self.meta:
                out.append((lines[0][0], beside(path, self.meta[path])))
            out += lines
        return sorted(out, key=lambda timed: timed[0])

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


ALL = ("below", "beside", "inline", "background")


def session(
    seed: int,
    *,
    turns: int = 3,
    stops: bool = True,
    name: str = "s1",
    begun: int = T0_MS,
    kinds: tuple[str, ...] = ("below",),
    pauses: bool = False,
) -> Transcripts:
    """A session of so many turns."""
    made = Transcripts(Random(seed), name, stops, kinds, pauses, begun)  # noqa: S311 - no secret
    for _ in range(turns):
        made.turn()
        if pauses:
            made.now += made.random.choice([1_000, 30_000, 300_000])
        made.notify()
    return made
