"""`translator check`: what is wrong with logs, and what their traces will lack; nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import typer
from rich.console import Console

from translator.backfill.checked import check_inputs
from translator.checks.codes import CODES, Severity
from translator.checks.diagnostic import Diagnostic
from translator.checks.findings import Findings
from translator.cli.damaged import Damaged
from translator.cli.diagnostics import Plain
from translator.cli.history import time_of
from translator.cli.logs import set_up_logging
from translator.cli.reports import Json, Sarif
from translator.cli.standard_output import standard_output
from translator.errors import ConfigurationError
from translator.files.discover import STDIN
from translator.files.inputs import find_inputs
from translator.pipeline.checking import Checker
from translator.settings import Settings

EXIT_FINDINGS = 1
MOST_SHOWN = 10
"""Diagnostics of one code and file that are shown, where not all are asked for."""


class _Report(Protocol):
    """One form in which diagnostics are told."""

    def show(self, diagnostic: Diagnostic) -> None:
        """Tells one."""

    def end(self, findings: Findings) -> None:
        """Tells what was counted; nothing comes after it."""


def check(
    settings: Settings,
    *,
    as_json: bool,
    sarif: str | None,
    strict: bool,
    everything: bool,
    ignore: Sequence[str],
) -> None:
    """Says what is wrong with logs.

    Args:
        settings: What is wanted.
        as_json: Whether it is for machines.
        sarif: The file that it is written to as SARIF, too.
        strict: Whether warnings count as findings.
        everything: Whether to show all of a code and file.
        ignore: Codes, or beginnings of them, to leave out.
    """
    log = set_up_logging(settings)
    if as_json and sarif == STDIN:
        raise ConfigurationError("--json and --sarif - both go to standard output", hint="name a file")
    findings = Findings(None if everything else MOST_SHOWN, _codes(ignore))
    checker = Checker(
        settings.windows.of_history(), findings, format_name=settings["format"], formats=settings.formats
    )
    inputs = find_inputs(settings["paths"], time_of, exclude=settings["exclude"])
    damaged = Damaged(log, "all else is checked")
    with ExitStack() as opened:
        reports = _reports(settings, sarif, opened, as_json=as_json)
        for batch in check_inputs(
            inputs,
            checker,
            max_line_bytes=settings["max_line_bytes"],
            reorder=settings["reorder_window"],
            on_damaged=damaged.add,
        ):
            for diagnostic in batch:
                for report in reports:
                    report.show(diagnostic)
        findings.complete = not damaged.errors
        for report in reports:
            report.end(findings)
    damaged.end()
    found = findings.severities()
    if found[Severity.ERROR] or (strict and found[Severity.WARNING]):
        raise typer.Exit(EXIT_FINDINGS)


def _reports(settings: Settings, sarif: str | None, opened: ExitStack, *, as_json: bool) -> list[_Report]:
    reports: list[_Report] = []
    if as_json:
        reports.append(Json(standard_output()))
    elif sarif != STDIN:
        reports.append(Plain(Console(), quiet=settings["quiet"], masked=settings["mask_secrets"]))
    if sarif is not None:
        if sarif == STDIN:
            file = standard_output()
        else:
            try:
                file = opened.enter_context(Path(sarif).open("w", encoding="utf-8"))  # noqa: SIM115
            except OSError as error:
                raise ConfigurationError(
                    f"cannot be written: {error.strerror}", where=f"--sarif {sarif}", hint="name another file"
                ) from error
        reports.append(Sarif(file))
    return reports


def _codes(given: Sequence[str]) -> tuple[str, ...]:
    words = tuple(word.strip().upper() for one in given for word in one.split(",") if word.strip())
    for word in words:
        if not any(code.name.startswith(word) for code in CODES):
            raise ConfigurationError(
                f"no code begins with `{word}`", where="--ignore", hint="docs/checks.md lists all codes"
            )
    return words
