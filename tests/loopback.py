"""An HTTP server on loopback that can be told to fail in the ways that networks fail."""

from __future__ import annotations

import os
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

ACCEPTED = b'{"id":"00000000000000000000000000000001"}'

Fault = Literal["reset", "half", "garbage"]


@dataclass(frozen=True)
class Answer:
    """How to answer one request.

    Attributes:
        status: The HTTP status.
        headers: More header fields.
        body: The body of the answer.
        gate: Answer only when this event is set; the request is recorded at once.
        fault: Instead of an answer reset the connection, break off half-way, or talk nonsense.
        taken: Whether the envelope counts; by default when the status is 200 and nothing fails.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = ACCEPTED
    gate: threading.Event | None = None
    fault: Fault | None = None
    taken: bool | None = None

    @property
    def takes(self) -> bool:
        """Whether the envelope counts as taken."""
        return self.status == 200 and self.fault is None if self.taken is None else self.taken


class Owner(Protocol):
    """Who decides on answers and is told of everything, in the server's threads."""

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Decide how to answer a request; the names of its headers are in lower case."""

    def record_disconnect(self) -> None:
        """A client went away in the middle of a request."""

    def record_violation(self, finding: str) -> None:
        """A request was not HTTP as expected, or the server itself failed."""


class Server(ThreadingHTTPServer):
    """The server; every connection has a thread, and closing waits for all of them."""

    daemon_threads = False
    allow_reuse_port = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], owner: Owner) -> None:
        self.owner = owner
        self._connections: set[socket.socket] = set()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Bind without asking for the name of the host, which could go out to the network."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Wake every thread that waits for a next request."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        error = sys.exception()
        if isinstance(error, ConnectionError):
            self.owner.record_disconnect()
        else:
            self.owner.record_violation(f"the receiver failed: {error!r}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.server.owner.record_violation(f"Content-Length is no size: {length!r:.60}")
            self.send_error(411)
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.server.owner.record_disconnect()
            self.close_connection = True
            return
        self._answer(self.server.owner.handle(self.command, self.path, self._headers(), body))

    def do_GET(self) -> None:
        self._answer(self.server.owner.handle(self.command, self.path, self._headers(), b""))

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _answer(self, answer: Answer) -> None:
        if answer.fault is not None:
            self.close_connection = True
            self._fail(answer.fault)
            return
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(answer.body))}
        for name, value in {**headers, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _fail(self, fault: Fault) -> None:
        match fault:
            case "half":
                self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n{"id":')
            case "garbage":
                self.wfile.write(b"\x00\xff no answer at all\r\n\r\n")
            case "reset":
                # Closed with nothing lingering, the kernel sends RST instead of FIN.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the receiver records requests itself."""
