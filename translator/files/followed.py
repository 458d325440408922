"""One file that is followed: how far it has been read, and whether it is still the same."""

from __future__ import annotations

import os
import uuid

import msgspec

from translator.files.access import of_file
from translator.files.compressed import DAMAGED, Decompressor, is_damage
from translator.files.discover import Found
from translator.files.identity import BLOCK, Content, Key, fingerprint
from translator.files.names import source_of
from translator.files.stream import LineStream
from translator.model import Checkpoint, Line

_NOTHING = fingerprint(b"")


class Followed:
    """Reads one file, and remembers enough of it to tell whether it is still the same.

    Args:
        checkpoint: How far it has been read, and what it is called.
        found: Where it is now.
        content: What is in it; only of an uncompressed file more than the head is looked at.
        max_line_bytes: The longest line that is read.
        now: Seconds.

    Attributes:
        path: Where it was last seen.
        looked: Size and time of change (ns) when its content was last known to be the same.
        looked_at: When that was, in seconds.
        checked: Whether it has been looked whether it is still the same since it last changed.
        settled: Whether that was long enough after its last change for clocks that tick slowly.
        grown_at: When it last grew, in seconds.
        moved_at: When it was last renamed, in seconds.
        gone_at: Since when it has no path that the patterns name.
        behind_at: Since when there is something that has not been read.
        announce: Whether its checkpoint is news though no line was read.
        ended: Whether all content of a compressed file has been read.
        looks: The last look through the directories that saw it.
    """

    def __init__(
        self, checkpoint: Checkpoint, found: Found, content: Content, max_line_bytes: int, now: float
    ) -> None:
        self.checkpoint = checkpoint
        self.path = found.path
        self.key: Key = (found.stat.st_dev, found.stat.st_ino)
        self.looked = (found.stat.st_size, found.stat.st_mtime_ns)
        self.looked_at = self.grown_at = self.moved_at = now
        self.checked = False
        self.settled = False
        self.gone_at: float | None = None
        self.behind_at: float | None = None
        self.announce = True
        self.looks = 0
        self.first = content.head
        self.compressed = content.compressed
        offset = checkpoint.offset
        # The size in a compressed file's checkpoint is how much of it was decompressed.
        self.ended = content.compressed and offset > 0 and checkpoint.size == content.size
        self.incomplete = False
        self._decompressor: Decompressor | None = content.decompressor() if content.compressed else None
        self._ahead = b""
        self._skipped = offset == 0 or not content.compressed
        self._recent: bytes | None = b"" if content.compressed else content.before(offset, BLOCK)
        self._recent_hash = (checkpoint.tail, checkpoint.tail_size)
        self._windows = {offset: self._recent or b""}
        self.stream = LineStream(checkpoint.source, max_line_bytes, offset=offset, number=checkpoint.lines)
        self._relocate()

    @property
    def source(self) -> str:
        """The path under which it was first seen, without the marks of rotation."""
        return self.checkpoint.source

    @property
    def file_id(self) -> str:
        """Its opaque id."""
        return self.checkpoint.file_id

    @property
    def recent(self) -> bytes:
        """The last bytes that were read, where they are remembered."""
        return self._recent or b""

    @property
    def unread(self) -> int:
        """How many bytes have not been read, as of the last look."""
        if self.compressed:
            return 0 if self.ended or self._decompressor is None else self._left(self._decompressor)
        return max(0, self.looked[0] - self.stream.position)

    def move(self, path: str, now: float) -> None:
        """It has been renamed."""
        self.path = path
        self.moved_at = now
        self.announce = True
        self._relocate()

    def changed(self, stat: os.stat_result, now: float, *, checked: bool) -> None:
        """It is larger, or was written, or was touched, since the last look.

        Args:
            stat: What the system knows of it.
            now: Seconds.
            checked: Whether it has been looked whether it is still the same.
        """
        if stat.st_size > self.looked[0]:
            self.grown_at = now
        self.looked = (stat.st_size, stat.st_mtime_ns)
        self.looked_at = now
        self.checked = checked
        self.settled = False
        if self.compressed:
            self.ended = self.incomplete = False
        if self.unread and self.behind_at is None:
            self.behind_at = now

    def is_same(self, descriptor: int) -> bool:
        """Whether the bytes before where the reading stands are still what was read there."""
        position = self.stream.position
        size = min(BLOCK, position) if self._recent is not None else self._recent_hash[1]
        recent = os.pread(descriptor, size, position - size)
        if self._recent is None:
            if fingerprint(recent) != self._recent_hash[0]:
                return False
            self._recent = recent
            self._windows = {position: recent}
        return recent == self._recent

    def rest(self) -> None:
        """Frees memory while nothing comes."""
        if self._recent and not self.compressed and self.checkpoint.offset == self.stream.position:
            self._recent_hash = (self.checkpoint.tail, self.checkpoint.tail_size)
            self._recent = None
            self._windows = {}

    def read(self, descriptor: int, limit: int) -> bytes:
        """The next bytes of content, about `limit` at most.

        Raises:
            OSError: They cannot be read now; with `errno` None the content is damaged.
        """
        if self._decompressor is None:
            return os.pread(descriptor, limit, self.stream.position)
        try:
            if not self._skipped:
                offset = self.stream.position
                self._recent, self._ahead = self._decompressor.skip(
                    of_file(descriptor), offset, min(BLOCK, offset)
                )
                self._windows = {offset: self._recent}
                self._skipped = True
            data, self._ahead = (
                self._ahead or self._decompressor.read(of_file(descriptor), limit),
                b"",
            )
        except EOFError:
            self.incomplete = True
            return b""
        except DAMAGED as error:
            if not is_damage(error):
                raise
            self._end()
            raise OSError(f"damaged: {error}") from error
        self.incomplete = False
        if not data:
            self._end()
        return data

    def feed(self, data: bytes) -> list[Line]:
        """The lines that are complete with the bytes that `read` gave; moves the checkpoint."""
        start = self.stream.position
        lines = self.stream.feed(data)
        if len(self.first) < BLOCK:
            self.first += data[len(self.first) - start :][: BLOCK - len(self.first)]
        self._windows = {
            offset: self._windows[offset] if offset in self._windows else self._before(offset, data, start)
            for offset, _ in self.stream.bounds
        }
        self._recent = self._before(start + len(data), data, start)
        self._advance()
        return lines

    def finish(self) -> list[Line]:
        """The unfinished last line of a file that is final."""
        lines = self.stream.finish()
        self._windows = {self.stream.position: self._recent or b""}
        self._advance()
        return lines

    def give_up(self) -> None:
        """Takes a compressed file that is not complete for all that there will be of it."""
        self._end()

    def _end(self) -> None:
        self.ended = True
        self.announce = True
        self.checkpoint = msgspec.structs.replace(self.checkpoint, size=self.looked[0])

    def _before(self, offset: int, data: bytes, start: int) -> bytes:
        cut = offset - start
        return data[cut - BLOCK : cut] if cut >= BLOCK else ((self._recent or b"") + data[:cut])[-BLOCK:]

    def _advance(self) -> None:
        offset, lines = self.stream.bounds[0]
        before = self.checkpoint
        if offset != before.offset:
            head_size = min(BLOCK, offset)
            window = self._windows[offset]
            self.checkpoint = Checkpoint(
                file_id=before.file_id, source=before.source, path=self.path,
                device=self.key[0], inode=self.key[1], offset=offset, lines=lines, size=self._size(),
                head=before.head if before.head_size == BLOCK else fingerprint(self.first[:head_size]),
                head_size=head_size, tail=fingerprint(window), tail_size=len(window),
            )  # fmt: skip

    def _relocate(self) -> None:
        self.checkpoint = msgspec.structs.replace(
            self.checkpoint, path=self.path, device=self.key[0], inode=self.key[1]
        )

    def _size(self) -> int:
        if self._decompressor is None:
            return max(self.looked[0], self.stream.position)
        # As long as there is something left, it must not look as if all had been read.
        return self.looked[0] if self.ended else min(self._decompressor.consumed, self.looked[0] - 1)

    def _left(self, decompressor: Decompressor) -> int:
        return max(1, self.looked[0] - decompressor.consumed)


def new_checkpoint(found: Found, content: Content, offset: int) -> Checkpoint:
    """The first checkpoint of a file that has never been seen."""
    head_size = min(BLOCK, offset)
    tail = content.before(offset, BLOCK) if offset else b""
    return Checkpoint(
        file_id=uuid.uuid4().hex, source=source_of(found.path), path=found.path,
        device=found.stat.st_dev, inode=found.stat.st_ino,
        offset=offset, lines=0, size=0 if content.compressed else content.size,
        head=content.head_hash(head_size) if offset else _NOTHING, head_size=head_size,
        tail=fingerprint(tail), tail_size=len(tail),
    )  # fmt: skip
