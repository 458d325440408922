"""`/healthz`, `/readyz` and `/metrics` over HTTP: off unless asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from translator.errors import ConfigurationError
from translator.monitor.figures import Figures

Page = tuple[int, str, bytes]
"""Status, content type, body."""

_TEXT = "text/plain; charset=utf-8"
_SECONDS = 5.0
"""How long a client may take to ask."""


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:9464`, `[::1]:9464` or `:9464` (loopback)."""
    host, _, port = text.rpartition(":")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


class MonitorServer:
    """Answers with the figures of the moment, in threads of its own.

    Use it as a context manager.

    Args:
        address: Host and port; port 0 takes any that is free.
        read: The figures now, by the name of the source.

    Raises:
        ConfigurationError: Nothing can listen there.
    """

    def __init__(self, address: tuple[str, int], read: Callable[[], Mapping[str, Figures]]) -> None:
        # Imported here: whoever does not listen need not load it.
        from translator.monitor.metrics import CONTENT_TYPE, metrics_text

        def pages(path: str) -> Page:
            if path == "/healthz":
                return 200, _TEXT, b"ok\n"
            if path == "/readyz":
                return _readiness(read())
            if path == "/metrics":
                return 200, CONTENT_TYPE, metrics_text(read)
            return 404, _TEXT, b"/healthz, /readyz and /metrics are here\n"

        class Handler(_Handler):
            page = staticmethod(pages)

        try:
            self._server = _Server(address, Handler)
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {address[0]}:{address[1]}: {error.strerror or error}",
                where="--listen",
                hint="choose another port, or end what listens there",
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="monitor", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Handler(BaseHTTPRequestHandler):
    timeout = _SECONDS
    page: Callable[[str], Page]

    def do_GET(self) -> None:
        status, content_type, body = type(self).page(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing: scrapes are no news."""


def _readiness(sources: Mapping[str, Figures]) -> Page:
    """Ready when all sources are."""
    reasons: list[str] = []
    for source, figures in sorted(sources.items()):
        if not figures.ready:
            why = figures.problem or ("no file is found" if not figures.files else "the last send failed")
            reasons.append(f"{source}: {why}" if source else why)
    if sources and not reasons:
        return 200, _TEXT, b"ready\n"
    return 503, _TEXT, f"not ready: {'; '.join(reasons) or 'nothing is read yet'}\n".encode()
