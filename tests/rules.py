"""A request as Sentry judges it: address, authentication, encoding, envelope, items."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.framing import (
    Envelope,
    Item,
    UnsupportedEncodingError,
    decode,
    parse_envelope,
    parse_object,
)
from tests.span_rules import check_span
from tests.strict import Json, is_hex_id, is_unix_seconds, parse_time
from tests.transaction_rules import check_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 12 * 1024 * 1024
FLUSH_BYTES = 5 * 1024 * 1024 + 512 * 1024
MAX_SPANS = 1000
MAX_CLOCK_SECONDS = 60.0
SPAN_CONTENT_TYPE = "application/vnd.sentry.items.span.v2+json"
# The SDK's transport hangs its own count of what it dropped on any envelope.
_COMPANIONS = frozenset({"client_report"})


@dataclass
class Verdict:
    """What became of a request.

    Attributes:
        status: The HTTP status that Sentry answers with.
        findings: The rules broken, in the order in which they were met.
        envelope: The envelope, unless its framing was broken.
        spans: The spans of its span item.
        transactions: Its transaction events.
        events: Its error events.
        client_reports: What the SDK says it has dropped.
    """

    status: int = 200
    findings: list[str] = field(default_factory=list)
    envelope: Envelope | None = None
    spans: list[Json] = field(default_factory=list)
    transactions: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    client_reports: list[Json] = field(default_factory=list)

    def refuse(self, status: int, finding: str) -> None:
        """Answer with an error; the first one stays."""
        self.findings.append(finding)
        if self.status == 200:
            self.status = status


def inspect(
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    dsn: str,
    now: float,
    stream: bool = False,
) -> Verdict:
    """Judge one POST request.

    Args:
        path: The path of the request.
        headers: Its header fields, their names in lower case.
        body: The bytes as they came.
        dsn: The one DSN that the server knows.
        now: The server's clock in Unix seconds.
        stream: Judge as Spotlight's `/stream`: no authentication, transactions only.

    Returns:
        The answer's status, everything found, and the spans or transactions.
    """
    verdict = Verdict()
    if not (stream and path == "/stream"):
        _check_address(verdict, path, dsn)
        _check_auth(verdict, headers.get("x-sentry-auth"), dsn)
    try:
        plain = decode(headers.get("content-encoding"), body)
        if len(plain) > MAX_BYTES:
            verdict.refuse(413, f"envelope larger than {MAX_BYTES} bytes")
        elif len(plain) > FLUSH_BYTES:
            verdict.findings.append(f"envelope larger than {FLUSH_BYTES} bytes, should be split")
        verdict.envelope = parse_envelope(plain)
    except UnsupportedEncodingError as error:
        verdict.refuse(415, str(error))
    except ValueError as error:
        verdict.refuse(400, str(error))
    if verdict.envelope is not None:
        # An envelope of nothing but the SDK's own count has no header to speak of.
        if _main_kinds(verdict.envelope) or not verdict.envelope.items:
            known = None if stream else dsn
            verdict.findings.extend(_check_headers(verdict.envelope.headers, known, now))
        _check_items(verdict, verdict.envelope, stream=stream)
    return verdict


def _check_address(verdict: Verdict, path: str, dsn: str) -> None:
    expected = f"/api/{urlsplit(dsn).path.strip('/')}/envelope/"
    if path.partition("?")[0] != expected:
        verdict.refuse(404, f"path is not {expected}: {path:.80}")


def _check_auth(verdict: Verdict, header: str | None, dsn: str) -> None:
    if header is None:
        verdict.refuse(401, "X-Sentry-Auth is missing")
        return
    scheme, _, rest = header.partition(" ")
    pairs = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if scheme != "Sentry":
        verdict.refuse(401, "X-Sentry-Auth does not begin with 'Sentry '")
    elif pairs.get("sentry_key") != urlsplit(dsn).username:
        verdict.refuse(403, "X-Sentry-Auth: sentry_key is not the DSN's")
    elif pairs.get("sentry_version") != "7":
        verdict.refuse(400, "X-Sentry-Auth: sentry_version is not 7")


def _check_headers(headers: Json, dsn: str | None, now: float) -> Iterator[str]:
    sent_at = parse_time(headers.get("sent_at"))
    if sent_at is None:
        yield f"header sent_at: not RFC 3339: {headers.get('sent_at')!r:.60}"
    elif abs(sent_at - now) > MAX_CLOCK_SECONDS:
        yield f"header sent_at: {sent_at - now:+.0f} s from the time of the send"
    if dsn is not None and headers.get("dsn", dsn) != dsn:
        yield "header dsn: another DSN than the server's"
    sdk = headers.get("sdk", {"name": "-", "version": "-"})
    if not isinstance(sdk, dict) or not all(isinstance(sdk.get(key), str) for key in ("name", "version")):
        yield "header sdk: no name and version"
    if "trace" in headers:
        yield from _check_trace_header(headers["trace"], dsn)


def _check_trace_header(trace: Any, dsn: str | None) -> Iterator[str]:
    if not isinstance(trace, dict):
        yield "header trace: not an object"
        return
    if not is_hex_id(trace.get("trace_id"), 32):
        yield f"header trace: trace_id is no trace id: {trace.get('trace_id')!r:.60}"
    if dsn is not None:
        yield from _check_public_key(trace.get("public_key"), dsn)
    rate = trace.get("sample_rate")
    if not isinstance(rate, str) or not re.fullmatch(r"0(\.\d+)?([eE]-?\d+)?|1(\.0+)?", rate):
        yield f"header trace: sample_rate is not a string of a number from 0 to 1: {rate!r:.60}"
    if trace.get("sampled") != "true":
        yield f"header trace: sampled is not the string 'true': {trace.get('sampled')!r:.60}"
    for name in ("environment", "release"):
        if not isinstance(trace.get(name, ""), str):
            yield f"header trace: {name} is not a string"


def _check_public_key(key: Any, dsn: str) -> Iterator[str]:
    if not isinstance(key, str) or not key.isascii() or len(key) != 32:
        yield f"header trace: public_key is not exactly 32 ASCII characters: {key!r:.60}"
    elif key != urlsplit(dsn).username:
        yield "header trace: public_key is not the DSN's"


def _main_kinds(envelope: Envelope) -> list[str]:
    kinds = [str(item.headers["type"]) for item in envelope.items]
    return [kind for kind in kinds if kind not in _COMPANIONS]


def _check_items(verdict: Verdict, envelope: Envelope, *, stream: bool) -> None:
    main = _main_kinds(envelope)
    for kind in sorted(set(main) - {"span", "transaction", "event"}):
        verdict.findings.append(f"unexpected item type {kind!r}")
    if main.count("span") > 1:
        verdict.refuse(413, f"{main.count('span')} span items in one envelope")
    if main.count("transaction") > 1 or {"span", "transaction"} <= set(main):
        verdict.refuse(400, "a transaction item is not alone in its envelope")
    if not envelope.items:
        verdict.findings.append("envelope without items")
    for item in envelope.items:
        match item.headers.get("type"):
            case "span" if stream:
                verdict.findings.append("Spotlight does not show span items")
            case "span":
                _check_span_item(verdict, envelope.headers, item)
            case "transaction":
                _check_transaction_item(verdict, envelope.headers, item)
            case "event":
                _check_event_item(verdict, envelope.headers, item)
            case "client_report":
                verdict.client_reports.append(_payload(verdict, item) or {})


def _payload(verdict: Verdict, item: Item) -> Json | None:
    try:
        return parse_object(f"payload of the {item.headers['type']} item", item.payload)
    except ValueError as error:
        verdict.refuse(400, str(error))
        return None


def _check_span_item(verdict: Verdict, headers: Json, item: Item) -> None:
    if "trace" not in headers:
        verdict.findings.append("header trace: missing")
    if item.headers.get("content_type") != SPAN_CONTENT_TYPE:
        verdict.findings.append(f"span item: content_type is not {SPAN_CONTENT_TYPE}")
    payload = _payload(verdict, item)
    if payload is None:
        return
    if payload.get("version") != 2:
        verdict.findings.append(f"span item: version is not 2: {payload.get('version')!r:.60}")
    for key in sorted(payload.keys() - {"version", "items"}):
        verdict.findings.append(f"span item: unknown key {key}")
    items = payload.get("items")
    if not isinstance(items, list) or not items:
        verdict.findings.append("span item: no items")
        return
    count = item.headers.get("item_count")
    if count != len(items):
        verdict.refuse(413, f"span item: item_count is {count!r:.60}, items are {len(items)}")
    if len(items) > MAX_SPANS:
        verdict.refuse(413, f"span item: more than {MAX_SPANS} spans: {len(items)}")
    verdict.findings.extend(_check_spans(items, headers.get("trace")))
    verdict.spans.extend(span for span in items if isinstance(span, dict))


def _check_spans(items: list[Any], header: Any) -> Iterator[str]:
    trace_id = header.get("trace_id") if isinstance(header, dict) else None
    seen: set[str] = set()
    for place, span in enumerate(items):
        name = f"span {place}"
        yield from (f"{name}: {finding}" for finding in check_span(span))
        if not isinstance(span, dict):
            continue
        own = span.get("trace_id")
        if is_hex_id(trace_id, 32) and is_hex_id(own, 32) and own != trace_id:
            yield f"{name}: trace_id: not that of the envelope's trace header"
        span_id = str(span.get("span_id"))
        if span_id in seen:
            yield f"{name}: span_id: not the first with this id in the envelope"
        seen.add(span_id)


def _check_event_item(verdict: Verdict, headers: Json, item: Item) -> None:
    event = _payload(verdict, item)
    if event is None:
        return
    event_id = event.get("event_id")
    if not is_hex_id(event_id, 32) or headers.get("event_id") != event_id:
        verdict.findings.append(f"event: event_id is not that of the header: {event_id!r:.60}")
    if not is_unix_seconds(event.get("timestamp")):
        verdict.findings.append(f"event: timestamp: not Unix seconds: {event.get('timestamp')!r:.60}")
    trace = (event.get("contexts") or {}).get("trace") or {}
    if trace.get("trace_id") != (headers.get("trace") or {}).get("trace_id"):
        verdict.findings.append("event: its trace is not that of the envelope's header")
    if not is_hex_id(trace.get("span_id"), 16):
        verdict.findings.append("event: it names no span")
    verdict.events.append(event)


def _check_transaction_item(verdict: Verdict, headers: Json, item: Item) -> None:
    event = _payload(verdict, item)
    if event is None:
        return
    found = (f"transaction: {f}" for f in check_transaction(event, len(item.payload)))
    verdict.findings.extend(found)
    if headers.get("event_id", event.get("event_id")) != event.get("event_id"):
        verdict.findings.append("header event_id: not the transaction's")
    header, context = headers.get("trace"), event.get("contexts")
    if isinstance(header, dict) and isinstance(context, dict):
        trace = context.get("trace")
        own = trace.get("trace_id") if isinstance(trace, dict) else None
        if is_hex_id(own, 32) and own != header.get("trace_id"):
            verdict.findings.append("header trace: trace_id is not the transaction's")
    verdict.transactions.append(event)
