"""Spans of one shape are filled into one text: it says byte for byte what the plain way says."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from translator.content.usage import Usage
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.model import Kind, Span

TEXTS = st.text(max_size=8) | st.sampled_from(
    ("%b", "100%", "a\nb", "gpt-4o", "sk-ant-a1" + "b2" * 12, "chat", "prompt", '{"args": 1, "n": 2}',
     '[{"args": 1}]', "[1")
)  # fmt: skip
COUNTS = st.none() | st.integers(0, 10**12)
JSON = st.just(" ") | st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("agent", "model", "response_model", "provider", "tool", "operation", "op", "other",
                     "failure", "call_id", "from_agent", "host", "seed", "conversation_id"), TEXTS),
    **dict.fromkeys(("input", "output", "arguments", "system", "tools", "finish_reason"), JSON),
    "usage": st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
    "temperature": st.integers(0, 2) | st.floats(0, 2),
    "stream": st.booleans(),
    "stop": st.lists(TEXTS, max_size=2),
}  # fmt: skip
EXTRA = st.dictionaries(
    st.sampled_from(("level", "%b", "auth", "http.url", "sentry.op", "call_id", "user.id", "prompt", "n")),
    JSON,
    max_size=3,
)


@st.composite
def alike(draw: st.DrawFn) -> list[Span]:
    """Spans of one shape, or nearly, more than a template needs."""
    names = draw(st.sets(st.sampled_from(sorted(FIELDS)), max_size=6))
    kind = draw(st.sampled_from(Kind))
    parent = draw(st.sampled_from((None, "b" * 16)))
    first = {name: draw(FIELDS[name]) for name in sorted(names)}
    extra = draw(EXTRA)
    spans = []
    for _ in range(3):
        fields = {name: draw(FIELDS[name]) if draw(st.booleans()) else value for name, value in first.items()}
        segment = draw(st.sampled_from(("a" * 16, "c" * 16)))
        start, took = draw(st.integers(0, 10**15)), draw(st.integers(0, 10**7))
        spans.append(
            Span("d" * 32, "a" * 16, parent, segment, draw(TEXTS), kind, start, start + took, fields, extra)
        )
    return spans


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spans=alike(), content=st.booleans(), masked=st.booleans())
def test_templates_say_what_the_plain_way_says(spans: list[Span], *, content: bool, masked: bool) -> None:
    identity = Identity("translator", "1", environment="50%b", attributes={"team": "%"})
    privacy = Privacy(content=content)
    warm = SpanEncoder(identity, privacy, mask_secrets=masked)
    for _ in range(40):
        for span in spans:
            warm.encode(span)
    for span in spans:
        # A new encoder has no templates yet.
        plain = SpanEncoder(identity, privacy, mask_secrets=masked).encode(span)
        filled = warm.encode(span)
        assert (filled.name, filled.data) == (plain.name, plain.data)
