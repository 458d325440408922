"""Prints the fault table after the tests."""

from __future__ import annotations

import pytest

from tests.faults.field import HEAD

ROW = "fault_row"
FIGURES = "figures"


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
