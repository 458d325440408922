"""Rules of a house format: which lines they are for, which event those are, and where its fields stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from translator.formats.house.paths import Path
from translator.formats.native.names import meaning
from translator.model import Json

SPANS = {"span": "tool", "span.start": "tool.start", "span.end": "tool.end"}
"""Events of spans that are no agent, model call or tool, and what they are read like."""

Test = Callable[[Json], bool]

Taken = dict[str, Any]
"""Keys whose values a rule takes: None for the whole of one, else what it takes of the object there."""


class Source(msgspec.Struct, frozen=True):
    """Where a value comes from.

    Attributes:
        path: Where it stands; None for a fixed value.
        fixed: The fixed value, or what counts where nothing stands.
        words: What stands for what; None to take it as it is.
    """

    path: Path | None
    fixed: Json = None
    words: Mapping[str, Json] | None = None

    def of(self, record: dict[str, Json]) -> Json:
        """The value in a record; None where there is none."""
        if self.path is None:
            return self.fixed
        value = self.path.find(record)
        if value is not None and self.words is not None:
            value = self.words.get(word_of(value))
        return self.fixed if value is None else value

    def unknown(self, record: dict[str, Json]) -> Json:
        """What stands there, if no word stands for it; else None."""
        if self.words is None or self.path is None:
            return None
        value = self.path.find(record)
        return None if value is None or word_of(value) in self.words else value


class Rule(msgspec.Struct, frozen=True):
    """One shape of lines.

    Attributes:
        when: What must hold of a record.
        event: The event's name.
        fields: Names of the log format, and where their values stand.
        taken: What it takes of a record, or leaves out; all else is passed on as it is.
        dropped: The paths that it leaves out.
    """

    when: tuple[tuple[Path, Test], ...]
    event: Source
    fields: tuple[tuple[tuple[str, ...], Source], ...]
    taken: Taken
    dropped: frozenset[str]

    def event_of(self, record: dict[str, Json]) -> str | None:
        """The event that a record is by this rule; None if it is none."""
        for path, test in self.when:
            if not test(path.find(record)):
                return None
        event = self.event
        said = event.of(record)
        if event.path is None or event.words is not None:
            return said  # type: ignore[no-any-return] # such words have been checked
        if type(said) is str and (said in SPANS or meaning(said) is not None):
            return said
        return None

    def stops_at(self, record: dict[str, Json]) -> int:
        """The number (from 0) of the first test that does not hold of a record; past them is the event."""
        for number, (path, test) in enumerate(self.when):
            if not test(path.find(record)):
                return number
        return len(self.when)

    def rest(self, record: dict[str, Json]) -> dict[str, Json]:
        """What the rule does not take of a record, with dotted keys where it takes a part of an object."""
        left: dict[str, Json] = {}
        _add_rest(left, "", record, self.taken)
        return left


def _add_rest(left: dict[str, Json], before: str, record: dict[str, Json], taken: Taken) -> None:
    for key, value in record.items():
        if value is None:
            continue
        if key not in taken:
            left[before + key] = value
            continue
        below = taken[key]
        if below is None or type(value) is list:
            continue
        if type(value) is dict:
            _add_rest(left, f"{before}{key}.", value, below)
        else:
            left[before + key] = value


def taken_of(paths: Iterable[Path]) -> Taken:
    """What rules take that take these paths."""
    taken: Taken = {}
    for path in paths:
        here = taken
        for step in path.parts[:-1]:
            below = here.setdefault(step, {})
            if below is None:
                break
            here = below
        else:
            here[path.parts[-1]] = None
        taken[path.text] = None
    return taken


def word_of(value: Json) -> str:
    """A value as the key of a table of the configuration, where all keys are texts."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is float and value.is_integer():
        return str(int(value))
    return value if type(value) is str else str(value)
