"""House formats out of the tables of a configuration file."""

from __future__ import annotations

import re

from translator.formats.house.problems import Keys, MappingError, Problem
from translator.formats.house.read import read_rule
from translator.formats.house.reader import house_format
from translator.formats.house.rules import Rule
from translator.formats.registry import AUTO, FORMATS, Format
from translator.formats.wrappers.unwrapping import WRAPPED
from translator.model import Json

FORMATS_KEY = "formats"
_NAME = re.compile(r"[A-Za-z][\w-]{0,63}\Z", re.ASCII)
_TAKEN = {AUTO, WRAPPED, *(known.name for known in FORMATS)}


def load_formats(tables: Json) -> tuple[Format, ...]:
    """The formats of the table `formats`.

    Args:
        tables: By name, the rules of each.

    Raises:
        MappingError: Some cannot be used; the keys of its problems begin at the top of the file.
    """
    if not isinstance(tables, dict):
        message = "`formats` holds one list of rules for each format"
        raise MappingError([Problem((FORMATS_KEY,), message, "write [[formats.mine]] above each rule")])
    problems: list[Problem] = []
    formats = []
    for name, said in tables.items():
        rules = _rules(name, said, problems)
        if rules:
            formats.append(house_format(name, rules))
    if problems:
        raise MappingError(problems)
    return tuple(formats)


def _rules(name: str, said: Json, problems: list[Problem]) -> list[Rule]:
    here: Keys = (FORMATS_KEY, name)
    if name in _TAKEN:
        problems.append(Problem(here, f"`{name}` is the name of a format that is built in"))
        return []
    if not _NAME.match(name):
        problems.append(Problem(here, f"`{name}` is no name", "use letters, digits, `_` and `-`"))
        return []
    if not isinstance(said, list) or not said:
        problems.append(Problem(here, f"`{name}` has no rules", f"write [[formats.{name}]] above each"))
        return []
    rules = []
    for number, table in enumerate(said):
        try:
            rules.append(read_rule(table))
        except MappingError as error:
            for problem in error.problems:
                keys = (*here, number, *problem.keys)
                problems.append(Problem(keys, problem.message, problem.hint))
    return rules
