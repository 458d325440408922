"""A small receiver of envelopes on loopback, which keeps the spans that it is sent."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

PUBLIC_KEY = "d" * 32


class DemoReceiver:
    """Takes span v2 envelopes; a context manager.

    Attributes:
        spans: The spans as they came, by trace and span id.
        envelopes: How many envelopes came.
        received_bytes: Their bytes on the wire.
    """

    def __init__(self) -> None:
        self.spans: dict[tuple[str, str], dict[str, Any]] = {}
        self.envelopes = 0
        self.received_bytes = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True)

    @property
    def dsn(self) -> str:
        """Where to send."""
        return f"http://{PUBLIC_KEY}@127.0.0.1:{self._server.server_address[1]}/1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, body: bytes, wire_bytes: int) -> None:
        """Keeps the spans of one envelope."""
        _, item_header, payload = body.split(b"\n", 2)
        length = json.loads(item_header)["length"]
        items = json.loads(payload[:length])["items"]
        with self._lock:
            self.envelopes += 1
            self.received_bytes += wire_bytes
            self.spans.update(((item["trace_id"], item["span_id"]), item) for item in items)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wire = self.rfile.read(int(self.headers["Content-Length"]))
                body = gzip.decompress(wire) if self.headers.get("Content-Encoding") == "gzip" else wire
                receiver.take(body, len(wire))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
                pass

        return Handler
