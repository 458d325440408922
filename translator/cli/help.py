"""What the program says of a command: as `--help`, in any width, and as a page to make others of."""

from __future__ import annotations

import inspect
import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from typer.core import TyperCommand

from translator.cli.options import PANELS

if TYPE_CHECKING:
    from typer._click import Command, Context
    from typer._click.core import Parameter

WIDEST = 80
"""Longer lines are hard to read."""

_NAMES = 27
"""The width of names beside what is said of them; a longer one has a line of its own."""

_ROOM = 24
"""How wide a text beside names must be able to be; with less room it stands below."""

_TOGETHER = re.compile(r"\[env: \S+\]|Default: \S+")
"""What is not broken into two lines."""

_NO_BREAK = "\N{NO-BREAK SPACE}"

EXIT_CODES = (
    ("0", "All is well."),
    ("1", "`check` has found errors; spans were set aside that the server will never take."),
    ("2", "A mistake in the command line, a setting or a path; an input that cannot be read wholly."),
    ("3", "Not everything could be sent, or the state cannot be used; what was read is kept."),
    ("130", "Interrupted."),
    ("141", "Nobody reads its output any more, as after `| head`."),
)
"""What the program ends with, and why."""


class Entry(NamedTuple):
    """A flag, an argument or a command, and what is said of it."""

    name: str
    text: str


class Section(NamedTuple):
    """Entries that belong together."""

    title: str
    entries: Sequence[Entry]


class Page(NamedTuple):
    """What is said of a command.

    Attributes:
        usage: How it is called.
        paragraphs: What it does.
        examples: Command lines.
        sections: Its commands, arguments and flags.
    """

    usage: str
    paragraphs: Sequence[str]
    examples: Sequence[str]
    sections: Sequence[Section]


class HelpfulCommand(TyperCommand):
    """A command whose help is grouped, and fits."""

    def get_help(self, ctx: Context) -> str:
        """The help, as wide as the terminal."""
        return render(command_page(self, ctx))


def command_page(command: Command, ctx: Context) -> Page:
    """The page of a command."""
    said = inspect.cleandoc(command.help or "").split("\n\n")
    begin = "Example: "
    return Page(
        _usage(command, ctx),
        [" ".join(text.split()) for text in said if not text.startswith(begin)],
        [text.removeprefix(begin) for text in said if text.startswith(begin)],
        list(_sections(command, ctx)),
    )


def group_page(group: Command, ctx: Context) -> Page:
    """The page of the whole program: what commands it has, and what it ends with."""
    page = command_page(group, ctx)
    commands: Sequence[tuple[str, Command]] = list(vars(group)["commands"].items())
    return page._replace(
        examples=["translator demo", "translator run --help"],
        sections=[
            Section("Commands", [Entry(name, command.help or "") for name, command in commands]),
            *page.sections,
            Section("Exit codes", [Entry(*each) for each in EXIT_CODES]),
        ],
    )


def render(page: Page, columns: int | None = None) -> str:
    """A page as text.

    Args:
        page: What is said.
        columns: How wide it may be; None for the width of the terminal.
    """
    width = min(columns or shutil.get_terminal_size().columns, WIDEST)
    blocks = [_wrapped(f"Usage: {page.usage}", width, "", "       ")]
    blocks += [_wrapped(text, width, "  ", "  ") for text in page.paragraphs]
    if page.examples:
        blocks.append("\n".join(["Example:", *(f"  {line}" for line in page.examples)]))
    blocks += [_section(section, width) for section in page.sections]
    return "\n\n".join(blocks)


def _usage(command: Command, ctx: Context) -> str:
    return " ".join((ctx.command_path, *command.collect_usage_pieces(ctx)))


def _sections(command: Command, ctx: Context) -> Iterator[Section]:
    """What it takes: first its own, then what it shares with others, each under its heading."""
    found: dict[str, list[Entry]] = {}
    for parameter in command.get_params(ctx):
        if parameter.param_type_name == "argument":
            name = str(parameter.name).upper()
            found.setdefault("Arguments", []).append(Entry(name, vars(parameter)["help"]))
        elif (record := parameter.get_help_record(ctx)) is not None:
            found.setdefault(_panel(parameter), []).append(Entry(*record))
    yield from (Section(title, found[title]) for title in ("Arguments", "Options", *PANELS) if title in found)


def _panel(parameter: Parameter) -> str:
    panel: str | None = vars(parameter).get("rich_help_panel")
    return panel or "Options"


def _section(section: Section, width: int) -> str:
    lines = [f"{section.title}:"]
    widest = min(max(len(entry.name) for entry in section.entries), _NAMES)
    for name, text in section.entries:
        if width - widest - 4 < _ROOM:
            lines += [f"  {name}", _wrapped(text, width, "      ", "      ")]
            continue
        indent = " " * (widest + 4)
        head = f"  {name:<{widest}}  "
        if len(name) > widest:
            lines.append(f"  {name}")
            head = indent
        lines.append(_wrapped(text, width, head, indent))
    return "\n".join(lines)


def _wrapped(text: str, width: int, first: str, others: str) -> str:
    kept = _TOGETHER.sub(lambda found: found[0].replace(" ", _NO_BREAK), text)
    lines = textwrap.fill(
        kept, width, initial_indent=first, subsequent_indent=others,
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip
    return lines.replace(_NO_BREAK, " ")
