"""`translator backfill`: historical logs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from translator.cli.logs import set_up_logging
from translator.cli.options import CONTENT, DESTINATION, LOGGING, Paths, with_settings
from translator.cli.sending import open_output
from translator.cli.summary import conclude, skip_logger
from translator.pipeline.backfill import OnLines, hand_on, read_all, wanted_files
from translator.pipeline.translation import Translation
from translator.settings import Settings


@with_settings(*DESTINATION, *CONTENT, "format", "idle_timeout", "max_line_bytes", *LOGGING)
def backfill(settings: Settings, paths: Paths = None) -> None:  # noqa: ARG001 - a setting
    """Send the traces of historical logs, also compressed ones, and exit.

    Example: translator backfill /var/log/agent/ --dsn "$SENTRY_DSN"
    """
    log = set_up_logging(settings)
    console = Console()
    with open_output(settings, log, console) as output:
        files = wanted_files(settings["paths"], output.own_files)
        translation = Translation(
            settings.windows.of_whole_input(),
            format_name=settings["format"],
            sample_rate=settings["traces_sample_rate"],
            on_skip=skip_logger(log),
        )
        with _progress(len(files), settings) as on_lines:
            spans = read_all(files, translation, settings["max_line_bytes"], on_lines)
        hand_on(spans, output.sink, output.hopeless)
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
