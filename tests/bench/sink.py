"""A server that acknowledges every envelope and counts the spans, as quickly as Python can."""

from __future__ import annotations

import asyncio
import json
import zlib

counts = {"requests": 0, "spans": 0, "bytes": 0}


def count(body: bytes) -> None:
    """Counts what is in one envelope; of a transaction, itself and its spans."""
    counts["requests"] += 1
    counts["bytes"] += len(body)
    if body[:2] == b"\x1f\x8b":
        body = zlib.decompress(body, wbits=31)
    header = json.loads(body.split(b"\n", 2)[1])
    if "item_count" in header:
        counts["spans"] += header["item_count"]
    elif header["type"] == "transaction":
        counts["spans"] += 1 + len(json.loads(body.split(b"\n", 2)[2].splitlines()[0])["spans"])


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers the requests of one connection; GET gets the counts."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            answer = b"{}"
            if head.startswith(b"get"):
                answer = json.dumps(counts).encode()
            else:
                length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
                count(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    """Serves on a free port of loopback until terminated, and prints the port."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
