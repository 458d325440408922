"""The rules of spans: each broken rule gives exactly its finding."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drafts import HEX, Draft, Spoil, attributes, corrupted
from tests.examples import (
    AGENT,
    CHAT,
    CHAT_ID,
    START,
    TOOL,
    TRACE_ID,
    WRAPPER,
    attr,
    trace_spans,
)
from tests.span_rules import JSON_ATTRIBUTES, MAX_SPAN_BYTES, REQUIRED_FIELDS, check_span
from tests.strict import strict_json

SPANS: list[tuple[str, Spoil, int, str]] = [
    *[
        (f"no {name}", lambda d, name=name: d.spans[WRAPPER].pop(name), WRAPPER, f"{name}: missing")
        for name in REQUIRED_FIELDS
    ],
    ("not an object", lambda d: d.spans.append([]), 9, "not an object: []"),
    (
        "unknown field",
        lambda d: d.spans[CHAT].update(op="x"),
        CHAT,
        "op: unknown field",
    ),
    (
        "trace id upper case",
        lambda d: d.spans[CHAT].update(trace_id="A" * 32),
        CHAT,
        f"trace_id: not 32 {HEX}: '{'A' * 32}'",
    ),
    (
        "trace id zero",
        lambda d: d.spans[CHAT].update(trace_id="0" * 32),
        CHAT,
        f"trace_id: not 32 {HEX}: '{'0' * 32}'",
    ),
    (
        "two traces",
        lambda d: d.spans[CHAT].update(trace_id="a" * 32),
        CHAT,
        "trace_id: not that of the envelope's trace header",
    ),
    (
        "span id",
        lambda d: d.spans[CHAT].update(span_id="abc"),
        CHAT,
        f"span_id: not 16 {HEX}: 'abc'",
    ),
    (
        "span id twice",
        lambda d: d.spans[TOOL].update(span_id=CHAT_ID),
        TOOL,
        "span_id: not the first with this id in the envelope",
    ),
    (
        "parent null",
        lambda d: d.spans[AGENT].update(parent_span_id=None),
        AGENT,
        f"parent_span_id: not 16 {HEX}: None",
    ),
    (
        "own parent",
        lambda d: d.spans[CHAT].update(parent_span_id=CHAT_ID),
        CHAT,
        "parent_span_id: the span itself",
    ),
    ("name", lambda d: d.spans[CHAT].update(name=""), CHAT, "name: not a text: ''"),
    (
        "status of transactions",
        lambda d: d.spans[CHAT].update(status="internal_error"),
        CHAT,
        "status: neither ok nor error: 'internal_error'",
    ),
    (
        "is_segment a number",
        lambda d: d.spans[CHAT].update(is_segment=0),
        CHAT,
        "is_segment: not a boolean: 0",
    ),
    (
        "root that is no segment",
        lambda d: d.spans[CHAT].pop("parent_span_id"),
        CHAT,
        "is_segment: false on a span without a parent",
    ),
    (
        "milliseconds",
        lambda d: d.spans[CHAT].update(end_timestamp=START * 1000),
        CHAT,
        f"end_timestamp: not Unix seconds: {START * 1000}",
    ),
    (
        "time a string",
        lambda d: d.spans[CHAT].update(start_timestamp="2026-01-01T00:00:00Z"),
        CHAT,
        "start_timestamp: not Unix seconds: '2026-01-01T00:00:00Z'",
    ),
    (
        "end before start",
        lambda d: d.spans[CHAT].update(end_timestamp=START),
        CHAT,
        "start_timestamp: after end_timestamp",
    ),
    ("links", lambda d: d.spans[CHAT].update(links={}), CHAT, "links: not an array"),
    (
        "link without ids",
        lambda d: d.spans[CHAT].update(links=[{"trace_id": TRACE_ID}]),
        CHAT,
        "links: link 0 has no valid trace_id and span_id",
    ),
    (
        "attributes a list",
        lambda d: d.spans[CHAT].update(attributes=[]),
        CHAT,
        "attributes: not an object",
    ),
    (
        "empty key",
        lambda d: attributes(d, CHAT).update({"": attr(1)}),
        CHAT,
        "attributes: an empty key",
    ),
    (
        "untyped",
        lambda d: attributes(d, CHAT).update(x=1),
        CHAT,
        "x: not an object of type and value",
    ),
    (
        "over 1 MB",
        lambda d: attributes(d, CHAT).update(x=attr("x" * MAX_SPAN_BYTES)),
        CHAT,
        f"larger than {MAX_SPAN_BYTES} bytes",
    ),
    *[
        (
            f"no {key}",
            lambda d, key=key: attributes(d, AGENT).pop(key),
            AGENT,
            f"{key}: missing",
        )
        for key in (
            "sentry.op",
            "sentry.origin",
            "sentry.segment.id",
            "sentry.segment.name",
            "sentry.sdk.name",
            "sentry.sdk.version",
            "sentry.segment.name.source",
            "sentry.platform",
        )
    ],
    (
        "empty op",
        lambda d: attributes(d, CHAT).update({"sentry.op": attr("")}),
        CHAT,
        "sentry.op: not a text: ''",
    ),
    (
        "origin",
        lambda d: attributes(d, CHAT).update({"sentry.origin": attr("auto.ai-x")}),
        CHAT,
        "sentry.origin: other characters than [a-zA-Z0-9_.]: 'auto.ai-x'",
    ),
    (
        "segment id",
        lambda d: attributes(d, CHAT).update({"sentry.segment.id": attr("x")}),
        CHAT,
        f"sentry.segment.id: not 16 {HEX}: 'x'",
    ),
    (
        "segment of another",
        lambda d: attributes(d, AGENT).update({"sentry.segment.id": attr(CHAT_ID)}),
        AGENT,
        "sentry.segment.id: not the segment's own span_id",
    ),
    (
        "segment of its own",
        lambda d: attributes(d, CHAT).update({"sentry.segment.id": attr(CHAT_ID)}),
        CHAT,
        "sentry.segment.id: the span itself, which is no segment",
    ),
    (
        "segment name",
        lambda d: attributes(d, AGENT).update({"sentry.segment.name": attr("other")}),
        AGENT,
        "sentry.segment.name: not the segment's own name",
    ),
    (
        "segment source",
        lambda d: attributes(d, AGENT).update({"sentry.segment.name.source": attr("url")}),
        AGENT,
        "sentry.segment.name.source: not 'custom': 'url'",
    ),
]


MISFITS: list[tuple[str, Any]] = [
    ("boolean", 1),
    ("integer", True),
    ("integer", 1.0),
    ("integer", 2**63),
    ("integer", -(2**63) - 1),
    ("double", "1"),
    ("double", True),
    ("string", 1),
    ("string", None),
    ("array", [1, "a"]),
    ("array", [{"a": 1}]),
    ("array", [["a"]]),
    ("array", "a"),
    ("object", {}),
]
FITS: list[tuple[str, Any]] = [
    ("boolean", False),
    ("integer", 2**63 - 1),
    ("integer", -(2**63)),
    ("double", 1),
    ("double", 0.5),
    ("string", ""),
    ("array", []),
    ("array", ["a", "b"]),
    ("array", [1, 0.5]),
    ("array", [True]),
]


@pytest.mark.parametrize(("spoil", "place", "finding"), [pytest.param(*r, id=i) for i, *r in SPANS])
def test_each_rule_of_spans(spoil: Spoil, place: int, finding: str) -> None:
    draft = Draft()
    spoil(draft)
    verdict = draft.judge()

    assert verdict.findings == [f"span {place}: {finding}"]
    assert verdict.status == 200


@pytest.mark.parametrize(("kind", "value"), MISFITS)
def test_values_that_do_not_fit_their_type(kind: str, value: Any) -> None:
    draft = Draft()
    attributes(draft, CHAT)["x"] = {"type": kind, "value": value}

    assert draft.judge().findings == [f"span {CHAT}: x: {value!r:.60} is no {kind!r}"]


@pytest.mark.parametrize(("kind", "value"), FITS)
def test_values_that_fit_their_type(kind: str, value: Any) -> None:
    draft = Draft()
    attributes(draft, CHAT)["x"] = {"type": kind, "value": value}

    assert draft.judge().findings == []


@pytest.mark.parametrize("key", sorted(JSON_ATTRIBUTES))
@pytest.mark.parametrize("value", ['[{"a": 1}', '{"a": "x', "[Blob substitute]", "[NaN]"])
def test_json_attributes_cut_in_the_middle(key: str, value: str) -> None:
    draft = Draft()
    attributes(draft, CHAT)[key] = attr(value)

    assert draft.judge().findings == [f"span {CHAT}: {key}: looks like JSON and is not"]


@pytest.mark.parametrize("text", ["NaN", "[1e999]", '"\\ud800"', b'"\xff"', "{", '{"\\udc00": 1}'])
def test_strict_json_refuses(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        strict_json(text)


def test_strict_json_takes_pairs_of_surrogates() -> None:
    assert strict_json('"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_anything_may_come_as_a_span() -> None:
    taken = [span for span in corrupted(trace_spans()[WRAPPER]) if not list(check_span(span))]

    assert {type(span) for span in taken} == {dict}
    assert trace_spans()[WRAPPER] not in taken
