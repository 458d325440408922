"""What was set aside, taken up to be tried again: nothing of it is lost if that is interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

from translator.errors import StateError
from translator.state.rejected import REJECTED_FILE, RejectedLog, files_of, read
from translator.state.rejection import Rejected

TRYING_FILE = "rejected.trying.jsonl"
"""Where what is tried again is kept until that is done."""


def has_records(directory: Path) -> bool:
    """Whether a state has something that was set aside, or whose second try was interrupted."""
    return any(files_of(directory / name) for name in (REJECTED_FILE, TRYING_FILE))


class SecondTry:
    """The records of a state that no other process uses meanwhile.

    Args:
        directory: The directory of the state.
        at_rest: Within it nobody of this process writes them; `log_at_rest` of the store where one is open.

    Raises:
        StateError: They cannot be moved or read.
    """

    def __init__(self, directory: Path, at_rest: AbstractContextManager[None]) -> None:
        self._trying = directory / TRYING_FILE
        try:
            # What a sender that is at work sets aside later goes into another file, which is kept.
            with at_rest:
                self._move(directory)
        except OSError as error:
            raise StateError(
                f"what was set aside cannot be taken up: {error.strerror or error}", where=str(directory)
            ) from None
        self.records: list[Rejected] = list(read(self._trying))

    def done(self) -> None:
        """Deletes the records: they are in the outbox again, or have been set aside anew."""
        for path in files_of(self._trying):
            path.unlink()

    def _move(self, directory: Path) -> None:
        # The oldest first, so that a kill in between leaves them in their order.
        records = files_of(directory / REJECTED_FILE)[::-1]
        if not files_of(self._trying):
            for record in records:
                record.rename(directory / record.name.replace(REJECTED_FILE, TRYING_FILE, 1))
            return
        # What an interrupted try has left goes first; what was set aside since follows it.
        with closing(RejectedLog(self._trying)) as log:
            for record in records:
                log.take_over(record)


def waiting(directory: Path) -> Iterator[Rejected]:
    """What a second try would take up, which is left where it is.

    Raises:
        StateError: It is there and may not be read.
    """
    for name in (TRYING_FILE, REJECTED_FILE):
        yield from read(directory / name)
