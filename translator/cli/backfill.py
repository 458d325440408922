"""`translator backfill`: historical logs."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import typer
from rich.console import Console

from translator.backfill.dispatch import Dispatch
from translator.backfill.job import Job
from translator.backfill.merge import MAX_OPEN, Merge, Position
from translator.backfill.plan import make_plan
from translator.backfill.run import Backfill
from translator.backfill.sorter import Sorter
from translator.cli.again import tell_set_aside, try_again
from translator.cli.damaged import Damaged
from translator.cli.history import Outlet, age_rule, open_outlet, own_files, share_setup, sized, time_of
from translator.cli.logs import Log, set_up_logging
from translator.cli.outlook import plan_as_json, print_plan
from translator.cli.printable import counted, printable
from translator.cli.progress import Shown, shown
from translator.cli.sending import SDK, STDOUT, chosen_destination
from translator.cli.signals import EXIT_INTERRUPTED, stop_on_signals
from translator.cli.summary import EXIT_SET_ASIDE, print_summary
from translator.envelopes.reports import client_report
from translator.errors import ConfigurationError, DeliveryError, InputError, StateError
from translator.files.descriptors import granted
from translator.files.inputs import BatchBytes, Input, InputBatch, find_inputs, open_input
from translator.files.problems import unreadable
from translator.model import Json
from translator.pipeline.translation import Counted
from translator.settings import Settings


def backfill(settings: Settings, *, dry_run: bool, again: bool, rejected: bool, as_json: bool) -> None:
    """Sends the traces of historical logs, from where it was interrupted.

    Args:
        settings: What is wanted.
        dry_run: Whether only to say what would be done.
        again: Whether to send anew what has been sent.
        rejected: Whether to try again what was set aside, instead.
        as_json: Whether the summary is for machines.

    Raises:
        ConfigurationError: Two of these do not go together.
    """
    log = set_up_logging(settings)
    if rejected:
        _try_again(settings, log, dry_run=dry_run, again=again, as_json=as_json)
        return
    unread: list[InputError] = []
    inputs = find_inputs(
        settings["paths"],
        time_of,
        excluded=own_files(settings),
        exclude=settings["exclude"],
        on_problem=lambda path, error: unread.append(unreadable(path, error)),
    )
    if dry_run:
        _tell(inputs, settings, None, Console(), as_json=as_json)
        if unread:
            raise unread[0]
        return
    if as_json and chosen_destination(settings) == "out" and settings["out"] == STDOUT:
        raise ConfigurationError(
            "--json and --out - both write to standard output", hint="give --out a file, or leave out --json"
        )
    with open_outlet(settings, log, Console(stderr=as_json), sized(inputs)) as outlet:
        _Run(settings, inputs, outlet, log, unread, again=again).go(as_json=as_json)


def _try_again(settings: Settings, log: Log, *, dry_run: bool, again: bool, as_json: bool) -> None:
    for flag, given in (("--again", again), ("--json", as_json)):
        if given:
            raise ConfigurationError(
                f"--rejected does not go together with {flag}", hint="run two commands, one after the other"
            )
    if dry_run:
        tell_set_aside(settings, Console())
    else:
        try_again(settings, log)


def _tell(
    inputs: Sequence[Input], settings: Settings, pace: float | None, console: Console, *, as_json: bool
) -> None:
    """Says what is there and what will become of it."""
    rule = age_rule(settings, time.time())
    plan = make_plan(inputs, share_setup(settings).translation, rule, settings["max_line_bytes"])
    if as_json:
        typer.echo(msgspec.json.encode(plan_as_json(plan, rule, pace, settings["max_rate"])).decode())
    else:
        print_plan(console, plan, rule, settings["retention_days"], pace, settings["max_rate"])


class _Run:
    """One run, from what is known of the last one to the summary."""

    def __init__(
        self,
        settings: Settings,
        inputs: list[Input],
        outlet: Outlet,
        log: Log,
        unread: Iterable[InputError],
        *,
        again: bool,
    ) -> None:
        self._settings = settings
        self._inputs = inputs
        self._outlet = outlet
        self._log = log
        self._again = again
        self._damaged = Damaged(log, "all else is sent")
        for error in unread:
            self._damaged.add(error)
        self._console = Console(stderr=True)
        self._begun = time.monotonic()
        self._sent_before = 0

    def go(self, *, as_json: bool) -> None:
        """Sends what has not been sent.

        Raises:
            DeliveryError: Not everything could be sent; the same command goes on.
            InputError: An input could not be read wholly; all else has been sent.
            typer.Exit: It was interrupted, or the server will never take some of the spans.
        """
        settings, job = self._settings, self._outlet.job
        known = {} if job is None else self._known(job)
        if job is not None and not job.progress.under_way and self._all_ended(known):
            self._say_sent(as_json=as_json)
            self._damaged.end()
            return
        if not settings["quiet"]:
            left = [one for one in self._inputs if not (one.identity in known and known[one.identity].ended)]
            if len(left) < len(self._inputs):
                self._print(
                    f"{len(self._inputs) - len(left):,} of {counted(len(self._inputs), 'input')} sent already"
                )
            _tell(left, settings, self._outlet.pace, self._console, as_json=False)
        stopping = threading.Event()
        with stop_on_signals(stopping, threading.Event()):
            dispatch, problem, complete = self._send(known, stopping)
        self._conclude(dispatch, problem, complete=complete, as_json=as_json)

    def _send(
        self, known: Mapping[str, Position], stopping: threading.Event
    ) -> tuple[Dispatch, str | None, bool]:
        """Gives what was done, why nothing could be sent any more, and whether it is complete."""
        settings, job = self._settings, self._outlet.job
        dispatch = Dispatch(self._outlet.crew(), job, time.monotonic)
        backfill = self._backfill(dispatch, known)
        if job is not None:
            backfill.resume(job.progress)
        self._sent_before = _sent(dispatch)
        size = sized(self._inputs)
        view = Shown(backfill, dispatch, size, time.monotonic)
        with shown(view, size, self._console, quiet=settings["quiet"]) as beat:
            complete = backfill.run(stopping, beat)
            deadline = time.monotonic() + settings["shutdown_timeout"]
            unsampled = dispatch.totals()["unsampled"]
            if complete and unsampled and self._outlet.destination is not None:
                dispatch.send([client_report(SDK, unsampled, time.time())])
                dispatch.drain(0.0)
                while not dispatch.drained and dispatch.problem is None and time.monotonic() < deadline:
                    dispatch.look(0.25)
            if not complete:
                backfill.stop(settings["shutdown_timeout"], beat)
            problem = dispatch.problem
            dispatch.close(backfill.done() if complete else None)
        return dispatch, problem, complete

    def _known(self, job: Job) -> Mapping[str, Position]:
        """How far the inputs have been read before.

        Raises:
            StateError: That cannot be read, or another backfill has to be finished first.
        """
        if self._again:
            job.forget()
        else:
            job.recover()
        known = job.known(self._inputs)
        others = job.unfinished(self._inputs, known)
        if others:
            more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
            raise StateError(
                f"a backfill of other inputs was interrupted: {others[0]}{more}",
                hint="run that one first, or give this one another --state-dir; --again forgets that one",
            )
        self._damaged.errors += [
            InputError("was damaged when it was read before", where=one.name, hint="all else is sent")
            for one in self._inputs
            if one.identity in known and known[one.identity].damaged
        ]
        return known

    def _backfill(self, dispatch: Dispatch, known: Mapping[str, Position]) -> Backfill:
        settings = self._settings

        def reopen(one: Input, position: Position, batch_bytes: BatchBytes) -> Iterator[InputBatch]:
            return open_input(
                one,
                settings["max_line_bytes"],
                offset=position.offset,
                number=position.number,
                batch_bytes=batch_bytes,
            )

        return Backfill(
            self._inputs,
            Merge(self._inputs, reopen, known, granted(MAX_OPEN)),
            Sorter(settings["format"], settings.formats) if self._outlet.divides else None,
            dispatch,
            reorder=settings["reorder_window"],
            clock=time.monotonic,
            on_damaged=self._damaged.add,
        )

    def _all_ended(self, known: Mapping[str, Position]) -> bool:
        return bool(self._inputs) and all(
            one.identity in known and known[one.identity].ended for one in self._inputs
        )

    def _say_sent(self, *, as_json: bool) -> None:
        if as_json:
            typer.echo(msgspec.json.encode({"already_sent": True, "files": len(self._inputs)}).decode())
        elif not self._settings["quiet"]:
            self._print("already sent: nothing to do; --again sends it anew")

    def _conclude(self, dispatch: Dispatch, problem: str | None, *, complete: bool, as_json: bool) -> None:
        totals = dispatch.totals()
        totals.update({f"changed.{how}": count for how, count in self._outlet.changed().items()})
        figures = dispatch.figures
        set_aside = totals["sent.set_aside"]
        seconds = time.monotonic() - self._begun
        acknowledged = figures.acknowledged - set_aside
        now_sent = _sent(dispatch) - self._sent_before
        if complete and self._outlet.destination is not None and now_sent and seconds > 1:
            self._outlet.remember_pace(now_sent / seconds)
        sent = {}
        if self._outlet.destination is not None:
            sent = {"spans_acknowledged": acknowledged, **_group(totals, "sent")}
        skipped = {**_group(totals, "skipped"), "shifted": totals["shifted"]}
        if as_json:
            typer.echo(msgspec.json.encode(self._summary(totals, sent, complete=complete)).decode())
        if not self._settings["quiet"]:
            told = Counted(
                Counter(_group(totals, "lines")),
                Counter(_group(totals, "spans")),
                _group(totals, "notes"),
                totals["unsampled"],
                dispatch.rules(),
            )
            print_summary(told, self._settings, self._console, sent, _group(totals, "changed"), skipped)
        if problem is not None:
            raise DeliveryError(
                f"{counted(figures.waiting, 'span')} could not be sent: {problem}",
                hint=f"run {self._same} again once the server takes them: {self._next_run}",
            )
        if not complete:
            kept = self._outlet.job is not None
            self._print(f"interrupted: {f'{self._same} goes on from there' if kept else self._next_run}")
            raise typer.Exit(EXIT_INTERRUPTED)
        self._damaged.end()
        if set_aside:
            raise typer.Exit(EXIT_SET_ASIDE)

    def _summary(self, totals: Counter[str], sent: dict[str, int], *, complete: bool) -> dict[str, Json]:
        return {
            "complete": complete,
            "files": len(self._inputs),
            "damaged": [str(error) for error in self._damaged.errors],
            "seconds": round(time.monotonic() - self._begun, 3),
            "traces": totals["traces"],
            "unsampled": totals["unsampled"],
            "shifted": totals["shifted"],
            "sent": sent,
            **{
                group: _group(totals, group)
                for group in ("lines", "events", "spans", "notes", "changed", "skipped", "skipped_traces")
            },
        }

    @property
    def _same(self) -> str:
        """What goes on after an interruption."""
        return "the same command, without --again," if self._again else "the same command"

    @property
    def _next_run(self) -> str:
        """What the next run makes of one that has not come to its end."""
        if self._outlet.job is not None:
            return "it goes on from there"
        anew = "nothing is kept of this run, the next one begins anew"
        out = self._settings["out"]
        if chosen_destination(self._settings) != "out" or out == STDOUT:
            return anew
        return f"{anew}; what it has written to {printable(out)} stays there, and would stand there twice"

    def _print(self, text: str) -> None:
        self._console.print(text, style="dim", highlight=False, soft_wrap=True)


def _sent(dispatch: Dispatch) -> int:
    """Spans that the server has taken, in all runs of a backfill; each as often as it was sent."""
    totals = dispatch.totals()
    return dispatch.figures.acknowledged - totals["sent.set_aside"] - totals["known"]


def _group(totals: Counter[str], group: str) -> dict[str, int]:
    begin = f"{group}."
    found = {name.removeprefix(begin): count for name, count in totals.items() if name.startswith(begin)}
    return dict(sorted(found.items()))
