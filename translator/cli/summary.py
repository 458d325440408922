"""What a run has done, in a few lines for a person."""

from __future__ import annotations

from collections.abc import Mapping

import typer
from rich.console import Console

from translator.cli.logs import Log
from translator.cli.printable import counted
from translator.cli.rules import print_rules
from translator.cli.sending import Output
from translator.formats.records import Unreadable, looks_like_event
from translator.model import Line
from translator.pipeline.translation import Counted, Translation
from translator.settings import Settings
from translator.state.store import Store

EXIT_SET_ASIDE = 1


class Skipped:
    """Told of each line that could not be read: names it in the log, and sets it aside if it is worth it.

    Args:
        log: Takes the file, line and reason, at debug level.

    Attributes:
        store: Where what looks like an event is set aside; None for nowhere.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self.store: Store | None = None

    def __call__(self, line: Line, why: Unreadable) -> None:
        """Takes note of a line."""
        self._log.debug(
            "line_skipped", file=line.source, line=line.number, reason=why.reason, detail=why.detail
        )
        if self.store is not None and looks_like_event(line, why):
            self.store.reject_line(line, why.reason, why.detail)


def conclude(translation: Translation, output: Output, settings: Settings, timeout: float | None) -> None:
    """Waits until everything has been sent, and says what was done.

    Args:
        translation: What was read.
        output: Where it goes.
        settings: Whether to be quiet.
        timeout: How long to wait, in seconds; None for as long as the server answers.

    Raises:
        DeliveryError: Not everything could be sent; what was done has been said all the same.
        typer.Exit: With code 1, where the server will never take some of the spans.
    """
    delivery = output.delivery
    try:
        if delivery is not None:
            delivery.finish(timeout)
    finally:
        if not settings["quiet"]:
            sent = delivery.counts() if delivery is not None else {}
            changed = output.encoder.counts if output.encoder is not None else {}
            print_summary(translation.counted(), settings, Console(stderr=True), sent, changed)
    if delivery is not None and delivery.set_aside:
        raise typer.Exit(EXIT_SET_ASIDE)


def print_summary(
    told: Counted,
    settings: Settings,
    console: Console,
    sent: Mapping[str, int] = {},
    changed: Mapping[str, int] = {},
    skipped: Mapping[str, int] = {},
) -> None:
    """Prints how many lines, events and spans there were, and what became of them."""
    lines = told.lines
    passed = {reason: count for reason, count in lines.items() if reason != "event" and count}
    spans = told.spans.total()
    said = ", ".join(
        (counted(lines.total(), "line"), counted(lines["event"], "event"), counted(spans, "span"))
    )
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(told.spans.items()))
    console.print(f"{said} ({kinds})" if kinds else said, style="dim", highlight=False)
    for title, counts in (
        ("passed over", passed),
        ("noticed", {**told.notes, **changed}),
        ("by time", skipped),
        ("not sampled", {"spans": told.unsampled} if told.unsampled else {}),
        ("sent", sent),
    ):
        shown = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if count)
        if shown:
            console.print(f"{title}: {shown}", style="dim", highlight=False)
    by_rules = print_rules(told.rules, settings, console)
    if not lines["event"] and lines["not_json"] * 2 > lines.total():
        console.print(
            "Most lines are no JSON. Where one JSON text goes over many lines, `jq -c . FILE` makes a line "
            "of it; a collector's `file` exporter must write `format: json`, not `proto`.",
            style="yellow",
            highlight=False,
        )
    elif not lines["event"] and lines["too_long"] * 2 > lines.total():
        console.print(
            "Most lines are longer than `max_line_bytes`, and were not read: raise it.",
            style="yellow",
            highlight=False,
        )
    elif not lines["event"] and lines.total() and by_rules:
        console.print(
            "No line was an event: fix the rules above, in which `when` says what a line must hold and "
            "`timestamp` where its time stands; docs/formats/house.md lists all that a rule can say.",
            style="yellow",
            highlight=False,
        )
    elif not lines["event"] and lines.total():
        console.print(
            "No line was an event: none of `event`, `event_type`, `type`, `msg`, `message` holds a known "
            "event name such as agent.start or tool.end (`translator schema` lists them), and the file is "
            "of no other format that is known; docs/formats.md lists those, and how to map your own.",
            style="yellow",
            highlight=False,
        )
