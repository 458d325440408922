"""Requests over connections that are kept: what is sent again and again goes without ceremony.

urllib3 makes the connections, with all that it knows of TLS; httptools reads the answers. What lies between
them in urllib3 costs three times as much as the rest of sending an envelope.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from typing import Any, cast

import urllib3
from httptools import HttpParserError, HttpResponseParser
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ProtocolError
from urllib3.util.connection import is_connection_dropped

_PIECE = 16_384
_NO_CONTENT = frozenset((204, 304))


class Reply:
    """An answer, filled by the parser that calls its methods.

    Attributes:
        status: The HTTP status; 0 before it is known.
        headers: The header fields, by their names in lower case.
        body: The body, as far as it has been read.
        done: Whether it is whole.
        keeps: Whether another request may follow on the same connection.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.done = False
        self.keeps = False
        self._parser: Any = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Takes the next bytes that came.

        Raises:
            ProtocolError: They are not HTTP.
        """
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            raise ProtocolError("not HTTP", BadStatusLine("")) from error

    @property
    def ends_with_connection(self) -> bool:
        """Whether nothing but the end of the connection says where the body ends."""
        known = "content-length" in self.headers or "transfer-encoding" in self.headers
        return self.status >= 200 and self.status not in _NO_CONTENT and not known

    def end(self) -> None:
        """Lets go of the parser, which holds the reply: else both wait for the garbage collector."""
        self._parser = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called for each header field."""
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        """Called after the last header field."""
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self.headers.clear()

    def on_body(self, data: bytes) -> None:
        """Called for each piece of the body."""
        self.body += data

    def on_message_complete(self) -> None:
        """Called at the end; what has a status below 200 only precedes the answer."""
        self.done = self.status >= 200
        self.keeps = self.done and self._parser.should_keep_alive()


class Posted:
    """A request that has been sent and whose answer has not been read.

    Attributes:
        connection: Where the answer comes.
        deadline: When it is late, on the clock of the connections.
    """

    __slots__ = ("connection", "deadline")

    def __init__(self, connection: HTTPConnection, deadline: float) -> None:
        self.connection = connection
        self.deadline = deadline

    def fileno(self) -> int:
        """What becomes readable when the answer comes."""
        number: int = self.connection.sock.fileno()
        return number


class KeptConnections:
    """Connections to one server without a proxy; may be used from several threads.

    Args:
        pool: Makes the connections.
        url: Where requests go.
        headers: What all requests say.
        timeout: How long to wait for a connection, for each piece of the answer, and for its status, in
            seconds.
        max_body: Bytes of the body after which no more is read.
        clock: Seconds, never going back.
    """

    def __init__(
        self,
        pool: urllib3.PoolManager,
        url: str,
        headers: Mapping[str, str],
        *,
        timeout: float,
        max_body: int,
        clock: Callable[[], float],
    ) -> None:
        where = urllib3.util.parse_url(url)
        self._pool = pool
        self._url = url
        self._timeout = timeout
        self._max_body = max_body
        self._clock = clock
        self._idle: list[HTTPConnection] = []
        fields = {"Host": where.netloc or "", "Accept-Encoding": "identity", **headers}
        lines = [
            f"POST {where.request_uri} HTTP/1.1",
            *(f"{name}: {value}" for name, value in fields.items()),
        ]
        self._head = "\r\n".join(lines).encode("latin-1") + b"\r\nContent-Length: "

    def post(self, body: bytes) -> Reply:
        """Sends a request and waits for its answer.

        Raises:
            HTTPError: There is no connection, or what came is no answer.
            OSError: It took too long, or the connection broke.
        """
        return self.answer(self.begin(body))

    def begin(self, body: bytes) -> Posted:
        """Sends a request whose answer is to be read with `answer`, or given up with `abandon`.

        Raises:
            HTTPError, OSError: As `post`.
        """
        connection = self._connection()
        try:
            self._send(connection.sock, body)
        except BaseException:
            connection.close()
            raise
        return Posted(connection, self._clock() + self._timeout)

    def abandon(self, posted: Posted) -> None:
        """Waits for the answer no longer."""
        posted.connection.close()

    def answer(self, posted: Posted) -> Reply:
        """Waits for the answer of a request.

        Raises:
            HTTPError, OSError: As `post`.
        """
        connection = posted.connection
        try:
            reply = self._reply(connection.sock, posted.deadline)
        except BaseException:
            connection.close()
            raise
        if reply.keeps:
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    def close(self) -> None:
        """Closes the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _connection(self) -> HTTPConnection:
        while self._idle:
            try:
                idle = self._idle.pop()
            except IndexError:
                break  # another thread was quicker
            if not is_connection_dropped(idle):
                return idle
            idle.close()
        # The pool's own way of making one, with its TLS settings; in public it only makes requests.
        connection = cast("HTTPConnection", self._pool.connection_from_url(self._url)._new_conn())  # noqa: SLF001
        connection.timeout = self._timeout
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        connection.sock.settimeout(self._timeout)
        return connection

    def _send(self, sock: socket.socket, body: bytes) -> None:
        try:
            sock.sendall(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        except BrokenPipeError:
            pass  # the server may have answered before it has read all
        except TimeoutError:
            raise
        except OSError as error:
            raise ProtocolError("sending", error) from error

    def _reply(self, sock: socket.socket, deadline: float) -> Reply:
        reply = Reply()
        while not reply.done and len(reply.body) < self._max_body:
            data = self._received(sock)
            if data:
                reply.feed(data)
            elif reply.ends_with_connection:
                break
            else:
                raise ProtocolError("ended", IncompleteRead(b"") if reply.status else RemoteDisconnected(""))
            if not reply.done and self._clock() > deadline:
                if reply.status < 200:
                    raise TimeoutError
                break
        reply.end()
        return reply

    def _received(self, sock: socket.socket) -> bytes:
        try:
            return sock.recv(_PIECE)
        except TimeoutError:
            raise
        except OSError as error:
            raise ProtocolError("receiving", error) from error
