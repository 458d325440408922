"""Health, readiness and metrics: what a running sidecar says of itself over HTTP."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from translator.errors import ConfigurationError
from translator.monitor.figures import Figures
from translator.monitor.metrics import metrics_text
from translator.monitor.server import MonitorServer, parse_address

BUSY = Figures(
    totals={
        "lines.event": 7, "lines.not_json": 2, "events.agent.start": 3, "spans.tool": 4,
        "notes.ends_missing": 1, "changed.masked_spans": 1, "unsampled": 5,
    },
    files=2, lag_bytes=10, lag_seconds=1.5, open_spans=3, envelopes=4, outbox_bytes=500, oldest_seconds=9.0,
    requests={"200": 6, "none": 1}, acknowledged_spans=8, rejected={"malformed": 1}, tried=True,
)  # fmt: skip


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def values(text: str) -> dict[str, float]:
    """Every sample of a metrics page by its name and labels."""
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_have_the_documented_names_and_values() -> None:
    found = values(metrics_text(lambda: {"": BUSY}).decode())

    assert found["translator_lines_total['event']"] == 7
    assert found["translator_lines_total['not_json']"] == 2
    assert found["translator_events_total['agent', 'start']"] == 3
    assert found["translator_spans_total['tool']"] == 4
    assert found["translator_notes_total['ends_missing']"] == 1
    assert found["translator_changed_spans_total['masked_spans']"] == 1
    assert found["translator_sent_spans_total['acknowledged']"] == 8
    assert found["translator_sent_spans_total['unsampled']"] == 5
    assert found["translator_requests_total['200']"] == 6
    assert found["translator_requests_total['none']"] == 1
    assert found["translator_rejected_total['malformed']"] == 1
    assert found["translator_files_open[]"] == 2
    assert found["translator_lag_bytes[]"] == 10
    assert found["translator_lag_seconds[]"] == 1.5
    assert found["translator_open_spans[]"] == 3
    assert found["translator_outbox_envelopes[]"] == 4
    assert found["translator_outbox_bytes[]"] == 500
    assert found["translator_oldest_unsent_seconds[]"] == 9
    assert found["translator_sending[]"] == 1


def test_what_alerts_watch_is_there_before_it_has_happened() -> None:
    found = values(metrics_text(lambda: {"": Figures()}).decode())

    for name in ("rejected_total['malformed']", "rejected_total['too_large']"):
        assert found[f"translator_{name}"] == 0
    for name in ("lines_total['no_timestamp']", "lines_total['too_long']"):
        assert found[f"translator_{name}"] == 0


def test_every_metric_has_a_total_a_unit_or_is_a_gauge() -> None:
    names = set(re.findall(r"^(translator_\w+)", metrics_text(lambda: {"": BUSY}).decode(), re.MULTILINE))

    assert all(name == name.lower() for name in names)
    assert {name for name in names if name.endswith("_created")} == set()


@pytest.mark.parametrize(
    ("figures", "status", "word"),
    [
        (BUSY, 200, "ready"),
        (Figures(files=1), 200, "ready"),
        (Figures(), 503, "no file"),
        (Figures(files=1, tried=True, last_was_good=False), 503, "last send failed"),
        (Figures(files=1, problem="answered 403"), 503, "answered 403"),
    ],
)
def test_it_is_ready_when_files_are_found_and_the_last_send_was_fine(
    figures: Figures, status: int, word: str
) -> None:
    with MonitorServer(("127.0.0.1", 0), lambda: {"": figures}) as server:
        assert get(server.port, "/healthz") == (200, "ok\n")
        answered = get(server.port, "/readyz")

    assert answered[0] == status
    assert word in answered[1]


def test_other_pages_are_told() -> None:
    with MonitorServer(("127.0.0.1", 0), lambda: {"": BUSY}) as server:
        assert get(server.port, "/secret")[0] == 404
        assert "translator_lines_total" in get(server.port, "/metrics?x=1")[1]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)), (":9464", ("127.0.0.1", 9464)), ("[::1]:1", ("::1", 1)),
        ("10.1.2.3:80", ("10.1.2.3", 80)),
    ],
)  # fmt: skip
def test_addresses_are_read(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


def test_a_port_that_is_taken_is_told() -> None:
    with (
        MonitorServer(("127.0.0.1", 0), lambda: {"": BUSY}) as server,
        pytest.raises(ConfigurationError, match="cannot listen"),
    ):
        MonitorServer(("127.0.0.1", server.port), lambda: {"": BUSY})
