"""Traces as trees in the terminal: names, a bar on the time line, tokens, errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from translator.cli.printable import printable
from translator.content.names import span_name
from translator.content.usage import Usage
from translator.model import Kind, Span

BAR_CELLS = 24
_WIDE_ENOUGH = 90
_DURATION_CELLS = 8
_DEEPEST = 40
_EIGHTHS = " ▏▎▍▌▋▊▉█"

_STYLES = {
    Kind.AGENT: "bold cyan",
    Kind.MODEL: "magenta",
    Kind.TOOL: "green",
    Kind.HANDOFF: "yellow",
    Kind.OTHER: "white",
}


def print_traces(console: Console, spans: Iterable[Span]) -> int:
    """Prints the spans as one tree per trace, the oldest trace first.

    Returns:
        How many traces there were.
    """
    traces: dict[str, dict[str, Span]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, {})[span.span_id] = span
    for trace in sorted(traces.values(), key=lambda found: min(s.start for s in found.values())):
        console.print(trace_tree(list(trace.values()), console.width))
        console.print()
    return len(traces)


def trace_tree(spans: list[Span], width: int) -> RenderableType:
    """The spans of one trace as a heading and a tree.

    Args:
        spans: All of them, in any order.
        width: The terminal's columns; a narrow one gets no bars.
    """
    first = min(span.start for span in spans)
    last = max(span.end for span in spans)
    rows = [(branch, span_name(span.kind, span.fields), span) for branch, span in _walk(spans)]
    wide = width >= _WIDE_ENOUGH
    fixed = _DURATION_CELLS + 2 + (BAR_CELLS + 1 if wide else 0)
    names = min(max(len(branch) + len(name) for branch, name, _ in rows), (width - fixed) * 2 // 3)
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, overflow="ellipsis", width=names)
    if wide:
        table.add_column(no_wrap=True, width=BAR_CELLS)
    table.add_column(no_wrap=True, justify="right", width=_DURATION_CELLS)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width - fixed - names, 1))
    for branch, name, span in rows:
        style = "bold red" if "failure" in span.fields else _STYLES[span.kind]
        shown = Text.assemble((branch, "dim"), (printable(name), style))
        cells: list[RenderableType] = [shown]
        if wide:
            cells.append(Text(_bar(span, first, last), style=style))
        table.add_row(*cells, Text(_duration(span.end - span.start)), _detail(span))
    return Group(_heading(spans, first, last), table)


def _heading(spans: list[Span], first: int, last: int) -> Text:
    began = datetime.fromtimestamp(first / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    heading = Text.assemble(
        ("trace ", "dim"), (spans[0].trace_id, "bold"), ("  ", ""), (began, "dim"), ("  ", ""),
        (_duration(last - first), ""),
    )  # fmt: skip
    conversation = next((s.fields["conversation_id"] for s in spans if "conversation_id" in s.fields), None)
    if conversation is not None:
        heading.append(f"  conversation {printable(conversation)}", style="dim")
    usages = [s.fields["usage"] for s in spans if s.kind is Kind.MODEL and "usage" in s.fields]
    tokens = sum(usage.total or 0 for usage in usages)
    if tokens:
        heading.append(f"  {tokens:,} tokens", style="dim")
    return heading


def _walk(spans: list[Span]) -> Iterator[tuple[str, Span]]:
    """Every span with the branch drawn before its name, parents before children."""
    known = {span.span_id for span in spans}
    children: dict[str | None, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        parent = span.parent_id if span.parent_id in known else None
        children.setdefault(parent, []).append(span)
    seen: set[str] = set()
    roots = children.get(None) or [spans[0]]
    left = [("", "", span) for span in reversed(roots)]
    while left:
        prefix, branch, span = left.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        yield prefix + branch, span
        if branch:
            prefix += "│  " if branch.startswith("├") else "   "
        below = children.get(span.span_id, [])
        if len(prefix) > 3 * _DEEPEST:
            prefix = prefix[: 3 * _DEEPEST]
        rows = [(prefix, "├─ ", child) for child in below[:-1]]
        rows += [(prefix, "└─ ", child) for child in below[-1:]]
        left.extend(reversed(rows))


def _bar(span: Span, first: int, last: int) -> str:
    """The span's place on the trace's time line, to an eighth of a cell at its right end."""
    whole = max(last - first, 1)
    begin = (span.start - first) * BAR_CELLS // whole
    eighths = max(1, (span.end - first) * BAR_CELLS * 8 // whole - begin * 8)
    full, part = divmod(eighths, 8)
    return (" " * begin + "█" * full + (_EIGHTHS[part] if part else ""))[:BAR_CELLS]


def _duration(micros: int) -> str:
    if micros < 1_000:
        return f"{micros} µs"
    if micros < 1_000_000:
        return f"{micros / 1e3:.0f} ms"
    if micros < 120_000_000:
        return f"{micros / 1e6:.2f} s"
    return f"{micros / 6e7:.1f} min"


def _detail(span: Span) -> Text:
    detail = Text()
    if "failure" in span.fields:
        message = span.fields.get("error_message")
        said = span.fields["failure"] + (f": {message}" if message else "")
        detail.append(f"✗ {printable(said)} ", style="red")
    usage: Usage | None = span.fields.get("usage")
    if usage is not None and span.kind is Kind.MODEL:
        detail.append(f"{usage.input_tokens or 0:,} → {usage.output_tokens or 0:,} tokens ", "dim")
    if "cost" in span.fields:
        detail.append(f"${span.fields['cost']:.4f} ", style="dim")
    if span.incomplete is not None:
        detail.append(f"({span.incomplete}) ", style="yellow")
    return detail
