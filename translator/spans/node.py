"""A span in the making."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from translator.model import Json, Kind, Phase

# Reading a member from its enum costs several times what reading a name does.
AGENT, MODEL, TOOL, HANDOFF = Kind.AGENT, Kind.MODEL, Kind.TOOL, Kind.HANDOFF
START, END, CHUNK, WHOLE = Phase.START, Phase.END, Phase.CHUNK, Phase.WHOLE


class Node(msgspec.Struct, gc=False):
    """One span, from the line that opens it until its trace is forgotten.

    Attributes:
        kind: What the span is about.
        span_id: 16 hex characters.
        parent_id: The parent's span id, whether the logs know it or not; None for a root.
        start: Microseconds.
        end: Microseconds; None while it is open.
        last: The last time seen in it or under it, in microseconds.
        fields: What its lines said; after it has ended, only what flows down to others. They are the
            event's own until there is more to say, so they are replaced and never changed in place.
        extra: What its lines said beyond the log format; replaced, too.
        given_id: The span id in the log's own words; None where it is a hash of the line.
        call_id: What pairs its start and end, in the log's own words.
        remote: Whether the parent comes from a caller's trace context.
        continues: The span id of the agent that handed over to this one.
        first_chunk: When the first output came, in microseconds.
        tail: For agents, when the last model call or tool under it ended, as logged and as sent.
        models: For agents, the models of the calls directly under it; None for none.
        segment_id: The span id of its segment, once one of the spans in it has been let go.
        incomplete: "no_start" or "no_end" where the log lacks one of the two.
        held: Whether it has ended, but waits for its parent to turn up.
        below: The ids of ended spans under it that wait until it is let go; None for none.
        size: Bytes of its lines.
    """

    kind: Kind
    span_id: str
    parent_id: str | None
    start: int
    last: int
    fields: dict[str, Json]
    extra: dict[str, Json]
    end: int | None = None
    given_id: str | None = None
    call_id: str | None = None
    remote: bool = False
    continues: str | None = None
    first_chunk: int | None = None
    tail: tuple[int, int] = (0, 0)
    models: set[str] | None = None
    segment_id: str | None = None
    segment_name: str = ""
    incomplete: str | None = None
    held: bool = False
    below: list[str] | None = None
    size: int = 0

    def wait_below(self, span_ids: Iterable[str]) -> None:
        """Has ended spans wait until it is let go."""
        if self.below is None:
            self.below = []
        self.below.extend(span_ids)

    @property
    def name(self) -> str | None:
        """The agent's, model's or tool's name, by which starts and ends pair without ids."""
        name: str | None = self.fields.get(self.kind)
        return name
