"""Any tree of spans, and the lines of any legal way of logging it.

A `Run` is one agent run that hands over to others; `lines_of` writes it as a program would, in one
of the `WAYS`; `expected` is the tree that must come back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from translator.model import Line, Span

BASE_US = 1_795_423_737_000_000
WAYS = ("ids", "call ids", "no ids", "one line")
NAMES = {
    "agent": ["Weather Agent", "Travel Agent", "Helper", "über"],
    "tool": ["search", "fetch", "book", "sum up"],
    "model": ["gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro"],
}


@dataclass
class Item:
    """One span to be: a node of the tree.

    Attributes:
        kind: "agent", "model", "tool" or "handoff".
        name: Its name; of a handoff "from>to".
        children: What lies under it, in the order of starts.
        parallel: For agents, whether runs of neighbouring tools overlap in time.
        start, end: Microseconds since the run's begin, set by `schedule`.
        number: Its place in the order of starts, for ids.
    """

    kind: str
    name: str
    children: list[Item] = field(default_factory=list)
    parallel: bool = False
    late: bool = False
    start: int = 0
    end: int = 0
    number: int = 0


@dataclass
class Run:
    """A root agent, and those that take over from it one after another."""

    roots: list[Item]


def models() -> st.SearchStrategy[Item]:
    return st.builds(Item, st.just("model"), st.sampled_from(NAMES["model"]))


def agents(depth: int) -> st.SearchStrategy[Item]:
    tools = st.builds(
        Item,
        st.just("tool"),
        st.sampled_from(NAMES["tool"]),
        st.lists(agents(depth - 1), max_size=1) if depth > 0 else st.just([]),
    )
    below = [models(), tools]
    if depth > 0:
        below.append(agents(depth - 1))
    return st.builds(
        Item,
        st.just("agent"),
        st.sampled_from(NAMES["agent"]),
        st.lists(st.one_of(below), max_size=5),
        st.booleans(),
        st.booleans(),
    )


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Any run: one to three agents in a chain of handoffs, with trees below them."""
    roots = draw(st.lists(agents(2), min_size=1, max_size=3, unique_by=lambda agent: agent.name))
    return Run(roots)


def schedule(run: Run) -> list[tuple[int, str, Item]]:
    """Gives every span its times and returns the moments in order.

    Each is (microseconds, "start" | "end" | "instant", span).
    """
    stage = _Stage()
    for place, root in enumerate(run.roots):
        following = run.roots[place + 1] if place + 1 < len(run.roots) else None
        handoff = Item("handoff", f"{root.name}>{following.name}") if following else None
        stage.play(root, handoff)
        if handoff is not None and not root.late:
            root.children.append(handoff)
    return stage.moments


class _Stage:
    """Plays a run on a clock of its own."""

    def __init__(self) -> None:
        self.moments: list[tuple[int, str, Item]] = []
        self._clock = 0
        self._count = 0

    def play(self, item: Item, handoff: Item | None = None) -> None:
        self._begin(item, "start")
        group: list[Item] = []
        for child in item.children:
            alone = not item.parallel or child.kind != "tool" or bool(child.children)
            if alone or child.name in {other.name for other in group}:
                self._finish_all(group)
            if alone:
                self.play(child)
            else:
                self._begin(child, "start")
                group.append(child)
        self._finish_all(group)
        if handoff is not None and not item.late:
            self._begin(handoff, "instant")
        self._finish(item)
        if handoff is not None and item.late:
            self._begin(handoff, "instant")

    def _begin(self, item: Item, phase: str) -> None:
        self._clock += 1_000
        self._count += 1
        item.start = item.end = self._clock
        item.number = self._count
        self.moments.append((item.start, phase, item))

    def _finish(self, item: Item) -> None:
        self._clock += 1_000
        item.end = self._clock
        self.moments.append((item.end, "end", item))

    def _finish_all(self, group: list[Item]) -> None:
        for item in group:
            self._finish(item)
        group.clear()


STYLES: dict[str, Callable[[str], str]] = {
    "snake": lambda key: key,
    "camel": lambda key: "".join(
        part.capitalize() if place else part for place, part in enumerate(key.split("_"))
    ),
    "dotted": lambda key: key.replace("_", "."),
    "upper": str.upper,
}


