"""What Sentry assesses in the AI support of an SDK, check by check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.message_rules import INPUT, OUTPUT, check_messages, mentions
from tests.shapes import Forest
from tests.span_rules import attribute
from tests.strict import Json, is_text, strict_json, strings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AGENT, TOOL, HANDOFF = "invoke_agent", "execute_tool", "handoff"
MODEL_OPERATIONS = frozenset({"chat", "embeddings", "generate_content", "text_completion"})
OPERATIONS = MODEL_OPERATIONS | {AGENT, TOOL, HANDOFF}
PERSONAL = (
    "gen_ai.embeddings.input",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.request.messages",
    "gen_ai.response.text",
    "gen_ai.response.tool_calls",
    "gen_ai.tool.input",
    "gen_ai.tool.output",
    "user.email",
    "user.id",
    "user.name",
)
_DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,")


@dataclass(frozen=True)
class Subject:
    """The span being judged, among all of them."""

    span: Json
    forest: Forest
    pii: bool

    def __getitem__(self, key: str) -> Any:
        return attribute(self.span, key)

    @property
    def operation(self) -> str | None:
        """The operation name."""
        name = self["gen_ai.operation.name"]
        return name if isinstance(name, str) else None

    @property
    def is_model(self) -> bool:
        """Whether this is a model call."""
        return self.operation in MODEL_OPERATIONS

    @property
    def failed(self) -> bool:
        """Whether the status is error."""
        return bool(self.span["status"] == "error")

    def agent_above(self) -> Json | None:
        """The nearest agent among the ancestors."""
        return next((s for s in self.forest.ancestors(self.span) if _is_agent(s)), None)


def _is_agent(span: Json) -> bool:
    return bool(attribute(span, "gen_ai.operation.name") == AGENT)


def _check_operation(subject: Subject) -> Iterator[str]:
    op, operation = subject["sentry.op"], subject.operation
    if operation is None:
        if isinstance(op, str) and op.startswith("gen_ai."):
            yield f"op {op!r} without an operation name"
    elif operation not in OPERATIONS:
        yield f"operation name {operation!r} counts as a model call"
    elif op != f"gen_ai.{operation}":
        yield f"op is {op!r}, not 'gen_ai.{operation}'"


def _check_name(subject: Subject) -> Iterator[str]:
    name, operation = subject.span["name"], subject.operation
    agent = subject["gen_ai.agent.name"]
    if operation == HANDOFF:
        if agent is None:
            yield "no gen_ai.agent.name"
        elif not re.fullmatch(rf"handoff from {re.escape(agent)} to \S.*", name, re.DOTALL):
            yield f"name is not 'handoff from {agent} to' another agent"
        return
    detail = agent if operation == AGENT else subject["gen_ai.tool.name"]
    if subject.is_model:
        detail = subject["gen_ai.request.model"]
    expected = f"{operation} {detail}" if detail else operation
    if operation in OPERATIONS and name != expected:
        yield f"name is not {expected!r}"


def _check_model(subject: Subject) -> Iterator[str]:
    if subject.is_model:
        keys = ("gen_ai.request.model", "gen_ai.response.model", "gen_ai.provider.name")
        yield from (f"no {key}" for key in keys if not is_text(subject[key]))


def _check_messages(subject: Subject) -> Iterator[str]:
    if subject.is_model and subject.pii:
        if subject.operation == "embeddings":
            if subject["gen_ai.embeddings.input"] is None and subject[INPUT] is None:
                yield "no gen_ai.embeddings.input"
        elif subject[INPUT] is None:
            yield f"no {INPUT}"
        if subject[OUTPUT] is None and not subject.failed and subject.operation != "embeddings":
            yield f"no {OUTPUT}"
    for key in (INPUT, OUTPUT):
        if subject[key] is not None:
            yield from (f"{key}: {finding}" for finding in check_messages(key, subject[key]))


def _check_binary(subject: Subject) -> Iterator[str]:
    for key, value in subject.span["attributes"].items():
        if any(_DATA_URL.search(string) for string in strings(value["value"])):
            yield f"{key} holds binary data"


def _check_tokens(subject: Subject) -> Iterator[str]:
    if subject.operation not in MODEL_OPERATIONS | {AGENT}:
        return
    usage = {
        key.removeprefix("gen_ai.usage."): value
        for key, value in subject.span["attributes"].items()
        if key.startswith("gen_ai.usage.")
    }
    for name, value in usage.items():
        if value["type"] != "integer" or value["value"] < 0:
            yield f"{name} is no count: {value['value']!r:.60}"
            return
    counts = {name: int(value["value"]) for name, value in usage.items()}
    required = ["input_tokens", "output_tokens", "total_tokens"]
    if subject.operation == "embeddings":
        required.remove("output_tokens")
    if counts or (subject.is_model and not subject.failed):
        yield from (f"no gen_ai.usage.{name}" for name in required if name not in counts)
    if all(name in counts for name in required):
        yield from _check_sums(counts)


def _check_sums(counts: dict[str, int]) -> Iterator[str]:
    given, made = counts["input_tokens"], counts.get("output_tokens", 0)
    cached = ("cache_read.input_tokens", "cache_creation.input_tokens")
    if counts["total_tokens"] != given + made:
        yield f"total of {counts['total_tokens']} tokens is not {given} + {made}"
    if sum(counts.get(name, 0) for name in cached) > given:
        yield f"more cached tokens than the {given} of the input"
    if counts.get("reasoning.output_tokens", 0) > made:
        yield f"more reasoning tokens than the {made} of the output"


def _check_agent(subject: Subject) -> Iterator[str]:
    agent = subject.agent_above()
    if agent is None or subject.operation in {AGENT, HANDOFF}:
        return
    expected, own = attribute(agent, "gen_ai.agent.name"), subject["gen_ai.agent.name"]
    if expected is not None and own != expected:
        yield f"gen_ai.agent.name is {own!r}, its agent is {expected!r}"


def _check_tool(subject: Subject) -> Iterator[str]:
    if subject.operation != TOOL:
        return
    if not is_text(subject["gen_ai.tool.name"]):
        yield "no gen_ai.tool.name"
    for part in ("arguments", "result"):
        value = subject[f"gen_ai.tool.call.{part}"]
        if value is None:
            if subject.pii and not (part == "result" and subject.failed):
                yield f"no gen_ai.tool.call.{part}"
        elif not _is_json(value):
            yield f"gen_ai.tool.call.{part} is no JSON string: {value!r:.60}"


def _is_json(value: Any) -> bool:
    try:
        strict_json(value)
    except (TypeError, ValueError):
        return False
    return True


def _check_error(subject: Subject) -> Iterator[str]:
    if subject.failed:
        if not is_text(subject["error.type"]):
            yield "failed without error.type"
        if subject["sentry.status"] != "internal_error":
            yield f"failed, sentry.status is {subject['sentry.status']!r}"


def _check_conversation(subject: Subject) -> Iterator[str]:
    if subject.operation is None or subject["gen_ai.conversation.id"] is not None:
        return
    for other in subject.forest.spans:
        same_trace = other["trace_id"] == subject.span["trace_id"]
        if same_trace and attribute(other, "gen_ai.conversation.id") is not None:
            yield "no gen_ai.conversation.id, others of the trace have one"
            return


def _check_order(subject: Subject) -> Iterator[str]:
    if subject.operation != TOOL:
        return
    end, call = subject.span["end_timestamp"], subject["gen_ai.tool.call.id"]
    models = _models_beside(subject)
    if any(model["end_timestamp"] == end for model in models):
        yield "ends at the same moment as a model call"
    asking = [m for m in models if call is not None and mentions(m, OUTPUT, "tool_call", call)]
    told = [m for m in models if call and mentions(m, INPUT, "tool_call_response", call)]
    if any(model["end_timestamp"] > end for model in asking[:1]):
        yield "ends before the model call that asked for it"
    if any(model["end_timestamp"] < end for model in told[:1]):
        yield "ends after the model call that was told its result"


def _models_beside(subject: Subject) -> list[Json]:
    """The model calls of the same agent, by end."""
    agent = subject.agent_above()
    others = (Subject(span, subject.forest, subject.pii) for span in subject.forest.spans)
    found = [
        other.span
        for other in others
        if other.is_model
        and other.span["trace_id"] == subject.span["trace_id"]
        and other.agent_above() is agent
    ]
    return sorted(found, key=lambda span: float(span["end_timestamp"]))


def _check_parent(subject: Subject) -> Iterator[str]:
    if "parent_span_id" in subject.span and subject.forest.parent(subject.span) is None:
        yield f"parent {subject.span['parent_span_id']} is not in the trace"


def _check_pii(subject: Subject) -> Iterator[str]:
    if not subject.pii:
        yield from (f"{key} is personal data" for key in PERSONAL if subject[key] is not None)


CHECKS: dict[str, Callable[[Subject], Iterator[str]]] = {
    "operations": _check_operation,
    "names": _check_name,
    "models": _check_model,
    "messages": _check_messages,
    "binary": _check_binary,
    "tokens": _check_tokens,
    "agents": _check_agent,
    "tools": _check_tool,
    "errors": _check_error,
    "conversations": _check_conversation,
    "order": _check_order,
    "parents": _check_parent,
    "pii": _check_pii,
}


def assess(spans: list[Json], *, pii: bool, skip: frozenset[str]) -> list[str]:
    """Run every check that is not skipped over every span."""
    forest = Forest(spans)
    return [
        f"{span['name']!r} ({span['span_id']}): {finding}"
        for span in forest.spans
        for name, check in CHECKS.items()
        if name not in skip
        for finding in check(Subject(span, forest, pii))
    ]
