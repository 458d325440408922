"""The rules of transactions: a valid one passes, each broken rule gives exactly its finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.drafts import HEX, Draft, Spoil, corrupted
from tests.examples import (
    START,
    transaction,
)
from tests.transaction_rules import MAX_EVENT_BYTES, MAX_SPANS_BYTES, check_transaction

if TYPE_CHECKING:
    from tests.strict import Json


def test_a_transaction_passes() -> None:
    verdict = Draft(event=transaction()).judge()

    assert verdict.findings == []
    assert verdict.transactions == [transaction()]


def test_a_transaction_with_times_as_text_passes() -> None:
    event = transaction() | {
        "start_timestamp": "2023-11-14T22:13:20.000000Z",
        "timestamp": "2023-11-14T22:13:26+00:00",
    }

    assert Draft(event=event).judge().findings == []


def event(draft: Draft) -> Json:
    assert draft.event is not None
    return draft.event


def trace(draft: Draft) -> Json:
    context: Json = event(draft)["contexts"]["trace"]
    return context


def child(draft: Draft) -> Json:
    first: Json = event(draft)["spans"][0]
    return first


def many(draft: Draft, count: int, size: int) -> None:
    """Blow the event up with children of a size, each with an id of its own."""
    padded = child(draft) | {"data": {"x": "x" * size}}
    event(draft)["spans"] = [padded | {"span_id": f"{n:016x}"} for n in range(1, count + 1)]


def two_wrong_halves(draft: Draft) -> None:
    event(draft)["padding"] = "x" * MAX_EVENT_BYTES


TRANSACTIONS: list[tuple[str, Spoil, str]] = [
    ("event id", lambda d: event(d).pop("event_id"), f"event_id: not 32 {HEX}: None"),
    ("type", lambda d: event(d).update(type="event"), "type: not 'transaction': 'event'"),
    ("name", lambda d: event(d).pop("transaction"), "transaction: not a text: None"),
    ("platform", lambda d: event(d).pop("platform"), "platform: not a text: None"),
    ("no start", lambda d: event(d).pop("start_timestamp"), "start_timestamp: no time: None"),
    ("no end", lambda d: event(d).update(timestamp="now"), "timestamp: no time: 'now'"),
    ("order", lambda d: event(d).update(timestamp=START - 1), "start_timestamp: after timestamp"),
    ("no context", lambda d: event(d)["contexts"].clear(), "contexts.trace: missing"),
    (
        "trace status",
        lambda d: trace(d).update(status="error"),
        "contexts.trace.status: none of the older enum: 'error'",
    ),
    ("trace op", lambda d: trace(d).pop("op"), "contexts.trace.op: not a text: None"),
    ("trace data", lambda d: trace(d).pop("data"), "contexts.trace.data: not an object"),
    (
        "trace parent",
        lambda d: trace(d).update(parent_span_id=""),
        "contexts.trace.parent_span_id: not 16 lower-case hex digits: ''",
    ),
    ("no spans", lambda d: event(d).pop("spans"), "spans: not an array"),
    ("span", lambda d: event(d).update(spans=[1]), "spans.0: not an object"),
    ("span id", lambda d: child(d).update(span_id="x"), f"spans.0.span_id: not 16 {HEX}: 'x'"),
    (
        "same span id",
        lambda d: child(d).update(span_id=trace(d)["span_id"]),
        "spans.0.span_id: not the first with this id",
    ),
    (
        "other trace",
        lambda d: child(d).update(trace_id="a" * 32),
        "spans.0.trace_id: not the transaction's",
    ),
    ("no parent", lambda d: child(d).pop("parent_span_id"), "spans.0.parent_span_id: missing"),
    (
        "no description",
        lambda d: child(d).pop("description"),
        "spans.0.description: not a text: None",
    ),
    (
        "span status",
        lambda d: child(d).update(status="error"),
        "spans.0.status: none of the older enum: 'error'",
    ),
    (
        "span times",
        lambda d: child(d).update(timestamp=START),
        "spans.0.start_timestamp: after timestamp",
    ),
    (
        "big integer",
        lambda d: child(d)["data"].update(x=2**63),
        f"spans.0.data: x: {2**63} does not survive",
    ),
    (
        "800 KiB of spans",
        lambda d: many(d, 9, 100_000),
        f"spans: larger than {MAX_SPANS_BYTES} bytes",
    ),
    ("1 MiB", two_wrong_halves, f"larger than {MAX_EVENT_BYTES} bytes"),
]


@pytest.mark.parametrize(("spoil", "finding"), [pytest.param(*r, id=i) for i, *r in TRANSACTIONS])
def test_each_rule_of_transactions(spoil: Spoil, finding: str) -> None:
    draft = Draft(event=transaction())
    spoil(draft)

    assert draft.judge().findings == [f"transaction: {finding}"]


def test_a_transaction_is_alone() -> None:
    draft = Draft(event=transaction(), more=[({"type": "transaction"}, transaction())])

    assert draft.judge().findings == ["a transaction item is not alone in its envelope"]


def test_a_transaction_agrees_with_its_envelope() -> None:
    draft = Draft(event=transaction())
    draft.headers["event_id"] = "e" * 32
    draft.headers["trace"]["trace_id"] = "e" * 32

    assert draft.judge().findings == [
        "header event_id: not the transaction's",
        "header trace: trace_id is not the transaction's",
    ]


def test_anything_may_come_as_a_transaction() -> None:
    found = [list(check_transaction(event, 1)) for event in corrupted(transaction())]

    assert sum(map(bool, found)) > len(found) / 2
