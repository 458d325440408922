"""Files that are there and not read: empty ones, copies that say nothing new, unwanted ones."""

from __future__ import annotations

from collections.abc import Container

import msgspec

from translator.files.archive import Absent
from translator.files.descriptors import Descriptors
from translator.files.discover import Found, key_of, look_of
from translator.files.followed import Followed, new_checkpoint
from translator.files.identity import Key
from translator.files.problems import Problems
from translator.files.register import Register
from translator.model import Checkpoint


class HeldFile(msgspec.Struct):
    """A file that is not read.

    Attributes:
        found: Where it is, and how it looked when that was decided.
        twin: The file that holds all that is in it; None if it is empty or unwanted.
        wanted: Whether it may have to be read when it has changed.
        checkpoint: What it is known by after a restart.
        noted: Whether that has been made, or cannot be made.
    """

    found: Found
    twin: Followed | None = None
    wanted: bool = True
    checkpoint: Checkpoint | None = None
    noted: bool = False
    problem: Exception | None = None

    @property
    def was_empty(self) -> bool:
        """Whether there was nothing in it that could be compared."""
        return self.wanted and self.twin is None


class Held:
    """All files that are held.

    Args:
        register: The files that are followed and known.
        descriptors: What opens files.
        problems: Told of what cannot be read now.
    """

    def __init__(self, register: Register, descriptors: Descriptors, problems: Problems) -> None:
        self._register = register
        self._descriptors = descriptors
        self._problems = problems
        self.files: dict[Key, HeldFile] = {}

    def put(self, held: HeldFile) -> None:
        """Holds a file."""
        self.files[key_of(held.found)] = held

    def take(self, found: Found) -> HeldFile | None:
        """Holds a file no more; what it was."""
        return self.files.pop(key_of(found), None)

    def is_as_it_was(self, key: Key, found: Found) -> bool:
        """Whether a file is held, and nothing has changed in it or its twin."""
        held = self.files.get(key)
        if held is None or look_of(held.found.stat) != look_of(found.stat):
            return False
        if held.twin is not None and self._register.files.get(held.twin.key) is not held.twin:
            return False
        held.found = found
        return True

    def keep(self, there: Container[Key]) -> None:
        """Lets go what is not there any more; it is still known."""
        for key in [key for key in self.files if key not in there]:
            checkpoint = self.files.pop(key).checkpoint
            if checkpoint is not None:
                self._register.archive.add(Absent(checkpoint, self._register.now))

    def changed(self) -> bool:
        """Whether one of them is not as it was, so that it must be looked at again."""
        for key, held in self.files.items():
            if not held.wanted:
                continue
            try:
                known = self._descriptors.stat(key, held.found.path)
            except OSError:
                continue
            if look_of(known) != look_of(held.found.stat):
                return True
        return False

    def new_checkpoints(self) -> list[Checkpoint]:
        """Checkpoints of files of which all has been read elsewhere: that may go away before them.

        That of an unwanted one, which is compressed, says that its first 0 bytes are all of it.
        """
        checkpoints: list[Checkpoint] = []
        for held in self.files.values():
            if held.noted or (
                held.twin is not None and held.twin.checkpoint.offset < held.found.stat.st_size
            ):
                continue
            try:
                held.checkpoint = self._checkpoint(held)
            except OSError as error:
                self._problems.tell(held.found.path, error)
                continue
            held.noted = True
            if held.checkpoint is not None:
                checkpoints.append(held.checkpoint)
        return checkpoints

    def _checkpoint(self, held: HeldFile) -> Checkpoint | None:
        found = held.found
        size = found.stat.st_size
        content = self._register.content(key_of(found), found.path, found.stat)
        if not held.wanted:
            return msgspec.structs.replace(new_checkpoint(found, content, 0), size=size)
        # Half a line is not read elsewhere: its begin may be that of another line.
        whole = None if content.compressed else content.line_start(size)
        return new_checkpoint(found, content, whole) if whole else None
