"""Wrapped logs give what they give unwrapped, whatever is around them."""

from __future__ import annotations

import json
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.test_router import ALL as BEEPS
from tests.formats.whole import (
    WHOLE,
    encoded,
    findings,
    identities,
    lines_of,
    lines_of_file,
    live,
    outline,
    translated,
    translated_with_cuts,
)
from tests.formats.wrappers.wrap import MERGES, SEEN, WRAPS
from translator.formats.records import Unreadable
from translator.formats.router import Router
from translator.model import Line
from translator.pipeline.translation import Translation

T = 1_795_423_737_000_000


def run(number: int, *, times: bool = True) -> list[dict[str, Any]]:
    """One agent's log."""
    records: list[dict[str, Any]] = [
        {"event": "agent.start", "agent": f"agent {number}"},
        {"event": "tool.start", "call_id": "t1", "tool": "search", "arguments": {"q": 'Zürich "x\\" {é'}},
        {"event": "tool.end", "call_id": "t1", "output": "a\tb\u2028 " + "x" * 90},
        {
            "event": "model",
            "model": "gpt-5-mini",
            "duration_ms": 20,
            "usage": {"input_tokens": 7, "output_tokens": number},
            "input": "Rain?",
            "output": '{"not": "an event"}',
        },
        {"event": "agent.end", "agent": f"agent {number}"},
    ]
    return [
        {**record, "trace_id": f"{number:032x}"} | ({"ts": T + n * 1_000_000 + number} if times else {})
        for n, record in enumerate(records)
    ]


def texts(number: int) -> list[str]:
    # As orjson writes: what wrappers have parsed is then byte for byte what it was.
    return [compact(record) for record in run(number)]


