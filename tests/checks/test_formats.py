"""Logs of every format pass through, and what is said of them has a place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.checked import examples
from translator.backfill.checked import check_inputs
from translator.checks.codes import BY_NAME
from translator.checks.diagnostic import Diagnostic
from translator.checks.findings import Findings
from translator.checks.places import spot_of
from translator.cli.history import time_of
from translator.files.inputs import find_inputs
from translator.formats.registry import FORMATS
from translator.pipeline.checking import Checker
from translator.pipeline.translation import Windows

FORMATS_TESTED = Path(__file__).parents[1] / "formats"
SAMPLES = Path(__file__).parents[2] / "samples"
LOGS = sorted(
    path
    for top in (FORMATS_TESTED, SAMPLES)
    for path in top.rglob("*")
    if path.suffix in (".jsonl", ".log") and "node_modules" not in path.parts
)


def checked(*paths: Path) -> tuple[list[Diagnostic], Findings]:
    findings = Findings()
    checker = Checker(Windows().of_history(), findings)
    inputs = find_inputs([str(path) for path in paths], time_of)
    damaged: list[Exception] = []
    found = [
        diagnostic
        for batch in check_inputs(
            inputs, checker, max_line_bytes=1 << 24, reorder=5.0, on_damaged=damaged.append
        )
        for diagnostic in batch
    ]
    assert damaged == []
    return found, findings


@pytest.mark.parametrize("path", LOGS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_log_of_any_format_is_checked(path: Path) -> None:
    found, findings = checked(path)

    lines = path.read_bytes().split(b"\n")
    assert findings.files[str(path)].lines.total() >= len(lines) - 1
    for diagnostic in found:
        spot = spot_of(diagnostic)
        assert BY_NAME[diagnostic.code.name] is diagnostic.code
        assert 0 <= diagnostic.origin.number <= len(lines)
        assert 0 <= spot.start <= spot.start + spot.length <= len(spot.text)
        assert diagnostic.message
        assert diagnostic.hint


def test_the_formats_are_all_among_them(tmp_path: Path) -> None:
    transcript = tmp_path / "transcript.jsonl"
    transcript.write_text(next(one.good for one in examples() if one.code == "W602"), encoding="utf-8")

    _, findings = checked(*LOGS, transcript)

    assert {report.format for report in findings.files.values()} >= {format_.name for format_ in FORMATS}


@pytest.mark.parametrize("language", ["go", "java", "javascript", "php", "python", "ruby"])
def test_the_samples_are_without_a_finding(language: str) -> None:
    found, _ = checked(SAMPLES / language / "agent.jsonl")

    assert [diagnostic.message for diagnostic in found] == []


def test_a_span_of_otlp_is_found_by_its_id() -> None:
    path = FORMATS_TESTED / "otlp" / "recordings" / "openinference.jsonl"
    found, _ = checked(path)
    lines = path.read_text(encoding="utf-8").splitlines()

    pointed = [(spot_of(one), lines[one.origin.number - 1]) for one in found if one.code.name == "W506"]
    assert len(pointed) == 3
    for spot, line in pointed:
        assert f'"spanId": "{spot.text[spot.start : spot.start + spot.length]}"' in line
