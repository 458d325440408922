"""Figures in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from translator import __version__
from translator.delivery.answers import MALFORMED, TOO_LARGE
from translator.monitor.figures import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

ZEROS: Mapping[str, tuple[str, ...]] = {
    "translator_lines": ("no_timestamp", "too_long"),
    "translator_rejected": (MALFORMED, TOO_LARGE),
}
"""Labels that are there from the beginning: an alert cannot see a series rise that begins above 0."""

GROUPS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("lines", "translator_lines", ("outcome",), "Lines that were read, by what became of them."),
    ("events", "translator_events", ("kind", "phase"), "Events, by kind and phase."),
    ("spans", "translator_spans", ("kind",), "Spans that were finished, by kind."),
    ("notes", "translator_notes", ("what",), "What was not as it should be in lines that were understood."),
    ("changed", "translator_changed_spans", ("how",), "Spans whose content was masked or shortened."),
)
"""Totals by the first word of their name: metric, labels, and what it tells."""


def _sent(figures: Figures) -> dict[str, int]:
    return {"acknowledged": figures.acknowledged_spans, "unsampled": figures.totals.get("unsampled", 0)}


COUNTERS: tuple[tuple[str, Callable[[Figures], Mapping[str, int]], str, str], ...] = (
    ("translator_requests", lambda f: f.requests, "status", "Attempts to send, by status."),
    ("translator_rejected", lambda f: f.rejected, "reason", "What was set aside, by reason."),
    ("translator_sent_spans", _sent, "outcome", "Spans, by what became of them."),
)
"""Metric, where its counts come from, their label, and what it tells."""

GAUGES: tuple[tuple[str, Callable[[Figures], float], str], ...] = (
    ("translator_files_open", lambda f: f.files, "Files that are followed."),
    ("translator_lag_bytes", lambda f: f.lag_bytes, "Bytes in them that have not been read."),
    ("translator_lag_seconds", lambda f: f.lag_seconds, "How long there has been something to read."),
    ("translator_open_spans", lambda f: f.open_spans, "Spans that have begun and not ended."),
    ("translator_outbox_envelopes", lambda f: f.envelopes, "Envelopes that wait to be sent."),
    ("translator_outbox_bytes", lambda f: f.outbox_bytes, "Bytes of them."),
    ("translator_oldest_unsent_seconds", lambda f: f.oldest_seconds, "How long the oldest has waited."),
    ("translator_sending", lambda f: f.problem is None, "1, or 0 when sending has stopped for good."),
)
"""Metric, where it comes from, and what it tells."""


ReadFigures = Callable[[], Mapping[str, Figures]]
"""Gives the figures now, by the name of the source; of the only one, which has none, under an empty name."""


class FiguresCollector(Collector):
    """Makes metrics of the figures at each scrape; where sources have names, labelled by them.

    Args:
        read: The figures now.
    """

    def __init__(self, read: ReadFigures) -> None:
        self._read = read

    def describe(self) -> Iterator[Metric]:
        """Nothing: what there is depends on what was read."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        read = sorted(self._read().items())
        named = any(name for name, _ in read)
        by_source = ("source",) if named else ()
        sources = [([name] if named else [], figures) for name, figures in read]
        for group, name, labels, told in GROUPS:
            family = CounterMetricFamily(name, told, labels=(*labels, *by_source))
            for source, figures in sources:
                for value, count in _counts(name, _grouped(figures, group)):
                    family.add_metric([*value.split(".", len(labels) - 1), *source], count)
            yield family
        for name, counts_of, label, told in COUNTERS:
            counter = CounterMetricFamily(name, told, labels=(label, *by_source))
            for source, figures in sources:
                for value, count in _counts(name, counts_of(figures)):
                    counter.add_metric([value, *source], count)
            yield counter
        for name, value_of, told in GAUGES:
            gauge = GaugeMetricFamily(name, told, labels=by_source)
            for source, figures in sources:
                gauge.add_metric([*source], float(value_of(figures)))
            yield gauge
        build = GaugeMetricFamily("translator_build_info", "The version.", labels=("version",))
        build.add_metric([__version__], 1)
        yield build


def _grouped(figures: Figures, group: str) -> dict[str, int]:
    parted = ((name.partition("."), count) for name, count in figures.totals.items())
    return {rest: count for (first, _, rest), count in parted if first == group}


def _counts(name: str, counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The counts of a metric in the order of their labels."""
    return sorted({**dict.fromkeys(ZEROS.get(name, ()), 0), **counts}.items())


def metrics_text(read: ReadFigures) -> bytes:
    """All metrics in the text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FiguresCollector(read))
    return generate_latest(registry)
