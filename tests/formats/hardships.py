"""What a log of any format may go through, and what its spans must still be."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.formats.whole import encoded, findings, identities, live, translated, translated_with_cuts
from translator.model import Line, Span

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
"""A value of any type."""


def ids(spans: Sequence[Span]) -> set[tuple[str, str]]:
    return {(span.trace_id, span.span_id) for span in spans}


def moved(lines: Sequence[Line], source: str) -> list[Line]:
    """The same lines in another file."""
    return [Line(line.data, source, line.number) for line in lines]


def survives_cuts(lines: Sequence[Line], cuts: Sequence[int]) -> None:
    """Whatever line the process ends before, another goes on."""
    assert identities(translated_with_cuts(lines, cuts)) == identities(translated(lines))


def survives_repetition(lines: Sequence[Line]) -> None:
    """Read again from the beginning, or as a copy, a log says nothing new."""
    once = identities(translated(lines))
    assert identities(translated([*lines, *lines])) == once
    assert identities(translated([*lines, *moved(lines, "copy.jsonl")])) == once
    assert identities(translated(moved(lines, "elsewhere.jsonl"))) == once


def survives_truncation(
    lines: Sequence[Line], end: int, cut: int, *, skip: frozenset[str] = frozenset()
) -> None:
    """The begin of a log gives spans of the whole, well-formed ones but for what `skip` names."""
    torn = Line(lines[end].data[: cut % len(lines[end].data)], lines[end].source, lines[end].number)
    spans = translated([*lines[:end], torn])
    assert ids(spans) <= ids(translated(lines))
    assert findings(spans, skip=skip) == []


def survives_life(lines: Sequence[Line], seed: int) -> None:
    """Written piece by piece, each span comes once, and is what it is in the whole log."""
    chance = random.Random(seed)  # noqa: S311 - a test's
    pieces: list[tuple[float, Sequence[Line]]] = []
    when, begin = 0.0, 0
    while begin < len(lines):
        end = begin + chance.randint(1, 4)
        pieces.append((when, lines[begin:end]))
        when += chance.choice((0.0, 0.3, 2.0, 9.0))
        begin = end
    assert identities(span for _, span in live(pieces)) == identities(translated(lines))


def survives_anything(lines: Sequence[Line], number: int, path: Sequence[int], value: Any) -> None:
    """With any value in any place, a log is read to its end and what comes of it can be sent."""
    mutated = list(lines)
    line = lines[number % len(lines)]
    record = mutate(json.loads(line.data), path, value)
    mutated[number % len(lines)] = Line(json.dumps(record).encode(), line.source, line.number)
    encoded(translated(mutated))


def mutate(record: Any, path: Sequence[int], value: Any) -> Any:
    """A copy of the record with the value in the place that the path leads to."""
    record = copy.deepcopy(record)
    place = record
    for step in path:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = keys[step % len(keys)]
        if step is path[-1] or not isinstance(place[key], (dict, list)):
            place[key] = value
            break
        place = place[key]
    return record
