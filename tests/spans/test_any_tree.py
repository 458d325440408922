"""Any tree of spans, written in any legal way, comes back as the same tree."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trees import Run, Style, actual, expected, lines_of, runs, styles
from translator.model import Line, Span
from translator.pipeline.translation import Translation, Windows

WHOLE = Windows().of_whole_input()


def rebuilt(lines: list[Line]) -> list[Span]:
    translation = Translation(WHOLE)
    translation.feed(lines, 0.0)
    return translation.drain(0.0)


def identities(spans: list[Span]) -> set[tuple[str, str, str | None, int, int]]:
    return {(s.trace_id, s.span_id, s.parent_id, s.start, s.end) for s in spans}


@given(runs(), styles())
@settings(max_examples=400, deadline=None)
def test_it_comes_back_as_the_same_tree(run: Run, style: Style) -> None:
    spans = rebuilt(lines_of(run, style))

    assert actual(spans) == expected(run, style)
    assert len({span.trace_id for span in spans}) == 1
    assert all(span.incomplete is None for span in spans)


@given(runs(), styles(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_it_comes_back_from_lines_in_any_order_and_file(run: Run, style: Style, random: object) -> None:
    lines = lines_of(run, style)
    before = rebuilt(lines)
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' stand-in for random.Random
    if style.way != "no ids":
        shuffled = [Line(line.data, f"file-{place % 3}.log", 0) for place, line in enumerate(shuffled)]

    assert identities(rebuilt(shuffled)) == identities(before)


@given(st.lists(st.tuples(runs(), styles()), min_size=2, max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_runs_in_one_file_at_one_time_come_back_as_their_trees(
    written: list[tuple[Run, Style]], random: object
) -> None:
    each = [
        [(line, place) for line in lines_of(run, style, f"run-{place}")]
        for place, (run, style) in enumerate(written)
        if style.way != "no ids"
    ]
    order = [place for place, lines in enumerate(each) for _ in lines]
    random.shuffle(order)  # type: ignore[attr-defined] # hypothesis' stand-in for random.Random
    waiting = [iter(lines) for lines in each]
    spans = rebuilt([next(waiting[place])[0] for place in order])
    traces: dict[str, list[Span]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, []).append(span)

    trees = [expected(run, style) for run, style in written if style.way != "no ids"]
    assert sorted(map(actual, traces.values())) == sorted(trees)


@given(runs(), styles(), st.lists(st.integers(0, 200), max_size=6))
@settings(max_examples=150, deadline=None)
def test_it_comes_back_the_same_in_pieces(run: Run, style: Style, cuts: list[int]) -> None:
    lines = lines_of(run, style)
    before = rebuilt(lines)
    translation = Translation(Windows(reorder=1.0))
    spans: list[Span] = []
    places = sorted({min(cut, len(lines)) for cut in cuts} | {0, len(lines)})
    for now, (first, last) in enumerate(pairwise(places)):
        translation.feed(lines[first:last], now * 2.0)
        spans += translation.ready(now * 2.0)
    spans += translation.drain(100.0)

    assert identities(spans) == identities(before)
