"""What a backfill reads: each content once, in batches that are the same in every run."""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path

import msgspec

from translator.errors import InputError
from translator.files.access import ReadAt, of_file
from translator.files.compressed import DAMAGED, MAGIC_BYTES, Decompressor, is_compressed, is_damage
from translator.files.descriptors import EXHAUSTED
from translator.files.discover import STDIN, OnProblem, find_files, none_found, refuse
from translator.files.identity import fingerprint
from translator.files.lines import MAX_LINE_BYTES
from translator.files.names import source_of
from translator.files.problems import unreadable
from translator.files.remote import Found, find_objects, is_remote, read_object
from translator.files.stdin import standard_input
from translator.files.stream import LineStream
from translator.model import Line

BATCH_BYTES = 256 * 1024
"""Bytes of content after which a batch ends at the latest, counted from the beginning of the file."""

HEAD_BYTES = 64 * 1024
"""Bytes of content that an input is known again by."""

_TAIL_BYTES = 1_024
_NEWLINE_BYTES = 2
_STDIN_SECONDS = 0.25


class Input(msgspec.Struct, frozen=True):
    """One content, to be read once.

    Attributes:
        name: Where it is; `-` is standard input.
        size: Its bytes as it is stored; None where that is not known.
        compressed: Whether it is compressed.
        first_time: The time of its first line that has one, in microseconds.
        identity: What it is known again by; empty where it can be read only once.
        head: How many bytes of content that was made of.
    """

    name: str
    size: int | None = None
    compressed: bool = False
    first_time: int | None = None
    identity: str = ""
    head: int = 0


class InputBatch(msgspec.Struct):
    """Lines of one input.

    Attributes:
        lines: The lines.
        offset: Where reading goes on after them, in bytes of content.
        number: How many lines lie before that.
        consumed: Bytes of the stored input that have been read.
        read: Bytes of content that have been read; more than `offset` where a line has begun.
        tail: How many of the last of them are hashed, and their hash.
        begun: Where the last line begins and how many lie before it, if it has no newline.
    """

    lines: list[Line]
    offset: int
    number: int
    consumed: int
    read: int = 0
    tail: str = ""
    begun: tuple[int, int] | None = None


BatchBytes = Callable[[], int]
"""Says how many bytes of content the next batch may have: a power of two."""


def _largest() -> int:
    return BATCH_BYTES


TimeOf = Callable[[bytes], int | None]
"""The time of a line, in microseconds; None where it has none."""


def find_inputs(
    patterns: Sequence[str],
    time_of: TimeOf,
    *,
    excluded: Sequence[Path] = (),
    exclude: Sequence[str] = (),
    on_problem: OnProblem = refuse,
) -> list[Input]:
    """What the patterns name, oldest first by content; standard input before all.

    Args:
        patterns: Paths, directories, globs and addresses; `-` for standard input.
        time_of: Tells the time of a line.
        excluded: Files and directories that are left out.
        exclude: Globs of what else is left out.
        on_problem: Told of a directory or file that cannot be looked at.

    Raises:
        InputError: There are no patterns, one of them names nothing, or, where nobody else is told of it,
            something cannot be looked at.
    """
    if not patterns:
        raise InputError("no input named", hint="give files, directories or globs, or - for standard input")
    paths: list[Path] = []
    objects: dict[str, Found] = {}
    for pattern in patterns:
        if pattern == STDIN:
            continue
        if is_remote(pattern):
            objects.update((found.name, found) for found in find_objects(pattern, exclude))
            continue
        found = find_files([pattern], excluded, exclude, on_problem)
        if not found:
            raise none_found(pattern)
        paths += found
    inputs: dict[str, list[Input]] = {}
    files = find_files([str(path) for path in dict.fromkeys(paths)], on_problem=on_problem)
    for name, size in (
        *((str(path), path.stat().st_size) for path in files),
        *((found.name, found.size) for found in objects.values()),
    ):
        one = _look_at(name, size, time_of)
        alike = inputs.setdefault(one.identity, [])
        if not any(_equal(one, other) for other in alike):
            # Content that only begins the same is told apart by its place among the alike.
            alike.append(msgspec.structs.replace(one, identity=f"{one.identity}{len(alike) or ''}"))
    ordered = sorted(
        (one for alike in inputs.values() for one in alike), key=lambda one: (one.first_time or 0, one.name)
    )
    return ([Input(STDIN)] if STDIN in patterns else []) + ordered


