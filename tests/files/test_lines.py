"""Bytes to lines, whatever the chunks and however long a line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from translator.files.lines import LineSplitter
from translator.model import Line


@given(st.lists(st.binary(max_size=20), max_size=30), st.lists(st.integers(1, 50), max_size=20))
@settings(max_examples=300, deadline=None)
def test_lines_are_the_same_whatever_the_chunks(parts: list[bytes], sizes: list[int]) -> None:
    data = b"\n".join(parts)
    splitter = LineSplitter("a.log", 15)
    lines: list[Line] = []
    position = 0
    for size in [*sizes, len(data) + 1]:
        lines += splitter.feed(data[position : position + size])
        position += size
        assert splitter.position == min(position, len(data))
        assert splitter.offset == data.rfind(b"\n", 0, position) + 1
    lines += splitter.finish()

    expected: list[Line] = []
    offset = 0
    for number, part in enumerate(data.split(b"\n"), 1):
        text = part.lstrip(b"\0")
        too_long = len(text) > 15
        expected.append(Line(b"" if too_long else text, "a.log", number, too_long, offset))
        offset += len(part) + 1
    if not data.split(b"\n")[-1].lstrip(b"\0"):
        expected.pop()
    assert lines == expected


def test_a_line_of_two_hundred_megabytes_is_passed_over_in_flat_memory() -> None:
    splitter = LineSplitter("a.log", 1_000_000)
    lines = splitter.feed(b"before\n")
    for _ in range(200):
        lines += splitter.feed(b"x" * 1_000_000)
        assert splitter.pending <= 1_000_000
    lines += splitter.feed(b"x\nafter\n")

    assert lines == [
        Line(b"before", "a.log", 1),
        Line(b"", "a.log", 2, too_long=True, offset=7),
        Line(b"after", "a.log", 3, offset=200_000_009),
    ]


def test_a_hole_of_nuls_is_no_part_of_a_line() -> None:
    splitter = LineSplitter("a.log", 10)
    lines = [line for _ in range(100) for line in splitter.feed(b"\0" * 1000)]
    lines += splitter.feed(b"\0line\n\0\0next\nend")

    assert [line.data for line in lines] == [b"line", b"next"]
    assert [line.data for line in splitter.finish()] == [b"end"]
