"""Sources in `translator.toml`: files that are read with settings, and go to a project, of their own."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from translator.errors import ConfigurationError, Mistakes
from translator.model import Json
from translator.settings_options import BY_NAME
from translator.toml_lines import line_of

SOURCES_KEY = "sources"

SOURCE_OPTIONS = (
    "paths", "exclude", "dsn", "environment", "release", "server_name", "service", "attributes",
    "send_default_pii", "issues", "traces_sample_rate", "format", "wire", "attribute_names", "mask_secrets",
    "log_attributes", "from", "reorder_window", "idle_timeout", "orphan_hold", "max_outbox_bytes",
    "max_line_bytes",
)  # fmt: skip
"""The settings that a source may have of its own."""

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

_NAME = re.compile(NAME_PATTERN, re.ASCII)
MOST_SOURCES = 100
"""Sources at most: each is read and sent by threads of its own."""


class SourceTable(msgspec.Struct, frozen=True):
    """One `[[sources]]` of the file.

    Attributes:
        name: What it is called in metrics, logs and the state.
        values: Its settings as they stand there, each with its line.
    """

    name: str
    values: Mapping[str, tuple[Json, int]]


def source_tables(path: Path, text: str, tables: Json, mistakes: Mistakes) -> list[SourceTable]:
    """The sources of a configuration file.

    Args:
        path: The file.
        text: What stands in it.
        tables: Its list `sources`.
        mistakes: Takes what is not as it should be, with its line.

    Raises:
        ConfigurationError: They are no sources at all.
    """
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigurationError(
            "`sources` is a list of tables",
            where=f"{path}:{line_of(text, [SOURCES_KEY])}",
            hint="begin each with [[sources]]",
        )
    if len(tables) > MOST_SOURCES:
        raise ConfigurationError(
            f"more than {MOST_SOURCES} sources", where=f"{path}:{line_of(text, [SOURCES_KEY, MOST_SOURCES])}",
            hint="put files that go the same way into one, or run several sidecars",
        )  # fmt: skip
    names: set[str] = set()
    return [_source_table(path, text, number, table, names, mistakes) for number, table in enumerate(tables)]


def _source_table(
    path: Path, text: str, number: int, table: Mapping[str, Json], names: set[str], mistakes: Mistakes
) -> SourceTable:
    def where(*keys: str) -> str:
        return f"{path}:{line_of(text, [SOURCES_KEY, number, *keys])}"

    name = table.get("name")
    with mistakes.collected():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ConfigurationError(
                "a source needs a `name` of letters, digits, `.`, `_` and `-`",
                where=where(*(("name",) if "name" in table else ())),
                hint='such as name = "checkout"; its state is kept under it',
            )
        if name in names:
            raise ConfigurationError(
                f"a second source is called `{name}`", where=where("name"), hint="give each a name of its own"
            )
        names.add(name)
    with mistakes.collected():
        if not table.get("paths"):
            raise ConfigurationError(
                f"the source `{name}` has no `paths`" if name else "a source has no `paths`",
                where=where(),
                hint='such as paths = ["/var/log/agent/*.jsonl"]',
            )
    values: dict[str, tuple[Json, int]] = {}
    for key, value in table.items():
        option = key.replace("-", "_")
        if option in SOURCE_OPTIONS:
            values[option] = (value, line_of(text, [SOURCES_KEY, number, key]))
        elif key != "name":
            with mistakes.collected():
                raise ConfigurationError(
                    f"unknown key `{key}` of a source", where=where(key), hint=_hint(option)
                )
    return SourceTable(str(name), values)


def _hint(key: str) -> str:
    if key in BY_NAME:
        return "it is for all sources: it stands above the first [[sources]]"
    near = difflib.get_close_matches(key, ("name", *SOURCE_OPTIONS), 1)
    return f"did you mean `{near[0]}`?" if near else "it may have " + ", ".join(SOURCE_OPTIONS)