def compact(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


PLAIN = identities(translated(lines_of(texts(1))))
BOTH = sorted(PLAIN + identities(translated(lines_of(texts(2)))))


@pytest.mark.parametrize("name", [*WRAPS, *MERGES])
def test_a_wrapped_log_gives_what_it_gives_unwrapped(name: str) -> None:
    lines = (WRAPS | MERGES)[name](texts(1), 1)
    spans = translated(lines_of(lines))
    assert identities(spans) == PLAIN
    assert findings(spans) == []


NAMELESS = {"docker, in pieces", "CRI, in pieces"}
"""They name no program: a file is one program's, whose pieces belong together."""


@pytest.mark.parametrize("name", [name for name in [*WRAPS, *MERGES] if name not in NAMELESS])
def test_two_programs_in_one_file_are_told_apart(name: str) -> None:
    wrap = (WRAPS | MERGES)[name]
    first, second = wrap(texts(1), 1), wrap(texts(2), 2)
    both = [line for pair in zip_longest(first, second) for line in pair if line is not None]
    assert identities(translated(lines_of(both))) == BOTH


@pytest.mark.parametrize(
    "name", sorted(WRAPS.keys() - {"docker compose", "syslog, RFC 3164", "Fluentd", "Fluentd, in pieces"})
)
def test_lines_without_a_time_take_that_of_the_wrapper(name: str) -> None:
    records = [json.dumps(record) for record in run(1, times=False)]
    spans = translated(lines_of(WRAPS[name](records, 1)))
    agent = next(span for span in spans if span.kind == "agent")
    assert (agent.start, agent.end) == (SEEN, SEEN + 4_000)


def test_a_wrapper_without_a_time_gives_none() -> None:
    translation = Translation(WHOLE)
    records = [json.dumps(record) for record in run(1, times=False)]
    translation.feed(lines_of(WRAPS["docker compose"](records, 1)), 0.0)
    assert translation.lines == {"no_timestamp": 5}


def test_programs_without_trace_ids_are_kept_apart_by_what_the_wrapper_says() -> None:
    logs = []
    for number in (1, 2):
        records = [json.dumps({k: v for k, v in r.items() if k != "trace_id"}) for r in run(number)]
        logs.append(WRAPS["journald"](records, number))
    spans = translated(lines_of(chain.from_iterable(zip(*logs, strict=True))))
    by_trace: dict[str, set[str]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, set()).add(span.kind.value)
    assert [sorted(kinds) for kinds in by_trace.values()] == [["agent", "model", "tool"]] * 2


def test_the_wrappers_own_keys_do_not_become_attributes() -> None:
    plain = encoded(translated(lines_of(run(1))))
    for name in MERGES:
        sent = encoded(translated(lines_of(MERGES[name](texts(1), 1))))
        extra = {key for span in sent for key in span["attributes"]} - {
            key for span in plain for key in span["attributes"]
        }
        assert not extra, (name, extra)


def test_what_is_no_event_inside_a_wrapper_is_ignored() -> None:
    for name, wrap in WRAPS.items():
        if "in pieces" in name:
            continue
        translation = Translation(WHOLE)
        translation.feed(lines_of(wrap([*texts(1)[:1], "Started.", '{"hello": 1}', *texts(1)[1:2]], 1)), 0.0)
        assert translation.lines["event"] == 2, name
        if name not in ("syslog, RFC 5424", "syslog, RFC 3164", "text", "docker compose"):
            assert translation.lines["not_json"] == 0, name


def test_a_broken_event_inside_a_wrapper_is_told_of() -> None:
    told: list[str] = []
    translation = Translation(WHOLE, on_skip=lambda line, why: told.append(why.reason))  # noqa: ARG005
    translation.feed(lines_of(WRAPS["journald"]([texts(1)[0], '{"event": "tool.st'], 1)), 0.0)
    assert told == ["not_json"]


def test_a_native_log_with_json_in_its_message_stays_what_it_is() -> None:
    records = [{**record, "message": json.dumps({"event": "tool.start", "tool": "no"})} for record in run(1)]
    assert outline(translated(lines_of(records))) == outline(translated(lines_of(run(1))))


def test_events_before_which_a_wrapped_log_says_nothing_are_still_read() -> None:
    noise = WRAPS["journald"](["Starting.", "{", '{"a": 1}'], 9)
    assert identities(translated(lines_of([*noise, *WRAPS["journald"](texts(1), 1)]))) == PLAIN


def test_pieces_that_never_end_are_read_at_the_end() -> None:
    pieces = WRAPS["journald, in pieces"](texts(1)[:1], 1)
    last = json.loads(pieces[-1]) | {"_LINE_BREAK": "line-max"}
    assert len(translated(lines_of([*pieces[:-1], last]))) == 1


def test_too_much_that_is_unfinished_is_let_go() -> None:
    translation = Translation(WHOLE)
    text = json.dumps({"log": "x" * 900_000, "stream": "stdout", "time": "2026-11-23T08:48:57Z"})
    for number in range(200):
        around = json.loads(WRAPS["journald"]([text], number)[0])
        translation.feed([Line(json.dumps(around).encode(), "a.log", number + 1)], 0.0)
    assert translation.notes()["pieces_lost"] > 100
    assert len(translation.capture()) < 80 * 1024 * 1024


def test_a_line_of_pieces_that_is_too_long_is_passed_over() -> None:
    one, two = (WRAPS["journald"](["y" * 9_000_000], 1)[0] for _ in range(2))
    first = json.dumps(json.loads(one) | {"_LINE_BREAK": "line-max"})
    spans = translated(lines_of([first, first, two, *WRAPS["journald"](texts(1), 1)]))
    assert identities(spans) == PLAIN


def test_live_the_spans_come_as_from_the_unwrapped_log() -> None:
    wrapped = lines_of(WRAPS["Fluent Bit, Kubernetes"](texts(1), 1))
    given = live((float(at), [line]) for at, line in enumerate(wrapped))
    plain = live((float(at), [line]) for at, line in enumerate(lines_of(texts(1))))
    assert [(when, span.span_id) for when, span in given] == [(when, span.span_id) for when, span in plain]


_NAMES = st.lists(st.sampled_from(sorted(WRAPS)), min_size=1, max_size=3)


def wrapped_in(names: list[str], number: int) -> list[str]:
    lines = texts(number)
    for name in names:
        lines = WRAPS[name](lines, number)
    return lines


@settings(max_examples=60, deadline=None)
@given(_NAMES)
def test_up_to_three_wrappers_are_taken_off(names: list[str]) -> None:
    assert identities(translated(lines_of(wrapped_in(names, 1)))) == PLAIN


@settings(max_examples=30, deadline=None)
@given(_NAMES, st.data())
def test_another_process_goes_on_at_any_line(names: list[str], data: st.DataObject) -> None:
    lines = lines_of(wrapped_in(names, 1))
    cuts = data.draw(st.lists(st.integers(0, len(lines)), max_size=4))
    assert identities(translated_with_cuts(lines, cuts)) == PLAIN


_GARBAGE = st.one_of(
    st.binary(max_size=60).filter(lambda data: b"\n" not in data),
    st.sampled_from([b"", b"{", b"}", b"{}", b"null", b"[1]", b'{"log": 1}', b'{"MESSAGE": null, "_PID": 1}',
                     b'{"logEvents": [1, {"message": 2}]}', b"<14>1 - - - - - - {", b"2026 {]}",
                     b'{"kubernetes": {}}', b'{"source_type": []}', b'{"log": {}, "stream": {}}']),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(WRAPS)), st.lists(st.tuples(st.integers(0, 5), _GARBAGE), max_size=6))
