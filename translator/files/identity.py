"""What a file is known again by: its content, whatever it is called and wherever it lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import blake2b

from translator.files.access import of_file
from translator.files.compressed import DAMAGED, Decompressor, is_compressed, is_damage
from translator.model import Checkpoint

BLOCK = 4096
"""Bytes at the head of a file, and before an offset, that are compared; JSON logs often share 2 KiB."""

_SAMPLES = 64
"""Blocks that are compared of two large files; up to 256 KiB are compared wholly."""

_COMPARED = 1024 * 1024
"""Bytes of content that are compared where one of two files is compressed."""

Key = tuple[int, int]
"""A file's device and inode: who it is while it is open, and a hint otherwise."""


FINGERPRINT = 32
"""Characters of a fingerprint."""


def fingerprint(data: bytes) -> str:
    """A hash that tells contents apart."""
    return blake2b(data, digest_size=FINGERPRINT // 2).hexdigest()


class Content:
    """What is in one file now.

    Args:
        descriptor: Gives the open file; it may have been closed and opened again between two reads.
        stat: What the system knows of it.

    Attributes:
        head: The first bytes of the content, at most `BLOCK`; none where they cannot be known yet.
        compressed: Whether the file is compressed.
        size: How large it is as it lies there, in bytes.
        problem: What is wrong with its first bytes, if it is compressed and they cannot be unpacked.

    Raises:
        OSError: It cannot be read now.
    """

    def __init__(self, descriptor: Callable[[], int], stat: os.stat_result) -> None:
        self._descriptor = descriptor
        self.problem: Exception | None = None
        self.size = stat.st_size
        first = os.pread(descriptor(), BLOCK, 0)
        self.compressed = is_compressed(first)
        self.head = self.beginning(BLOCK) if self.compressed else first

    @property
    def length(self) -> int:
        """How long the content is, as far as it is compared."""
        return len(self.beginning(_COMPARED)) if self.compressed else self.size

    def agrees(self, checkpoint: Checkpoint) -> bool:
        """Whether all that is known of a file up to its checkpoint is true of this one."""
        if not self.compressed and self.size < checkpoint.offset:
            return False
        if len(self.head) < checkpoint.head_size or self.head_hash(checkpoint.head_size) != checkpoint.head:
            return False
        tail = self.before(checkpoint.offset, checkpoint.tail_size)
        return len(tail) == checkpoint.tail_size and fingerprint(tail) == checkpoint.tail

    def head_hash(self, size: int) -> str:
        """A hash of the first bytes of the content, of which at most `BLOCK` are known."""
        return fingerprint(self.head[:size])

    def before(self, offset: int, size: int) -> bytes:
        """The bytes of content before an offset; fewer where it ends earlier."""
        start = max(0, offset - size)
        if offset <= len(self.head):
            return self.head[start:offset]
        if not self.compressed:
            return os.pread(self._descriptor(), offset - start, start)
        try:
            return self.decompressor().skip(of_file(self._descriptor()), offset, offset - start)[0]
        except DAMAGED as error:
            _raise_unless_damaged(error)
            return b""

    def beginning(self, size: int) -> bytes:
        """The first bytes of content; fewer where it ends earlier, or cannot be read further."""
        if not self.compressed:
            return os.pread(self._descriptor(), size, 0)
        decompressor = self.decompressor()
        data = b""
        try:
            while len(data) < size and (more := decompressor.read(of_file(self._descriptor()), size)):
                data += more
        except DAMAGED as error:
            _raise_unless_damaged(error)
            self.problem = error
        return data[:size]

    def decompressor(self) -> Decompressor:
        """What reads a compressed file from its beginning."""
        return Decompressor()

    def line_start(self, offset: int) -> int | None:
        """Where the line begins in which an offset of an uncompressed file lies; None if too far away."""
        end = offset
        while end > 0 and offset - end < _COMPARED:
            data = self.before(end, BLOCK * 16)
            newline = data.rfind(b"\n")
            if newline >= 0:
                return end - len(data) + newline + 1
            if not data:
                break
            end -= len(data)
        return 0 if end == 0 else None

    def is_beginning_of(self, other: Content) -> bool:
        """Whether this file holds nothing that is not also in the other one, at the same place."""
        if self.compressed or other.compressed:
            mine = self.beginning(_COMPARED)
            return other.beginning(len(mine)) == mine
        common = min(len(self.head), len(other.head))
        if self.size > other.size or self.head[:common] != other.head[:common]:
            return False
        last = max(0, self.size - BLOCK)
        places = range(0, last, max(BLOCK, last // _SAMPLES)) if last else range(0)
        return all(self._block(place) == other._block(place, self.size) for place in (*places, last))

    def _block(self, place: int, end: int | None = None) -> bytes:
        size = min(BLOCK, (self.size if end is None else end) - place)
        return os.pread(self._descriptor(), size, place)


def _raise_unless_damaged(error: Exception) -> None:
    """Of what decompressing raises, an error of the system means `try again`, all else bad content."""
    if not is_damage(error):
        raise error
