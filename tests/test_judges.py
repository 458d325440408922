"""The judges of shape: schema, conventions, Relay's normaliser, and trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import (
    AGENT,
    AGENT_ID,
    CHAT,
    EMBEDDINGS,
    OTHER_AGENT,
    OTHER_AGENT_ID,
    START,
    TRACE_ID,
    WRAPPER,
    attr,
    trace_spans,
    transaction,
)
from tests.judges import assessment, conventions, kafka_schema, relay_transactions, render, tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.strict import Json

CHAT_LABEL = "'chat gpt-4o' (b000000000000001)"


def spoiled(change: Callable[[Json], object], place: int = CHAT) -> list[Json]:
    """The valid trace with one span changed."""
    spans = trace_spans()
    change(spans[place])
    return spans


@pytest.mark.parametrize("judge", [kafka_schema, conventions, assessment])
def test_a_span_of_every_kind_passes(judge: Callable[[list[Json]], list[str]]) -> None:
    assert judge(trace_spans()) == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            lambda s: s.update(start_timestamp="now"),
            "data.start_timestamp must be number",
        ),
        (lambda s: s.pop("status"), "data must contain ['status'] properties"),
        (lambda s: s.update(status=None), "data.status must be string"),
        (lambda s: s.update(trace_id="short"), "data.trace_id must be longer than or equal to 32"),
        (
            lambda s: s["attributes"].update(x={"type": "text", "value": 1}),
            "data.attributes.x must be valid exactly by one definition (0 matches found)",
        ),
        (
            lambda s: s.update(links=[{"trace_id": TRACE_ID}]),
            "data.links[0] must be valid exactly by one definition (0 matches found)",
        ),
    ],
)
def test_the_schema_catches(change: Callable[[Json], object], finding: str) -> None:
    found = kafka_schema(spoiled(change))

    assert len(found) == 1
    assert found[0].startswith(f"{CHAT_LABEL}: {finding}")


@pytest.mark.parametrize(
    ("key", "value", "finding"),
    [
        ("gen_ai.system", "openai", "is deprecated, use gen_ai.provider.name"),
        ("gen_ai.tool.type", "function", "is deprecated"),
        ("gen_ai.unheard.of", "x", "is unknown"),
        ("http.request.header.", "x", "is unknown"),
        ("http.request.header.<key>", "x", "is unknown"),
        ("gen_ai.usage.input_tokens", 1.0, "is double, not integer: 1.0"),
        ("gen_ai.request.model", 4, "is integer, not string: 4"),
        ("gen_ai.response.streaming", "true", "is string, not boolean: 'true'"),
        ("gen_ai.request.stop_sequences", "x", "is string, not string[]: 'x'"),
        ("gen_ai.request.stop_sequences", [1], "is array, not string[]: [1]"),
        ("log.Session_Token", "x", "is blanked by the server, its key contains 'token'"),
        ("log.auth", "x", "is blanked by the server, its key contains 'auth'"),
    ],
)
def test_the_conventions_catch(key: str, value: Any, finding: str) -> None:
    spans = spoiled(lambda span: span["attributes"].update({key: attr(value)}))

    assert conventions(spans) == [f"{CHAT_LABEL}: {key} {finding}"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gen_ai.request.temperature", 1),
        ("gen_ai.request.temperature", 0.5),
        ("gen_ai.request.stop_sequences", ["a"]),
        ("gen_ai.tool.call.id", "call-1"),
        ("http.request.header.accept", ["x"]),
        ("log.anything", 1),
        ("translator.incomplete", "no_end"),
        ("gen_ai.usage.total_tokens", 3),
    ],
)
def test_the_conventions_know(key: str, value: Any) -> None:
    spans = spoiled(lambda span: span["attributes"].update({key: attr(value)}))

    assert conventions(spans) == []


def test_the_conventions_want_typed_attributes() -> None:
    spans = spoiled(lambda span: span["attributes"].update({"gen_ai.request.seed": "1"}))

    assert conventions(spans) == [f"{CHAT_LABEL}: gen_ai.request.seed is no attribute of type and value"]


def test_own_prefixes_are_a_matter_of_choice() -> None:
    spans = spoiled(lambda span: span["attributes"].update({"log.x": attr(1)}))

    assert conventions(spans, allow_prefixes=()) == [f"{CHAT_LABEL}: log.x is unknown"]


def test_relay_takes_a_transaction_of_the_past_as_it_is() -> None:
    assert relay_transactions([transaction()]) == []


def child(event: Json) -> Json:
    first: Json = event["spans"][0]
    return first


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (
            lambda e: child(e).update(span_id="0" * 16),
            "rejected: invalid transaction event: span is missing span_id",
        ),
        (
            lambda e: child(e).update(timestamp=START),
            "rejected: invalid transaction event: end timestamp is smaller than start timestamp",
        ),
        (
            lambda e: e["contexts"]["trace"].pop("trace_id"),
            "rejected: invalid transaction event: trace context is missing trace_id",
        ),
        (lambda e: child(e).update(status="error"), "spans.0.status: invalid_data"),
        (
            lambda e: e["contexts"]["trace"].update(status="error"),
            "contexts.trace.status: invalid_data",
        ),
        (lambda e: child(e).update(parent_span_id="x"), "spans.0.parent_span_id: invalid_data"),
        (lambda e: e.update(environment="a/b"), "environment: invalid_data"),
        (lambda e: e.update(platform="cobol"), "platform: changed by Relay"),
        (
            lambda e: e["contexts"]["trace"].update(trace_id="0" * 32),
            "contexts.trace.trace_id: nil_trace_id",
        ),
        (lambda e: child(e).update(unheard=1), "spans.0.unheard: 1 became None"),
        (
            lambda e: child(e)["data"].update(x=2**70),
            f"spans.0.data.x: {2**70} became 0",
        ),
        (
            lambda e: child(e).update(span_id="C" * 16),
            f"spans.0.span_id: '{'C' * 16}' became '{'c' * 16}'",
        ),
    ],
)
def test_relay_catches(spoil: Callable[[Json], object], finding: str) -> None:
    event = transaction()
    spoil(event)

    assert relay_transactions([transaction(), event]) == [f"'invoke_agent Triage' ({'f' * 32}): {finding}"]


def test_judging_leaves_the_transaction_alone() -> None:
    event = transaction()
    relay_transactions([event])

    assert event == transaction()


def test_a_tree_nests_children_after_name_and_status() -> None:
    assert tree(trace_spans()) == [
        (
            "invoke_agent Triage",
            "ok",
            ("chat gpt-4o", "ok"),
            ("execute_tool weather", "ok"),
            ("execute_tool search", "error"),
            ("chat gpt-4o", "ok"),
            ("cleanup", "ok"),
            ("handoff from Triage to Billing", "ok"),
        ),
        ("invoke_agent Billing", "ok", ("embeddings text-embedding-3-small", "ok")),
    ]


def test_a_tree_is_ordered_by_start_whatever_the_order_of_arrival() -> None:
    assert tree(trace_spans()[::-1]) == tree(trace_spans())


def test_equal_starts_keep_the_order_of_the_log() -> None:
    spans = [trace_spans()[place] | {"start_timestamp": START} for place in (OTHER_AGENT, AGENT)]

    assert [root[0] for root in tree(spans)] == ["invoke_agent Billing", "invoke_agent Triage"]


def test_the_last_version_of_a_span_counts() -> None:
    spans = trace_spans()
    again = trace_spans()[OTHER_AGENT] | {"status": "error"}

    assert [root[1] for root in tree([*spans, again])] == ["ok", "error"]


def test_a_span_whose_parent_is_unknown_is_a_root() -> None:
    assert tree([trace_spans()[WRAPPER]]) == [("cleanup", "ok")]


def test_a_circle_of_parents_ends_and_loses_nothing() -> None:
    spans = trace_spans()
    first, second = spans[AGENT], spans[OTHER_AGENT]
    first["parent_span_id"], second["parent_span_id"] = OTHER_AGENT_ID, AGENT_ID

    assert tree([first, second]) == [
        ("invoke_agent Triage", "ok", ("invoke_agent Billing", "ok")),
    ]
    assert "no gen_ai.agent.name" not in str(assessment([first, second]))


def test_the_same_id_in_two_traces_is_two_spans() -> None:
    spans = trace_spans()
    other = trace_spans()[EMBEDDINGS] | {"trace_id": "e" * 32}

    assert len(tree([*spans, other])) == 3


def test_rendering() -> None:
    assert render(trace_spans()) == (
        f"trace {TRACE_ID}\n"
        "  invoke_agent Triage  +0.000s 6.000s  ok\n"
        "    chat gpt-4o  +0.500s 1.000s  ok  100 in, 20 out\n"
        "    execute_tool weather  +1.500s 0.500s  ok\n"
        "    execute_tool search  +2.000s 0.500s  error (TimeoutError)\n"
        "    chat gpt-4o  +2.500s 1.500s  ok  100 in, 20 out\n"
        "    cleanup  +4.000s 0.500s  ok\n"
        "    handoff from Triage to Billing  +5.000s 0.000s  ok\n"
        "  invoke_agent Billing  +6.000s 3.000s  ok\n"
        "    embeddings text-embedding-3-small  +6.500s 0.500s  ok  3 in\n"
    )


def test_nothing_renders_as_nothing() -> None:
    assert render([]) == ""
    assert tree([]) == []
