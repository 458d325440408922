"""A clean environment for every test, and a receiver that insists on Sentry's rules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.faults.field import FIGURES, HEAD, ROW
from tests.receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

# That a machine is slow is no fault of what is tested.
settings.register_profile(
    "patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
settings.load_profile("patient")

_PROXIES = frozenset({"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"})


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker of this file known."""
    config.addinivalue_line(
        "markers", "expect_violations: the test breaks Sentry's rules; `receiver` does not complain"
    )


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in list(os.environ):
        if name.startswith(("TRANSLATOR_", "SENTRY_")) or name.lower() in _PROXIES:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    # The logs of the tests do not grow older with the calendar.
    monkeypatch.setenv("TRANSLATOR_OLDER_THAN_RETENTION", "send")


@pytest.fixture
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    """A started receiver; the test fails if Sentry's rules were broken, unless it expects that."""
    with Receiver() as started:
        started.expect_violations = request.node.get_closest_marker("expect_violations") is not None
        yield started
    if not started.expect_violations:
        started.assert_clean()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The rows of all scenarios that were played, and the figures that tests have recorded."""
    recorded = [
        (name, str(value))
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
    ]
    rows = [value for name, value in recorded if name == ROW]
    if rows:
        terminalreporter.section("what happens to logs, and what is lost")
        terminalreporter.write_line(HEAD)
        for row in sorted(rows):
            terminalreporter.write_line(row)
    for name, value in recorded:
        if name == FIGURES:
            terminalreporter.write_line(value)
