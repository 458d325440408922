"""What each rule of one's own formats has done, for whoever writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console

from translator.cli.printable import counted
from translator.formats.house.reader import HouseReader, Tally
from translator.formats.house.rules import Rule
from translator.formats.registry import AUTO
from translator.settings import Settings


def print_rules(rules: Mapping[str, Sequence[Tally]], settings: Settings, console: Console) -> bool:
    """Prints how many lines each rule was for, and what in it never found anything.

    Of formats that are not forced and that no file had, only their names are told.

    Args:
        rules: What the rules have done, by format; a format that nobody has read may be missing.
        settings: The formats, and which of them is forced.
        console: Where to.

    Returns:
        Whether more than names were told.
    """
    told = False
    for name, house in settings.house.items():
        reader = house.format.make(Counter())
        if not isinstance(reader, HouseReader) or settings["format"] not in (AUTO, name):
            continue
        forced = settings["format"] == name
        tallies = rules.get(name) or [tally for _, tally in reader.tallies]
        if not forced and not any(tally.lines for tally in tallies):
            said = f"formats.{name}: no file has a line that fits a rule; --format {name} tells why"
            console.print(said, style="dim", highlight=False, markup=False, soft_wrap=True)
            continue
        told = True
        for (rule, _), tally, origin in zip(reader.tallies, tallies, house.origins, strict=True):
            said = f"formats.{name}, {origin}: {_done(rule, tally)}"
            console.print(said, style="dim", highlight=False, markup=False, soft_wrap=True)
    return told


def _done(rule: Rule, tally: Tally) -> str:
    if not tally.lines:
        if tally.furthest < len(rule.when):
            return f"no line; none that came to it gets past `{rule.when[tally.furthest][0].text}`"
        path = rule.event.path
        return f"no line; no event at `{path.text}`" if path is not None else "no line"
    said = counted(tally.lines, "line")
    if tally.timeless:
        said += f", {tally.timeless:,} without a time"
    never = [
        name if (name := ".".join(place)) == source.path.text else f"{name} = {source.path.text}"
        for number, (place, source) in enumerate(rule.fields)
        if number not in tally.found and source.path is not None
    ]
    return said + (f"; never found: {', '.join(never)}" if never else "")
