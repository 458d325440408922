"""The page: one file with everything in it, that fetches nothing and runs nothing but its own script.

What logs say goes into it as JSON in which no tag can begin. An index tells of each span what lists and
waterfalls show; the spans as they are sent stand in chunks, which the script reads when one is looked at.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib import resources
from string import Template

from translator.content.plain import json_bytes
from translator.model import Json
from translator.report.entries import Entry
from translator.report.traces import Trace

CHUNK_BYTES = 256 * 1024
"""Bytes of spans that are read at once; one span may be more."""

SCRIPTS = ("data", "words", "elements", "list", "waterfall", "span", "main")
"""What the page's one script is put together of, in this order: each uses only those before it at once."""

_POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def page(traces: Sequence[Trace], version: str, order: str = "oldest") -> Iterator[bytes]:
    """Makes the page, piece by piece.

    Args:
        traces: What it shows.
        version: Of the program, which the page names.
        order: How it sorts them at first: "oldest" or "slowest".
    """
    style, script = _part("page.css"), "\n".join([_part(f"script/{name}.js") for name in SCRIPTS])
    before, _, after = _part("page.html").partition("$data")
    policy = _POLICY.format(script=_hash(script), style=_hash(style))
    yield Template(before).substitute(policy=policy, style=style).encode()
    entries = [row.entry for trace in traces for row in trace.rows]
    chunks = _chunks(entries)
    yield _json_element("index", json_bytes(_index(traces, [chunk[0] for chunk in chunks], version, order)))
    for number, chunk in enumerate(chunks):
        yield _json_element(f"spans-{number}", b"[%b]" % b",".join([entries[place].data for place in chunk]))
    yield Template(after).substitute(script=script).encode()


def _part(name: str) -> str:
    return resources.files("translator.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _json_element(name: str, data: bytes) -> bytes:
    """JSON as data of the page; in JSON, `<` stands only within strings, where it can be escaped."""
    return b'<script type="application/json" id="%b">%b</script>\n' % (
        name.encode(),
        data.replace(b"<", b"\\u003c"),
    )


def _chunks(entries: Sequence[Entry]) -> list[range]:
    chunks: list[range] = []
    first = size = 0
    for place, entry in enumerate(entries):
        if size and size + len(entry.data) > CHUNK_BYTES:
            chunks.append(range(first, place))
            first, size = place, 0
        size += len(entry.data)
    if entries:
        chunks.append(range(first, len(entries)))
    return chunks


def _index(traces: Sequence[Trace], chunks: Sequence[int], version: str, order: str) -> Json:
    """What the script reads first: script/data.js is its other side."""
    return {
        "version": version,
        "order": order,
        "chunks": chunks,
        "traces": [
            [
                trace.trace_id, trace.name, trace.conversation, trace.start, trace.end,
                trace.tokens, trace.cost, trace.errors, trace.agents, len(trace.rows),
            ]
            for trace in traces
        ],
        "spans": [
            [
                row.depth, span.span_id, span.kind, span.name,
                span.start - trace.start, span.end - span.start, span.failed, span.error,
                span.input_tokens, span.output_tokens, span.cost, span.call_id, span.incomplete,
            ]
            for trace in traces
            for row in trace.rows
            for span in (row.entry,)
        ],
    }  # fmt: skip
