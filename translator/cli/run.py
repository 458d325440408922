"""`translator run`: the sidecar."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Annotated

import typer
from rich.console import Console

from translator.cli.logs import Log, set_up_logging
from translator.cli.options import CONTENT, DESTINATION, LOGGING, READING, Paths, with_settings
from translator.cli.sending import Output, open_output
from translator.cli.signals import stop_on_signals
from translator.cli.summary import conclude, skip_logger
from translator.errors import ConfigurationError, InputError
from translator.files.discover import STDIN
from translator.files.stdin import StdinTailer
from translator.files.tail import Start, Tailer
from translator.files.watch import Watcher
from translator.pipeline.backfill import hand_on, read_all, wanted_files
from translator.pipeline.run import Source, follow
from translator.pipeline.translation import Translation
from translator.settings import Settings

Once = Annotated[bool, typer.Option("--once", help="Read what is there, send it, and exit.")]


@with_settings(*DESTINATION, *CONTENT, *READING, "from", *LOGGING)
def run(settings: Settings, paths: Paths = None, *, once: Once = False) -> None:  # noqa: ARG001
    """Follow log files, and send the traces in them until told to stop.

    Example: translator run '/var/log/agent/*.jsonl'
    """
    log = set_up_logging(settings)
    patterns = settings["paths"]
    if not patterns:
        raise InputError("no input named", hint="give files, directories or globs, or - for standard input")
    console = Console()
    with open_output(settings, log, console) as output:
        windows = settings.windows.of_whole_input() if once else settings.windows
        translation = Translation(
            windows,
            format_name=settings["format"],
            sample_rate=settings["traces_sample_rate"],
            on_skip=skip_logger(log),
        )
        if once:
            files = wanted_files(patterns, output.own_files)
            spans = read_all(files, translation, settings["max_line_bytes"])
            hand_on(spans, output.sink, output.hopeless)
            conclude(translation, output, settings, timeout=None)
            return
        stopping, changed = threading.Event(), threading.Event()
        with stop_on_signals(stopping, changed):
            _follow(settings, translation, output, log, stopping, changed)
            conclude(translation, output, settings, timeout=settings["shutdown_timeout"])


def _follow(
    settings: Settings,
    translation: Translation,
    output: Output,
    log: Log,
    stopping: threading.Event,
    changed: threading.Event,
) -> None:
    patterns: tuple[str, ...] = settings["paths"]

    def on_problem(path: str, error: OSError) -> None:
        log.warning("file_unreadable", file=path, error=error.strerror, hint="it is tried again")

    source: Source
    if STDIN in patterns and len(patterns) > 1:
        raise ConfigurationError(
            "standard input cannot be followed together with files", hint="run two sidecars"
        )
    if STDIN in patterns:
        source = StdinTailer(sys.stdin.fileno(), settings["max_line_bytes"], changed)
    else:
        source = Tailer(
            patterns,
            start=_start(settings["from"], output.first_run or time.time()),
            excluded=output.own_files,
            max_line_bytes=settings["max_line_bytes"],
            on_file=lambda path, offset: log.info("file_found", file=path, from_byte=offset),
            on_problem=on_problem,
        )
    followed = -1

    def on_scan() -> None:
        nonlocal followed
        if source.files != followed:
            followed = source.files
            log.info("following", files=followed, patterns=list(patterns))

    with Watcher(patterns, changed) as watcher:
        follow(
            source, translation, output.sink,
            clock=time.monotonic, changed=changed, stopping=stopping, on_scan=on_scan,
        )  # fmt: skip
        log.info("stopping", open_spans=translation.open_spans)
        if watcher.problem is not None:
            log.warning("no_notifications", error=watcher.problem)
    source.close()


def _start(chosen: str, first_run: float) -> Start:
    """Where to begin in a file never seen; `auto`: at the end if it is older than the sidecar."""

    def start(_file_id: str, stat: os.stat_result) -> int:
        at_end = chosen == "end" or (chosen == "auto" and stat.st_mtime < first_run)
        return stat.st_size if at_end else 0

    return start
