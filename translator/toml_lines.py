"""In which line of a TOML file something stands: its parser does not say."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

from translator.model import Json


def line_of(text: str, keys: Sequence[str | int]) -> int:
    """The line, from 1, of the statement that first says what stands at the keys.

    A statement has been read when the text up to its end is valid TOML that has the keys.

    Args:
        text: Valid TOML.
        keys: Keys of tables, and numbers of items in lists; those that lead nowhere are left out.
    """
    wanted = keys[: _known(tomllib.loads(text), keys)]
    if not wanted:
        return 1
    lines = text.split("\n")
    # The first `low` lines do not have it. No statement ends at `top` or behind it, up to lines that have it.
    low, top = 0, len(lines)
    while low + 1 < top:
        middle = end = (low + top) // 2
        table = None
        while end < top and (table := _parsed(lines[:end])) is None:
            end += 1
        if table is None:
            top = middle
        elif _known(table, wanted) == len(wanted):
            top = end
        else:
            low = end
    return low + 1


def _parsed(lines: Sequence[str]) -> dict[str, Json] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except ValueError:
        return None


def _known(table: Json, keys: Sequence[str | int]) -> int:
    """How many of the keys lead somewhere, one after another."""
    for number, key in enumerate(keys):
        items = dict(enumerate(table)) if isinstance(table, list) else table
        if not isinstance(items, dict) or key not in items:
            return number
        table = items[key]
    return len(keys)
