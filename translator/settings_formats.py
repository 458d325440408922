"""Formats of one's own in `translator.toml`, and the lines of what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from translator.errors import ConfigurationError, together
from translator.formats.house.load import FORMATS_KEY, load_formats
from translator.formats.house.problems import MappingError, Problem
from translator.formats.registry import Format
from translator.model import Json
from translator.toml_lines import line_of


class House(msgspec.Struct, frozen=True):
    """A format of one's own.

    Attributes:
        format: The format.
        rules: Its rules, as they stand in the configuration.
        origins: The file and line of each of its rules.
    """

    format: Format
    rules: Json
    origins: tuple[str, ...]


def house_formats(path: Path, text: str, tables: Json) -> dict[str, House]:
    """The formats of one's own in a configuration file, by name.

    Args:
        path: The file.
        text: What stands in it.
        tables: Its table `formats`.

    Raises:
        ConfigurationError: Some cannot be used; all that is wrong with them is told.
    """
    try:
        formats = load_formats(tables)
    except MappingError as error:
        raise _told(path, text, error.problems) from None
    return {
        known.name: House(
            known,
            tables[known.name],
            tuple(f"{path}:{line}" for line in _lines_of(text, known.name, len(tables[known.name]))),
        )
        for known in formats
    }


def _lines_of(text: str, name: str, rules: int) -> list[int]:
    """The line of each rule of a format: that of its head, where each has one."""
    head = re.compile(rf"""^[ \t]*\[\[\s*formats\s*\.\s*["']?{re.escape(name)}["']?\s*\]\]""", re.MULTILINE)
    heads = [text.count("\n", 0, found.start()) + 1 for found in head.finditer(text)]
    if len(heads) == rules:
        return heads
    return [line_of(text, (FORMATS_KEY, name, number)) for number in range(rules)]


def _told(path: Path, text: str, problems: Sequence[Problem]) -> ConfigurationError:
    """What is wrong with the formats, each with its line."""
    return together(
        [
            ConfigurationError(
                problem.message, where=f"{path}:{line_of(text, problem.keys)}", hint=problem.hint or None
            )
            for problem in problems
        ]
    )
