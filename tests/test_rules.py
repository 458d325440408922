"""The rules of requests: a valid one passes, each broken rule gives exactly its finding."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.drafts import KEY, NOW, Draft, Spoil
from tests.examples import (
    CHAT,
    TRACE_ID,
    compress,
    encode,
    span_item,
    trace_spans,
    transaction,
)
from tests.rules import FLUSH_BYTES, MAX_BYTES, MAX_SPANS

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_span_of_every_kind_passes() -> None:
    verdict = Draft().judge()

    assert verdict.findings == []
    assert verdict.status == 200
    assert verdict.spans == trace_spans()


@pytest.mark.parametrize(
    ("encoding", "compressed"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("identity", bytes),
        (None, bytes),
    ],
)
def test_the_encodings_that_pass(encoding: str | None, compressed: Callable[[bytes], bytes]) -> None:
    draft = Draft()
    draft.body = compressed(draft.encoded())
    del draft.fields["content-encoding"]
    if encoding is not None:
        draft.fields["content-encoding"] = encoding

    assert draft.judge().findings == []


def test_a_client_report_may_ride_along() -> None:
    draft = Draft(more=[({"type": "client_report"}, {"discarded_events": []})])
    verdict = draft.judge()

    assert verdict.findings == []
    assert verdict.client_reports == [{"discarded_events": []}]


def test_the_client_report_of_an_sdk_needs_no_header() -> None:
    draft = Draft()
    draft.body = compress(encode({}, ({"type": "client_report"}, {"discarded_events": []})))

    assert draft.judge().findings == []


def at(seconds: float) -> str:
    return datetime.fromtimestamp(NOW + seconds, UTC).isoformat()


def raw(draft: Draft, spoil: Callable[[bytes], bytes]) -> None:
    draft.body = compress(spoil(draft.encoded()))


REQUESTS: list[tuple[str, Spoil, int, str]] = [
    (
        "another project",
        lambda d: setattr(d, "path", "/api/2/envelope/"),
        404,
        "path is not /api/1/envelope/: /api/2/envelope/",
    ),
    ("no auth", lambda d: d.fields.pop("x-sentry-auth"), 401, "X-Sentry-Auth is missing"),
    (
        "other auth",
        lambda d: d.fields.update({"x-sentry-auth": f"Bearer sentry_key={KEY}, sentry_version=7"}),
        401,
        "X-Sentry-Auth does not begin with 'Sentry '",
    ),
    (
        "other key",
        lambda d: d.fields.update({"x-sentry-auth": "Sentry sentry_key=a, sentry_version=7"}),
        403,
        "X-Sentry-Auth: sentry_key is not the DSN's",
    ),
    (
        "no version",
        lambda d: d.fields.update({"x-sentry-auth": f"Sentry sentry_key={KEY}"}),
        400,
        "X-Sentry-Auth: sentry_version is not 7",
    ),
    *[
        (
            f"encoding {name}",
            lambda d, name=name: d.fields.update({"content-encoding": name}),
            415,
            f"Content-Encoding is not supported: {name}",
        )
        for name in ("br", "zstd")
    ],
    (
        "not gzip",
        lambda d: setattr(d, "body", b"{}"),
        400,
        "body is not gzip: Not a gzipped file (b'{}')",
    ),
    (
        "cut gzip",
        lambda d: setattr(d, "body", compress(d.encoded())[:-9]),
        400,
        "body is not gzip: Compressed file ended before the end-of-stream marker was reached",
    ),
    (
        "over 12 MiB",
        lambda d: d.headers.update(padding="x" * MAX_BYTES),
        413,
        f"envelope larger than {MAX_BYTES} bytes",
    ),
    (
        "over 5.5 MiB",
        lambda d: d.headers.update(padding="x" * FLUSH_BYTES),
        200,
        f"envelope larger than {FLUSH_BYTES} bytes, should be split",
    ),
    (
        "header not an object",
        lambda d: raw(d, lambda body: b"[]\n" + body.partition(b"\n")[2]),
        400,
        "envelope header is not an object",
    ),
    (
        "length too small",
        lambda d: d.item.update(length=5),
        400,
        "item 0: length 5 is not the payload's",
    ),
    (
        "length too large",
        lambda d: d.item.update(length=10**6),
        400,
        "item 0: length 1000000 is not the payload's",
    ),
    (
        "no type",
        lambda d: d.item.update(type=None),
        400,
        "item 0: type is no string: None",
    ),
    ("no length", lambda d: d.item.update(length=None), 400, "item 0: length is no size: None"),
    (
        "NaN",
        lambda d: d.spans[CHAT].update(end_timestamp=float("nan")),
        400,
        "payload of the span item is not JSON: NaN is not JSON",
    ),
    (
        "Infinity",
        lambda d: d.spans[CHAT].update(end_timestamp=float("inf")),
        400,
        "payload of the span item is not JSON: Infinity is not JSON",
    ),
    (
        "no items",
        lambda d: raw(d, lambda body: body.partition(b"\n")[0]),
        200,
        "envelope without items",
    ),
    (
        "two span items",
        lambda d: d.more.append(span_item([d.spans.pop(CHAT)])),
        413,
        "2 span items in one envelope",
    ),
    (
        "other item",
        lambda d: d.more.append(({"type": "session"}, {})),
        200,
        "unexpected item type 'session'",
    ),
    (
        "content type",
        lambda d: d.item.update(content_type="application/json"),
        200,
        "span item: content_type is not application/vnd.sentry.items.span.v2+json",
    ),
    (
        "item count",
        lambda d: d.item.update(item_count=8),
        413,
        "span item: item_count is 8, items are 9",
    ),
    ("version", lambda d: d.payload.update(version=1), 200, "span item: version is not 2: 1"),
    ("unknown key", lambda d: d.payload.update(spans=[]), 200, "span item: unknown key spans"),
    ("no spans", lambda d: d.spans.clear(), 200, "span item: no items"),
    (
        "1,001 spans",
        lambda d: d.spans.extend(
            {**d.spans[CHAT], "span_id": f"{place:016x}"} for place in range(1, MAX_SPANS - 7)
        ),
        413,
        "span item: more than 1000 spans: 1001",
    ),
]

HEADERS: list[tuple[str, Spoil, str]] = [
    ("no sent_at", lambda d: d.headers.pop("sent_at"), "sent_at: not RFC 3339: None"),
    (
        "sent_at a number",
        lambda d: d.headers.update(sent_at=NOW),
        f"sent_at: not RFC 3339: {NOW}",
    ),
    (
        "sent_at without offset",
        lambda d: d.headers.update(sent_at="2026-01-01T00:00:00"),
        "sent_at: not RFC 3339: '2026-01-01T00:00:00'",
    ),
    (
        "sent_at of an earlier try",
        lambda d: d.headers.update(sent_at=at(-61)),
        "sent_at: -61 s from the time of the send",
    ),
    (
        "sent_at in the future",
        lambda d: d.headers.update(sent_at=at(61)),
        "sent_at: +61 s from the time of the send",
    ),
    (
        "other dsn",
        lambda d: d.headers.update(dsn="http://a@b/1"),
        "dsn: another DSN than the server's",
    ),
    ("sdk without version", lambda d: d.headers["sdk"].pop("version"), "sdk: no name and version"),
    ("no trace", lambda d: d.headers.pop("trace"), "trace: missing"),
    ("trace a string", lambda d: d.headers.update(trace=TRACE_ID), "trace: not an object"),
    (
        "trace id",
        lambda d: d.headers["trace"].update(trace_id="0" * 32),
        f"trace: trace_id is no trace id: '{'0' * 32}'",
    ),
    (
        "short public key",
        lambda d: d.headers["trace"].update(public_key="public"),
        "trace: public_key is not exactly 32 ASCII characters: 'public'",
    ),
    (
        "public key not ASCII",
        lambda d: d.headers["trace"].update(public_key="é" * 32),
        f"trace: public_key is not exactly 32 ASCII characters: '{'é' * 32}'",
    ),
    (
        "other public key",
        lambda d: d.headers["trace"].update(public_key="f" * 32),
        "trace: public_key is not the DSN's",
    ),
    (
        "sample rate a number",
        lambda d: d.headers["trace"].update(sample_rate=1),
        "trace: sample_rate is not a string of a number from 0 to 1: 1",
    ),
    (
        "sample rate too large",
        lambda d: d.headers["trace"].update(sample_rate="2"),
        "trace: sample_rate is not a string of a number from 0 to 1: '2'",
    ),
    (
        "sampled a boolean",
        lambda d: d.headers["trace"].update(sampled=True),
        "trace: sampled is not the string 'true': True",
    ),
    (
        "environment",
        lambda d: d.headers["trace"].update(environment=None),
        "trace: environment is not a string",
    ),
]


@pytest.mark.parametrize(("spoil", "status", "finding"), [pytest.param(*r, id=i) for i, *r in REQUESTS])
def test_each_rule_of_requests(spoil: Spoil, status: int, finding: str) -> None:
    draft = Draft()
    spoil(draft)
    verdict = draft.judge()

    assert verdict.findings == [finding]
    assert verdict.status == status


@pytest.mark.parametrize(("spoil", "finding"), [pytest.param(*r, id=i) for i, *r in HEADERS])
def test_each_rule_of_envelope_headers(spoil: Spoil, finding: str) -> None:
    draft = Draft()
    spoil(draft)
    verdict = draft.judge()

    assert verdict.findings == [f"header {finding}"]
    assert verdict.status == 200


def test_spotlight_takes_transactions_at_its_stream_without_authentication() -> None:
    draft = Draft(path="/stream", fields={}, event=transaction(), stream=True)
    draft.body = draft.encoded()
    del draft.headers["trace"]

    assert draft.judge().findings == []


def test_spotlight_knows_no_dsn() -> None:
    draft = Draft(path="/stream", fields={}, event=transaction(), stream=True)
    draft.headers["dsn"] = "http://public@127.0.0.1:8969/1"
    draft.headers["trace"]["public_key"] = "public"
    draft.body = draft.encoded()

    assert draft.judge().findings == []


def test_spotlight_shows_no_spans() -> None:
    draft = Draft(path="/stream", fields={}, stream=True)
    draft.body = draft.encoded()

    assert draft.judge().findings == ["Spotlight does not show span items"]


def test_only_spotlight_has_a_stream() -> None:
    draft = Draft(path="/stream")

    assert draft.judge().findings == ["path is not /api/1/envelope/: /stream"]


def test_the_examples_are_json() -> None:
    assert json.loads(json.dumps(trace_spans())) == trace_spans()
