"""`translator preview`: what would be sent, as trees in the terminal or as a page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from translator import __version__
from translator.cli.damaged import Damaged
from translator.cli.logs import set_up_logging
from translator.cli.page_file import STDOUT, page_file
from translator.cli.printable import counted
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


def preview(
    settings: Settings, *, trace: str, errors: bool, slowest: int | None, agent: str | None, html: str | None
) -> None:
    """Shows traces.

    Args:
        settings: The logs, and how to read them.
        trace: How the ids of the traces begin; empty for all.
        errors: Whether only traces with an error are shown.
        slowest: How many of the slowest are shown, the slowest first; None for all, the oldest first.
        agent: An agent that must be in them.
        html: Where the page goes, `-` for standard output; None for trees in the terminal.

    Raises:
        InputError: An input could not be read wholly; all else has been shown.
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
    damaged = Damaged(log, "all else is shown")
    said = Console(stderr=True)
    with ExitStack() as opened:
        file = None
        if html is not None:
            _keep_logs(html, files)
            file = opened.enter_context(page_file(html))
        spans = read_all(files, translation, settings["max_line_bytes"], damaged.add)
        traces = traces_of(encoder.encode(span).data for span in spans)
        if not traces:
            # A page of nothing would take the place of an earlier one.
            damaged.end()
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
            said.print(f"{counted(len(shown), 'trace')} in {html}", highlight=False, markup=False)
        print_summary(translation.counted(), settings, said, changed=encoder.counts)
    damaged.end()


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
    there = f"No trace matches. There {'is' if len(traces) == 1 else 'are'} {counted(len(traces), 'trace')}"
    whose = f"their agents are {named}." if agents else "none names an agent."
    return f"{there}, {failed:,} of them with errors; {whose}"
