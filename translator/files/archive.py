"""Files that are not there now, kept in mind so that they are known again under another name."""

from __future__ import annotations

from collections.abc import Sequence, Set

import msgspec

from translator.files.identity import Content, Key
from translator.model import Checkpoint

FORGET_SECONDS = 600.0
"""How long a file that is gone is known: a `.gz` of it may come late."""

MAX_KNOWN = 10_000


class Absent(msgspec.Struct):
    """A file that was read up to its checkpoint, and is not followed now.

    Attributes:
        checkpoint: How far it was read.
        since: Since when it has been absent, in seconds of the tailer's clock.
        left: Where its content is no longer, though the file is there: it was truncated.
        recent: The last bytes that were read of it, where this process has read them.
        position: Where those bytes end.
    """

    checkpoint: Checkpoint
    since: float
    left: Key | None = None
    recent: bytes = b""
    position: int = 0


class Archive:
    """All files that are known and not followed now.

    Args:
        known: The checkpoints of earlier processes.
        now: Seconds.
    """

    def __init__(self, known: Sequence[Checkpoint], now: float) -> None:
        self._absent: dict[str, Absent] = {}
        self._by_key: dict[Key, dict[str, None]] = {}
        self._by_head: dict[int, dict[str, dict[str, None]]] = {}
        self._paths = {checkpoint.path for checkpoint in known}
        self._dropped: list[str] = []
        for checkpoint in known:
            self.add(Absent(checkpoint, now))

    def knew_path(self, path: str) -> bool:
        """Whether an earlier process has read a file of this name."""
        return path in self._paths

    def offset(self, file_id: str) -> int | None:
        """How far an absent file was read."""
        absent = self._absent.get(file_id)
        return absent.checkpoint.offset if absent is not None else None

    def add(self, absent: Absent) -> None:
        """Keeps a file in mind; the one that has been absent longest makes room."""
        checkpoint = absent.checkpoint
        self._absent[checkpoint.file_id] = absent
        self._by_key.setdefault((checkpoint.device, checkpoint.inode), {})[checkpoint.file_id] = None
        heads = self._by_head.setdefault(checkpoint.head_size, {})
        heads.setdefault(checkpoint.head, {})[checkpoint.file_id] = None
        while len(self._absent) > MAX_KNOWN:
            self._drop(next(iter(self._absent)))

    def take(self, checkpoint: Checkpoint) -> None:
        """Forgets an absent file, for it is there again, or a new file has taken its id."""
        del self._absent[checkpoint.file_id]
        key = (checkpoint.device, checkpoint.inode)
        del self._by_key[key][checkpoint.file_id]
        if not self._by_key[key]:
            del self._by_key[key]
        heads = self._by_head[checkpoint.head_size]
        del heads[checkpoint.head][checkpoint.file_id]
        if not heads[checkpoint.head]:
            del heads[checkpoint.head]
        if not heads:
            del self._by_head[checkpoint.head_size]

    def at(self, key: Key) -> list[Checkpoint]:
        """The files that were last seen at a device and inode, the newest first."""
        return [self._absent[file_id].checkpoint for file_id in reversed(self._by_key.get(key, {}))]

    def returned(self, key: Key, content: Content) -> Checkpoint | None:
        """Which absent file is again, or still, at a device and inode.

        Of a file of which nothing has been read that cannot be told, unless it is compressed and was
        not wanted: then nothing more was looked at than its size.
        """
        for checkpoint in self.at(key):
            if checkpoint.offset == 0:
                if content.compressed and checkpoint.size == content.size:
                    return checkpoint
            elif self._absent[checkpoint.file_id].left != key and content.agrees(checkpoint):
                return checkpoint
        return None

    def moved(self, key: Key, content: Content, claimed: Set[str]) -> Checkpoint | None:
        """Which absent file has this content, which is in another place now.

        Of several it is the one that was read farthest.

        Args:
            key: Where the content is now.
            content: The content.
            claimed: The ids of files that are absent no longer.
        """
        candidates: list[Absent] = []
        for size, by_head in self._by_head.items():
            if 0 < size <= len(content.head):
                found = by_head.get(content.head_hash(size), {})
                candidates += (self._absent[file_id] for file_id in found if file_id not in claimed)
        candidates.sort(key=lambda absent: absent.checkpoint.offset, reverse=True)
        for absent in candidates:
            if absent.left != key and content.agrees(absent.checkpoint):
                return absent.checkpoint
        return None

    def overtaken(self, key: Key, content: Content) -> bool:
        """Whether a file is a copy of one that was read farther before it was truncated.

        That can only be told while the last bytes that were read are remembered, and the copy ends
        among them: it was made in the moment before.
        """
        size = content.size
        for absent in self._absent.values():
            start = absent.position - len(absent.recent)
            if absent.left in {None, key} or content.compressed or not start < size <= absent.position:
                continue
            same_head = start == 0 or content.head_hash(absent.checkpoint.head_size) == absent.checkpoint.head
            if same_head and content.before(size, size - start) == absent.recent[: size - start]:
                return True
        return False

    def expire(self, now: float) -> None:
        """Drops what has been absent for long."""
        for file_id, absent in list(self._absent.items()):
            if now - absent.since >= FORGET_SECONDS:
                self._drop(file_id)

    def dropped(self) -> list[str]:
        """The ids of files that are not known any more, each once."""
        dropped, self._dropped = self._dropped, []
        return dropped

    def drop(self, checkpoint: Checkpoint) -> None:
        """A checkpoint that was handed out is of no more use."""
        self._dropped.append(checkpoint.file_id)

    def _drop(self, file_id: str) -> None:
        self.take(self._absent[file_id].checkpoint)
        self._dropped.append(file_id)
