"""The files that are followed: which of them are still there, still the same, and still written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial

from translator.files.archive import Absent, Archive
from translator.files.descriptors import Descriptors
from translator.files.discover import Found, look_of
from translator.files.followed import Followed
from translator.files.identity import Content, Key
from translator.files.names import source_of
from translator.files.problems import Problems
from translator.model import Checkpoint

GRACE_SECONDS = 10.0
"""How long a writer may still use a file that was renamed or deleted, since it last grew."""

SETTLE_SECONDS = 0.1
"""Two changes may bear the same time if they are nearer to each other."""


class Register:
    """All files that are followed, and those that were.

    Args:
        known: The checkpoints of earlier processes.
        descriptors: What opens files.
        problems: Told of what cannot be read now.
        now: Seconds.

    Attributes:
        files: The files that are followed.
        archive: Those that are known and not followed.
        looks: How many times the directories have been looked through.
        now: When that was last done, in seconds.
    """

    def __init__(
        self, known: Sequence[Checkpoint], descriptors: Descriptors, problems: Problems, now: float
    ) -> None:
        self.files: dict[Key, Followed] = {}
        self.archive = Archive(known, now)
        self.looks = 0
        self.now = now
        self._descriptors = descriptors
        self._problems = problems
        self._found: Sequence[Found] = ()
        self._paths: dict[str, Key] | None = None

    def update(
        self, found: Sequence[Found], failed: Sequence[str], now: float
    ) -> tuple[Mapping[Key, Found], set[Key]]:
        """Takes what is there now: files that are followed are renamed, let go, or found out.

        Args:
            found: All files; one may come several times.
            failed: Files and directories that could not be looked at, though they may be there.
            now: Seconds.

        Returns:
            All files by device and inode, and those among them that were followed until now, but
            hold something else.
        """
        self.now = now
        self.looks += 1
        there, changed = self._see(found)
        other = {key for key in changed if not self.check(self.files[key], there[key].stat)}
        self._let_go(failed)
        if not failed:
            self.archive.expire(now)
        return there, other

    def check(self, followed: Followed, stat: os.stat_result) -> bool:
        """Whether a file is still the same, as far as that can be seen now; if not, it is retired."""
        changed = look_of(stat) != followed.looked or not followed.checked
        if not changed and self.now - followed.looked_at < SETTLE_SECONDS:
            return True
        try:
            same = self._is_same(followed, stat, changed=changed)
        except OSError as error:
            self._problems.tell(followed.path, error)
            return True
        if not same:
            self.retire(followed, truncated=True)
        elif changed:
            followed.changed(stat, self.now, checked=True)
        else:
            followed.settled = True
            if not followed.unread:
                followed.rest()
        return same

    def is_final(self, followed: Followed, now: float) -> bool:
        """Whether nothing more will be written to a file, as far as can be told."""
        if followed.compressed:
            return followed.ended
        replaced = followed.path != followed.source and self._at(followed.source) not in {None, followed.key}
        if followed.gone_at is None and not replaced:
            return False
        since = max(followed.grown_at, followed.gone_at or followed.moved_at)
        return not followed.unread and now - since >= GRACE_SECONDS

    def retire(self, followed: Followed, *, truncated: bool) -> None:
        """Follows a file no more: it is gone, or something else is in its place."""
        del self.files[followed.key]
        self._descriptors.close(followed.key)
        left, recent = (followed.key, followed.recent) if truncated else (None, b"")
        self.archive.add(Absent(followed.checkpoint, self.now, left, recent, followed.stream.position))

    def content(self, key: Key, path: str, stat: os.stat_result) -> Content:
        """What is in a file.

        Raises:
            OSError: It cannot be read now.
        """
        return Content(partial(self._descriptors.get, key, path), stat)

    def content_now(self, followed: Followed) -> tuple[Content, os.stat_result]:
        """What is in a file that is followed, and what the system knows of it now.

        Raises:
            OSError: It cannot be read now.
        """
        stat = self._descriptors.stat(followed.key, followed.path)
        return self.content(followed.key, followed.path, stat), stat

    def _see(self, found: Sequence[Found]) -> tuple[dict[Key, Found], list[Key]]:
        """All files, each under one path, and which of those that are followed have changed."""
        there: dict[Key, Found] = {}
        changed: list[Key] = []
        back: list[Followed] = []
        files, looks = self.files, self.looks
        for one in found:
            stat = one.stat
            key = (stat.st_dev, stat.st_ino)
            followed = files.get(key)
            if followed is None or followed.looks == looks:
                other = there.get(key)
                if other is not None and not _is_better(one, other, followed):
                    continue
            else:
                followed.looks = looks
                if (stat.st_size, stat.st_mtime_ns) != followed.looked or not followed.settled:
                    changed.append(key)
                if followed.gone_at is not None or one.path != followed.path:
                    back.append(followed)
            there[key] = one
        for followed in back:
            followed.gone_at = None
            self._descriptors.unpin(followed.key)
            if there[followed.key].path != followed.path:
                followed.move(there[followed.key].path, self.now)
        self._found, self._paths = found, None
        return there, changed

    def _at(self, path: str) -> Key | None:
        """Which file lies at a path."""
        if self._paths is None:
            self._paths = {one.path: (one.stat.st_dev, one.stat.st_ino) for one in self._found}
        return self._paths.get(path)

    def _is_same(self, followed: Followed, stat: os.stat_result, *, changed: bool) -> bool:
        if followed.compressed:
            if not changed or not followed.ended:
                return stat.st_size >= followed.looked[0]
            return self.content(followed.key, followed.path, stat).agrees(followed.checkpoint)
        if stat.st_size < followed.stream.position:
            return False
        return followed.is_same(self._descriptors.get(followed.key, followed.path))

    def _let_go(self, failed: Sequence[str]) -> None:
        for followed in list(self.files.values()):
            if followed.looks == self.looks:
                continue
            # What was gone already does not come back because a directory cannot be looked through.
            if followed.gone_at is None and any(
                followed.path == path or followed.path.startswith(path + os.sep) for path in failed
            ):
                continue
            if followed.gone_at is None:
                followed.gone_at = self.now
                self._descriptors.pin(followed.key)
            if followed.key not in self._descriptors or self._is_done(followed):
                self.retire(followed, truncated=False)
        if self._descriptors.crowded:
            self._make_room()

    def _make_room(self) -> None:
        """Waits no longer for what may yet be written to deleted files, those gone for longest first.

        Else they would take all descriptors, and nothing could be read any more. What is left to be
        read in one keeps it open all the same.
        """
        gone = [followed for followed in self.files.values() if followed.gone_at is not None]
        for followed in sorted(gone, key=lambda followed: followed.gone_at or 0.0):
            if not self._descriptors.crowded:
                return
            if not followed.unread and not followed.stream.unfinished:
                self.retire(followed, truncated=False)

    def _is_done(self, followed: Followed) -> bool:
        stat = self._descriptors.stat(followed.key, followed.path)
        if look_of(stat) != followed.looked and not followed.compressed:
            followed.changed(stat, self.now, checked=False)
        return self.is_final(followed, self.now) and not followed.stream.unfinished


def _is_better(one: Found, other: Found, followed: Followed | None) -> bool:
    """Which of two paths to one file to show."""
    if followed is not None and followed.path in {one.path, other.path}:
        return one.path == followed.path
    return source_of(one.path) == one.path and source_of(other.path) != other.path
