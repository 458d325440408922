"""What the records of a transcript mean: whose words they are, and what is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b

from translator.model import Json

KNOWN_TYPES = frozenset({
    "user", "assistant", "system", "summary", "progress", "attachment", "file-history-snapshot",
    "queue-operation", "mode", "permission-mode", "last-prompt", "agent-name", "custom-title", "ai-title",
    "pr-link", "frame-link", "worktree-state", "relocated", "started", "result", "atis-latch",
    "bridge-session",
})  # fmt: skip
"""Values of `type` that transcripts have had."""

JOURNAL_TYPES = frozenset({"started", "result"})
"""Values of `type` in the journal of a workflow, which has no sessions and no times."""

TURN_ENDS = frozenset({"turn_duration", "stop_hook_summary"})
"""Subtypes of `system` lines with which a turn is over."""

FINAL_STOPS = frozenset({"end_turn", "stop_sequence", "max_tokens", "refusal"})
"""Reasons to stop after which the agent does nothing more by itself."""

AGENT_TOOLS = frozenset({"Task", "Agent"})
"""Tools that start a sub-agent: the older and the newer name."""

LOCAL_OUTPUT = (
    "<local-command-stdout>", "<local-command-stderr>", "<local-command-caveat>", "<bash-stdout>",
    "<bash-stderr>", "<bash-input>", "<user-memory-input>",
)  # fmt: skip
"""Beginnings of user lines that no model is asked about."""

COMMAND = ("<command-name>", "<command-message>")
"""Beginnings of user lines that are commands; a model may be asked about them, or not."""

NOTIFICATION = "<task-notification>"
"""Beginning of a user line that tells of the end of something in the background."""

GOES_ON = ("Stop hook feedback",)
"""Beginnings of user lines because of which an agent that had stopped goes on."""

INTERRUPTED = "[Request interrupted by user"
SYNTHETIC = "<synthetic>"

_AGENT_ID = re.compile(r"agentId:\s*([\w-]+)")
_RUN = re.compile(r"\bwf_[\w-]+")
_INTERNAL = re.compile(r"a([a-z]+(?:_[a-z]+)*)-")
_NOTIFIED_CALL = re.compile(r"<tool-use-id>\s*([^<\s]+)\s*</tool-use-id>")
_NOTIFIED_TASK = re.compile(r"<task-id>\s*([^<\s]+)\s*</task-id>")


def matches(record: dict[str, Json]) -> bool:
    """Whether a record is a line of a transcript."""
    kind = text(record.get("type"))
    if kind in JOURNAL_TYPES and "key" in record and "sessionId" not in record:
        return isinstance(record.get("agentId"), str) and "timestamp" not in record
    if kind == "file-history-snapshot":
        return "messageId" in record
    if kind == "summary":
        return "leafUuid" in record
    if kind not in KNOWN_TYPES or not isinstance(record.get("sessionId"), str):
        return False
    return "uuid" in record or kind not in {"user", "assistant"} or isinstance(record.get("message"), dict)


def text(value: Json) -> str:
    """The value if it is a text, else an empty one."""
    return value if type(value) is str else ""


def table(value: Json) -> dict[str, Json]:
    """The value if it is an object, else an empty one."""
    return value if type(value) is dict else {}


def fingerprint(words: str) -> str:
    """What tells a text from others, short enough to be remembered; empty for an empty one."""
    return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest() if words else ""


def content_of(record: dict[str, Json]) -> list[Json]:
    """The blocks of a line's message; a text is one block."""
    content = table(record.get("message")).get("content")
    if type(content) is str:
        return [{"type": "text", "text": content}]
    return content if type(content) is list else []


def blocks_of(record: dict[str, Json], kind: str) -> Iterator[dict[str, Json]]:
    """The blocks of one type."""
    for block in content_of(record):
        if type(block) is dict and block.get("type") == kind:
            yield block


def said(record: dict[str, Json]) -> str:
    """The text of a line's message."""
    return "\n".join(text(block.get("text")) for block in blocks_of(record, "text"))


def result_text(block: dict[str, Json]) -> str:
    """The text of a tool's result."""
    content = block.get("content")
    if type(content) is list:
        return "\n".join(text(part.get("text")) for part in content if type(part) is dict)
    return text(content)


def agent_id_in(result: str) -> str:
    """The id of the sub-agent that a result tells of in words."""
    found = _AGENT_ID.search(result)
    return found[1] if found else ""


def is_injected(record: dict[str, Json], words: str) -> bool:
    """Whether a user line was written by Claude Code itself, not by who uses it."""
    origin = text(table(record.get("origin")).get("kind"))
    ours = bool(record.get("isMeta") or record.get("isCompactSummary")) or origin not in ("", "human")
    return ours or words.startswith(NOTIFICATION)


def notification(words: str) -> tuple[str, str]:
    """The tool call and the sub-agent whose end a notification tells of; empty where it does not."""
    if NOTIFICATION not in words:
        return "", ""
    call, task = _NOTIFIED_CALL.search(words), _NOTIFIED_TASK.search(words)
    return (call[1] if call else ""), (task[1] if task else "")


def session_of_path(source: str) -> str:
    """The session that a sub-agent's file lies under; empty where the path does not say it."""
    directory, found, _ = source.rpartition("/subagents/")
    return directory.rpartition("/")[2] if found else ""


def agent_id_of_path(source: str) -> str:
    """The sub-agent that a file is named after; empty where it is not."""
    name = source.rpartition("/")[2]
    if name.startswith("agent-") and name.endswith(".jsonl"):
        return name.removeprefix("agent-").removesuffix(".jsonl")
    return ""


def run_of_path(source: str) -> str:
    """The run of a workflow that a sub-agent's file lies under; empty where it lies under none."""
    directory, found, _ = source.rpartition("/workflows/")
    return source[len(directory) + len(found) :].partition("/")[0] if found else ""


def run_in(result: str) -> str:
    """The run of a workflow that a result tells of in words."""
    found = _RUN.search(result)
    return found[0] if found else ""


def internal_agent(agent_id: str) -> str:
    """What an agent does that Claude Code starts by itself, told by its id: `acompact-…` compacts."""
    found = _INTERNAL.match(agent_id)
    return found[1] if found else ""
