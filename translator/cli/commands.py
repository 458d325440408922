"""What each command is called with. What it does is in a module of its name, imported when it is asked for.

So `--help` and completion, for which a person waits, need no more than this page and the table of settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from translator.cli.completing import codes
from translator.cli.options import (
    CONTENT,
    DESTINATION,
    FOLLOWING,
    HISTORY,
    LOGGING,
    READING,
    Paths,
    with_settings,
)

if TYPE_CHECKING:
    from translator.settings import Settings

Once = Annotated[bool, typer.Option("--once", help="Read what is there, send it, and exit.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and send nothing.")]
Again = Annotated[bool, typer.Option("--again", help="Send anew what has been sent already.")]
SetAside = Annotated[
    bool, typer.Option("--rejected", help="Try again what was set aside; no sidecar may run meanwhile.")
]
SummaryAsJson = Annotated[bool, typer.Option("--json", help="The summary for machines, on standard output.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines: one JSON object.")]
SarifFile = Annotated[
    str | None, typer.Option("--sarif", metavar="FILE", help="Write SARIF 2.1.0, too; - for standard output.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as findings, too.")]
All = Annotated[bool, typer.Option("--all", help="Show all, not only the first of each code and file.")]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="CODES",
        help="Codes, or beginnings of them, to leave out: W505,N.",
        autocompletion=codes,
    ),
]


def _explain(ctx: typer.Context, code: str | None) -> str | None:
    """Explains a code at once: settings, and what may be wrong with them, are of no matter to it."""
    if code is None or ctx.resilient_parsing:
        return code
    from rich.console import Console

    from translator.cli.diagnostics import explain

    explain(Console(), code)
    raise typer.Exit


Explain = Annotated[
    str | None,
    typer.Option(
        "--explain",
        metavar="CODE",
        help="Show what the documents say of a code.",
        callback=_explain,
        is_eager=True,
        autocompletion=codes,
    ),
]
TraceId = Annotated[
    str, typer.Option("--trace", metavar="ID", help="Only traces whose id begins so.", show_default=False)
]
Errors = Annotated[bool, typer.Option("--errors", help="Only traces with an error in them.")]
Slowest = Annotated[
    int | None,
    typer.Option("--slowest", metavar="N", min=1, help="Only the N slowest traces, the slowest first."),
]
Agent = Annotated[
    str | None, typer.Option("--agent", metavar="NAME", help="Only traces with this agent in them.")
]
Html = Annotated[
    str | None,
    typer.Option(
        "--html", metavar="FILE", help="Write a page for the browser instead; - for standard output."
    ),
]
OfConfig = Annotated[bool, typer.Option("--of-config", help="That of translator.toml instead.")]


@with_settings(*DESTINATION, *CONTENT, *READING, *FOLLOWING, *LOGGING)
def run(settings: Settings, paths: Paths = None, *, once: Once = False) -> None:  # noqa: ARG001 - a setting
    """Follow log files, and send the traces in them until told to stop.

    Example: translator run '/var/log/agent/*.jsonl'
    """
    from translator.cli.run import run as follow

    follow(settings, once=once)


@with_settings(*DESTINATION, *CONTENT, *READING, *HISTORY, *LOGGING)
def backfill(
    settings: Settings,
    paths: Paths = None,  # noqa: ARG001 - a setting
    *,
    dry_run: DryRun = False,
    again: Again = False,
    rejected: SetAside = False,
    as_json: SummaryAsJson = False,
) -> None:
    """Send the traces of historical logs, also compressed ones, and exit.

    It goes on where it was interrupted, and sends nothing twice.

    Example: translator backfill /var/log/agent/ --dsn "$SENTRY_DSN"
    """
    from translator.cli.backfill import backfill as send

    send(settings, dry_run=dry_run, again=again, rejected=rejected, as_json=as_json)


@with_settings(*READING, "mask_secrets", *LOGGING)
def check(
    settings: Settings,
    paths: Paths = None,  # noqa: ARG001 - a setting
    *,
    as_json: AsJson = False,
    sarif: SarifFile = None,
    strict: Strict = False,
    everything: All = False,
    ignore: Ignore = None,
    code: Explain = None,  # noqa: ARG001 - its callback ends the command
) -> None:
    """Say what is wrong with logs, and what their traces will lack; nothing is sent.

    Example: translator check agent.jsonl
    """
    from translator.cli.check import check as judge

    judge(
        settings,
        as_json=as_json,
        sarif=sarif,
        strict=strict,
        everything=everything,
        ignore=ignore or [],
    )


@with_settings("exclude", "format", "idle_timeout", "max_line_bytes", *CONTENT, *LOGGING)
def preview(
    settings: Settings,
    paths: Paths = None,  # noqa: ARG001 - a setting
    *,
    trace: TraceId = "",
    errors: Errors = False,
    slowest: Slowest = None,
    agent: Agent = None,
    html: Html = None,
) -> None:
    """Show the traces of logs as trees in the terminal, or as a page; nothing is sent.

    Example: translator preview logs --errors --html traces.html
    """
    from translator.cli.preview import preview as show

    show(settings, trace=trace, errors=errors, slowest=slowest, agent=agent, html=html)


@with_settings("state_dir")
def status(settings: Settings, *, as_json: AsJson = False) -> None:
    """Show what a sidecar, running or not, has read, holds and has sent.

    Example: translator status
    """
    from translator.cli.status import status as show

    show(settings, as_json=as_json)


@with_settings(*DESTINATION, *CONTENT, *READING, *FOLLOWING, *HISTORY, *LOGGING)
def config(settings: Settings) -> None:
    """Show every setting, its value and where it comes from; keys of DSNs are masked.

    Example: translator config
    """
    from translator.cli.config import config as show

    show(settings)


def schema(*, of_config: OfConfig = False) -> None:
    """Print the JSON Schema (draft 2020-12) of the log format.

    Example: translator schema > agent-log.schema.json
    """
    from translator.cli.schema import schema as show

    show(of_config=of_config)


def demo() -> None:
    """Watch an agent's log lines become traces: no account, no network, nothing left behind.

    Example: translator demo
    """
    from translator.cli.demo import demo as play

    play()
