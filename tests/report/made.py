"""Spans as they are sent, made from the little that a test is about."""

from __future__ import annotations

from typing import Any

from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.model import Kind, Span
from translator.report.traces import Trace, traces_of

ENCODER = SpanEncoder(Identity("sdk", "1"), Privacy(content=True))
T0 = 1_795_423_737_000_000

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--<script>",
    "\u202eevil\u2066 \u200f rtl",
    "one\u2028two\u2029three",
    "\x1b]0;owned\x07 \x00 \x9b31m",
    "${alert(1)} $data $script {{x}} &lt;b&gt;",
    '"><svg onload=alert(1)>',
    "__proto__",
)
"""What a log may hold to harm a page or a terminal."""


def span(
    trace: int, number: int, parent: int | None = None, *, at: int = 0, lasts: int = 1_000,
    kind: Kind = Kind.AGENT, extra: dict[str, Any] | None = None, **fields: Any,
) -> bytes:  # fmt: skip
    """One span; `at` and `lasts` in microseconds."""
    start = T0 + at
    made = Span(
        f"{trace:032x}", f"{number:016x}", None if parent is None else f"{parent:016x}", f"{number:016x}", "",
        kind, start, start + lasts, fields, extra or {},
    )  # fmt: skip
    return ENCODER.encode(made).data


def one(*spans: bytes) -> Trace:
    """The only trace of spans."""
    (trace,) = traces_of(spans)
    return trace
