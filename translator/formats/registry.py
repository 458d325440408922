"""The formats that can be read: one line each."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from translator.formats.native.reader import NativeReader
from translator.formats.records import Unreadable
from translator.model import Event, Line


class Reader(Protocol):
    """Reads the lines of one format.

    Attributes:
        counts: What did not fit, by a bounded word.
    """

    counts: Counter[str]

    def read(self, line: Line) -> Event | Unreadable:
        """What the line means: an event, or the reason why it is none."""


READERS: dict[str, type[Reader]] = {
    "native": NativeReader,
}
"""Format name to reader."""

AUTO = "auto"
DEFAULT = "native"


def make_reader(name: str) -> Reader:
    """A reader of the named format; of the default one for `auto`."""
    return READERS[DEFAULT if name == AUTO else name]()
