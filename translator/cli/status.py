"""`translator status`: what a sidecar has read, holds and has sent, from its state alone."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from translator.cli.printable import counted, printable
from translator.cli.sending import DESTINATION, LAST_ANSWER, state_directory
from translator.errors import InputError, StateError
from translator.model import Checkpoint
from translator.settings import Settings
from translator.state.report import StateReport, find_states, read_report


class FileStatus(msgspec.Struct, frozen=True):
    """One file: bytes of its content that were read, and its size.

    The size is None where the file is gone, or cannot be told from here: a relative path counts from where
    the sidecar was started.
    """

    path: str
    offset: int
    lines: int
    size: int | None
    lag: int | None
    gone: bool = False


def status(settings: Settings, *, as_json: bool) -> None:
    """Shows what a sidecar has read, holds and has sent.

    Raises:
        InputError: There is no state.
        StateError: One cannot be read; all others have been shown.
    """
    directory = state_directory(settings)
    found = find_states(directory)
    if not found:
        raise InputError("no state is here", where=str(directory), hint="name its directory with --state-dir")
    told: list[dict[str, Any]] = []
    unread: list[StateError] = []
    for path in found:
        try:
            told.append(_told(read_report(path), time.time()))
        except StateError as error:
            unread.append(error)
    if as_json:
        whole = {"destinations": told, "unreadable": [str(error) for error in unread]}
        typer.echo(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())
    else:
        console = Console()
        for each in told:
            _show(each, console)
        for one in unread:
            _show_unread(one, console)
    if unread:
        raise unread[0]


def _told(report: StateReport, now: float) -> dict[str, Any]:
    counters = dict(report.counters)
    files = [_file(checkpoint) for checkpoint in report.checkpoints]
    return {
        "destination": report.facts.get(DESTINATION, "unknown"),
        "state": report.directory,
        "backfill": report.of_backfills,
        "pid": report.pid,
        "files": sorted(files, key=lambda file: file.path),
        "open_spans": counters.pop("open_spans", 0),
        "outbox": {
            "envelopes": report.envelopes,
            "spans": report.unsent_spans,
            "bytes": report.envelope_bytes,
            "oldest_seconds": None if report.oldest is None else max(0.0, round(now - report.oldest, 1)),
        },
        "last_answer": msgspec.json.decode(report.facts.get(LAST_ANSWER, "null")),
        "rejected": report.rejected,
        "counters": counters,
    }


def _file(checkpoint: Checkpoint) -> FileStatus:
    path, offset = checkpoint.path, checkpoint.offset
    unknown = FileStatus(path, offset, checkpoint.lines, None, None, gone=os.path.isabs(path))  # noqa: PTH117
    try:
        known = os.stat(path)  # noqa: PTH116 - bytes that are no UTF-8 stay as they are
    except OSError:
        return unknown
    if not unknown.gone and (known.st_dev, known.st_ino) != (checkpoint.device, checkpoint.inode):
        return unknown
    return FileStatus(path, offset, checkpoint.lines, known.st_size, max(0, known.st_size - offset))


def _show(told: dict[str, Any], console: Console) -> None:
    running = f"running, process {told['pid']}" if told["pid"] is not None else "not running"
    whose = "backfill, " if told["backfill"] else ""
    console.print(Text.assemble((told["destination"], "bold"), f" ({whose}{running})"), highlight=False)
    console.print(f"state     {printable(told['state'])}", highlight=False, markup=False)
    if not told["backfill"]:
        _show_waiting(told, console)
    for title, counts in (("counted", told["counters"]), ("rejected", told["rejected"])):
        shown = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()) if count)
        if shown:
            console.print(f"{title:<10}{shown}", highlight=False, markup=False)
    if told["files"]:
        console.print(_table(told["files"]))


def _show_unread(error: StateError, console: Console) -> None:
    console.print(Text.assemble(("unknown", "bold"), f" ({printable(error.message)})"), highlight=False)
    console.print(f"state     {printable(error.where or '')}", highlight=False, markup=False)


def _show_waiting(told: dict[str, Any], console: Console) -> None:
    """What a sidecar has to send; a backfill keeps that together with how far it is."""
    outbox = told["outbox"]
    waits = f", the oldest for {outbox['oldest_seconds']:.0f} s" if outbox["envelopes"] else ""
    console.print(
        f"outbox    {counted(outbox['envelopes'], 'envelope')}, {counted(outbox['spans'], 'span')}, "
        f"{counted(outbox['bytes'], 'byte')}{waits}",
        highlight=False,
    )
    console.print(f"open      {counted(told['open_spans'], 'span')}", highlight=False)
    last = told["last_answer"]
    if last is not None:
        at = datetime.fromtimestamp(last["time"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        console.print(f"answer    {last['answer']}, {at}", highlight=False, markup=False)


def _table(files: list[FileStatus]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("file", overflow="fold")
    for head in ("read", "lines", "size", "lag"):
        table.add_column(head, justify="right", no_wrap=True)
    for file in files:
        size = f"{file.size:,}" if file.size is not None else "gone" if file.gone else "?"
        lag = "" if file.lag is None else f"{file.lag:,}"
        table.add_row(Text(printable(file.path)), f"{file.offset:,}", f"{file.lines:,}", size, lag)
    return table
