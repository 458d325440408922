"""The commands, and what becomes of their errors."""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from translator import __version__
from translator.cli.help import HelpfulCommand, group_page, render
from translator.cli.printable import printable
from translator.errors import TranslatorError

if TYPE_CHECKING:
    from typer._click import Command, Context

EXIT_USAGE = 2
EXIT_NOT_SENT = 3
EXIT_INTERRUPTED = 130
EXIT_PIPE = 141
"""What a shell says of a program that SIGPIPE has ended."""

_SETTINGS = {"help_option_names": ["-h", "--help"]}
_COMMANDS = "translator.cli.commands"

_TOO_MANY_FILES = (
    "raise the limit (`ulimit -n`), or give fewer --workers; the logs still hold what was not sent"
)
_HINTS: dict[int | None, str] = {errno.EMFILE: _TOO_MANY_FILES, errno.ENFILE: _TOO_MANY_FILES}
"""What helps against errors of the system that are not about writing."""

_HOST_AND_PORT = re.compile(r"[^\s/:]*:\d+(/\S*)?\Z", re.ASCII)


class Declared(NamedTuple):
    """A command of the list.

    Attributes:
        name: What it is called; so is the function that takes its flags.
        summary: What the list says of it, in a line.
    """

    name: str
    summary: str


COMMANDS = (
    Declared("run", "Follow log files and send their traces."),
    Declared("backfill", "Send the traces of historical logs, and exit."),
    Declared("check", "Say what is wrong with logs."),
    Declared("preview", "Show the traces of logs, and send nothing."),
    Declared("status", "Show what a sidecar has read and sent."),
    Declared("config", "Show every setting, and where it comes from."),
    Declared("schema", "Print the JSON Schema of the log format."),
    Declared("demo", "Watch an agent's log lines become traces."),
)


def command_of(declared: Declared) -> TyperCommand:
    """The command itself, with its flags."""
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_SETTINGS)
    alone.command(declared.name, cls=HelpfulCommand)(getattr(import_module(_COMMANDS), declared.name))
    made = typer.main.get_command(alone)
    assert isinstance(made, TyperCommand)  # noqa: S101
    return made


class _Commands(TyperGroup):
    """The list of commands; each is made when it is called, or its flags are asked for."""

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        if listed is None:
            return name, None, rest
        return name, command_of(next(one for one in COMMANDS if one.name == listed.name)), rest

    def get_help(self, ctx: Context) -> str:
        return render(group_page(self, ctx))


app = typer.Typer(
    name="translator",
    cls=_Commands,
    help="Turns the JSON log lines of AI agents into Sentry traces.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=_SETTINGS,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it by position
    if wanted:
        typer.echo(f"translator {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


def _listed() -> None:
    """Stands in the list for a command that has not been made."""


for _each in COMMANDS:
    app.command(_each.name, help=_each.summary)(_listed)


def run_app(arguments: Sequence[str]) -> int:
    """Runs a command line; what a user did wrong is told in one line and a hint.

    Returns:
        The exit code: 0 fine, 1 findings or data set aside, 2 wrong usage, 3 could not send,
        130 interrupted, 141 nobody reads the output any more.
    """
    try:
        app(_with_url(arguments), standalone_mode=True)
    except TranslatorError as error:
        _tell("error", str(error))
        if error.hint:
            _tell("hint", error.hint)
        return error.exit_code
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _tell("error", f"{where}{error.strerror or error}")
        _tell("hint", _HINTS.get(error.errno, "not everything could be written; the logs still hold it"))
        return EXIT_NOT_SENT
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except SystemExit as ended:
        # Rich and Typer make 1 of it, which means findings here.
        if isinstance(ended.__context__, BrokenPipeError):
            return EXIT_PIPE
        return ended.code if isinstance(ended.code, int) else EXIT_USAGE
    return 0


def _tell(what: str, text: str) -> None:
    """Names of files and answers of servers are in it."""
    shown = printable(text, keep="\n")
    sys.stderr.write(f"{what}: {shown}\n")


def _with_url(arguments: Sequence[str]) -> list[str]:
    """Lets `--spotlight` stand without a URL: what follows it counts only if it is meant as one."""
    given = list(arguments)
    for place, word in enumerate(given):
        if word == "--spotlight":
            following = given[place + 1] if place + 1 < len(given) else ""
            if not following.startswith(("http://", "https://")) and not _is_address(following):
                given[place] = "--spotlight=1"
    return given


def _is_address(word: str) -> bool:
    """Whether it is an address without `http://`, which is told as that, and no path."""
    return _HOST_AND_PORT.match(word) is not None and not Path(word).exists()
