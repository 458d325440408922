"""`translator backfill`: historical logs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from translator.cli.logs import Log, set_up_logging
from translator.cli.options import CONTENT, DESTINATION, LOGGING, Paths, with_settings
from translator.cli.sending import SDK, Keep, open_output
from translator.cli.summary import Skipped, conclude
from translator.envelopes.reports import client_report
from translator.errors import ConfigurationError
from translator.pipeline.backfill import OnLines, hand_on, read_all, wanted_files
from translator.pipeline.translation import Translation
from translator.settings import Settings
from translator.state.again import SecondTry
from translator.state.store import Commit

SetAside = Annotated[
    bool, typer.Option("--rejected", help="Try again what was set aside; no sidecar may run meanwhile.")
]


@with_settings(*DESTINATION, *CONTENT, "exclude", "format", "idle_timeout", "max_line_bytes", *LOGGING)
def backfill(settings: Settings, paths: Paths = None, *, rejected: SetAside = False) -> None:  # noqa: ARG001
    """Send the traces of historical logs, also compressed ones, and exit.

    Example: translator backfill /var/log/agent/ --dsn "$SENTRY_DSN"
    """
    log = set_up_logging(settings)
    console = Console()
    if rejected:
        _try_again(settings, log, console)
        return
    with open_output(settings, log, console) as output:
        files = wanted_files(settings["paths"], output.own_files, settings["exclude"])
        translation = Translation(
            settings.windows.of_whole_input(),
            format_name=settings["format"],
            formats=settings.formats,
            sample_rate=settings["traces_sample_rate"],
            on_skip=Skipped(log),
        )
        with _progress(len(files), settings) as on_lines:
            spans = read_all(files, translation, settings["max_line_bytes"], on_lines)
        hand_on(spans, output.sink, output.hopeless)
        if output.store is not None and translation.unsampled:
            report = client_report(SDK, translation.unsampled, time.time())
            output.store.commit(Commit(envelopes=[report]))
        conclude(translation, output, settings, timeout=None)


def _try_again(settings: Settings, log: Log, console: Console) -> None:
    if settings["paths"]:
        raise ConfigurationError("--rejected takes no paths", hint="run two commands, one after the other")
    skipped = Skipped(log)
    translation = Translation(
        settings.windows.of_whole_input(),
        format_name=settings["format"],
        formats=settings.formats,
        sample_rate=settings["traces_sample_rate"],
        on_skip=skipped,
    )
    with open_output(settings, log, console, Keep(None, lambda _seconds: True)) as output:
        if output.store is None or output.directory is None:
            raise ConfigurationError(
                "only what a server would not take is set aside", hint="name it with --dsn or --spotlight"
            )
        skipped.store = output.store
        second = SecondTry(output.directory)
        lines = (record.line.restored() for record in second.records if record.line is not None)
        translation.feed(lines, 0.0)
        envelopes = [one.envelope.restored() for one in second.records if one.envelope is not None]
        output.store.commit(Commit(envelopes=envelopes))
        output.sink.finish(translation.drain(0.0), ended=True)
        second.done()
        conclude(translation, output, settings, timeout=None)


@contextmanager
def _progress(files: int, settings: Settings) -> Iterator[OnLines]:
    """A bar of the files on a terminal; nothing elsewhere, for the summary says it all."""
    console = Console(stderr=True)
    if settings["quiet"] or not sys.stderr.isatty():
        yield lambda _file, _lines: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=files)
        seen: set[str] = set()
        read = 0

        def on_lines(file: str, lines: int) -> None:
            nonlocal read
            read += lines
            seen.add(file)
            bar.update(task, completed=len(seen) - 1, description=f"reading, {read:,} lines")

        yield on_lines
