"""A server that acknowledges every envelope and counts the spans, as quickly as Python can."""

from __future__ import annotations

import json
import sys
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

counts = {"requests": 0, "spans": 0, "bytes": 0}


class Handler(BaseHTTPRequestHandler):
    """Answers 200 to envelopes, and the counts to GET."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        counts["requests"] += 1
        counts["bytes"] += len(body)
        if self.headers.get("Content-Encoding") == "gzip":
            body = zlib.decompress(body, wbits=31)
        for line in body.split(b"\n", 2)[1:2]:
            header = json.loads(line)
            if "item_count" in header:
                counts["spans"] += header["item_count"]
            else:
                counts["spans"] += body.count(b'"span_id"') - body.count(b'"parent_span_id"')
        self._answer(b"{}")

    def do_GET(self) -> None:
        self._answer(json.dumps(counts).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)  # noqa: T201 - told to the parent process
    sys.exit(server.serve_forever())
