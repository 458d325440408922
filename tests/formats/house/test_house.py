"""Formats of one's own: what rules take, what they leave, and what is said of those that are wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.whole import WHOLE, encoded, findings, identities, lines_of, outline, translated
from translator.formats.house.load import load_formats
from translator.formats.registry import FORMATS, Format
from translator.model import Line, Span
from translator.pipeline.translation import Translation

SAMPLES = Path(__file__).parents[3] / "samples"
T0 = 1_795_423_737
SHOP = SAMPLES / "house" / "translator.toml"


def formats_of(text: str) -> tuple[Format, ...]:
    return load_formats(tomllib.loads(text)["formats"])


def mapped(records: Sequence[Any], formats: Sequence[Format], format_name: str = "auto") -> list[Span]:
    lines: list[Line] = [line for line in records if isinstance(line, Line)] or lines_of(records)
    translation = Translation(WHOLE, format_name=format_name, formats=(*formats, *FORMATS))
    translation.feed(lines, 0.0)
    return sorted(translation.drain(0.0), key=lambda span: (span.start, span.end))


def sample(name: str, config: str) -> list[Span]:
    formats = formats_of((SAMPLES / config).read_text(encoding="utf-8"))
    return mapped([json.loads(line) for line in (SAMPLES / name).read_text().splitlines()], formats)


def test_the_shop_s_log_is_two_traces() -> None:
    spans = sample("house/service.jsonl", "house/translator.toml")
    assert outline(spans)[:4] == [
        "agent shop-assistant 0.000-2.920",
        "  model gpt-4o 0.016-1.320",
        "  tool track_parcel 1.331-1.802",
        "  model gpt-4o 1.822-2.910",
    ]
    first = next(span for span in spans if span.kind.value == "model")
    assert (first.fields["provider"], first.fields["usage"].cache_read) == ("openai", 512)
    assert (first.fields["user_id"], first.fields["conversation_id"]) == ("4711", "c-17")
    assert findings(spans, skip=frozenset({"messages"})) == []


def test_what_the_rules_leave_is_passed_on() -> None:
    spans = sample("house/service.jsonl", "house/translator.toml")
    agent = next(span for span in encoded(spans) if span["name"].startswith("invoke_agent"))
    assert agent["attributes"]["log.region"]["value"] == "eu-1"
    assert "log.ctx" not in agent["attributes"]


@pytest.mark.parametrize("name", ["langfuse", "langsmith"])
def test_without_contents_the_recipes_send_none(name: str) -> None:
    spans = sample(f"exports/{name}.jsonl", f"exports/{name}.toml")
    sent = json.dumps(encoded(spans, content=False))
    assert not [word for word in ("Refund", "ticket\\", "6 times 7", "u-1", '42"') if word in sent]


@pytest.mark.parametrize("name", ["langfuse", "langsmith"])
def test_the_recipes_give_right_traces(name: str) -> None:
    spans = sample(f"exports/{name}.jsonl", f"exports/{name}.toml")
    assert len({span.trace_id for span in spans}) == 1
    assert {span.kind.value for span in spans} == {"agent", "model", "tool", "other"}
    assert findings(spans, skip=frozenset({"messages", "conversations"})) == []


def test_tokens_beside_a_cache_are_told_by_the_total() -> None:
    spans = sample("exports/langfuse.jsonl", "exports/langfuse.toml")
    (usage,) = (span.fields["usage"] for span in spans if "usage" in span.fields)
    assert (usage.input_tokens, usage.cache_read, usage.output_tokens) == (50, 20, 85)


def rule(event: str = 'event = "model"', when: str = 'when = { k = "v" }', fields: str = "") -> str:
    return f"[[formats.mine]]\n{when}\n{event}\n[formats.mine.fields]\n{fields}\n"


MATCHING = (
    ('{ k = "v" }', {"k": "v"}, {"k": "w"}),
    ('{ k = ["v", "w"] }', {"k": "w"}, {"k": "x"}),
    ("{ k = 3 }", {"k": 3}, {"k": 4}),
    ("{ k = true }", {"k": True}, {"k": False}),
    ("{ k = { exists = true } }", {"k": 0}, {"other": 1}),
    ("{ k = { exists = false } }", {"other": 1}, {"k": "v"}),
    ('{ k = { prefix = "v" } }', {"k": "vw"}, {"k": "wv"}),
    ('{ k = { regex = "^v+$" } }', {"k": "vvv"}, {"k": "vw"}),
    ('{ k = { not = ["v", "w"] } }', {"k": "x"}, {"k": "w"}),
    ('{ "a.b" = "v" }', {"a": {"b": "v"}}, {"a": {"b": "w"}}),
    ('{ "a.b" = "v" }', {"a.b": "v"}, {"a.b": "w"}),
    ("{ 'a.\"b.c\"' = 'v' }", {"a": {"b.c": "v"}}, {"a": {"b": {"c": "v"}}}),
    ('{ "a.1.b" = "v" }', {"a": [0, {"b": "v"}]}, {"a": [{"b": "v"}]}),
)


@pytest.mark.parametrize(("when", "fits", "fits_not"), MATCHING, ids=lambda value: str(value)[:30])
def test_a_rule_is_for_the_lines_that_it_says(
    when: str, fits: dict[str, Any], fits_not: dict[str, Any]
) -> None:
    formats = formats_of(rule(when=f"when = {when}", fields='timestamp = "at"'))
    at = {"at": "2026-11-23T09:00:00Z"}
    assert len(mapped([{**fits, **at}], formats)) == 1
    assert mapped([{**fits_not, **at}], formats) == []


def test_spans_of_no_kind_have_a_name_of_their_own() -> None:
    formats = formats_of(rule('event = "span"', fields='timestamp = "at"\nname = "step"\nduration_ms = "ms"'))
    (span,) = mapped([{"k": "v", "at": T0, "step": "rank", "ms": 20}], formats)
    assert (span.kind.value, span.fields["other"], span.end - span.start) == ("other", "rank", 20_000)


def test_a_house_format_is_told_from_its_lines_and_beside_others() -> None:
    formats = formats_of(rule(fields='timestamp = "at"\nmodel = "m"'))
    native = {"event": "tool", "tool": "t", "ts": T0 * 1000, "duration_ms": 4}
    lines = lines_of([{"noise": 1}, {"k": "v", "at": T0, "m": "gpt-5"}], "a") + lines_of([native], "b")
    assert {span.kind.value for span in mapped(lines, formats)} == {"model", "tool"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "translator", *arguments],
        capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip


def test_preview_shows_what_a_mapping_gives() -> None:
    log = str(SAMPLES / "house" / "service.jsonl")
    shown = run("preview", log, "--config", str(SHOP), "--format", "shop")
    assert shown.returncode == 0
    assert "execute_tool track_parcel" in shown.stdout
    assert "6 spans" in shown.stderr
    assert f"formats.shop, {SHOP}:3: 3 lines\n" in shown.stderr
    assert f"formats.shop, {SHOP}:21: 1 line; never found: error = exception\n" in shown.stderr
    wrong = run("preview", log, "--config", str(SHOP), "--format", "shpo")
    assert wrong.returncode == 2
    assert "did you mean `shop`?" in wrong.stderr


def test_preview_tells_why_no_line_is_an_event(tmp_path: Path) -> None:
    config = tmp_path / "translator.toml"
    config.write_text(
        rule(fields='timestamp = "att"\nmodel = "model"')
        + rule(when='when = { k = "v", state = "done" }')
        + rule('event = { path = "type", map = { A = "agent" } }', when="when = { k = { exists = true } }")
    )
    log = tmp_path / "service.jsonl"
    log.write_text('{"k":"v","at":1795423737}\n{"k":"w","type":"B"}\n')
    shown = run("preview", str(log), "--config", str(config))
    told = [line for line in shown.stderr.splitlines() if line.startswith("formats.mine")]
    assert told == [
        f"formats.mine, {config}:1: 1 line, 1 without a time; never found: timestamp = att, model",
        f"formats.mine, {config}:7: no line; none that came to it gets past `k`",
        f"formats.mine, {config}:12: no line; no event at `type`",
    ]
    assert "fix the rules above" in shown.stderr
    elsewhere = run("preview", str(SAMPLES / "python" / "agent.jsonl"), "--config", str(config))
    assert "formats.mine: no file has a line that fits a rule" in elsewhere.stderr


def test_config_shows_where_a_format_comes_from() -> None:
    assert f"{SHOP}:3" in run("config", "--config", str(SHOP)).stdout.replace("\n", "")


def test_the_rest_of_a_record_goes_on_key_by_key() -> None:
    formats = formats_of(rule(fields='timestamp = "at"\nmodel = "llm.model"\ninput = "talk.0.text"'))
    record = {
        "k": "v", "at": T0, "llm": {"model": "m", "region": "eu", "opts": {"beams": 2}, "none": None},
        "talk": [{"text": "hi"}, {"text": "there"}], "lvl": "INFO", "nothing": None,
    }  # fmt: skip
    (span,) = mapped([record], formats)
    assert span.extra == {"llm.region": "eu", "llm.opts": {"beams": 2}, "lvl": "INFO"}


def test_what_is_dropped_is_not_sent() -> None:
    formats = formats_of(rule('event = "tool"\ndrop = ["body", "llm.raw"]', fields='timestamp = "at"'))
    (span,) = mapped([{"k": "v", "at": T0, "body": {"a": 1}, "llm": {"raw": "x", "n": 1}}], formats)
    assert span.extra == {"llm.n": 1}


def test_a_test_that_many_values_pass_leaves_the_value() -> None:
    when = 'when = { k = "v", s = ["a", "b"], n = { exists = true } }'
    (span,) = mapped(
        [{"k": "v", "s": "b", "n": 4, "at": T0}], formats_of(rule(when=when, fields='timestamp = "at"'))
    )
    assert span.extra == {"s": "b", "n": 4}


def test_words_that_no_map_knows_go_on() -> None:
    fields = 'timestamp = "at"\nprovider = { path = "llm.by", map = { OAI = "openai" }, default = "custom" }'
    known, unknown = mapped(
        [{"k": "v", "at": T0, "llm": {"by": "OAI"}}, {"k": "v", "at": T0 + 1, "llm": {"by": "HAL"}}],
        formats_of(rule(fields=fields)),
    )
    assert (known.fields["provider"], known.extra) == ("openai", {})
    assert (unknown.fields["provider"], unknown.extra) == ("custom", {"llm.by": "HAL"})
    dropping = formats_of(rule('event = "model"\ndrop = ["llm.by"]', fields=fields))
    (silent,) = mapped([{"k": "v", "at": T0, "llm": {"by": "HAL"}}], dropping)
    assert silent.extra == {}


def test_dates_of_toml_are_texts() -> None:
    fields = (
        'timestamp = "at"\nagent = { value = 2026-11-23 }\nrelease = { path = "r", map = { x = 09:30:00 } }'
    )
    (span,) = mapped([{"k": "v", "at": T0, "r": "x"}], formats_of(rule(fields=fields)))
    assert (span.fields["agent"], span.fields["release"]) == ("2026-11-23", "09:30:00")


def test_other_spans_pair_by_their_ids() -> None:
    text = """
        [[formats.mine]]
        event = { path = "p", map = { b = "span.start", e = "span.end" } }
        [formats.mine.fields]
        timestamp = "at"
        name = "n"
        call_id = "c"
    """
    phases = (("b", "1"), ("b", "2"), ("e", "2"), ("e", "1"))
    records = [{"p": p, "at": T0 + at, "n": "rank", "c": c} for at, (p, c) in enumerate(phases)]
    assert outline(mapped(records, formats_of(text))) == ["other rank 0.000-3.000", "other rank 1.000-2.000"]


@pytest.mark.parametrize("event", ["agent", "tool", "span"])
def test_a_name_is_that_of_the_span(event: str) -> None:
    formats = formats_of(rule(f'event = "{event}"', fields='timestamp = "at"\nname = "n"'))
    (span,) = mapped([{"k": "v", "at": T0, "n": "rank"}], formats)
    assert outline([span]) == [f"{'other' if event == 'span' else event} rank 0.000-0.000"]


def test_words_that_are_no_events_are_no_lines_of_the_format() -> None:
    formats = formats_of(rule('event = { path = "type" }', when="", fields='timestamp = "at"'))
    native = {"event": "tool", "tool": "t", "ts": T0 * 1000}
    (span,) = mapped([{"type": "user", "at": T0}, native], formats)
    assert span.kind.value == "tool"


def test_native_lines_before_house_lines_hide_none() -> None:
    formats = formats_of(rule(fields='timestamp = "at"\nmodel = "m"'))
    native = {"event": "tool", "tool": "t", "ts": T0 * 1000}
    records = [native, {"k": "v", "at": T0 + 1, "m": "gpt-5"}, {"k": "v", "at": T0 + 2, "m": "gpt-5"}]
    assert [span.kind.value for span in mapped(records, formats)] == ["tool", "model", "model"]
    wrapped = [
        {"log": json.dumps(record) + "\n", "stream": "stdout", "time": "2026-11-23T09:00:00Z"}
        for record in records
    ]
    assert identities(mapped(wrapped, formats)) == identities(mapped(records, formats))


def test_a_restart_may_bring_other_rules() -> None:
    old = formats_of(rule(fields='timestamp = "at"\nmodel = "m"'))
    new = formats_of(
        rule(when="when = { q = 1 }", fields='timestamp = "at"\nmodel = "m"').replace("mine", "yours")
    )
    lines = lines_of([{"k": "v", "at": T0, "m": "a"}, {"q": 1, "at": T0 + 1, "m": "b"}])
    begun = Translation(WHOLE, formats=(*old, *FORMATS))
    begun.feed(lines[:1], 0.0)
    for formats, models in ((new, ["a", "b"]), ((), ["a"]), (old, ["a"])):
        translation = Translation(WHOLE, formats=(*formats, *FORMATS))
        translation.restore(begun.capture(), 0.0)
        translation.feed(lines[1:], 0.0)
        assert [span.fields["model"] for span in translation.drain(0.0)] == models


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["v", "exit"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
LOGGED = [json.loads(line) for line in (SAMPLES / "house" / "service.jsonl").read_text().splitlines()]


@given(st.sampled_from(LOGGED), st.data())
@settings(max_examples=150, deadline=None)
def test_any_value_may_stand_anywhere(record: dict[str, Any], data: st.DataObject) -> None:
    changed = json.loads(json.dumps(record))
    here, key = changed, data.draw(st.sampled_from(sorted(changed)))
    while isinstance(here[key], dict) and here[key] and data.draw(st.booleans()):
        here = here[key]
        key = data.draw(st.sampled_from(sorted(here)))
    here[key] = data.draw(VALUES)
    formats = formats_of(SHOP.read_text(encoding="utf-8"))
    translation = Translation(WHOLE, format_name="shop", formats=(*formats, *FORMATS))
    translation.feed(lines_of([record, changed]), 0.0)
    translation.capture()
    encoded(translation.drain(0.0))


NATIVE = [
    {"event": "agent.start", "agent": "A", "ts": T0 * 1000, "trace_id": "t", "span_id": "1"},
    {
        "event": "model",
        "model": "gpt-5",
        "ts": 1_795_423_738_000,
        "duration_ms": 300,
        "trace_id": "t",
        "span_id": "2",
        "parent_id": "1",
        "input_tokens": 4,
        "output_tokens": 5,
    },
    {
        "event": "tool",
        "tool": "x",
        "ts": 1_795_423_739_000,
        "duration_ms": 30,
        "trace_id": "t",
        "span_id": "3",
        "parent_id": "1",
        "arguments": {"a": 1},
    },
    {"event": "agent.end", "agent": "A", "ts": 1_795_423_740_000, "trace_id": "t", "span_id": "1"},
]
NAMES = sorted({key for record in NATIVE for key in record} - {"event"})
KEYS = st.text('abcxyz_.@ é"'.replace('"', ""), min_size=1, max_size=6)


def put(record: Any, steps: Sequence[str | int], value: Any) -> None:
    """Puts a value where the steps lead; lists grow as far as they must."""
    for number, step in enumerate(steps):
        if isinstance(step, int):
            record.extend({} for _ in range(step + 1 - len(record)))
        if number + 1 == len(steps):
            record[step] = value
        elif isinstance(step, int):
            record = record[step]
        else:
            record = record.setdefault(step, [] if isinstance(steps[number + 1], int) else {})


@st.composite
def places(draw: st.DrawFn) -> list[list[str | int]]:
    """For each name a place of its own: below keys of any letters, some in lists."""
    own = draw(st.lists(KEYS, min_size=len(NAMES), max_size=len(NAMES), unique=True))
    above = draw(
        st.lists(st.sampled_from(["", "q", "q.r s", "list"]), min_size=len(NAMES), max_size=len(NAMES))
    )
    found: list[list[str | int]] = []
    for key, parent in zip(own, above, strict=True):
        if parent == "list":
            found.append([parent, draw(st.integers(0, 3)), key])
        else:
            found.append([parent, key] if parent else ["own " + key])
    return found


@given(places(), st.lists(st.text(min_size=1, max_size=6), min_size=4, max_size=4, unique=True))
@settings(max_examples=100, deadline=None)
def test_a_native_log_under_other_keys_comes_back_as_the_same_spans(
    where: list[list[str | int]], words: list[str]
) -> None:
    events = dict(zip((str(record["event"]) for record in NATIVE), words, strict=True))
    records = []
    for record in NATIVE:
        renamed: dict[str, Any] = {"kind": events[str(record["event"])]}
        for name, steps in zip(NAMES, where, strict=True):
            if name in record:
                put(renamed, steps, record[name])
        records.append(renamed)
    fields = {
        "timestamp" if name == "ts" else name: ".".join(
            str(step) if isinstance(step, int) else f'"{step}"' for step in steps
        )
        for name, steps in zip(NAMES, where, strict=True)
    }
    table = {
        "event": {"path": "kind", "map": {word: name for name, word in events.items()}},
        "fields": fields,
    }
    spans = mapped(records, load_formats({"mine": [table]}))
    told = translated(lines_of(NATIVE))
    assert identities(spans) == identities(told)
    assert [span.fields for span in spans] == [span.fields for span in told]
    assert not any(span.extra for span in spans)
