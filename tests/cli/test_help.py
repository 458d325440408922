"""What the program says of itself: versions, help, the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import Run
from translator import __version__
from translator.cli.app import COMMANDS
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
    "preview": LOGGING
    | {"--exclude", "--format", "--idle-timeout", "--max-line-bytes", "--config"}
    | {"--send-default-pii", "--mask-secrets", "--log-attributes"}
    | {"--trace", "--errors", "--slowest", "--agent", "--html"},
    "check": LOGGING
    | {"--exclude", "--format", "--reorder-window", "--idle-timeout", "--max-line-bytes"}
    | {"--mask-secrets", "--json", "--sarif", "--strict", "--all", "--ignore"}
    | {"--explain", "--config"},
    "config": ALL | {"--config"},
    "demo": set(),
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


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("command", ["", *FLAGS])
def test_help_fits_the_terminal_and_is_not_cut_off(
    command: str, columns: int, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    lines = run(*filter(None, [command]), "--help").out.splitlines()

    too_long = [line.strip() for line in lines if len(line) > min(columns, 80)]
    # Names, variables and examples are not broken.
    assert [line for line in too_long if not line.startswith(("-", "translator ", "[env: "))] == []
    assert columns < 80 or not too_long


def test_the_list_of_commands_is_not_cut_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("--help").out.splitlines()

    assert [one for one in COMMANDS if f"  {one.name:<8}  {one.summary}" not in lines] == []


def test_what_is_wanted_most_stands_first(run: Run) -> None:
    lines = run("run", "--help").out.splitlines()

    assert [line for line in lines if re.fullmatch(r"\S.*:", line)] == [
        "Example:", "Arguments:", "Options:", "Sending:", "Content:", "Reading:", "Following:",
        "The program's own log:",
    ]  # fmt: skip
    assert lines[lines.index("Sending:") + 1].startswith("  --dsn DSN ")


def test_defaults_are_told_as_a_person_would_say_them(run: Run) -> None:
    said = " ".join(run("run", "--help").out.split())

    for default in ("Default: 30m.", "Default: 16MiB.", "Default: 1GiB.", "Default: span.", "Default: on."):
        assert default in said


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
    Path("translator.toml").write_text("no = [")
    monkeypatch.setenv("SENTRY_DSN", "https://0123456789abcdef0123456789abcdef@no.such.host.invalid/1")

    said = run("demo")

    assert (said.code, said.err) == (0, "")
    assert "invoke_agent Travel Agent" in said.out
    assert list(temporary.iterdir()) == []
