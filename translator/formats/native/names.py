"""Event names: the word in a line that says what it tells of.

`MEANINGS` holds every spelling in its normal form (see `normal`); it is made from the tables
below, which are the published contract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from translator.model import Kind, Phase


class Meaning(msgspec.Struct, frozen=True):
    """What an event name says.

    Attributes:
        kind: What the span is about.
        phase: Which part of the span the line tells of.
        operation: The operation that the name implies ("embeddings"), or None.
        failure: The `error.type` that the name implies ("error", "timeout", ...), or None.
    """

    kind: Kind
    phase: Phase
    operation: str | None = None
    failure: str | None = None


SUBJECTS: dict[Kind, tuple[str, ...]] = {
    Kind.AGENT: ("agent", "invoke.agent"),
    Kind.MODEL: ("model", "llm", "chat", "generation", "completion", "embeddings"),
    Kind.TOOL: ("tool", "function", "execute.tool"),
}
"""The words that a name begins with."""

STARTS: dict[Kind, tuple[str, ...]] = {
    Kind.AGENT: ("start", "started", "begin", "invoke"),
    Kind.MODEL: ("start", "started", "begin", "request", "call", "call.start"),
    Kind.TOOL: ("start", "started", "begin", "call", "call.start", "invoke", "request"),
}
"""The words that end a name which opens a span."""

ENDS: dict[Kind, tuple[str, ...]] = {
    Kind.AGENT: ("end", "ended", "finished", "completed", "done", "stop", "result"),
    Kind.MODEL: ("end", "ended", "finished", "completed", "done", "response", "result", "call.end"),
    Kind.TOOL: ("end", "ended", "finished", "completed", "done", "response", "result", "call.end"),
}
"""The words that end a name which closes a span."""

FAILURES = {
    "error": "error",
    "failed": "error",
    "exception": "error",
    "timeout": "timeout",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}
"""The words that close a span with an error, and the `error.type` where the line has no better."""

CHUNKS = ("chunk", "first.token", "first.chunk", "stream")
"""The words after a model's name that tell of its first output."""

WHOLES: dict[Kind, tuple[str, ...]] = {
    Kind.AGENT: ("agent", "invoke.agent"),
    Kind.MODEL: ("model", "llm", "generation", "embeddings"),
    Kind.TOOL: ("tool", "function", "execute.tool"),
    Kind.HANDOFF: ("handoff", "agent.handoff", "transfer", "agent.transfer"),
}
"""Names that tell of a whole span in one line."""

_NEXT_WORD = re.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = str.maketrans("_-/: ", ".....")


def _spellings() -> Iterator[tuple[str, Meaning]]:
    for kind, subjects in SUBJECTS.items():
        for subject in subjects:
            operation = "embeddings" if subject == "embeddings" else None
            for word in STARTS[kind]:
                yield f"{subject}.{word}", Meaning(kind, Phase.START, operation)
            for word in ENDS[kind]:
                yield f"{subject}.{word}", Meaning(kind, Phase.END, operation)
            for word, failure in FAILURES.items():
                yield f"{subject}.{word}", Meaning(kind, Phase.END, operation, failure)
            if kind is Kind.MODEL:
                for word in CHUNKS:
                    yield f"{subject}.{word}", Meaning(kind, Phase.CHUNK, operation)
    for kind, names in WHOLES.items():
        for name in names:
            operation = "embeddings" if name == "embeddings" else None
            yield name, Meaning(kind, Phase.WHOLE, operation)


MEANINGS: dict[str, Meaning] = dict(_spellings())
"""Every event name in its normal form."""

_LONGEST = max(map(len, MEANINGS))


def normal(name: str, *, camel: bool = True) -> str:
    """The normal form of an event name.

    It is in lower case, with `.` for `_ - / :` and space, and between the words of CamelCase.

    Args:
        name: The name.
        camel: Whether words of CamelCase are told apart.
    """
    dotted = name.translate(_SEPARATORS)
    lower = dotted.lower()
    if not camel or lower[1:] == dotted[1:] or lower in MEANINGS:
        return lower
    return _NEXT_WORD.sub(".", dotted).lower()


def meaning(name: object, *, camel: bool = True) -> Meaning | None:
    """What an event name means, or None when it is not one.

    Args:
        name: The name, or whatever stands in its place.
        camel: Whether it may be in CamelCase.
    """
    if type(name) is not str:
        return None
    found = MEANINGS.get(name)
    if found is None and len(name) <= _LONGEST:
        found = MEANINGS.get(normal(name, camel=camel))
    return found
