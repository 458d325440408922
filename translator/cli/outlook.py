"""What a backfill will do, said before it is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rich.console import Console

from translator.backfill.ages import AgeRule, Older
from translator.backfill.plan import Plan
from translator.cli.printable import counted
from translator.model import Json

GUESSED_PACE = 1_000
"""Spans a second of a server that has not been asked yet."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ("B", "KB", "MB", "GB", "TB")


def print_plan(
    console: Console,
    plan: Plan,
    rule: AgeRule,
    retention_days: int,
    pace: float | None,
    max_rate: float | None,
) -> None:
    """Prints what there is, what will become of it, and how long that will take.

    Args:
        console: Where to.
        plan: What there is.
        rule: What traces are judged by.
        retention_days: Days for which the server keeps spans.
        pace: Spans a second that the server has taken in the last run; None where that is not known.
        max_rate: Spans a second that are sent at most.
    """
    for line in _lines(plan, rule, retention_days, pace, max_rate):
        console.print(line, style="dim", highlight=False, soft_wrap=True)


def plan_as_json(plan: Plan, rule: AgeRule, pace: float | None, max_rate: float | None) -> dict[str, Json]:
    """The same for machines; times in RFC 3339, sizes in bytes."""
    spans = sent_spans(plan, rule)
    return {
        "files": plan.inputs,
        "stored_bytes": plan.stored_bytes,
        "content_bytes": plan.content_bytes,
        "estimated": not plan.exact,
        "first_time": None if plan.first_time is None else _time(plan.first_time).isoformat(),
        "last_time": None if plan.last_time is None else _time(plan.last_time).isoformat(),
        "events": plan.events,
        "traces": plan.traces,
        "spans": plan.spans,
        "older_than_retention": plan.older,
        "what_becomes_of_them": str(rule.older) if rule.limit is not None else "send",
        "left_out_by_time": plan.outside,
        "spans_to_send": spans,
        "seconds": round(spans / _speed(pace, max_rate)),
    }


def sent_spans(plan: Plan, rule: AgeRule) -> int:
    """How many spans will be sent."""
    skipped = plan.older if rule.limit is not None and rule.older is Older.SKIP else 0
    return max(0, plan.sent - skipped)


def size_text(size: float) -> str:
    """Bytes as a person reads them."""
    for unit in _UNITS:
        if size < 1_000 or unit == _UNITS[-1]:
            break
        size /= 1_000
    return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"


def duration_text(seconds: float) -> str:
    """A length of time as a person reads it."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7_200:
        return f"{whole // 60} min"
    if whole < 2 * 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} days {whole % 86_400 // 3600} h"


def _lines(
    plan: Plan, rule: AgeRule, retention_days: int, pace: float | None, max_rate: float | None
) -> list[str]:
    about = "" if plan.exact else "about "
    stored = "a stream" if plan.stored_bytes is None else size_text(plan.stored_bytes)
    if plan.stored_bytes is not None and plan.content_bytes > plan.stored_bytes * 1.05:
        stored += f", {about}{size_text(plan.content_bytes)} unpacked"
    lines = [f"{counted(plan.inputs, 'input')}, {stored}"]
    if plan.first_time is not None and plan.last_time is not None:
        lines[0] += f", from {_day(plan.first_time)} to {_day(plan.last_time)}"
        if not plan.exact:
            lines[0] += " as far as was looked at"
    if plan.stored_bytes is None and not plan.spans:
        return lines
    there = ((plan.events, "event"), (plan.traces, "trace"), (plan.spans, "span"))
    lines.append(about + ", ".join(counted(number, word) for number, word in there))
    if rule.limit is not None and plan.older:
        becomes = {
            Older.SKIP: "skipped (--older-than-retention shift moves them, send sends them as they are)",
            Older.SHIFT: "moved forward in time, whole traces at once",
            Older.SEND: "sent as they are: the server may drop them",
        }[rule.older]
        lines.append(f"{about}{counted(plan.older, 'span')} older than {retention_days} days: {becomes}")
    if plan.outside:
        lines.append(f"{about}{counted(plan.outside, 'span')} left out by --since and --until")
    spans = sent_spans(plan, rule)
    seconds = duration_text(spans / _speed(pace, max_rate))
    if max_rate is not None and (pace is None or max_rate <= pace):
        lines.append(f"{about}{counted(spans, 'span')} to send: {seconds} at --max-rate {max_rate:g}")
    elif pace is not None:
        lines.append(
            f"{about}{counted(spans, 'span')} to send: {seconds} at {pace:,.0f} spans/s, as last time"
        )
    else:
        lines.append(
            f"{about}{counted(spans, 'span')} to send: {seconds} if the server takes {GUESSED_PACE:,} spans/s"
        )
    return lines


def _speed(pace: float | None, max_rate: float | None) -> float:
    return min(pace or GUESSED_PACE, max_rate) if max_rate is not None else pace or GUESSED_PACE


def _time(time: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time)


def _day(time: int) -> str:
    return f"{_time(time):%Y-%m-%d %H:%M}"
