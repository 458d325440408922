"""`translator config`: every setting, its value and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from rich.console import Console
from rich.table import Table
from rich.text import Text

from translator.cli.printable import counted
from translator.cli.sending import destination_of, state_directory
from translator.errors import ConfigurationError
from translator.settings import Settings
from translator.settings_options import OPTIONS, Option

_WIDE, _NARROW = 110, 60
"""From which width on there is room for the variables, and below which not even for a table."""

_UNLIMITED = 250
"""The width where nobody looks at it but a program."""

Row = tuple[str, str, str, str]


def config(settings: Settings) -> None:
    """Shows every setting, its value and where it comes from."""
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(width=_UNLIMITED)
    rows = list(_rows(settings))
    if console.width < _NARROW:
        for name, value, origin, _ in rows:
            console.print(f"{name} = {value}\n  ({origin})", markup=False, highlight=False, soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("setting", no_wrap=True)
    table.add_column("value", overflow="fold", min_width=12)
    table.add_column("from", style="dim", no_wrap=True)
    if console.width >= _WIDE:
        table.add_column("variable", style="dim", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row[: len(table.columns)]))
    console.print(table)


def _rows(settings: Settings) -> Iterator[Row]:
    for option in OPTIONS:
        yield option.name, _shown(option, settings), settings.origin(option.name), option.env
    for source in settings.sources:
        for option in OPTIONS:
            if source.rank(option.name) > settings.rank(option.name):
                yield f"{source.name}: {option.name}", _shown(option, source), source.origin(option.name), ""
    for name, house in settings.house.items():
        yield (
            f"formats.{name}",
            f"a format of your own, {counted(len(house.origins), 'rule')}",
            house.origins[0],
            "",
        )


def _shown(option: Option, settings: Settings) -> str:
    value = settings[option.name]
    if option.name == "state_dir":
        # Where there is no home directory, there is no default.
        with suppress(ConfigurationError):
            return str(state_directory(settings))
    if value is None:
        return "-"
    if option.secret and (destination := destination_of(settings, option.name)) is not None:
        return destination.masked
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ",".join(f"{name}={said}" for name, said in value.items()) or "-"
    if isinstance(value, tuple):
        return " ".join(value) or "-"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