def test_garbage_between_lines_changes_nothing(name: str, garbage: list[tuple[int, bytes]]) -> None:
    if "in pieces" in name or name == "CloudWatch, subscription":
        name = "journald"
    lines: list[Any] = [line.encode() for line in WRAPS[name](texts(1), 1)]
    for place, data in sorted(garbage, reverse=True, key=lambda one: one[0]):
        lines.insert(place, data)
    assert identities(translated(lines_of(lines))) == PLAIN


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["{}", '{"event": "tool"}', "P", "true"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(WRAPS | MERGES)), st.data())
def test_any_value_may_stand_anywhere(name: str, data: st.DataObject) -> None:
    lines = (WRAPS | MERGES)[name](texts(1), 1)
    place = data.draw(st.integers(0, len(lines) - 1))
    if lines[place].startswith("{"):
        record = json.loads(lines[place])
        key = data.draw(st.sampled_from(sorted(record)))
        record[key] = data.draw(_JSON)
        lines[place] = json.dumps(record)
    else:
        cut = data.draw(st.integers(0, len(lines[place])))
        lines[place] = lines[place][:cut] + data.draw(st.text(max_size=8))
    cuts = data.draw(st.lists(st.integers(0, len(lines)), max_size=2))
    made = lines_of([line.encode("utf-8", "surrogatepass") for line in lines])
    assert identities(translated_with_cuts(made, cuts)) == identities(translated(made))


def test_recordings_of_real_collectors_give_one_run_for_each_program() -> None:
    for file in sorted((Path(__file__).parent / "recorded").iterdir()):
        spans = translated(lines_of_file(file, "a.log"))
        assert outline(spans) == [
            "agent agent 41 0.000-4.000",
            "  tool search 1.000-2.000",
            "  model gpt-5-mini 2.980-3.000",
            "agent agent 42 0.000-4.000",
            "  tool search 1.000-2.000",
            "  model gpt-5-mini 2.980-3.000",
        ], file.name
        assert {span.trace_id for span in spans} == {f"{41:032x}", f"{42:032x}"}
        tool = next(span for span in spans if span.kind == "tool")
        assert tool.fields["arguments"] == {"q": 'Zürich "x" {'}


def sources(lines: list[str]) -> set[str]:
    router = Router()
    found: set[str] = set()
    for line in lines_of(lines, "a.log"):
        events = router.read(line, 0.0)
        found |= set() if isinstance(events, Unreadable) else {event.source for event in events}
    return found


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("journald", "box:agents.service:1001"),
        ("Fluent Bit, Kubernetes", "prod:agents-1:app:00000001"),
        ("Vector", "box:/var/log/1.log"),
        ("Filebeat", "box:/var/log/agent-1.log"),
        ("CloudWatch", "app/1"),
        ("CloudWatch, subscription", "app/1"),
        ("Google Cloud", "agents-1"),
        ("syslog, RFC 5424", "box:agents:1001"),
        ("syslog, RFC 3164", "box:agents:1001"),
        ("docker compose", "agents-1"),
    ],
)
def test_the_program_is_what_the_wrapper_says(name: str, program: str) -> None:
    assert sources(WRAPS[name](texts(1), 1)) == {f"a.log [{program}]"}


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("[pod/agents-1/app] {}", "a.log [pod/agents-1/app]"),
        ("2026-11-23T08:48:57.5+00:00 2026/11/23/[$LATEST]ab {}", "a.log [2026/11/23/[$LATEST]ab]"),
        ("2026-11-23T08:48:57.500+00:00 app[web.1]: {}", "a.log [app:web.1]"),
        ("08:48:57 web.1   | {}", "a.log [web.1]"),
        ("Nov 23 08:48:57 box agents[7]: @cee: {}", "a.log [box:agents:7]"),
        ("INFO:runner:{}", "a.log"),
    ],
)
def test_prefixes_of_tools_name_programs_too(line: str, source: str) -> None:
    assert sources([line.replace("{}", texts(1)[0])]) == {source}


