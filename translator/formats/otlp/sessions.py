"""Log events of one session to turns: sorted by time, and told of when the next prompt or quiet comes."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from translator.formats.building import ROOT, make_event, span_id_of, trace_id_of
from translator.formats.otlp.telemetry import PRODUCTS, Part, Telling
from translator.model import Event, Json, Kind, Line, Phase

FORMAT = "otlp"
QUIET = 300.0
"""Seconds without an event after which a turn is over: calls may take minutes."""
SETTLE = 5.0
"""Seconds after a prompt in which events of the turn before it may still come."""
_MOST = 5_000


class Session(msgspec.Struct):
    """The events of one session that have not been told of.

    Attributes:
        source: The file of the first.
        tellings: In the order in which they came.
        turn: The turn that the last event told of belongs to; empty for none.
        told: Turns whose span has been told of, the last few.
        touched: When the last came, in seconds.
        prompts: How many prompts wait.
    """

    source: str
    tellings: list[Telling] = []
    turn: str = ""
    told: list[str] = []
    touched: float = 0.0
    prompts: int = 0

    def add(self, told: Telling, now: float) -> None:
        """Takes in an event."""
        self.tellings.append(told)
        self.touched = now
        self.prompts += told.part is Part.PROMPT

    def due(self) -> float | None:
        """When something can be told, in seconds; None if nothing waits."""
        if not self.tellings:
            return None
        if len(self.tellings) > _MOST:
            return self.touched
        return self.touched + (SETTLE if self.prompts > 1 else QUIET)

    def tell(self, *, everything: bool) -> Iterator[Event]:
        """The events of all turns but the last, or of all."""
        self.tellings.sort(key=lambda told: (told.end, told.part is not Part.PROMPT))
        turns = self._turns()
        ready = turns if everything else turns[:-1]
        left = [] if everything else turns[-1:]
        for turn, tellings in ready:
            yield from self._events(turn, tellings)
        self.tellings = [told for _, tellings in left for told in tellings]
        self.prompts = sum(told.part is Part.PROMPT for told in self.tellings)

    def _turns(self) -> list[tuple[str, list[Telling]]]:
        turns: dict[str, list[Telling]] = {}
        current = self.turn
        for told in self.tellings:
            if told.prompt:
                current = told.prompt
            elif told.part is Part.PROMPT or not current:
                current = f"{told.session} {told.end}"
            turns.setdefault(current, []).append(told)
        return list(turns.items())

    def _events(self, turn: str, tellings: list[Telling]) -> Iterator[Event]:
        self.turn = turn
        first = tellings[0]
        product = PRODUCTS[first.product]
        trace_id = trace_id_of(FORMAT, first.session, turn)
        root = span_id_of(FORMAT, first.session, turn)
        common: dict[str, Json] = {"trace_id": trace_id, "conversation_id": first.session}
        line = Line(turn.encode("utf-8", "surrogatepass"), self.source, 0)
        if turn not in self.told:
            self.told = [*self.told[-99:], turn]
            asked = next((told.fields.get("input") for told in tellings if told.part is Part.PROMPT), None)
            fields = {**common, "span_id": root, "parent_id": ROOT, "agent": product.agent, "input": asked}
            start, end = min(told.start for told in tellings), max(told.end for told in tellings)
            yield make_event(Kind.AGENT, Phase.WHOLE, line, fields, start=start, end=end)
        since = first.start
        for told in tellings:
            if told.part is Part.REQUEST:
                since = max(since, told.start)
                continue
            if told.part in (Part.MODEL, Part.TOOL):
                span_id = span_id_of(FORMAT, told.session, told.key)
                fields = {**common, **told.fields, "span_id": span_id, "parent_id": root, "usage": told.usage}
                start = told.start if told.start < told.end else min(since, told.end)
                kind = Kind.MODEL if told.part is Part.MODEL else Kind.TOOL
                yield make_event(kind, Phase.WHOLE, line, fields, start=start, end=told.end)
            since = told.end
