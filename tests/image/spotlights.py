"""What a Spotlight holds that others have started, by its `GET /stream`."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from contextlib import closing, suppress

from tests.spotlight.spotlight import ENVELOPE, server_sent_events

PATIENCE_SECONDS = 120
QUIET_SECONDS = 2


def wait_until(met: Callable[[], bool], otherwise: str) -> None:
    """Waits for a condition, and says what else was the matter."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not met():
        assert time.monotonic() < deadline, otherwise


def counts(port: int) -> tuple[int, int]:
    """The traces and spans of what it plays back at once; none where nobody answers."""
    spans: dict[str, set[str]] = {}
    connection = http.client.HTTPConnection("localhost", port, timeout=QUIET_SECONDS)
    with closing(connection), suppress(OSError):
        connection.request("GET", "/stream", headers={"Accept": "text/event-stream"})
        for kind, data in server_sent_events(connection.getresponse()):
            for _, sent in json.loads(data)[1] if kind == ENVELOPE else ():
                root = sent["contexts"]["trace"]
                ids = (root["span_id"], *(span["span_id"] for span in sent["spans"]))
                spans.setdefault(root["trace_id"], set()).update(ids)
    return len(spans), sum(map(len, spans.values()))
