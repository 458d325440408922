"""What is wrong with the rules of a house format, told all at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import msgspec

Keys = tuple[str | int, ...]
"""The way to a place in a configuration file: keys of tables, and numbers in lists."""


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    Attributes:
        keys: The way to it.
        message: What is wrong.
        hint: What to do about it.
    """

    keys: Keys
    message: str
    hint: str = ""


class Wrong(ValueError):  # noqa: N818 - told to the reader of the table around it, which collects them
    """Something cannot be used.

    Args:
        keys: The way to it from the table that was read.
        message: What is wrong.
        hint: What to do about it.
    """

    def __init__(self, keys: Keys, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(keys, message, hint)


class MappingError(ValueError):
    """Formats cannot be used.

    Args:
        problems: All that is wrong with them; never none.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


def nearest(word: str, names: Iterable[str]) -> str:
    """A hint at the name that is most like a word, or at all of them where none is."""
    known = sorted(names)
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean `{near[0]}`?" if near else "known are " + ", ".join(known)


def refuse_unknown(table: Iterable[str], names: Sequence[str], keys: Keys, of: str = "") -> None:
    """Raises `Wrong` for the first key that is none of the names."""
    for key in table:
        if key not in names:
            raise Wrong((*keys, key), f"unknown key `{key}`{of}", nearest(key, names))
