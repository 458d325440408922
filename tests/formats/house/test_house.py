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
from translator.errors import ConfigurationError
from translator.formats.house.load import load_formats
from translator.formats.registry import FORMATS, Format
from translator.model import Line, Span
from translator.pipeline.translation import Translation
from translator.settings import resolve

SAMPLES = Path(__file__).parents[3] / "samples"
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
    (span,) = mapped([{"k": "v", "at": 1_795_423_737, "step": "rank", "ms": 20}], formats)
    assert (span.kind.value, span.fields["other"], span.end - span.start) == ("other", "rank", 20_000)


def test_a_house_format_is_told_from_its_lines_and_beside_others() -> None:
    formats = formats_of(rule(fields='timestamp = "at"\nmodel = "m"'))
    native = {"event": "tool", "tool": "t", "ts": 1_795_423_737_000, "duration_ms": 4}
    lines = lines_of([{"noise": 1}, {"k": "v", "at": 1_795_423_737, "m": "gpt-5"}], "a") + lines_of(
        [native], "b"
    )
    assert {span.kind.value for span in mapped(lines, formats)} == {"model", "tool"}


WRONG = (
    (rule(when=""), "every line would be this event", 'such as when = { msg = "done" }'),
    (rule(event=""), "`event` is missing", "such as"),
    (rule('event = "modle"'), "`modle` is no event of the log format", "did you mean `model`?"),
    (rule('event = { path = "k", map = { v = "modle" } }'), "`modle` is no event", "did you mean"),
    (rule(fields='modle = "x"'), "unknown field `modle`", "did you mean `model`?"),
    (rule(fields='usage.input_token = "x"'), "unknown count `input_token`", "did you mean `input_tokens`?"),
    (rule(fields='model = "a..b"'), "`a..b` is no path", ""),
    (rule(fields='model = ""'), "expected a path", ""),
    (rule(fields="model = 3"), "expected a path", ""),
    (rule(fields='model = { paht = "x" }'), "unknown key `paht` of `model`", "did you mean `path`?"),
    (rule(fields='model = { value = "x", path = "y" }'), "`value` stands alone", ""),
    (rule(fields='model = { map = { a = "b" } }'), "expected `path` or `value`", ""),
    (rule(fields='model = { path = "x", map = {} }'), "`map` is a table", ""),
    (rule(when='when = { k = { regex = "(" } }'), "not a regular expression", ""),
    (rule(when='when = { k = { starts = "x" } }'), "unknown key `starts`", "known are"),
    (rule(when='when = "x"'), "`when` is a table", ""),
    ('[[formats.native]]\nevent = "model"\n', "`native` is the name of a format that is built in", ""),
    ('[formats.mine]\nevent = "model"\n', "`mine` has no rules", "write [[formats.mine]] above each"),
    ('[[formats."a b"]]\nevent = "model"\n', "`a b` is no name", ""),
    ('[[formats.mine]]\nwhenn = { a = 1 }\nevent = "model"\n', "unknown key `whenn`", "did you mean `when`?"),
)


@pytest.mark.parametrize(("text", "message", "hint"), WRONG, ids=[message[:40] for _, message, _ in WRONG])
def test_what_is_wrong_with_a_rule_is_said(text: str, message: str, hint: str, tmp_path: Path) -> None:
    path = tmp_path / "translator.toml"
    path.write_text("# mine\n\n" + text)
    with pytest.raises(ConfigurationError) as caught:
        resolve({}, {}, path)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    where = caught.value.where or ""
    assert where.startswith(f"{path}:")
    assert int(where.rpartition(":")[2]) >= 3


def test_the_line_of_a_mistake_is_that_of_its_key(tmp_path: Path) -> None:
    path = tmp_path / "translator.toml"
    path.write_text(rule(fields='model = "m"') + "\n" + rule(fields='timestamp = "t"\nagnet = "a"'))
    with pytest.raises(ConfigurationError) as caught:
        resolve({}, {}, path)
    assert (caught.value.where or "").endswith(":12")


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
    wrong = run("preview", log, "--config", str(SHOP), "--format", "shpo")
    assert wrong.returncode == 2
    assert "did you mean `shop`?" in wrong.stderr


def test_config_shows_where_a_format_comes_from() -> None:
    assert f"{SHOP}:3" in run("config", "--config", str(SHOP)).stdout.replace("\n", "")


NATIVE = [
    {"event": "agent.start", "agent": "A", "ts": 1_795_423_737_000, "trace_id": "t", "span_id": "1"},
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


@given(
    st.lists(
        st.text("abcxyz_", min_size=1, max_size=6), min_size=len(NAMES), max_size=len(NAMES), unique=True
    )
)
@settings(max_examples=50, deadline=None)
def test_a_native_log_under_other_keys_comes_back_as_the_same_spans(keys: list[str]) -> None:
    renamed = {name: ["q", key] for name, key in zip(NAMES, keys, strict=True)}
    records = [
        {
            "kind": record["event"],
            "q": {renamed[name][1]: value for name, value in record.items() if name != "event"},
        }
        for record in NATIVE
    ]
    events = {str(record["event"]): str(record["event"]) for record in NATIVE}
    fields = {("timestamp" if name == "ts" else name): "q." + key for name, (_, key) in renamed.items()}
    formats = load_formats({"mine": [{"event": {"path": "kind", "map": events}, "fields": fields}]})
    assert identities(mapped(records, formats)) == identities(translated(lines_of(NATIVE)))
