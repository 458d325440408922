"""Where in a record a value stands: `llm.usage.in`, `choices.0.text`, `labels."app.name"`."""

from __future__ import annotations

import re

import msgspec

from translator.model import Json

_PART = re.compile(r'"([^"]+)"|([^."\s]+)')
_INDEX = re.compile(r"(.*)\[(\d+)\]\Z")
_LONGEST_INDEX = 9
"""Digits of the number of a list item."""


class Path(msgspec.Struct, frozen=True):
    """A place in a record.

    Attributes:
        text: As it was written; also a key by itself, for records with dotted keys.
        parts: Its steps.
    """

    text: str
    parts: tuple[str, ...]

    def find(self, record: Json) -> Json:
        """The value there, or None."""
        if type(record) is dict and self.text in record:
            return record[self.text]
        for part in self.parts:
            if type(record) is dict:
                record = record.get(part)
            elif type(record) is list and (place := _index(part)) is not None and place < len(record):
                record = record[place]
            else:
                return None
        return record


def _index(part: str) -> int | None:
    return int(part) if part.isdecimal() and len(part) <= _LONGEST_INDEX else None


def parse_path(text: Json) -> Path:
    """The path that a text says.

    Raises:
        ValueError: It says none.
    """
    if type(text) is not str or not text:
        raise ValueError(f'expected a path such as "llm.model", not {text!r:.60}')
    parts: list[str] = []
    place = 0
    while place < len(text):
        found = _PART.match(text, place)
        if found is None:
            raise ValueError(f"`{text}` is no path: a step is missing at character {place + 1}")
        parts.append(found[1] or _plain_step(text, found[2]))
        place = found.end()
        if place < len(text):
            if text[place] != ".":
                raise ValueError(
                    f"`{text}` is no path: expected `.` and a step at character {place + 1}; "
                    """a key that holds a space or a dot stands in quotes, such as 'a."b c"'"""
                )
            if place + 1 == len(text):
                raise ValueError(f"`{text}` is no path: a step is missing at its end")
            place += 1
    return Path(text, tuple(parts))


def _plain_step(text: str, step: str) -> str:
    """A step without quotes; what other languages of paths write is told from it."""
    if step == "$":
        raise ValueError(f"`{text}` is no path: leave out the `$`")
    index = _INDEX.match(step)
    if index is not None:
        instead = f"{index[1]}.{index[2]}" if index[1] else index[2]
        raise ValueError(f"`{text}` is no path: write `{instead}` for `{step}`")
    if "[" in step or "]" in step:
        raise ValueError(f"""`{text}` is no path: a key with brackets stands in quotes, such as 'a."b[c]"'""")
    return step