def open_input(
    one: Input,
    max_line_bytes: int = MAX_LINE_BYTES,
    *,
    offset: int = 0,
    number: int = 0,
    batch_bytes: BatchBytes = _largest,
) -> Iterator[InputBatch]:
    """The lines of an input, in batches.

    Args:
        one: What to read.
        max_line_bytes: The longest line that is kept.
        offset: Where to begin, as a batch has told, in bytes of content.
        number: How many lines lie before it.
        batch_bytes: Asked before each batch.

    Raises:
        InputError: It cannot be read, is damaged, has become shorter, or another file has come into its
            place; what came before has been handed out, also of the line in which the damage is.
        OSError: Too many files are open to begin with it.
    """
    stream = LineStream(source_of(one.name), max_line_bytes, offset=offset, number=number)
    consumed = 0
    tail = ""
    failure: Exception | None = None
    try:
        if offset:
            _insist_on(one, next(_chunks(one.name, one.size, 0), (b"", 0))[0])
        for chunk, consumed in _chunks(one.name, one.size, offset, batch_bytes):
            if not stream.position:
                _insist_on(one, chunk if len(chunk) >= one.head else head_of(one))
            lines = stream.feed(chunk)
            last_bytes = chunk[-_TAIL_BYTES:]
            tail = f"{len(last_bytes)}:{fingerprint(last_bytes)}"
            yield InputBatch(lines, *stream.bounds[0], consumed, stream.position, tail)
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno in EXHAUSTED:
            raise
        failure = error
    begun = stream.bounds[0]
    last = stream.finish() if failure is None or is_damage(failure) else []
    if last:
        end = stream.position
        yield InputBatch(last, end, stream.bounds[-1][1], consumed, end, tail, begun)
    if failure is not None:
        raise unreadable(one.name, failure) from failure
    if not one.compressed and stream.position < (one.size or 0):
        raise InputError(
            "has become shorter since this began",
            where=one.name,
            hint="a log that is copied and truncated: run the same command again, and have it read the copy",
        )


def _insist_on(one: Input, begin: bytes) -> None:
    """Makes sure that an input still begins as it did when it was found: logs rotate while others are read.

    Raises:
        InputError: It does not.
    """
    if one.head and not one.identity.startswith(fingerprint(begin[: one.head])):
        raise InputError(
            "another file has come into its place since this began",
            where=one.name,
            hint="run the same command again: it reads both",
        )


def is_there(name: str) -> bool:
    """Whether there is still something under the name of an input."""
    if not is_remote(name):
        return Path(name).exists()
    try:
        return bool(find_objects(name))
    except InputError:
        return False


def head_of(one: Input) -> bytes:
    """The begin of an input's content; what cannot be read of it is told when it is read wholly."""
    head = b""
    with suppress(*DAMAGED, InputError):
        for chunk, _ in _chunks(one.name, one.size, 0):
            head += chunk
            if len(head) >= HEAD_BYTES:
                break
    return head[:HEAD_BYTES]


def bytes_around(one: Input, offset: int, count: int) -> tuple[bytes, bytes]:
    """So many bytes of an input's content before an offset, and the first ones after it.

    Raises:
        InputError: An object cannot be read.
        OSError, EOFError: It cannot be read; see `DAMAGED`.
    """
    with _opened(one.name, one.size) as read_at:
        first = read_at(MAGIC_BYTES, 0)
        if not is_compressed(first):
            return read_at(count, offset - count), read_at(_NEWLINE_BYTES, offset)
        decompressor = Decompressor()
        before, after = decompressor.skip(read_at, offset, count)
        with suppress(*DAMAGED):
            # Where it is damaged after the offset there is nothing more to be had of it.
            after = after or decompressor.read(read_at, _NEWLINE_BYTES)
        return before, after


def _look_at(name: str, size: int, time_of: TimeOf) -> Input:
    compressed = False
    with suppress(*DAMAGED, InputError), _opened(name, size) as read_at:
        compressed = is_compressed(read_at(MAGIC_BYTES, 0))
    one = Input(name, size, compressed)
    head = head_of(one)
    times = (time_of(line) for line in head.split(b"\n"))
    first = next((time for time in times if time is not None), None)
    return msgspec.structs.replace(one, first_time=first, identity=fingerprint(head), head=len(head))


