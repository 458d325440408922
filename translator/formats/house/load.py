"""House formats out of the tables of a configuration file."""

from __future__ import annotations

import re
from collections.abc import Callable

from translator.formats.house.reader import house_format
from translator.formats.house.rules import RuleError, read_rule
from translator.formats.registry import AUTO, FORMATS, Format
from translator.model import Json

_NAME = re.compile(r"[A-Za-z][\w-]{0,63}\Z")

Fail = Callable[[str, int, RuleError], Exception]
"""Makes an error of the format's name, the number of its rule (from 0), and what is wrong with it."""


def load_formats(tables: Json, fail: Fail) -> tuple[Format, ...]:
    """The formats of the table `formats`.

    Args:
        tables: By name, the rules of each.
        fail: Makes the error that is raised.
    """
    if type(tables) is not dict:
        raise fail(
            "", 0, RuleError("", "`formats` holds one list of rules for each format", "[[formats.mine]]")
        )
    taken = {AUTO, *(known.name for known in FORMATS)}
    formats = []
    for name, rules in tables.items():
        if name in taken:
            raise fail(name, 0, RuleError("", f"`{name}` is the name of a format that is built in"))
        if not _NAME.match(name):
            raise fail(name, 0, RuleError("", f"`{name}` is no name", "use letters, digits, `_` and `-`"))
        if type(rules) is not list or not rules:
            raise fail(
                name, 0, RuleError("", f"`{name}` has no rules", f"write [[formats.{name}]] above each")
            )
        read = []
        for number, table in enumerate(rules):
            try:
                read.append(read_rule(table))
            except RuleError as error:
                raise fail(name, number, error) from None
        formats.append(house_format(name, read))
    return tuple(formats)
