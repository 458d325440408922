"""One attempt to send one envelope, with Sentry's own HTTP transport.

The SDK's transport knows proxies, TLS, CA bundles, client certificates and authentication. Its
background thread and its queue, which drops what does not fit, are not used: every call waits for
the answer and returns it. Neither are urllib3's repeats and redirects.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, cast
from urllib.parse import unquote

import msgspec
import orjson
import urllib3
from sentry_sdk.consts import DEFAULT_OPTIONS, EndpointType
from sentry_sdk.envelope import Envelope as SdkEnvelope
from sentry_sdk.transport import HttpTransport
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers

from translator.delivery.answers import NETWORK, RATE_LIMITED, answer_of, cause_of, clean
from translator.delivery.compression import gzipped
from translator.delivery.connections import KeptConnections, Posted, Reply
from translator.delivery.destination import Destination
from translator.delivery.limits import RateLimits
from translator.model import Answer, Envelope, Refused, Retry

TIMEOUT_SECONDS = 30.0
GZIP_LEVEL = 1
CONTENT_TYPE = "application/x-sentry-envelope"

_MAX_BODY = 65_536
_PIECE = 8_192
_CONNECTIONS = 16


class EnvelopeTransport(HttpTransport):
    """Sends envelopes to one destination; may be used from several threads.

    Args:
        destination: Where to.
        timeout: How long to wait for a connection, and then for each piece of the answer, in seconds.
        gzip_level: 1 (quick) to 9 (small); 0 sends as it is.
        http_proxy: The proxy; None takes the environment's, an empty text takes none.
        https_proxy: The same for https.
        ca_certs: The path of a CA bundle; None takes the environment's or the SDK's.
        clock: Seconds, never going back.
        on_limits: Told of the seconds that each category has to wait, when the server names some.
    """

    def __init__(
        self,
        destination: Destination,
        *,
        timeout: float = TIMEOUT_SECONDS,
        gzip_level: int = GZIP_LEVEL,
        http_proxy: str | None = None,
        https_proxy: str | None = None,
        ca_certs: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_limits: Callable[[Mapping[str | None, float]], None] = lambda _limits: None,
    ) -> None:
        self.destination = destination
        self._host = destination.host
        self._timeout = timeout
        self._gzip_level = gzip_level
        self._clock = clock
        self.limits = RateLimits(clock, on_limits)
        # The SDK takes no proxy for Spotlight either: it is next door.
        direct = "" if destination.spotlight else None
        super().__init__(
            {
                **DEFAULT_OPTIONS,
                "dsn": destination.dsn,
                "http_proxy": http_proxy if direct is None else direct,
                "https_proxy": https_proxy if direct is None else direct,
                "ca_certs": ca_certs,
                "keep_alive": True,
                "send_client_reports": False,
            }
        )
        self._sign_in_at_proxy()
        self._headers = {
            "User-Agent": str(self._auth.client),
            "Content-Type": CONTENT_TYPE,
            "X-Sentry-Auth": str(self._auth.to_header()),
        }
        if gzip_level:
            self._headers["Content-Encoding"] = "gzip"
        self._kept = None if isinstance(self._pool, urllib3.ProxyManager) else self._connections()

    def send(self, envelope: Envelope, sent_at: datetime) -> Answer:
        """Sends an envelope once and waits for the answer.

        Nothing is sent while the envelope's category is rate-limited.

        Args:
            envelope: What to send.
            sent_at: The time now.
        """
        limited = self.limited_until(envelope.category)
        if limited is not None:
            return self._limited(limited, None)
        body = self._body(envelope, sent_at)
        try:
            if self._kept is not None:
                return self._judge_reply(self._kept.post(body), envelope.category)
            response = self._request("POST", EndpointType.ENVELOPE, body, self._headers)
            said = self._read(response)
        except (HTTPError, HTTPException, OSError) as error:
            return self._no_answer(error)
        return self._judge(response.status, response.headers, said, envelope.category)

    def begin(self, envelope: Envelope, sent_at: datetime) -> Posted | Answer:
        """Sends an envelope without waiting for the answer, which `answer` reads.

        Args:
            envelope: What to send.
            sent_at: The time now.

        Returns:
            What the answer will come to; an answer, where it could not be sent.
        """
        limited = self.limited_until(envelope.category)
        if limited is not None:
            return self._limited(limited, None)
        if self._kept is None:
            return self.send(envelope, sent_at)
        try:
            return self._kept.begin(self._body(envelope, sent_at))
        except (HTTPError, HTTPException, OSError) as error:
            return self._no_answer(error)

    def answer(self, posted: Posted, category: str) -> Answer:
        """The answer to an envelope of a category that `begin` has sent; waits until it is there."""
        assert self._kept is not None  # noqa: S101 - nothing else makes what was posted
        try:
            return self._judge_reply(self._kept.answer(posted), category)
        except (HTTPError, HTTPException, OSError) as error:
            return self._no_answer(error)

    def give_up(self, posted: Posted) -> Answer:
        """What to think of an answer that has not come in time."""
        assert self._kept is not None  # noqa: S101 - as above
        self._kept.abandon(posted)
        return self._no_answer(TimeoutError())

    def limited_until(self, category: str) -> float | None:
        """Seconds until a category ("span", "transaction") may be sent again; None where it may now."""
        return self.limits.remaining(category)

    def close(self) -> None:
        """Closes idle connections; may be called twice."""
        self._pool.clear()
        if self._kept is not None:
            self._kept.close()

    def capture_envelope(self, envelope: SdkEnvelope) -> None:
        """Not available: it would return before anything is known of the envelope's fate."""
        raise NotImplementedError("use send")

    def flush(self, timeout: float, callback: Callable[[int, float], None] | None = None) -> None:
        """Does nothing: nothing is ever queued."""

    def _body(self, envelope: Envelope, sent_at: datetime) -> bytes:
        body = serialize(envelope, sent_at)
        return gzipped(body, self._gzip_level) if self._gzip_level else body

    def _no_answer(self, error: Exception) -> Answer:
        detail = f"{self._host}: {cause_of(error, self._timeout)}"
        return Retry(None, NETWORK, self._without_keys(detail))

    def _judge_reply(self, reply: Reply, category: str) -> Answer:
        return self._judge(reply.status, reply.headers, bytes(reply.body), category)

    def _judge(self, status: int, headers: Mapping[str, str], body: bytes, category: str) -> Answer:
        limited = self.limits.learn(status, headers, category)
        if status == 429:
            return self._limited(limited or 0.0, status)
        answer = answer_of(status, headers, body, self._host)
        if isinstance(answer, (Retry, Refused)):
            return msgspec.structs.replace(answer, detail=self._without_keys(answer.detail))
        return answer

    def _limited(self, seconds: float, status: int | None) -> Retry:
        detail = f"{self._host} asks to wait for {seconds:.0f} s"
        return Retry(seconds, RATE_LIMITED, detail, status)

    def _without_keys(self, detail: str) -> str:
        for key in (self._auth.public_key, self._auth.secret_key):
            if key:
                detail = detail.replace(key, "***")
        return clean(detail)

    def _get_pool_options(self) -> dict[str, Any]:
        options = super()._get_pool_options()
        # The SDK's socket options displace urllib3's own. Without this one every envelope waits some
        # 40 ms between its headers and its body, for the acknowledgement that the server delays.
        quick = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        options["socket_options"] = [*(options.get("socket_options") or ()), quick]
        return {**options, "maxsize": _CONNECTIONS}

    def _request(
        self,
        method: str,
        endpoint_type: EndpointType,  # noqa: ARG002
        body: bytes,
        headers: Mapping[str, str],
    ) -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            method,
            self.destination.url,
            body=body,
            headers=headers,
            timeout=urllib3.Timeout(connect=self._timeout, read=self._timeout),
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """The body, as far as anybody would want to read it.

        A body that is read to its end has given the connection back; any other ends it.
        """
        body = bytearray()
        deadline = self._clock() + self._timeout
        try:
            while len(body) < _MAX_BODY and self._clock() < deadline:
                piece = response.read(_PIECE)
                if not piece:
                    break
                body += piece
        finally:
            response.close()
        return bytes(body)

    def _connections(self) -> KeptConnections:
        return KeptConnections(
            self._pool,
            self.destination.url,
            self._headers,
            timeout=self._timeout,
            max_body=_MAX_BODY,
            clock=self._clock,
        )

    def _sign_in_at_proxy(self) -> None:
        """Uses the name and password in a proxy's URL, which the SDK leaves unused."""
        if not isinstance(self._pool, urllib3.ProxyManager) or self._pool.proxy is None:
            return
        if self._pool.proxy.auth and "proxy-authorization" not in self._pool.proxy_headers:
            signed = make_headers(proxy_basic_auth=unquote(self._pool.proxy.auth))
            cast("dict[str, str]", self._pool.proxy_headers).update(signed)


def serialize(envelope: Envelope, sent_at: datetime) -> bytes:
    """The bytes of an envelope: its header, the header of its item and the payload, each on a line.

    Args:
        envelope: What to send.
        sent_at: The time of this try; any time zone.
    """
    stamp = sent_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return b"\n".join(
        (
            orjson.dumps({**envelope.header, "sent_at": stamp}),
            orjson.dumps({**envelope.item_header, "length": len(envelope.payload)}),
            envelope.payload,
            b"",
        )
    )