def test_rows_of_cloudwatch_insights_are_events() -> None:
    rows = [
        [{"field": "@timestamp", "value": "2026-11-23 08:50:00.000"}, {"field": "@message", "value": text},
         {"field": "@logStream", "value": "app/1"}]
        for text in texts(1)
    ]  # fmt: skip
    assert identities(translated(lines_of([{"results": rows, "status": "Complete"}]))) == PLAIN


def test_entries_that_google_has_split_are_joined() -> None:
    text = texts(1)[2]
    entries = [
        {"insertId": str(n), "logName": "l", "timestamp": "2026-11-23T08:50:00Z", "textPayload": piece,
         "split": {"uid": "u", "index": n, "totalSplits": 2}}
        for n, piece in enumerate((text[:50], text[50:]))
    ]  # fmt: skip
    lines = texts(1)
    assert identities(translated(lines_of([*lines[:2], *lines[3:]]))) != PLAIN
    around = [WRAPS["Google Cloud"]([line], 1)[0] for line in lines]
    assert identities(translated(lines_of([*around[:2], *entries, *around[3:]]))) == PLAIN


def test_the_trace_that_google_moves_to_the_entry_is_the_events() -> None:
    record = {key: value for key, value in run(1)[0].items() if key != "trace_id"}
    entry = {
        "insertId": "1",
        "logName": "l",
        "timestamp": "2026-11-23T08:50:00Z",
        "trace": f"projects/p/traces/{7:032x}",
        "jsonPayload": record,
    }
    assert [span.trace_id for span in translated(lines_of([entry]))] == [f"{7:032x}"]


def test_other_formats_are_told_inside_wrappers_and_each_program_has_its_own() -> None:
    router = Router(formats=BEEPS)
    lines = WRAPS["journald"](['{"beep": 1}', '{"beep": 2}'], 1)
    lines += WRAPS["journald"](texts(1), 2)
    lines += WRAPS["journald"](['{"over": true}'], 1)
    ends = []
    for cut, line in enumerate(lines_of(lines, "a.log")):
        if cut % 2:
            after = Router(formats=BEEPS)
            after.restore(router.capture())
            router = after
        events = router.read(line, 0.0)
        assert not isinstance(events, Unreadable)
        ends += [event.end for event in events if event.fields.get("agent") == "beeper"]
    assert ends == [3_000_000]


@pytest.mark.parametrize(
    "own",
    [
        {"log": "text", "time": "2026-11-23T08:48:57Z", "host": "mine", "stream": True},
        {"source_type": "web", "path": "/x", "host": "mine"},
        {"events": [{"message": "x", "timestamp": 1_795_423_737_000}]},
        {"timestamp": "2026-11-23T08:48:57Z", "requestId": "r1", "message": "text"},
        {"@timestamp": "2026-11-23T08:48:57Z", "log": {"level": "info"}, "message": "text"},
    ],
)
def test_an_event_with_keys_of_the_same_names_is_not_taken_for_a_wrapper(own: dict[str, Any]) -> None:
    record = {"event": "tool.start", "tool": "search", "call_id": "c1", "ts": T, **own}
    (span,) = translated(lines_of([record]))
    kept = own.keys() - {"time", "timestamp", "@timestamp", "requestId", "stream", "host"}
    assert kept <= span.extra.keys()


def test_the_piece_of_a_line_that_is_no_event_is_not_told_of() -> None:
    lines = WRAPS["journald, in pieces"](["x" * 100], 1)
    translation = Translation(WHOLE)
    translation.feed(lines_of([*WRAPS["journald"](texts(1)[:1], 1), *lines]), 0.0)
    assert translation.lines["not_json"] == 0
