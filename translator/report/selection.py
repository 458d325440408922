"""Which traces are shown, and which of them belong together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from translator.report.traces import Trace


class Selection(msgspec.Struct, frozen=True):
    """What a trace must be to be shown; all of it must hold.

    Attributes:
        trace: What its id begins with.
        errors: Whether a span in it must have failed.
        agent: The name of an agent in it, in upper or lower case.
        slowest: How many are shown, those that took longest, the slowest first; None for all by time.
    """

    trace: str = ""
    errors: bool = False
    agent: str | None = None
    slowest: int | None = None

    def of(self, traces: Iterable[Trace]) -> list[Trace]:
        """Those of the traces that are shown, in their order."""
        found = [trace for trace in traces if self._takes(trace)]
        if self.slowest is not None:
            found = sorted(found, key=lambda trace: -trace.duration)[: self.slowest]
        return found

    def _takes(self, trace: Trace) -> bool:
        return (
            trace.trace_id.startswith(self.trace.lower())
            and (trace.errors > 0 or not self.errors)
            and (self.agent is None or self.agent.casefold() in map(str.casefold, trace.agents))
        )


def conversations(traces: Sequence[Trace]) -> list[list[Trace]]:
    """The traces of each conversation together, in the order of their first; others alone."""
    groups: dict[str, list[Trace]] = {}
    for trace in traces:
        # A conversation's id may be anything, so that of a trace must not be one by chance.
        key = (
            f"trace {trace.trace_id}" if trace.conversation is None else f"conversation {trace.conversation}"
        )
        groups.setdefault(key, []).append(trace)
    return list(groups.values())