def _stamp(form: str, micros: int) -> Any:
    total = BASE_US + micros
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=total)
    return {
        "iso": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "offset": (moment + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.%f+02:00"),
        "space": moment.strftime("%Y-%m-%d %H:%M:%S,%f"),
        "ms": total // 1_000,
        "us": total,
        "ns": total * 1_000,
        "seconds": total / 1e6,
    }[form]


FORMS = ("iso", "offset", "space", "ms", "us", "ns", "seconds")
NESTS = ("", "fields", "data", "attributes", "context")
MIXED = "mixed"


def _one_of(style: str, choices: Sequence[str], place: int) -> str:
    return choices[place % len(choices)] if style == MIXED else style


@dataclass(frozen=True)
class Style:
    """How a program writes its lines.

    Attributes:
        way: One of `WAYS`.
        keys: One of `STYLES`, or "mixed": as if several programs wrote, a line each.
        stamp: One of `FORMS`, or "mixed".
        nest: One of `NESTS`, or "mixed".
        event_key: The key of the event's name.
        trace_key: The key of what all lines of the run have in common.
    """

    way: str
    keys: str = "snake"
    stamp: str = "iso"
    nest: str = ""
    event_key: str = "event"
    trace_key: str = "trace_id"


def styles() -> st.SearchStrategy[Style]:
    return st.builds(
        Style,
        st.sampled_from(WAYS),
        st.sampled_from([*sorted(STYLES), MIXED]),
        st.sampled_from([*FORMS, MIXED]),
        st.sampled_from([*NESTS, MIXED]),
        st.sampled_from(["event", "msg", "message", "type", "event_type"]),
        st.sampled_from(["trace_id", "run_id", "conversation_id"]),
    )


def lines_of(run: Run, style: Style, trace: str = "run-1") -> list[Line]:
    """The run's log lines in the order of writing. Times must have been set by `schedule`."""
    moments = schedule(run)
    parents = _parents(run)
    lines: list[tuple[int, dict[str, Any]]] = []
    for time, phase, item in moments:
        record = _record(item, phase, style, parents, trace)
        if record is not None:
            lines.append((time, record))
    return [_line(record, time, style, place) for place, (time, record) in enumerate(lines)]


def _parents(run: Run) -> dict[int, Item | None]:
    parents: dict[int, Item | None] = {}

    def visit(item: Item, above: Item | None) -> None:
        parents[item.number] = above
        for child in item.children:
            visit(child, item)

    for root in run.roots:
        visit(root, None)
    return parents


def _record(
    item: Item, phase: str, style: Style, parents: dict[int, Item | None], trace: str
) -> dict[str, Any] | None:
    whole = style.way == "one line" or item.kind == "handoff"
    if whole and phase == "start":
        return None
    record: dict[str, Any] = {}
    if item.kind == "handoff":
        source, _, target = item.name.partition(">")
        record |= {"from_agent": source, "to_agent": target}
    else:
        record[item.kind] = item.name
    if style.way != "no ids":
        record[style.trace_key] = trace
    if style.way == "ids":
        record["span_id"] = f"span {item.number}"
        above = parents.get(item.number)
        if above is not None:
            record["parent_id"] = f"span {above.number}"
    if style.way == "call ids" and item.kind in ("tool", "model"):
        record["call_id"] = f"call-{item.number}"
    if whole and item.kind != "handoff":
        record["duration_ms"] = (item.end - item.start) // 1_000
    name = item.kind if whole else f"{item.kind}.{phase}"
    keys = STYLES[_one_of(style.keys, tuple(STYLES), item.number + len(phase))]
    return {style.event_key: name} | {keys(key): value for key, value in record.items()}


def _line(record: dict[str, Any], time: int, style: Style, place: int) -> Line:
    nest = _one_of(style.nest, NESTS, place)
    if nest:
        name = {style.event_key: record.pop(style.event_key)}
        record = {**name, "level": "info", nest: record}
    record["timestamp"] = _stamp(_one_of(style.stamp, FORMS, place), time)
    return Line(json.dumps(record, ensure_ascii=False).encode(), "agent.log", 0)


Tree = tuple[str, str, int, int, tuple["Tree", ...]]


def expected(run: Run, style: Style) -> tuple[Tree, ...]:
    """The tree that must come back; times must have been set by `lines_of`."""
    in_tools = style.way != "one line"

    def shape(item: Item) -> Tree:
        below: list[Item] = []
        for child in item.children:
            below.append(child)
            if child.kind == "tool" and not in_tools:
                below.extend(child.children)
        children = [] if item.kind == "tool" and not in_tools else below
        return _tree(item.kind, item.name, item.start, item.end, [shape(child) for child in children])

    roots = [shape(root) for root in run.roots]
    for place, root in enumerate(run.roots[:-1]):
        if root.late:
            after = run.roots[place + 1]
            instant = after.start - 1_000
            roots.append(_tree("handoff", f"{root.name}>{after.name}", instant, instant, []))
    return tuple(sorted(roots, key=_order))


def actual(spans: list[Span]) -> tuple[Tree, ...]:
    """The tree that the spans make."""
    known = {span.span_id for span in spans}
    below: dict[str | None, list[Span]] = {}
    for span in spans:
        below.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)

    def shape(span: Span) -> Tree:
        name = span.fields.get(span.kind.value, "")
        if span.kind.value == "handoff":
            name = f"{span.fields['from_agent']}>{span.fields['to_agent']}"
        children = [shape(child) for child in below.get(span.span_id, [])]
        return _tree(span.kind.value, name, span.start - BASE_US, span.end - BASE_US, children)

    return tuple(sorted((shape(span) for span in below.get(None, [])), key=_order))


def _order(tree: Tree) -> tuple[int, int, str, str]:
    return tree[2], tree[3], tree[0], tree[1]


def _tree(kind: str, name: str, start: int, end: int, children: list[Tree]) -> Tree:
    return kind, name, start, end, tuple(sorted(children, key=_order))
