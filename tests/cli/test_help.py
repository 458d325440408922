"""What the program says of itself: versions, help, the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import Run
from translator import __version__
from translator.settings_options import OPTIONS

ROOT = Path(__file__).parents[2]
LOGS = sorted(ROOT.joinpath("samples").glob("*/agent.jsonl"))
ALL = {option.flag for option in OPTIONS if option.name != "paths"}
LOGGING = {"--log-level", "--log-format", "--quiet"}
LIVE = {"--from", "--orphan-hold", "--max-outbox-bytes", "--listen", "--heartbeat"}
HISTORY = {"--since", "--until", "--older-than-retention", "--retention-days", "--max-rate", "--workers"}
FLAGS = {
    "run": ALL - HISTORY | {"--once", "--config"},
    "backfill": ALL - LIVE | {"--dry-run", "--again", "--rejected", "--json", "--config"},
    "status": {"--state-dir", "--json", "--config"},
    "preview": LOGGING | {"--exclude", "--format", "--idle-timeout", "--max-line-bytes", "--config"},
    "check": LOGGING
    | {"--exclude", "--format", "--reorder-window", "--idle-timeout", "--max-line-bytes"}
    | {"--mask-secrets", "--json", "--sarif", "--strict", "--all", "--ignore"}
    | {"--explain", "--config"},
    "config": ALL | {"--config"},
    "demo": {"--config"},
    "schema": {"--of-config"},
}
"""The flags of each command, as `docs/configuration.md` has them."""


def test_the_version_is_the_packages(run: Run) -> None:
    said = run("--version")

    assert (said.code, said.out, said.err) == (0, f"translator {__version__}\n", "")


@pytest.mark.parametrize("command", FLAGS)
def test_help_lists_exactly_the_flags_of_the_command(command: str, run: Run) -> None:
    said = run(command, "--help")

    listed = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", said.out, re.MULTILINE)) - {"--help"}
    assert said.code == 0
    assert listed == FLAGS[command]


@pytest.mark.parametrize("command", ["run", "backfill"])
def test_help_names_the_variable_of_every_flag(command: str, run: Run) -> None:
    said = " ".join(run(command, "--help").out.split())

    lacking = [
        option.env
        for option in OPTIONS
        if option.flag in FLAGS[command] and f"[env: {option.env}]" not in said
    ]
    assert lacking == []


@pytest.mark.parametrize("command", FLAGS)
def test_the_short_form_of_help_is_the_same(command: str, run: Run) -> None:
    assert run(command, "-h") == run(command, "--help")


def test_help_names_every_command(run: Run) -> None:
    said = run("--help")

    assert said.code == 0
    assert [command for command in FLAGS if not re.search(rf"^  {command} ", said.out, re.MULTILINE)] == []


@pytest.mark.parametrize("command", ["preview", "backfill", "config", "demo", "schema"])
def test_a_flag_of_another_command_is_not_taken(command: str, run: Run) -> None:
    said = run(command, "--once")

    assert said.code == 2
    assert "No such option: --once" in said.err


def test_the_schema_is_json_of_draft_2020_12_and_takes_every_sample(run: Run) -> None:
    said = run("schema")
    schema = json.loads(said.out)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    assert (said.code, said.err) == (0, "")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert len(LOGS) >= 8
    for log in LOGS:
        for line in log.read_text(encoding="utf-8").splitlines():
            assert [error.message for error in validator.iter_errors(json.loads(line))] == []


def test_the_demo_needs_neither_settings_nor_leaves_anything(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("SENTRY_DSN", "https://0123456789abcdef0123456789abcdef@no.such.host.invalid/1")

    said = run("demo")

    assert (said.code, said.err) == (0, "")
    assert "invoke_agent Travel Agent" in said.out
    assert list(temporary.iterdir()) == []
