"""One source, from its files to where its spans go."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing

import typer
from rich.console import Console

from translator.cli.logs import Log
from translator.cli.sending import Keep, Output, open_output
from translator.cli.summary import Skipped, conclude
from translator.cli.watching import Watch
from translator.errors import InputError
from translator.files.discover import STDIN, find_files, none_found, pass_over
from translator.files.problems import unreadable, words_of
from translator.files.stdin import StdinTailer, standard_input
from translator.files.tail import Start, Tailer
from translator.files.watch import Watcher
from translator.pipeline.run import Follower, Source
from translator.pipeline.translation import Translation
from translator.settings import Settings

LINGER_SHARE = 0.7
"""The share of the shutdown timeout for which lines that wait for earlier ones may still wait."""


class Following:
    """Reads one source and sends what is in it, until told to stop.

    Args:
        settings: The source's.
        log: The program's own.
        watch: Told where the source's figures come from.
        once: Whether to read what is there, and end.
    """

    def __init__(self, settings: Settings, log: Log, watch: Watch, *, once: bool) -> None:
        self.settings = settings
        self._log: Log = log.bind(source=settings.name) if settings.name else log
        self._watch = watch
        self._once = once
        self._unread: list[InputError] = []
        self.stopping = threading.Event()
        self.changed = threading.Event()

    def stop(self) -> None:
        """Asks it to end; may be called from any thread."""
        self.stopping.set()
        self.changed.set()

    def run(self) -> None:
        """Follows the source to its end, or until `stop` is called; then hands on what is left.

        Raises:
            TranslatorError: It cannot be read, kept or sent.
            typer.Exit: With the code that says what became of it, where that is not 0.
        """
        settings, log, once = self.settings, self._log, self._once
        if once:
            _require_files(settings)
        skipped = Skipped(log)
        translation = Translation(
            settings.windows.of_whole_input() if once else settings.windows,
            format_name=settings["format"],
            formats=settings.formats,
            sample_rate=settings["traces_sample_rate"],
            on_skip=skipped,
        )
        keep = Keep(translation, self._wait)
        with (
            open_output(settings, log, Console(), keep) as output,
            closing(self._source(output)) as source,
        ):
            skipped.store = output.store
            follower = Follower(source, translation, output.sink, output.clock)
            complete = False
            if once and isinstance(source, Tailer):
                complete = follower.read_through(self.stopping, output.hopeless)
                self._unread += [unreadable(path, error) for path, error in source.cut_off()]
            else:
                with self._watch.watched(settings, translation, output, source, log) as beat:
                    self._follow(follower, source, beat)
            log.info("stopping", open_spans=translation.open_spans)
            follower.finish(close_open=source.ended or complete)
            timeout = None if once and not self.stopping.is_set() else settings["shutdown_timeout"]
            try:
                conclude(translation, output, settings, timeout=timeout)
            except typer.Exit:
                if not (once and self._unread):
                    raise
        if once and self._unread:
            raise self._unread[0]

    def _wait(self, seconds: float) -> bool:
        """Waits for a disk that is full; true when it is time to end."""
        self._watch.alive()
        return self.stopping.wait(seconds)

    def _source(self, output: Output) -> Source:
        settings, log = self.settings, self._log
        patterns: tuple[str, ...] = settings["paths"]
        if STDIN in patterns:
            return StdinTailer(standard_input(), settings["max_line_bytes"], self.changed)

        def on_problem(path: str, error: OSError) -> None:
            hint = "all else is read" if self._once else "it is tried again"
            log.warning("file_unreadable", file=path, error=words_of(error), hint=hint)
            if self._once:
                self._unread.append(unreadable(path, error))

        chosen = settings["from"]
        if self._once and chosen == "auto":
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

    def _follow(self, follower: Follower, source: Source, beat: Callable[[], None]) -> None:
        patterns: tuple[str, ...] = self.settings["paths"]
        followed = -1

        def on_scan() -> None:
            nonlocal followed
            beat()
            if source.files != followed:
                followed = source.files
                hint = {} if followed else {"hint": "what comes to match is followed from then on"}
                self._log.info("following", files=followed, patterns=list(patterns), **hint)

        def on_problem(problem: str) -> None:
            self._log.warning("no_notifications", error=problem)

        with Watcher(patterns, self.changed, on_problem):
            linger = self.settings["shutdown_timeout"] * LINGER_SHARE
            follower.follow(
                changed=self.changed,
                stopping=self.stopping,
                linger=linger,
                on_scan=on_scan,
                on_step=self._watch.alive,
            )


def _require_files(settings: Settings) -> None:
    """Raises InputError for a pattern that names nothing: what reads once does not wait for it."""
    for pattern in settings["paths"]:
        if pattern != STDIN and not find_files([pattern], (), settings["exclude"], pass_over):
            raise none_found(pattern)


def _start(chosen: str, first_run: float) -> Start:
    """Where to begin in a file never seen: at its end, if it was last written before that time.

    `auto`: before the first run; `end`: before this process began.
    """
    since = {"auto": first_run, "end": time.time(), "beginning": 0.0}[chosen]

    def start(_path: str, stat: os.stat_result) -> int:
        return stat.st_size if stat.st_mtime < since else 0

    return start
