"""Tokens, of which every request's are told more than once.

`token_count` tells the totals of the thread, when a request begins and again when it ends: only changed
totals are a request's. `token_usage_record`, of newer versions, tells of one request, before the
`token_count` that has it in its totals.
"""

from __future__ import annotations

from translator.formats.codex.records import counts_of, text
from translator.formats.codex.state import Thread
from translator.formats.codex.turns import Turns
from translator.model import Json


def on_count(turns: Turns, thread: Thread, info: dict[str, Json], time: int) -> None:
    """Reads the `info` of a `token_count`."""
    total, last = counts_of(info.get("total_token_usage")), counts_of(info.get("last_token_usage"))
    before = thread.total
    if thread.replaying:
        thread.total = total or before
        return
    if total is None or total == before or not any(total):
        if total is not None:
            thread.total = total
            turns.boundary(thread)
        return
    thread.total = total
    if thread.recorded and last is not None and last == thread.told:
        return
    response = thread.turn.response if thread.turn is not None else None
    if before is None and last != total and (response is None or not response.items):
        # What the thread it goes on from has used.
        turns.counts["inherited_totals"] += 1
        return
    if last is None or not any(last):
        last = [max(0, now - then) for now, then in zip(total, before or [0] * len(total), strict=True)]
    thread.told, thread.recorded = last, False
    turns.count(thread, last, time)


def on_record(turns: Turns, thread: Thread, record: dict[str, Json], time: int) -> None:
    """Reads a `token_usage_record`."""
    of_thread = text(record.get("thread_id"))
    if thread.replaying or (of_thread and of_thread != thread.thread_id):
        return
    usage, total = counts_of(record.get("usage")), counts_of(record.get("thread_token_usage"))
    response_id = text(record.get("response_id"))
    if usage is None or (response_id and f"response {response_id}" in thread.calls):
        return
    if response_id:
        turns.remember(thread, f"response {response_id}")
    response = thread.turn.response if thread.turn is not None else None
    told_already = not thread.recorded and total is not None and total == thread.total
    thread.total, thread.told, thread.recorded = total or thread.total, usage, True
    if told_already and (response is None or not response.items):
        return
    turns.count(thread, usage, time, response_id=response_id, ends=True)
