"""Rules 1 and 2: which trace a line belongs to, and which ids spans have."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from tests.spans.logs import (
    Log,
    Record,
    at,
    identities,
    lines,
    notes_of,
    one,
    rebuilt,
    rebuilt_lines,
    traced,
    traces,
    tree,
)
from translator.model import Line
from translator.pipeline.translation import Windows

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
SENTRY_TRACE = f"{TRACE}-{PARENT}-1"


@pytest.mark.parametrize(
    "written",
    [TRACE, TRACE.upper(), "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", f"projects/p/traces/{TRACE}"],
)
def test_a_trace_id_of_32_hex_is_used_as_it_is(written: str) -> None:
    (span,) = rebuilt(at(0, "tool", tool="t", trace_id=written))

    assert span.trace_id == TRACE


@pytest.mark.parametrize("written", ["run 7", "0", TRACE + "0", TRACE[:-1], "ü", 42, "x" * 5_000])
def test_any_other_trace_id_is_hashed_into_128_bits(written: object) -> None:
    first, second = (rebuilt(at(ms, "tool", tool="t", trace_id=written)) for ms in (0, 5))

    assert re.fullmatch("[0-9a-f]{32}", first[0].trace_id)
    assert first[0].trace_id == second[0].trace_id
    assert first[0].trace_id != str(written)


@pytest.mark.parametrize("zeros", ["0" * 32, "0" * 16, "00000000-0000-0000-0000-000000000000"])
def test_a_trace_id_of_zeros_names_no_trace(zeros: str) -> None:
    def run(ms: int, **ids: str) -> list[Record]:
        return [
            at(ms, "agent.start", agent="A", **ids),
            at(ms + 1, "tool", tool="t", duration_ms=1, **ids),
            at(ms + 5, "agent.end", agent="A", **ids),
        ]

    with_zeros = rebuilt(*run(0, trace_id=zeros), *run(10, trace_id=zeros))

    assert tree(with_zeros) == tree(rebuilt(*run(0), *run(10)))
    assert traces(with_zeros) == 2


@pytest.mark.parametrize(
    ("written", "trace"),
    [
        ("1234567890123456789", "0000000000000000112210f47de98115"),
        (1234567890123456789, "0000000000000000112210f47de98115"),
        (str(2**64 - 1), "0" * 16 + "f" * 16),
        (TRACE, TRACE),
    ],
)
def test_a_number_of_datadog_s_is_a_trace_id(written: object, trace: str) -> None:
    flat = rebuilt(at(0, "tool", tool="t", **{"dd.trace_id": written}))
    nested = rebuilt(at(0, "tool", tool="t", dd={"trace_id": written, "span_id": "7"}))
    elsewhere = rebuilt(at(0, "tool", tool="t", trace_id=str(written)))

    assert [span.trace_id for span in (*flat, *nested)] == [trace, trace]
    assert (elsewhere[0].trace_id == trace) is (written == TRACE)


@pytest.mark.parametrize("key", ["dd.trace_id", "otelTraceID"])
@pytest.mark.parametrize("zero", ["0", 0])
def test_a_zero_of_a_logging_bridge_names_no_trace(key: str, zero: object) -> None:
    spans = rebuilt(
        at(0, "agent.start", agent="A", **{key: zero}),
        at(1, "agent.end", agent="A", **{key: zero}),
        at(2, "agent.start", agent="A", **{key: zero}),
        at(3, "agent.end", agent="A", **{key: zero}),
        at(4, "tool", tool="t", run_id="r", **{key: zero}),
    )

    assert traces(spans) == 3
    assert spans[2].trace_id == rebuilt(at(4, "tool", tool="t", run_id="r"))[0].trace_id
    assert notes_of(at(0, "tool", tool="t", duration_ms=1, **{key: zero})) == {}


def test_a_trace_id_of_zeros_leaves_the_word_to_the_run() -> None:
    alone = rebuilt(at(0, "tool", tool="t", run_id="r"), at(1, "tool", tool="t", run_id="s"))
    both = rebuilt(
        at(0, "tool", tool="t", run_id="r", trace_id="0" * 32),
        at(1, "tool", tool="t", run_id="s", trace_id="0" * 32),
    )

    assert [span.trace_id for span in both] == [span.trace_id for span in alone]


KEYS = {
    "traceparent": TRACEPARENT,
    "sentry_trace": SENTRY_TRACE,
    "trace_id": "a trace",
    "run_id": "a run",
    "conversation_id": "a conversation",
}
NAMES = list(KEYS)


@pytest.mark.parametrize(("stronger", "weaker"), list(pairwise(NAMES[1:])))
def test_the_stronger_key_decides(stronger: str, weaker: str) -> None:
    alone = rebuilt(at(0, "tool", tool="t", **{stronger: KEYS[stronger]}))
    both = rebuilt(at(0, "tool", tool="t", **{stronger: KEYS[stronger], weaker: KEYS[weaker]}))

    assert both[0].trace_id == alone[0].trace_id


@pytest.mark.parametrize("key", ["traceparent", "sentry_trace"])
def test_a_callers_context_gives_trace_and_parent(key: str) -> None:
    spans = rebuilt(
        at(0, "agent.start", agent="A", trace_id="own", **{key: KEYS[key]}),
        at(5, "agent.end", agent="A", trace_id="own", **{key: KEYS[key]}),
    )

    assert [(span.trace_id, span.parent_id) for span in spans] == [(TRACE, PARENT)]


@pytest.mark.parametrize("broken", ["", "00-xyz", f"00-{'0' * 32}-{PARENT}-01", "no", "-", "----"])
@pytest.mark.parametrize("key", ["traceparent", "sentry_trace"])
def test_a_broken_context_is_passed_over(key: str, broken: str) -> None:
    (span,) = rebuilt(at(0, "tool", tool="t", trace_id=TRACE, **{key: broken}))

    assert (span.trace_id, span.parent_id) == (TRACE, None)


def test_a_broken_traceparent_leaves_the_word_to_sentry_trace() -> None:
    (span,) = rebuilt(at(0, "tool", tool="t", traceparent="none", sentry_trace=SENTRY_TRACE))

    assert (span.trace_id, span.parent_id) == (TRACE, PARENT)


def test_sentrys_entries_of_the_baggage_go_along() -> None:
    baggage = "other=1, sentry-release=a%401.0;x=y,sentry-sample_rand=0.5"
    spans = rebuilt(
        at(0, "agent.start", agent="A", traceparent=TRACEPARENT, baggage=baggage),
        at(1, "tool", tool="t", traceparent=TRACEPARENT),
        at(2, "agent.end", agent="A", traceparent=TRACEPARENT),
    )

    assert [span.baggage for span in spans] == [{"release": "a@1.0", "sample_rand": "0.5"}] * 2


RUNS = [
    at(0, "agent.start", agent="A"),
    at(1, "tool.start", tool="t"),
    at(2, "tool.end", tool="t"),
    at(3, "agent.end", agent="A"),
    at(10, "agent.start", agent="A"),
    at(13, "agent.end", agent="A"),
]


def test_without_ids_each_root_start_begins_a_trace() -> None:
    spans = rebuilt(*RUNS)

    assert traces(spans) == 2
    assert len(spans) == 3


def test_in_a_conversation_each_root_start_begins_a_trace() -> None:
    spans = rebuilt(*({**record, "conversation_id": "c"} for record in RUNS))

    assert traces(spans) == 2
    assert {span.fields["conversation_id"] for span in spans} == {"c"}


@pytest.mark.parametrize("event", ["tool", "model"])
def test_a_tool_or_model_with_nothing_open_begins_a_trace_too(event: str) -> None:
    spans = rebuilt(
        *(at(ms, f"{event}.{phase}") for ms, phase in ((0, "start"), (5, "end"), (10, "start"), (15, "end")))
    )

    assert traces(spans) == 2


def test_one_conversation_goes_on_from_file_to_file() -> None:
    first, second = (
        lines(*({**record, "conversation_id": "c"} for record in half), source=source)
        for half, source in ((RUNS[:2], "a.log"), (RUNS[2:4], "b.log"))
    )

    spans = rebuilt_lines(first + second)

    assert traces(spans) == 1
    assert {span.incomplete for span in spans} == {None}


@pytest.mark.parametrize("apart", [{"pid": 1}, {"thread": "one"}, {"thread_id": 7}, {"conversation_id": "x"}])
def test_processes_threads_and_conversations_of_one_file_are_kept_apart(apart: dict[str, object]) -> None:
    other = {name: 2 if isinstance(value, int) else "other" for name, value in apart.items()}
    spans = rebuilt(
        *({**record, **said} for record in RUNS[:4] for said in (apart, other)),
    )

    assert traces(spans) == 2
    assert {span.incomplete for span in spans} == {None}


def test_files_are_kept_apart() -> None:
    spans = rebuilt_lines(
        [
            line
            for record in RUNS[:4]
            for source in ("a.log", "b.log")
            for line in lines({**record, "source_of": source}, source=source)
        ]
    )

    assert traces(spans) == 2
    assert {span.incomplete for span in spans} == {None}


def test_a_tool_on_a_thread_of_its_own_belongs_to_the_only_run() -> None:
    spans = rebuilt(
        at(0, "agent.start", agent="A", thread="main"),
        at(1, "tool.start", tool="t", thread="pool-1"),
        at(2, "tool.end", tool="t", thread="pool-1"),
        at(3, "agent.end", agent="A", thread="main"),
    )

    assert one(spans, "t").parent_id == one(spans, "A").span_id


def test_a_trace_without_an_id_is_over_after_the_idle_time() -> None:
    spans = rebuilt(
        at(0, "agent.start", agent="A"),
        at(1_900_000, "tool.start", tool="t"),
        at(1_900_001, "tool.end", tool="t"),
    )

    assert traces(spans) == 2


def test_a_span_id_of_16_hex_is_used_as_it_is_and_any_other_hashed_with_the_trace() -> None:
    as_it_is, hashed, elsewhere = rebuilt(
        at(0, "tool", tool="a", trace_id="t", span_id=PARENT.upper(), parent_id=PARENT[:-1] + "a"),
        at(1, "tool", tool="b", trace_id="t", span_id="call 7"),
        at(2, "tool", tool="c", trace_id="u", span_id="call 7"),
    )

    assert (as_it_is.span_id, as_it_is.parent_id) == (PARENT, PARENT[:-1] + "a")
    assert re.fullmatch("[0-9a-f]{16}", hashed.span_id)
    assert hashed.span_id != elsewhere.span_id


def test_equal_lines_have_ids_of_their_own_and_the_same_ones_every_time() -> None:
    records = traced("t", *[at(0, "tool", tool="t", duration_ms=1)] * 5)

    spans = rebuilt(*records)

    assert len({span.span_id for span in spans}) == 5
    assert identities(spans) == identities(rebuilt(*records))
    assert identities(spans[:3]) == identities(rebuilt(*records[:3]))


def test_equal_root_lines_without_ids_are_traces_of_their_own() -> None:
    assert traces(rebuilt(*[at(0, "tool", tool="t", duration_ms=1)] * 3)) == 3


def test_neither_the_files_name_nor_the_lines_place_is_in_an_id() -> None:
    records = [json.dumps(record).encode() for record in RUNS]

    spans = rebuilt_lines([Line(data, "agent.log", number) for number, data in enumerate(records, 1)])
    moved = rebuilt_lines([Line(data, "old/agent.log.1.gz", 900 + n) for n, data in enumerate(records)])

    assert identities(spans) == identities(moved)


def test_two_spans_that_claim_one_id_have_two() -> None:
    spans = rebuilt(
        at(0, "tool", tool="a", trace_id="t", span_id="same"),
        at(1, "tool", tool="b", trace_id="t", span_id="same"),
    )

    assert len({span.span_id for span in spans}) == 2


def test_a_line_read_twice_is_counted_and_changes_nothing() -> None:
    record = at(0, "tool.start", tool="a", trace_id="t", span_id="s")
    end = at(1, "tool.end", tool="a", trace_id="t", span_id="s")
    whole = at(2, "tool", tool="b", trace_id="t", span_id="w", duration_ms=1)

    assert len(rebuilt(record, record, end, end, whole, whole)) == 2
    assert notes_of(record, record, end, end, whole, whole) == {"repeated_lines": 3}


@pytest.mark.parametrize("windows_line_end", [b"", b"\r"])
def test_the_same_bytes_give_the_same_ids(windows_line_end: bytes) -> None:
    data = b'{"event":"tool","ts":1795423737,"tool":"t"}' + windows_line_end

    first, second = (rebuilt_lines([Line(data, "a.log", 1)]) for _ in range(2))

    assert identities(first) == identities(second)


def test_of_very_many_finished_traces_the_oldest_are_forgotten_and_still_find_their_ids() -> None:
    log = Log(Windows(reorder=0.0, orphan=0.0, remembered=10))
    for number in range(30):
        log.read(*traced(f"run {number}", *whole_run(number)), now=float(number))
    first = {span.span_id: span for span in log.spans if span.trace_id == log.spans[0].trace_id}

    again = log.read(*traced("run 0", at(50, "tool", tool="late", span_id="l", parent_id="a0")), now=31.0)
    again += log.end(now=100.0)

    assert len(log.translation.capture()) < 20_000
    (late,) = again
    assert late.parent_id in first


def whole_run(number: int) -> list[Record]:
    return [
        at(0, "agent.start", agent="A", span_id=f"a{number}"),
        at(1, "tool.start", tool="t", call_id="1"),
        at(2, "tool.end", tool="t", call_id="1"),
        at(3, "agent.end", agent="A", span_id=f"a{number}"),
    ]
