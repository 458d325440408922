"""Where in a record a value stands: `llm.usage.in`, `choices.0.text`, `labels."app.name"`."""

from __future__ import annotations

import re

import msgspec

from translator.model import Json

_PART = re.compile(r'"([^"]+)"|([^."\s]+)')


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
            elif type(record) is list and part.isdecimal() and int(part) < len(record):
                record = record[int(part)]
            else:
                return None
        return record


def parse_path(text: Json) -> Path:
    """The path that a text says.

    Raises:
        ValueError: It says none.
    """
    if type(text) is not str or not text:
        raise ValueError(f'expected a path such as "llm.model", not {text!r}')
    parts: list[str] = []
    place = 0
    while place < len(text):
        found = _PART.match(text, place)
        if found is None:
            raise ValueError(f"`{text}` is no path: a step is missing at character {place + 1}")
        parts.append(found[1] or found[2])
        place = found.end()
        if place < len(text):
            if text[place] != "." or place + 1 == len(text):
                raise ValueError(f"`{text}` is no path: expected `.` and a step at character {place + 1}")
            place += 1
    return Path(text, tuple(parts))
