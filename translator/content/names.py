"""What a span is called, and the operation that it is: Sentry's words for the kinds of spans."""

from __future__ import annotations

from translator.model import Fields, Kind

OPERATIONS = frozenset({"chat", "embeddings", "generate_content", "text_completion"})
"""The operations of a model call; Sentry takes any other name for a model call, too."""

DEFAULT_OPERATION = "chat"

DEFAULT_OP = "default"
"""What Sentry calls an operation of no kind that it knows."""


def op_of(kind: Kind, fields: Fields) -> str:
    """The value of `sentry.op`."""
    if kind is Kind.OTHER:
        said: str = fields.get("op", DEFAULT_OP)
        return said
    return f"gen_ai.{operation_of(kind, fields)}"


def operation_of(kind: Kind, fields: Fields) -> str | None:
    """The value of `gen_ai.operation.name`; None for a span of other instrumentation.

    Sentry takes every name that it does not know for a model call.
    """
    if kind is Kind.OTHER:
        return None
    if kind is Kind.MODEL:
        said = fields.get("operation")
        return said if said in OPERATIONS else DEFAULT_OPERATION
    return _FIXED_OPERATIONS[kind]


def span_name(kind: Kind, fields: Fields) -> str:
    """The span's name as Sentry's Agents pages expect it: the operation and whom it is done to."""
    if kind is Kind.HANDOFF:
        source, target = fields.get("from_agent", "unknown"), fields.get("to_agent", "unknown")
        return f"handoff from {source} to {target}"
    if kind is Kind.OTHER:
        return str(fields.get("other", "span"))
    operation, field = named_after(kind, fields)
    subject = fields.get(field)
    return f"{operation} {subject}" if subject else operation


def named_after(kind: Kind, fields: Fields) -> tuple[str, str]:
    """The operation and the field that the name of a model's, an agent's or a tool's span is made of."""
    if kind is Kind.MODEL:
        said = fields.get("operation")
        operation = said if said in OPERATIONS else DEFAULT_OPERATION
        return operation, "model" if fields.get("model") is not None else "response_model"
    return _FIXED_OPERATIONS[kind], _SUBJECTS[kind]


_FIXED_OPERATIONS = {
    Kind.AGENT: "invoke_agent",
    Kind.TOOL: "execute_tool",
    Kind.HANDOFF: "handoff",
}
_SUBJECTS = {Kind.AGENT: "agent", Kind.TOOL: "tool"}
