"""Inputs side by side, in the order of their times."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.backfill.merge import READ_AHEAD_BYTES, Merge, Position
from translator.errors import StateError
from translator.files.inputs import BATCH_BYTES, Input, InputBatch, find_inputs, open_input
from translator.model import Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from translator.files.inputs import BatchBytes

Times = list[list[int]]
"""Per batch of an input, the times of its lines."""

batches = st.lists(st.lists(st.integers(0, 1_000), min_size=1, max_size=4), min_size=1, max_size=5)


def ordered(inputs: list[Times]) -> list[Times]:
    """The same times, in order within each input, in batches of the same sizes."""
    made = []
    for one in inputs:
        times = iter(sorted(time for batch in one for time in batch))
        made.append([[next(times) for _ in batch] for batch in one])
    return made


def read(
    inputs: list[Times], positions: dict[str, Position], limit: int | None = None
) -> list[tuple[int, int]]:
    """The place and number of each batch in the order in which they are read, as if of one process."""
    merge = merged(inputs, positions)
    found: list[tuple[int, int]] = []
    while (limit is None or len(found) < limit) and (one := merge.next()) is not None:
        place, batch = one
        times = [int(line.data) for line in batch.lines]
        until = merge.read_until
        merge.seen(place, min(times))
        assert until is None or (merge.read_until or until) >= until
        found.append((place, batch.number))
        positions[str(place)] = merge.positions[place]
    for place, position in enumerate(merge.positions):
        positions[str(place)] = position
    return found


def merged(inputs: list[Times], positions: dict[str, Position]) -> Merge:
    def open_(one: Input, position: Position, _batch_bytes: BatchBytes) -> Iterator[InputBatch]:
        for number, times in enumerate(inputs[int(one.name)][position.offset :], position.offset):
            lines = [Line(str(time).encode(), one.name, number) for time in times]
            yield InputBatch(lines, number + 1, number, number + 1)

    named = [Input(str(n), len(one), first_time=one[0][0], identity=str(n)) for n, one in enumerate(inputs)]
    return Merge(named, open_, positions)


@given(st.lists(batches, min_size=1, max_size=5))
def test_all_is_read_once(inputs: list[Times]) -> None:
    inputs = ordered(inputs)
    found = read(inputs, {})

    assert sorted(found) == [(place, n) for place, one in enumerate(inputs) for n in range(len(one))]


@given(st.lists(batches, min_size=1, max_size=5))
def test_nothing_comes_that_is_earlier_than_what_has_been_read_of_all(inputs: list[Times]) -> None:
    inputs = ordered(inputs)
    merge = merged(inputs, {})
    until: int | None = None
    while (one := merge.next()) is not None:
        place, batch = one
        times = [int(line.data) for line in batch.lines]
        assert until is None or min(times) >= until
        merge.seen(place, min(times))
        until = merge.read_until


@given(st.lists(batches, min_size=1, max_size=4), st.data())
def test_whoever_goes_on_reads_the_rest_in_the_same_order(inputs: list[Times], data: st.DataObject) -> None:
    inputs = ordered(inputs)
    whole = read(inputs, {})
    positions: dict[str, Position] = {}
    found: list[tuple[int, int]] = []
    while len(found) < len(whole):
        found += read(inputs, positions, data.draw(st.integers(1, 3)))

    assert found == whole


def test_what_cannot_be_read_further_is_given_up() -> None:
    merge = merged([[[1], [2]], [[1], [3]]], {})
    merge.next()
    merge.give_up()

    assert merge.positions[0].damaged
    assert [found[0] for found in iter(merge.next, None)] == [1, 1]


class Shelf:
    """Inputs of two batches each, of which only some can be open at once."""

    def __init__(self, inputs: int, room: int) -> None:
        self.room = room
        self.open = self.most = 0
        named = [Input(str(number), 2, first_time=1) for number in range(inputs)]
        self.merge = Merge(named, self.opened)

    def opened(self, one: Input, position: Position, _batch_bytes: BatchBytes) -> Iterator[InputBatch]:
        if self.open >= self.room:
            raise OSError(errno.EMFILE, "Too many open files", one.name)
        self.open += 1
        self.most = max(self.most, self.open)
        for number in range(position.offset, 2):
            yield InputBatch([Line(b"", one.name, number)], number + 1, number, number + 1)
        self.open -= 1

    def read(self) -> list[tuple[int, int]]:
        found = []
        while (one := self.merge.next()) is not None:
            place, batch = one
            self.merge.seen(place, 100 + batch.number)
            found.append((place, batch.number))
        return found


def test_no_more_are_open_than_is_granted() -> None:
    shelf = Shelf(10, 10)
    shelf.merge = Merge([Input(str(n), 2, first_time=1) for n in range(10)], shelf.opened, most_open=4)

    assert len(shelf.read()) == 20
    assert shelf.most == 4


def test_where_too_many_are_open_the_others_wait_and_none_is_damaged() -> None:
    shelf = Shelf(10, 3)

    assert sorted(shelf.read()) == [(place, number) for place in range(10) for number in range(2)]
    assert shelf.most == 3
    assert not any(position.damaged for position in shelf.merge.positions)


def test_where_nothing_can_be_opened_it_ends_and_goes_on_later() -> None:
    shelf = Shelf(3, 0)
    with pytest.raises(StateError, match="no file can be opened") as told:
        shelf.read()

    assert "ulimit -n" in (told.value.hint or "")
    assert not any(position.ended for position in shelf.merge.positions)


LINES = 4_000
LINE = b"%010d " + b"x" * 88 + b"\n"


def time_in(line: bytes) -> int | None:
    return int(line[:10]) if line else None


class Ahead:
    """Files of lines whose times overlap, read as one; what waits for earlier lines of the others.

    Attributes:
        most: The most bytes that have waited at once.
        sizes: Bytes of all batches, in order.
        read: All lines that were read.
    """

    def __init__(self, directory: Path, files: int) -> None:
        # Each begins a little later than the one before: nothing but reading shows that they overlap.
        for file in range(files):
            lines = [LINE % (1_000 + number * 100 + file) for number in range(LINES)]
            (directory / f"{file:03}.log").write_bytes(b"".join(lines))
        self.inputs = find_inputs([str(directory)], time_in)
        self.positions: dict[str, Position] = {}
        self.most = 0
        self.sizes: list[int] = []
        self.read: list[int] = []

    def open(self, one: Input, position: Position, batch_bytes: BatchBytes) -> Iterator[InputBatch]:
        return open_input(one, offset=position.offset, number=position.number, batch_bytes=batch_bytes)

    def go(self, batches: int = 1_000_000) -> None:
        """Reads so many batches, as if of one process."""
        merge = Merge(self.inputs, self.open, self.positions)
        held: list[int] = []
        while batches and (found := merge.next()) is not None:
            batches -= 1
            place, batch = found
            times = [int(line.data[:10]) for line in batch.lines]
            if times:
                merge.seen(place, min(times))
            self.read += times
            self.sizes.append(len(times) * 100)
            until = merge.read_until or 0
            held = [time for time in (*held, *times) if time >= until]
            self.most = max(self.most, len(held) * 100)
        self.positions = {
            one.identity: position for one, position in zip(self.inputs, merge.positions, strict=True)
        }


@pytest.mark.parametrize("files", [1, 4, 30])
def test_the_more_inputs_overlap_the_less_is_read_of_each_at_once(files: int, tmp_path: Path) -> None:
    ahead = Ahead(tmp_path, files)
    ahead.go()

    assert len(set(ahead.read)) == len(ahead.read) == files * LINES
    # Of each the last batch waits and some of the one before it; of the first, two are read before it is
    # known that the others overlap with it.
    assert ahead.most <= 2 * READ_AHEAD_BYTES + 2 * BATCH_BYTES
    assert (max(ahead.sizes[2:], default=0) < BATCH_BYTES / 4) == (files > 4 or files == 1)


def test_who_goes_on_knows_which_inputs_overlap(tmp_path: Path) -> None:
    ahead = Ahead(tmp_path, 30)
    ahead.go(100)
    del ahead.sizes[:]
    ahead.go()

    assert len(set(ahead.read)) == len(ahead.read) == 30 * LINES
    assert max(ahead.sizes) < BATCH_BYTES / 4
