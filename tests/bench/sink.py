"""A server that acknowledges every envelope and counts the spans, as quickly as Python can."""

from __future__ import annotations

import json
import re
import select
import socket
import zlib

HEADERS = 512
"""Bytes of an envelope in which its headers end, as a rule."""

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ITEMS = re.compile(rb'"item_count":(\d+)')
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

counts = {"requests": 0, "spans": 0, "bytes": 0}


def count(body: bytes) -> None:
    """Counts what is in one envelope; of a transaction, itself and its spans."""
    counts["requests"] += 1
    counts["bytes"] += len(body)
    packed = body[:2] == b"\x1f\x8b"
    begin = zlib.decompressobj(wbits=31).decompress(body, HEADERS) if packed else body[:HEADERS]
    found = ITEMS.search(begin)
    if found is not None:
        counts["spans"] += int(found[1])
        return
    whole = zlib.decompress(body, wbits=31) if packed else body
    _, header, payload, *_ = whole.split(b"\n", 3)
    if json.loads(header)["type"] == "transaction":
        counts["spans"] += 1 + len(json.loads(payload)["spans"])


def answer(data: bytes) -> bytes | None:
    """The answer to a request; None while it is not whole. GET gets the counts."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return None
    if head.startswith(b"GET"):
        said = json.dumps(counts).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said)
    found = LENGTH.search(head)
    if found is None or len(body) < int(found[1]):
        return None
    count(body)
    return OK


def main() -> None:
    """Serves on a free port of loopback until terminated, and prints the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listener.getsockname()[1], flush=True)
    waiting = select.epoll()
    waiting.register(listener, select.EPOLLIN)
    connections: dict[int, tuple[socket.socket, bytes]] = {}
    while True:
        for number, _ in waiting.poll():
            if number == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection, b""
                waiting.register(connection, select.EPOLLIN)
                continue
            connection, held = connections[number]
            try:
                data = connection.recv(1 << 20)
            except OSError:
                data = b""
            if not data:
                del connections[number]
                connection.close()
                continue
            said = answer(held + data)
            connections[number] = connection, b"" if said else held + data
            if said:
                connection.sendall(said)


if __name__ == "__main__":
    main()
