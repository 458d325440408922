"""`translator preview`: what would be sent, as trees in the terminal or as a page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from translator import __version__
from translator.cli.logs import set_up_logging
from translator.cli.options import CONTENT, LOGGING, Paths, with_settings
from translator.cli.page_file import STDOUT, page_file
from translator.cli.sending import local_encoder
from translator.cli.summary import Skipped, print_summary
from translator.cli.tree import print_traces
from translator.errors import ConfigurationError
from translator.files.names import expanded
from translator.pipeline.translation import Translation
from translator.pipeline.whole import read_all, wanted_files
from translator.report.page import page
from translator.report.selection import Selection
from translator.report.traces import Trace, traces_of
from translator.settings import Settings

_MOST_AGENTS = 8

_SHOWN = "What is shown"
TraceId = Annotated[
    str,
    typer.Option(
        "--trace", metavar="ID", help="Only traces whose id begins so: --trace f5dd.", show_default=False,
        rich_help_panel=_SHOWN,
    ),
]  # fmt: skip
Errors = Annotated[
    bool, typer.Option("--errors", help="Only traces with an error in them.", rich_help_panel=_SHOWN)
]
Slowest = Annotated[
    int | None,
    typer.Option(
        "--slowest", metavar="N", min=1, help="Only the N slowest traces, the slowest first: --slowest 5.",
        rich_help_panel=_SHOWN,
    ),
]  # fmt: skip
Agent = Annotated[
    str | None,
    typer.Option(
        "--agent", metavar="NAME", help="Only traces with this agent in them: --agent 'Travel Agent'.",
        rich_help_panel=_SHOWN,
    ),
]  # fmt: skip
Html = Annotated[
    str | None,
    typer.Option(
        "--html", metavar="FILE", rich_help_panel=_SHOWN,
        help="Write a page for the browser instead: --html traces.html; - for standard output.",
    ),
]  # fmt: skip


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

    Example: translator preview agent.jsonl (or: translator preview logs --html traces.html)
    """
    log = set_up_logging(settings)
    files = wanted_files(settings["paths"], exclude=settings["exclude"])
    translation = Translation(
        settings.windows.of_whole_input(),
        format_name=settings["format"],
        formats=settings.formats,
        on_skip=Skipped(log),
    )
    encoder = local_encoder(settings)
    said = Console(stderr=True)
    with ExitStack() as opened:
        file = None
        if html is not None:
            _keep_logs(html, files)
            file = opened.enter_context(page_file(html))
        spans = read_all(files, translation, settings["max_line_bytes"])
        traces = traces_of(encoder.encode(span).data for span in spans)
        shown = Selection(trace, errors=errors, agent=agent, slowest=slowest).of(traces)
        if file is None:
            print_traces(Console(), shown, grouped=slowest is None)
        else:
            file.writelines(page(shown, __version__, "oldest" if slowest is None else "slowest"))
            file.flush()
    if traces and not shown:
        said.print(_nothing_matches(traces), highlight=False, markup=False)
    if not settings["quiet"]:
        if html not in (None, STDOUT):
            said.print(f"{_many(shown)} in {html}", highlight=False, markup=False)
        print_summary(translation.counted(), settings, said, changed=encoder.counts)


def _keep_logs(html: str, files: Sequence[str]) -> None:
    """Makes sure that the page does not take the place of a log.

    Raises:
        ConfigurationError: It would.
    """
    target = Path(expanded(html))
    if html != STDOUT and any(
        target.exists() and Path(file).exists() and target.samefile(file) for file in files
    ):
        raise ConfigurationError(
            "this is one of the logs to read", where=f"--html {html}", hint="name another file"
        )


def _nothing_matches(traces: Sequence[Trace]) -> str:
    """What there is instead of what was asked for."""
    failed = sum(trace.errors > 0 for trace in traces)
    agents = list(dict.fromkeys(agent for trace in traces for agent in trace.agents))
    named = ", ".join(map(repr, agents[:_MOST_AGENTS])) + (", …" if len(agents) > _MOST_AGENTS else "")
    there = f"No trace matches. There {'is' if len(traces) == 1 else 'are'} {_many(traces)}"
    whose = f"their agents are {named}." if agents else "none names an agent."
    return f"{there}, {failed:,} of them with errors; {whose}"


def _many(traces: Sequence[Trace]) -> str:
    return f"{len(traces):,} {'trace' if len(traces) == 1 else 'traces'}"
