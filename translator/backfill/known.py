"""What is known of inputs from earlier runs: which is which, and where reading them goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from translator.backfill.merge import Position
from translator.errors import InputError
from translator.files.compressed import DAMAGED
from translator.files.identity import FINGERPRINT, fingerprint
from translator.files.inputs import HEAD_BYTES, Input, bytes_around, head_of


def recognised(inputs: Iterable[Input], positions: Mapping[str, Position]) -> dict[str, Position]:
    """How far inputs have been read, by their identity now.

    A file is known by the begin of its content, whatever it is called, and also when it has been compressed
    or has grown since; one that holds something else now is not.

    Args:
        inputs: What there is.
        positions: How far inputs have been read, by the identity that they had.
    """
    short, alike = _Short(positions), _alike(positions)
    found: dict[str, Position] = {}
    taken: set[str] = set()
    for one in inputs:
        candidates = [known for known in alike.get(one.identity[:FINGERPRINT], ()) if known not in taken]
        known_as, position = _first_that_fits(one, candidates, positions)
        if position is not None:
            taken.add(known_as)
        elif (begin := short.begin_of(one)) is not None:
            # Copies of it may have grown as well as itself.
            known_as, position = _first_that_fits(one, [begin], positions)
        if position is not None:
            found[one.identity] = msgspec.structs.replace(position, known_as=known_as)
    return found


def _first_that_fits(
    one: Input, candidates: Iterable[str], positions: Mapping[str, Position]
) -> tuple[str, Position | None]:
    for known_as in candidates:
        position = _follow(one, positions[known_as])
        if position is not None:
            return known_as, position
    return "", None


def _alike(positions: Mapping[str, Position]) -> dict[str, list[str]]:
    """The identities of inputs that begin alike, those that have been read furthest first.

    Which of them is which, only what has been read of them tells: their order is that of their last change.
    """
    alike: dict[str, list[str]] = {}
    for identity in sorted(positions, key=lambda one: -positions[one].read):
        alike.setdefault(identity[:FINGERPRINT], []).append(identity)
    return alike


class _Short:
    """Inputs that were shorter than what identities are made of: longer, they have another identity."""

    def __init__(self, positions: Mapping[str, Position]) -> None:
        self._by_length: dict[int, set[str]] = {}
        for identity, position in positions.items():
            if 0 < position.head < HEAD_BYTES:
                self._by_length.setdefault(position.head, set()).add(identity)

    def begin_of(self, one: Input) -> str | None:
        """The identity of the longest of them that the input begins with."""
        lengths = sorted((length for length in self._by_length if length < one.head), reverse=True)
        if not lengths:
            return None
        head = head_of(one)
        begins = ((length, fingerprint(head[:length])) for length in lengths)
        return next((begin for length, begin in begins if begin in self._by_length[length]), None)


def _follow(one: Input, position: Position) -> Position | None:
    """The position in what an input holds now; None where that is something else."""
    same_size = one.size == position.size
    if one.compressed and position.compressed and same_size:
        return position
    if not one.compressed and one.size is not None and one.size < position.read:
        return None
    length, _, tail = position.tail.partition(":")
    try:
        before, after = bytes_around(one, position.read, int(length or 0))
    except (*DAMAGED, InputError):
        return None
    if position.read and fingerprint(before) != tail:
        return None
    moved = msgspec.structs.replace(position, size=one.size, compressed=one.compressed, head=one.head)
    if after:
        moved.ended = moved.damaged = False
        if position.begun is not None:
            _go_back(moved, position.begun, after)
    return moved


def _go_back(moved: Position, begun: tuple[int, int], after: bytes) -> None:
    """Goes on after a last line that was read without its newline; at its begin, if it was half a line."""
    newline = next((end for end in (b"\n", b"\r\n") if after.startswith(end)), None)
    if newline is not None:
        moved.offset += len(newline)
    else:
        moved.offset, moved.number = begun
    moved.begun = None
