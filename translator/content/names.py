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
    if kind is Kind.MODEL:
        operation = operation_of(kind, fields)
        subject = fields.get("model")
        if subject is None:
            subject = fields.get("response_model")
    else:
        operation = _FIXED_OPERATIONS[kind]
        subject = fields.get(_SUBJECTS[kind])
    return f"{operation} {subject}" if subject else str(operation)


_FIXED_OPERATIONS = {
    Kind.AGENT: "invoke_agent",
    Kind.TOOL: "execute_tool",
    Kind.HANDOFF: "handoff",
}
_SUBJECTS = {Kind.AGENT: "agent", Kind.TOOL: "tool"}
