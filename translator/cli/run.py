"""`translator run`: the sidecar."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Annotated

import typer
from rich.console import Console

from translator.cli.logs import Log, set_up_logging
from translator.cli.options import CONTENT, DESTINATION, LOGGING, MONITORING, READING, Paths, with_settings
from translator.cli.sending import Keep, Output, open_output
from translator.cli.signals import stop_on_signals
from translator.cli.summary import Skipped, conclude
from translator.cli.watching import watched
from translator.errors import ConfigurationError, InputError
from translator.files.discover import STDIN
from translator.files.stdin import StdinTailer
from translator.files.tail import Start, Tailer
from translator.files.watch import Watcher
from translator.pipeline.run import Follower, Source
from translator.pipeline.translation import Translation
from translator.settings import Settings

LINGER_SHARE = 0.7
"""The share of the shutdown timeout for which lines that wait for earlier ones may still wait."""

Once = Annotated[bool, typer.Option("--once", help="Read what is there, send it, and exit.")]


@with_settings(*DESTINATION, *CONTENT, *READING, "from", "max_outbox_bytes", *MONITORING, *LOGGING)
def run(settings: Settings, paths: Paths = None, *, once: Once = False) -> None:  # noqa: ARG001
    """Follow log files, and send the traces in them until told to stop.

    Example: translator run '/var/log/agent/*.jsonl'
    """
    log = set_up_logging(settings)
    patterns: tuple[str, ...] = settings["paths"]
    if not patterns:
        raise InputError("no input named", hint="give files, directories or globs, or - for standard input")
    if STDIN in patterns and len(patterns) > 1:
        raise ConfigurationError(
            "standard input cannot be followed together with files", hint="run two sidecars"
        )
    stopping, changed = threading.Event(), threading.Event()
    skipped = Skipped(log)
    translation = Translation(
        settings.windows.of_whole_input() if once else settings.windows,
        format_name=settings["format"],
        formats=settings.formats,
        sample_rate=settings["traces_sample_rate"],
        on_skip=skipped,
    )
    keep = Keep(translation, stopping.wait)
    with (
        stop_on_signals(stopping, changed),
        open_output(settings, log, Console(), keep) as output,
        closing(_source(settings, output, changed, log, once=once)) as source,
    ):
        skipped.store = output.store
        follower = Follower(source, translation, output.sink, output.clock)
        complete = False
        if once and STDIN not in patterns:
            complete = follower.read_through(stopping, output.hopeless)
        else:
            with watched(settings, translation, output, source, log) as beat:
                _follow(follower, source, settings, log, changed, stopping, beat)
        log.info("stopping", open_spans=translation.open_spans)
        follower.finish(close_open=source.ended or complete)
        timeout = None if once and not stopping.is_set() else settings["shutdown_timeout"]
        conclude(translation, output, settings, timeout=timeout)


def _source(settings: Settings, output: Output, changed: threading.Event, log: Log, *, once: bool) -> Source:
    patterns: tuple[str, ...] = settings["paths"]
    if STDIN in patterns:
        return StdinTailer(sys.stdin.fileno(), settings["max_line_bytes"], changed)

    def on_problem(path: str, error: OSError) -> None:
        log.warning("file_unreadable", file=path, error=error.strerror, hint="it is tried again")

    chosen = settings["from"]
    if once and chosen == "auto":
        chosen = "beginning"
    return Tailer(
        patterns,
        start=_start(chosen, output.first_run or time.time()),
        known=output.store.checkpoints() if output.store is not None else (),
        excluded=output.own_files,
        exclude=settings["exclude"],
        max_line_bytes=settings["max_line_bytes"],
        on_file=lambda path, offset: log.info("file_found", file=path, from_byte=offset),
        on_problem=on_problem,
    )


def _follow(
    follower: Follower,
    source: Source,
    settings: Settings,
    log: Log,
    changed: threading.Event,
    stopping: threading.Event,
    beat: Callable[[], None],
) -> None:
    patterns: tuple[str, ...] = settings["paths"]
    followed = -1

    def on_scan() -> None:
        nonlocal followed
        beat()
        if source.files != followed:
            followed = source.files
            log.info("following", files=followed, patterns=list(patterns))

    with Watcher(patterns, changed) as watcher:
        linger = settings["shutdown_timeout"] * LINGER_SHARE
        follower.follow(changed=changed, stopping=stopping, linger=linger, on_scan=on_scan)
        if watcher.problem is not None:
            log.warning("no_notifications", error=watcher.problem)


def _start(chosen: str, first_run: float) -> Start:
    """Where to begin in a file never seen: at its end, if it was last written before that time.

    `auto`: before the first run; `end`: before this process began.
    """
    since = {"auto": first_run, "end": time.time(), "beginning": 0.0}[chosen]

    def start(_path: str, stat: os.stat_result) -> int:
        return stat.st_size if stat.st_mtime < since else 0

    return start
