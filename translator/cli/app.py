"""The commands, and what becomes of their errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from translator import __version__
from translator.cli import backfill, check, config, demo, preview, run, schema, status
from translator.cli.printable import printable
from translator.errors import TranslatorError

EXIT_USAGE = 2
EXIT_NOT_SENT = 3
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="translator",
    help="Turns the JSON log lines of AI agents into Sentry traces.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)

app.command("run")(run.run)
app.command("backfill")(backfill.backfill)
app.command("check")(check.check)
app.command("preview")(preview.preview)
app.command("schema")(schema.schema)
app.command("demo")(demo.demo)
app.command("config")(config.config)
app.command("status")(status.status)


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


def run_app(arguments: Sequence[str]) -> int:
    """Runs a command line; what a user did wrong is told in one line and a hint.

    Returns:
        The exit code: 0 fine, 1 findings or data set aside, 2 wrong usage, 3 could not send,
        130 interrupted.
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
        _tell("hint", "not everything could be written; the logs still hold it")
        return EXIT_NOT_SENT
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else EXIT_USAGE
    return 0


def _tell(what: str, text: str) -> None:
    """Names of files and answers of servers are in it."""
    shown = printable(text, keep="\n")
    sys.stderr.write(f"{what}: {shown}\n")


def _with_url(arguments: Sequence[str]) -> list[str]:
    """Lets `--spotlight` stand without a URL: what follows it counts only if it can be one."""
    given = list(arguments)
    for place, word in enumerate(given):
        if word == "--spotlight":
            following = given[place + 1] if place + 1 < len(given) else ""
            if not following.startswith(("http://", "https://")):
                given[place] = "--spotlight=1"
    return given
