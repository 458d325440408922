"""From settings to the parts of a backfill: which traces, who sends them, and what is kept of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import structlog
from rich.console import Console

from translator.backfill.ages import AgeRule, AgeSetup, Older
from translator.backfill.crew import Crew, LocalCrew, ProcessCrew, into, sending
from translator.backfill.job import Job
from translator.backfill.lane import LaneSetup
from translator.backfill.share import SHARES, ShareSetup
from translator.cli.garbage import collect_seldom
from translator.cli.logs import Log, configure, said_of_logs
from translator.cli.sending import (
    CONCURRENCY,
    DESTINATION,
    OUTBOX_ALONE,
    chosen_destination,
    destination_of,
    open_output,
    outgoing_to,
    state_directory,
)
from translator.cli.standard_error import forgive_standard_error
from translator.cli.summary import Skipped
from translator.files.inputs import Input
from translator.files.names import expanded
from translator.formats.native.timestamps import parse_time
from translator.formats.records import parse_record
from translator.settings import Settings
from translator.settings_values import moment
from translator.state.database import BACKFILL_DIRECTORY
from translator.state.sqlite import SqliteStore

SMALL_BYTES = 4 * 1024 * 1024
"""Input up to this is not worth a process of its own."""

_PACE = "pace"

_TIME_KEYS = ("ts", "time", "timestamp", "@timestamp", "@t", "datetime", "date", "created_at", "started_at")


class Outlet(msgspec.Struct):
    """Where a backfill goes.

    Attributes:
        crew: Makes those that rebuild and send.
        job: What is kept of it; None where nothing is.
        store: Where that is.
        destination: The server, for people; None where there is none.
        divides: Whether traces are divided into shares.
        changed: How many spans were masked or shortened, where the crew does not count them.
    """

    crew: Callable[[], Crew]
    job: Job | None = None
    store: SqliteStore | None = None
    destination: str | None = None
    divides: bool = False
    changed: Callable[[], Mapping[str, int]] = dict

    @property
    def pace(self) -> float | None:
        """Spans a second that the server has taken in the last run."""
        known = self.store.recall(_PACE) if self.store is not None else None
        return float(known) if known else None

    def remember_pace(self, pace: float) -> None:
        """Keeps the pace for the next run."""
        if self.store is not None:
            self.store.remember(_PACE, f"{pace:.1f}")


def age_setup(settings: Settings, now: float) -> AgeSetup:
    """Which traces are sent; age counts only where a server is asked, or where somebody says that it does.

    Args:
        settings: What is wanted.
        now: Unix seconds.
    """
    ages = chosen_destination(settings) == "dsn" or settings.rank("older_than_retention") > 0
    since, until = (
        None if settings[name] is None else moment(settings[name], now) for name in ("since", "until")
    )
    days = settings["retention_days"] if ages else None
    return AgeSetup(since, until, Older(settings["older_than_retention"]), days)


def age_rule(settings: Settings, now: float) -> AgeRule:
    """The rule by which they are judged at a time, in Unix seconds."""
    return age_setup(settings, now).rule(now)


def share_setup(settings: Settings) -> ShareSetup:
    """What those that rebuild need to know."""
    return ShareSetup(
        settings.windows,
        settings["format"],
        {name: house.rules for name, house in settings.house.items()},
        settings["traces_sample_rate"],
        age_setup(settings, time.time()),
    )


def own_files(settings: Settings) -> tuple[Path, ...]:
    """Files and directories that must not be read as logs.

    Raises:
        ConfigurationError: The settings do not say where to send, or say it twice or wrongly.
    """
    chosen = chosen_destination(settings)
    if chosen in ("dsn", "spotlight"):
        destination_of(settings, chosen)
    if chosen == "out" and settings["out"] != "-":
        return (Path(expanded(settings["out"])),)
    return (state_directory(settings),) if chosen in ("dsn", "spotlight") else ()


@contextmanager
def open_outlet(settings: Settings, log: Log, console: Console, stored_bytes: int | None) -> Iterator[Outlet]:
    """Opens what sends, and closes it; the crew is closed by who has it do its work.

    Args:
        settings: What is wanted.
        log: Takes warnings.
        console: Shows traces where nothing else is chosen.
        stored_bytes: The size of all input; None where that is not known.

    Raises:
        ConfigurationError: The settings do not say where to send, or say it twice.
        StateError: What is kept cannot be read, or another backfill uses it.
    """
    name = chosen_destination(settings)
    destination = None if name in (None, "out") else destination_of(settings, name or "")
    if destination is None:
        with open_output(settings, log, console, OUTBOX_ALONE) as output:
            lane = partial(into, output.sink)
            encoder = output.encoder
            changed = dict if encoder is None else lambda: encoder.counts
            alone = partial(LocalCrew, share_setup(settings), lane, Skipped(log), alone=True)
            yield Outlet(alone, changed=changed)
        return
    for warning in destination.warnings:
        log.warning("destination", problem=warning)
    setup = LaneSetup(outgoing_to(settings, destination), CONCURRENCY, {}, settings["max_rate"])
    crew = partial(_crew, settings, log, stored_bytes)
    if destination.spotlight:
        # It keeps nothing itself, so nothing is ever sent already.
        yield Outlet(partial(crew, setup), divides=True, destination=destination.masked)
        return
    directory = state_directory(settings) / destination.identity / BACKFILL_DIRECTORY
    store = SqliteStore(directory, clock=time.time)
    try:
        for problem in store.problems:
            log.warning("state", problem=problem)
        store.remember(DESTINATION, destination.masked)
        job = Job(store, directory)

        def resumed() -> Crew:
            return crew(msgspec.structs.replace(setup, sent=frozenset(job.sent)))

        yield Outlet(resumed, job, store, destination.masked, divides=True)
    finally:
        store.close()


def _crew(settings: Settings, log: Log, stored_bytes: int | None, setup: LaneSetup) -> Crew:
    workers = settings["workers"]
    shares = share_setup(settings)
    if workers is None and (stored_bytes is None or stored_bytes <= SMALL_BYTES):
        return LocalCrew(shares, partial(sending, setup), Skipped(log))
    prepare = partial(_prepared, *said_of_logs(settings))
    # One that keeps to a rate is quick enough.
    most = SHARES if settings["max_rate"] is None else 1
    return ProcessCrew(shares, setup, min(workers or len(os.sched_getaffinity(0)), most), prepare)


def _prepared(level: str, form: str) -> Skipped:
    """Makes a new process log as this one does; gives who is told of skipped lines."""
    forgive_standard_error()
    configure(level, form)
    collect_seldom()
    return Skipped(structlog.get_logger())


def time_of(line: bytes) -> int | None:
    """The time that a line of most formats names, in microseconds; only to bring files into order."""
    record = parse_record(line)
    if not isinstance(record, dict):
        return None
    times = (parse_time(record[key]) for key in _TIME_KEYS if key in record)
    return next((time for time in times if time is not None), None)


def sized(inputs: list[Input]) -> int | None:
    """The stored bytes of all inputs; None where one of them is a stream."""
    sizes = [one.size for one in inputs]
    return None if None in sizes else sum(size or 0 for size in sizes)
