"""`translator run`: the sidecar."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from translator.cli.following import Following
from translator.cli.lanes import Lanes
from translator.cli.logs import Log, set_up_logging
from translator.cli.notify import ServiceManager
from translator.cli.sending import chosen_destination, destination_of
from translator.cli.signals import stop_on_signals
from translator.cli.watching import Watch, listening
from translator.errors import ConfigurationError, InputError, Mistakes
from translator.files.discover import STDIN
from translator.settings import Settings


def run(settings: Settings, *, once: bool) -> None:
    """Follows log files, and sends the traces in them until told to stop.

    Args:
        settings: What is wanted.
        once: Whether to read what is there, send it, and end.
    """
    log = set_up_logging(settings)
    manager = ServiceManager()
    watch = Watch(manager)
    sources = checked_sources(settings)
    follow = partial(Following, log=log, watch=watch, once=once)
    with listening(settings, watch, log), manager:
        if len(sources) == 1 and (once or STDIN in sources[0]["paths"]):
            following = follow(sources[0])
            with stop_on_signals(following.stopping, following.changed):
                following.run()
        else:
            _run_lanes(settings, sources, follow, log, once=once)


def checked_sources(settings: Settings) -> Sequence[Settings]:
    """The settings of each source; those of the whole where the file names none.

    Raises:
        InputError: There is nothing to read.
        ConfigurationError: What is said of a source cannot be used.
    """
    sources = settings.sources or (settings,)
    mistakes = Mistakes()
    for source in sources:
        patterns: tuple[str, ...] = source["paths"]
        if not patterns:
            raise InputError(
                "no input named", hint="give files, directories or globs, or - for standard input"
            )
        if STDIN in patterns and (len(patterns) > 1 or len(sources) > 1):
            raise ConfigurationError(
                "standard input cannot be followed together with files", hint="run two sidecars"
            )
        with mistakes.collected():
            name = chosen_destination(source)
            if name in ("dsn", "spotlight"):
                destination_of(source, name)
    mistakes.tell()
    return sources


def _run_lanes(
    settings: Settings,
    sources: Sequence[Settings],
    follow: Callable[[Settings], Following],
    log: Log,
    *,
    once: bool,
) -> None:
    stopping, reloading, wake = threading.Event(), threading.Event(), threading.Event()
    lanes = Lanes(
        follow,
        log,
        stopping=stopping,
        reloading=reloading,
        wake=wake,
        reload=lambda: checked_sources(settings.again()),
    )
    with stop_on_signals(stopping, wake, reloading):
        lanes.run(sources, once=once)
