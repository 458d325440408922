"""`backfill --rejected`: what was set aside, tried again."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from pathlib import Path

from rich.console import Console

from translator.cli.logs import Log
from translator.cli.printable import counted
from translator.cli.sending import (
    OUTBOX_ALONE,
    chosen_destination,
    destination_of,
    open_output,
    state_directory,
)
from translator.cli.summary import Skipped, conclude
from translator.errors import ConfigurationError
from translator.pipeline.translation import Translation
from translator.settings import Settings
from translator.state.again import SecondTry, has_records, waiting
from translator.state.database import BACKFILL_DIRECTORY, DirectoryLock
from translator.state.store import Commit

_WHAT = "only what a server would not take is set aside"
_NAME_IT = "name it with --dsn or --spotlight"


def tell_set_aside(settings: Settings, console: Console) -> None:
    """Says how much would be tried again, and touches nothing.

    Raises:
        ConfigurationError: No server is named, or paths are.
        StateError: What was set aside cannot be read.
    """
    _refuse_paths(settings)
    name = chosen_destination(settings)
    destination = None if name in (None, "out") else destination_of(settings, name or "")
    if destination is None:
        raise ConfigurationError(_WHAT, hint=_NAME_IT)
    own = state_directory(settings) / destination.identity
    envelopes = lines = 0
    for directory in (own, *_beside(own)):
        for record in waiting(directory):
            envelopes += record.envelope is not None
            lines += record.line is not None
    console.print(
        f"set aside: {counted(envelopes, 'envelope')}, {counted(lines, 'line')}; nothing is sent",
        highlight=False,
    )


def try_again(settings: Settings, log: Log) -> None:
    """Sends anew what sidecars, of all their sources, and backfills to a destination have set aside.

    Raises:
        ConfigurationError: No server is named, or paths are.
        StateError: A sidecar or a backfill to it is running.
    """
    _refuse_paths(settings)
    skipped = Skipped(log)
    translation = Translation(
        settings.windows.of_whole_input(),
        format_name=settings["format"],
        formats=settings.formats,
        sample_rate=settings["traces_sample_rate"],
        on_skip=skipped,
    )
    with ExitStack() as locks, open_output(settings, log, Console(), OUTBOX_ALONE) as output:
        if output.store is None or output.directory is None:
            raise ConfigurationError(_WHAT, hint=_NAME_IT)
        skipped.store = output.store
        tries = [SecondTry(output.directory, output.store.log_at_rest())]
        tries += [SecondTry(other, nullcontext()) for other in _locked_beside(output.directory, locks)]
        records = [record for each in tries for record in each.records]
        lines = (record.line.restored() for record in records if record.line is not None)
        translation.feed(lines, 0.0)
        envelopes = [record.envelope.restored() for record in records if record.envelope is not None]
        output.store.commit(Commit(envelopes=envelopes))
        output.sink.finish(translation.drain(0.0), ended=True)
        for each in tries:
            each.done()
        conclude(translation, output, settings, timeout=None)


def _refuse_paths(settings: Settings) -> None:
    if settings["paths"]:
        raise ConfigurationError("--rejected takes no paths", hint="run two commands, one after the other")


def _beside(own: Path) -> list[Path]:
    """Where else something to a destination may have been set aside: by backfills, and sources with names.

    Args:
        own: The directory of a sidecar with one source; those of sources with names are called after it.
    """
    of_sources = sorted(path for path in own.parent.glob(f"{own.name}-*") if path.is_dir())
    return [own / BACKFILL_DIRECTORY, *of_sources]


def _locked_beside(own: Path, locks: ExitStack) -> list[Path]:
    """Where else something to a destination was set aside, kept from other processes.

    Args:
        own: The directory of a sidecar with one source, which is locked already.
        locks: Lets the others go.
    """
    others = [path for path in _beside(own) if has_records(path)]
    for path in others:
        locks.callback(DirectoryLock(path).release)
    return others
