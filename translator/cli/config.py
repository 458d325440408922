"""`translator config`: every setting, its value and where it comes from."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from translator.cli.sending import destination_of
from translator.settings import Settings
from translator.settings_options import OPTIONS, Option


def config(settings: Settings) -> None:
    """Shows every setting, its value and where it comes from."""
    table = Table(box=None, pad_edge=False)
    table.add_column("setting", no_wrap=True)
    table.add_column("value", overflow="fold", min_width=12)
    table.add_column("from", style="dim", overflow="fold")
    table.add_column("variable", style="dim", no_wrap=True)
    for option in OPTIONS:
        cells = (option.name, _shown(option, settings), settings.origin(option.name), option.env)
        table.add_row(*map(Text, cells))
    for source in settings.sources:
        for option in OPTIONS:
            if source.rank(option.name) > settings.rank(option.name):
                shown = _shown(option, source)
                cells = (f"{source.name}: {option.name}", shown, source.origin(option.name), "")
                table.add_row(*map(Text, cells))
    for name, house in settings.house.items():
        table.add_row(
            *map(
                Text,
                (
                    f"formats.{name}",
                    f"a format of your own, {len(house.origins)} rules",
                    house.origins[0],
                    "",
                ),
            )
        )
    Console().print(table)


def _shown(option: Option, settings: Settings) -> str:
    value = settings[option.name]
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
    return f"{value:g}" if isinstance(value, float) else str(value)
