"""Open files, no more at once than the system grants."""

from __future__ import annotations

import errno
import os
import resource
from collections import OrderedDict

from translator.files.identity import Key

EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE))
"""Errors that say nothing of a file: too many others are open."""


def granted(limit: int) -> int:
    """How many files may be open at once: at most half of what the process may, for others need some, too.

    Args:
        limit: How many are wanted.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, limit if soft == resource.RLIM_INFINITY else min(limit, soft // 2))


class Descriptors:
    """Opens files when they are read, and closes those that have not been read for longest.

    Args:
        limit: How many files are open at once. Those that cannot be opened again count, too: they have
            no path any more, and are open until what is left in them has been read.
    """

    def __init__(self, limit: int) -> None:
        self._limit = granted(limit)
        self._open: OrderedDict[Key, int] = OrderedDict()
        self._pinned: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._open) + len(self._pinned)

    def __contains__(self, key: object) -> bool:
        return key in self._open or key in self._pinned

    @property
    def crowded(self) -> bool:
        """Whether files without a path leave too few descriptors for those that have one."""
        return 2 * len(self._pinned) > self._limit

    def stat(self, key: Key, path: str) -> os.stat_result:
        """What the system knows of a file, which need not be open.

        Raises:
            FileNotFoundError: Another file is at the path now, or none.
            OSError: It cannot be looked at now.
        """
        descriptor = self._pinned.get(key, self._open.get(key, -1))
        if descriptor >= 0:
            return os.fstat(descriptor)
        known = os.stat(path)  # noqa: PTH116 - a thousand times a second
        return _checked(known, key, path)

    def get(self, key: Key, path: str) -> int:
        """The open file.

        Raises:
            FileNotFoundError: Another file is at the path now, or none.
            OSError: It cannot be opened now.
        """
        if key in self._pinned:
            return self._pinned[key]
        descriptor = self._open.get(key)
        if descriptor is not None:
            self._open.move_to_end(key)
            return descriptor
        while len(self) >= self._limit:
            if not self._open:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), path)
            self._close_oldest()
        descriptor = self._opened(path)
        try:
            _checked(os.fstat(descriptor), key, path)
        except OSError:
            os.close(descriptor)
            raise
        self._open[key] = descriptor
        return descriptor

    def pin(self, key: Key) -> None:
        """Keeps a file open that has no path any more."""
        if key in self._open:
            self._pinned[key] = self._open.pop(key)

    def unpin(self, key: Key) -> None:
        """The file has a path again."""
        if key in self._pinned:
            self._open[key] = self._pinned.pop(key)

    def close(self, key: Key) -> None:
        """Closes a file if it is open."""
        descriptor = self._open.pop(key, self._pinned.pop(key, None))
        if descriptor is not None:
            os.close(descriptor)

    def close_all(self) -> None:
        """Closes all files."""
        for key in [*self._open, *self._pinned]:
            self.close(key)

    def _opened(self, path: str) -> int:
        while True:
            try:
                return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            except OSError as error:
                if error.errno not in EXHAUSTED or not self._open:
                    raise
                self._close_oldest()

    def _close_oldest(self) -> None:
        self.close(next(iter(self._open)))


def _checked(known: os.stat_result, key: Key, path: str) -> os.stat_result:
    if (known.st_dev, known.st_ino) != key:
        raise FileNotFoundError(errno.ENOENT, "another file is there now", path)
    return known