def _equal(one: Input, other: Input) -> bool:
    """Whether two inputs that begin alike are alike to their ends."""
    if one.size != other.size and not one.compressed and not other.compressed:
        return False
    try:
        pairs = zip_longest(
            _chunks(one.name, one.size, 0), _chunks(other.name, other.size, 0), fillvalue=(b"", 0)
        )
        return all(mine[0] == theirs[0] for mine, theirs in pairs)
    except (*DAMAGED, InputError):
        return False


@contextmanager
def _opened(name: str, size: int | None) -> Iterator[ReadAt]:
    """Opens what is stored under a name."""
    if is_remote(name):
        yield read_object(name, size)
        return
    with Path(name).open("rb", buffering=0) as file:
        yield of_file(file.fileno())


def content_of(name: str) -> Iterator[bytes]:
    """All that is stored under a name, unpacked.

    Raises:
        InputError: Standard input is closed, or an object cannot be read.
        OSError, EOFError: A file cannot be read; see `DAMAGED`.
    """
    return (chunk for chunk, _ in _chunks(name, None, 0))


def _chunks(
    name: str, size: int | None, offset: int, batch_bytes: BatchBytes = _largest
) -> Iterator[tuple[bytes, int]]:
    """The content from an offset on, cut at multiples of `batch_bytes`, with the stored bytes read."""
    if name == STDIN:
        yield from _stdin_chunks()
        return
    with _opened(name, size) as read_at:
        if is_compressed(read_at(MAGIC_BYTES, 0)):
            yield from _unpacked(Decompressor(), read_at, offset, batch_bytes)
            return
        place = offset
        while chunk := read_at(_up_to_cut(place, batch_bytes), place):
            place += len(chunk)
            yield chunk, place


def _up_to_cut(place: int, batch_bytes: BatchBytes) -> int:
    """How many bytes there are from a place up to where the batch ends."""
    size = batch_bytes()
    return size - place % size


def _unpacked(
    decompressor: Decompressor, read_at: ReadAt, offset: int, batch_bytes: BatchBytes = _largest
) -> Iterator[tuple[bytes, int]]:
    _, held = decompressor.skip(read_at, offset, 0)
    place = offset
    failure: Exception | None = None
    while True:
        want = _up_to_cut(place, batch_bytes)
        try:
            while not failure and len(held) < want and (more := decompressor.read(read_at, want - len(held))):
                held += more
        except BlockingIOError:
            yield b"", decompressor.consumed
            continue
        except DAMAGED as error:
            # What was unpacked before is good.
            failure = error
        if not held:
            break
        chunk, held = held[:want], held[want:]
        place += len(chunk)
        yield chunk, decompressor.consumed
    if failure is not None:
        raise failure


def _stdin_chunks() -> Iterator[tuple[bytes, int]]:
    """What comes on standard input; now and then nothing, so that who reads can be told to end."""
    descriptor = standard_input()
    held = b""
    consumed = 0
    ended = False
    begun = False
    while not ended:
        ready, _, _ = select.select([descriptor], [], [], _STDIN_SECONDS)
        if ready:
            data = os.read(descriptor, BATCH_BYTES - len(held))
            ended = not data
            held += data
            consumed += len(data)
        if not begun and (ended or len(held) >= MAGIC_BYTES):
            begun = True
            if is_compressed(held):
                yield from _unpacked(Decompressor(), _reads_on(descriptor, held), 0)
                return
        if not ready or ended or len(held) >= BATCH_BYTES:
            chunk, held = (held, b"") if begun else (b"", held)
            yield chunk, consumed


def _reads_on(descriptor: int, held: bytes) -> ReadAt:
    """Reads a stream on, of which some bytes have been read; offsets must follow one another.

    Where nothing comes for a while, it raises BlockingIOError, and may be asked again.
    """

    def read_at(count: int, offset: int) -> bytes:
        if offset < len(held):
            return held[offset : offset + count]
        ready, _, _ = select.select([descriptor], [], [], _STDIN_SECONDS)
        if not ready:
            raise BlockingIOError(errno.EAGAIN, "nothing has come yet")
        return os.read(descriptor, count)

    return read_at
