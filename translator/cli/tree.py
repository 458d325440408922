"""Traces as trees in the terminal: names, a bar on the time line, tokens, costs, errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from translator.cli.printable import counted, printable
from translator.model import Kind
from translator.report.entries import Entry
from translator.report.selection import conversations
from translator.report.traces import Row, Trace

BAR_CELLS = ((110, 24), (72, 12))
"""From so many columns on, bars have so many cells; a narrower terminal gets none."""

_DURATION_CELLS = 8
_DEEPEST = 40
_MOST_ERROR_LINES = 4
_AT_ONCE = 100
"""Lines that are printed in one go, which costs less than one by one."""

_STYLES = {
    Kind.AGENT: "bold cyan",
    Kind.MODEL: "magenta",
    Kind.TOOL: "green",
    Kind.HANDOFF: "yellow",
    Kind.OTHER: "white",
}


class _Glyphs(NamedTuple):
    """What trees and bars are drawn with; `parts` are the blocks of 0 to 7 eighths of a cell."""

    tee: str
    corner: str
    pipe: str
    full: str
    parts: str
    cross: str
    arrow: str
    micro: str
    ellipsis: str


_UNICODE = _Glyphs("├─ ", "└─ ", "│  ", "█", " ▏▎▍▌▋▊▉", "✗", "→", "µs", "…")
_ASCII = _Glyphs("|- ", "`- ", "|  ", "#", "    ####", "x", "->", "us", "~")


def print_traces(console: Console, traces: Sequence[Trace], *, grouped: bool = True) -> None:
    """Prints traces as trees.

    Args:
        console: Where to; its width, colours and encoding decide how they look.
        traces: In the order in which they are shown.
        grouped: Whether the traces of one conversation stand together, below a heading.
    """
    glyphs = _ASCII if console.options.ascii_only else _UNICODE
    for group in conversations(traces) if grouped else [[trace] for trace in traces]:
        together = len(group) > 1
        if together:
            console.print(_conversation(group, console, glyphs))
            console.print()
        for trace in group:
            console.print(_heading(trace, console, glyphs, in_conversation=together))
            lines = list(_lines(trace, console, glyphs))
            for first in range(0, len(lines), _AT_ONCE):
                console.print(*lines[first : first + _AT_ONCE], sep="\n", no_wrap=True, overflow="crop")
            console.print()


def _conversation(group: Sequence[Trace], console: Console, glyphs: _Glyphs) -> Text:
    tokens = [trace.tokens for trace in group if trace.tokens is not None]
    costs = [trace.cost for trace in group if trace.cost is not None]
    took = max(trace.end for trace in group) - min(trace.start for trace in group)
    return _flowed(console, [
        Text.assemble(("conversation ", "dim"), (printable(group[0].conversation or ""), "bold")),
        Text(counted(len(group), "trace")), Text(_duration(took, glyphs)),
        *_sums(sum(tokens), sum(costs) if costs else None, sum(trace.errors for trace in group)),
    ])  # fmt: skip


def _heading(trace: Trace, console: Console, glyphs: _Glyphs, *, in_conversation: bool) -> Text:
    pieces = [
        Text.assemble(("trace ", "dim"), (trace.trace_id, "bold")), Text(_began(trace.start), "dim"),
        Text(_duration(trace.duration, glyphs)),
    ]  # fmt: skip
    if trace.conversation is not None and not in_conversation:
        pieces.append(Text(f"conversation {printable(trace.conversation)}", "dim"))
    return _flowed(console, pieces + _sums(trace.tokens or 0, trace.cost, trace.errors))


def _sums(tokens: int, cost: float | None, errors: int) -> list[Text]:
    return [
        *([Text(f"{errors:,} {'error' if errors == 1 else 'errors'}", "red")] if errors else []),
        *([Text(_dollars(cost), "dim")] if cost is not None else []),
        *([Text(f"{tokens:,} tokens", "dim")] if tokens else []),
    ]


def _flowed(console: Console, pieces: Sequence[Text]) -> Text:
    """Pieces beside each other, as many as a line takes: none is broken that fits into one."""
    flowed = Text()
    used = 0
    for piece in pieces:
        if used and used + 2 + piece.cell_len > console.width:
            flowed.append("\n")
            used = 0
        elif used:
            flowed.append("  ")
            used += 2
        flowed.append_text(piece)
        used += piece.cell_len
    return flowed


def _lines(trace: Trace, console: Console, glyphs: _Glyphs) -> Iterator[Text]:
    """The tree, line by line; an error that has no room beside its span gets lines below it."""
    width = console.width
    cells = next((cells for columns, cells in BAR_CELLS if width >= columns), 0)
    fixed = _DURATION_CELLS + 2 + (cells + 1 if cells else 0)
    deepest = min(_DEEPEST, width // 8)
    drawn = [
        (own, below, printable(row.entry.name), row.entry)
        for (own, below), row in zip(_branches(trace.rows, deepest, glyphs), trace.rows, strict=True)
    ]
    widest = max(len(own) + cell_len(name) for own, _, name, _ in drawn)
    names = max(min(widest, (width - fixed) * 2 // 3), 1)
    for own, below, name, entry in drawn:
        style = "bold red" if entry.failed else _STYLES[entry.kind]
        line = Text.assemble((own, "dim"))
        line.append(_fitting(name, max(names - len(own), 0), glyphs), style)
        line.append(" ")
        if cells:
            line.append(_bar(entry, trace, cells, glyphs), style)
            line.append(" ")
        line.append(f"{_duration(entry.end - entry.start, glyphs):>{_DURATION_CELLS}}")
        facts = _facts(entry, glyphs, " tokens" if cells else "")
        error = Text(f"{glyphs.cross} {printable(entry.error)}".rstrip() if entry.failed else "", "red")
        room = width - line.cell_len - 1
        beside = not error or cell_len(error.plain) + (facts.cell_len + 1 if facts else 0) <= room
        said = Text(" ").join([part for part in (error if beside else Text(), facts) if part])
        if said:
            said.truncate(max(room, 1), overflow="crop")
            line.append(" ").append_text(said)
        yield line
        if not beside:
            for part in error.wrap(console, max(width - len(below), 1))[:_MOST_ERROR_LINES]:
                yield Text.assemble((below, "dim"), part)


def _branches(rows: Sequence[Row], deepest: int, glyphs: _Glyphs) -> Iterator[tuple[str, str]]:
    """What is drawn before each name, and before what stands below it."""
    closed: list[bool] = []
    following = [row.depth for row in rows[1:]] + [0]
    for row, next_depth in zip(rows, following, strict=True):
        del closed[row.depth :]
        shown = closed[1:deepest]
        above = "".join(["   " if last else glyphs.pipe for last in shown])
        closed.append(row.last)
        own = "" if not row.depth else glyphs.corner if row.last else glyphs.tee
        beside = "" if not row.depth else "   " if row.last else glyphs.pipe
        yield above + own, above + beside + (glyphs.pipe if next_depth > row.depth else "   ")


def _bar(entry: Entry, trace: Trace, cells: int, glyphs: _Glyphs) -> str:
    """The span's place on the trace's time line, to an eighth of a cell at its right end."""
    whole = max(trace.duration, 1)
    begin = min((entry.start - trace.start) * cells // whole, cells - 1)
    eighths = max(1, (entry.end - trace.start) * cells * 8 // whole - begin * 8)
    full, part = divmod(eighths, 8)
    drawn = glyphs.full * full + (glyphs.parts[part] if part else "")
    if not drawn.strip():
        drawn = glyphs.full if glyphs is _ASCII else drawn
    return (" " * begin + drawn)[:cells].ljust(cells)


def _fitting(text: str, cells: int, glyphs: _Glyphs) -> str:
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    return set_cell_size(text, max(cells - 1, 0)) + glyphs.ellipsis[:cells]


def _duration(micros: int, glyphs: _Glyphs) -> str:
    if micros < 1_000:
        return f"{micros} {glyphs.micro}"
    if micros < 1_000_000:
        return f"{micros / 1e3:.0f} ms"
    if micros < 120_000_000:
        return f"{micros / 1e6:.2f} s"
    if micros < 7_200_000_000:
        return f"{micros / 6e7:.1f} min"
    return f"{micros / 3.6e9:.1f} h"


def _began(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _dollars(cost: float) -> str:
    return f"${cost:.4f}" if abs(cost) < 10 else f"${cost:,.2f}"


def _facts(entry: Entry, glyphs: _Glyphs, unit: str) -> Text:
    facts = Text()
    if entry.kind is Kind.MODEL and entry.tokens is not None:
        facts.append(
            f"{entry.input_tokens or 0:,} {glyphs.arrow} {entry.output_tokens or 0:,}{unit} ", style="dim"
        )
    if entry.cost is not None:
        facts.append(f"{_dollars(entry.cost)} ", style="dim")
    if entry.incomplete is not None:
        facts.append(f"({printable(entry.incomplete)}) ", style="yellow")
    facts.rstrip()
    return facts
