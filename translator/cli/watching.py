"""What a running sidecar tells: figures over HTTP, and a heartbeat in its log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from translator.cli.logs import Log
from translator.cli.notify import ALIVE, READY, ServiceManager
from translator.cli.sending import LAST_ANSWER, Output
from translator.delivery.sender import Counters
from translator.model import Acknowledged, Refused, Retry
from translator.monitor.figures import Figures, Gauges
from translator.monitor.server import MonitorServer, parse_address
from translator.pipeline.run import Source
from translator.pipeline.translation import Translation
from translator.settings import Settings

_ALIVE_SECONDS = 1.0


class Watch:
    """Knows where the figures of all sources come from; may be used from several threads.

    Args:
        manager: Told that the program is ready and alive.
    """

    def __init__(self, manager: ServiceManager) -> None:
        self._manager = manager
        self._alive_at = 0.0
        self._gauges: dict[str, Gauges] = {}

    def read(self) -> Mapping[str, Figures]:
        """The figures now, by the name of the source."""
        return {name: gauges.read() for name, gauges in list(self._gauges.items())}

    def alive(self) -> None:
        """Takes note that the reading goes on, or waits for something that will pass."""
        now = time.monotonic()
        if now - self._alive_at >= _ALIVE_SECONDS:
            self._alive_at = now
            self._manager.tell(ALIVE)

    @contextmanager
    def watched(
        self, settings: Settings, translation: Translation, output: Output, source: Source, log: Log
    ) -> Iterator[Callable[[], None]]:
        """While it lasts, the source's figures are told; gives what sees to the heartbeat."""
        gauges = self._gauges[settings.name] = _gauges(translation, output, source)
        interval = settings["heartbeat"]
        due = time.monotonic() + interval
        answered: float | None = None

        def beat() -> None:
            nonlocal due, answered
            self._manager.tell(READY)
            counters = gauges.counters
            if output.store is not None and counters is not None and counters.last_answer_time != answered:
                answered = counters.last_answer_time
                output.store.remember(LAST_ANSWER, _last_answer(counters))
            if interval and time.monotonic() >= due:
                due = time.monotonic() + interval
                log.info("heartbeat", **told(gauges.read()))

        try:
            yield beat
        finally:
            del self._gauges[settings.name]


@contextmanager
def listening(settings: Settings, watch: Watch, log: Log) -> Iterator[None]:
    """Answers over HTTP while it lasts, if that is wanted."""
    if settings["listen"] is None:
        yield
        return
    with MonitorServer(parse_address(settings["listen"]), watch.read) as server:
        log.info("listening", port=server.port, pages="/healthz /readyz /metrics")
        yield


def _last_answer(counters: Counters) -> str:
    match counters.last_answer:
        case Acknowledged(status=status):
            answer = f"{status} acknowledged"
        case Retry(detail=detail) | Refused(detail=detail):
            answer = detail
        case None:
            answer = "none"
    return msgspec.json.encode({"time": counters.last_answer_time, "answer": answer}).decode()


def told(figures: Figures) -> dict[str, float | str]:
    """The figures of a heartbeat."""
    shown: dict[str, float | str] = {
        "lines": sum(count for name, count in figures.totals.items() if name.startswith("lines.")),
        "events": figures.totals.get("lines.event", 0),
        "spans": sum(count for name, count in figures.totals.items() if name.startswith("spans.")),
        "acknowledged_spans": figures.acknowledged_spans,
        "rejected": sum(figures.rejected.values()),
        "open_spans": figures.open_spans,
        "files": figures.files,
        "lag_bytes": figures.lag_bytes,
        "lag_seconds": round(figures.lag_seconds, 1),
        "outbox_envelopes": figures.envelopes,
        "outbox_bytes": figures.outbox_bytes,
        "oldest_unsent_seconds": round(figures.oldest_seconds, 1),
    }
    if figures.problem is not None:
        shown["problem"] = figures.problem
    return shown


def _gauges(translation: Translation, output: Output, source: Source) -> Gauges:
    delivery, store = output.delivery, output.store

    return Gauges(
        translation=translation,
        totals=output.totals,
        positions=source.positions,
        files=lambda: source.files,
        outbox=store,
        counters=None if delivery is None else delivery.counters,
        problem=lambda: None if delivery is None else delivery.problem,
        clock=time.time,
    )
