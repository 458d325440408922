"""The JSON Schema of `translator.toml` takes what the program takes, and nothing else."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import Run
from tests.cli.test_settings import values_of
from translator.settings_options import OPTIONS, Option
from translator.settings_schema import config_schema

VALIDATOR = Draft202012Validator(config_schema())
DOCS = Path(__file__).parents[2] / "docs"


def findings(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(tomllib.loads(text))]


def test_it_is_a_schema_and_what_the_command_prints(run: Run) -> None:
    Draft202012Validator.check_schema(config_schema())

    assert json.loads(run("schema", "--of-config").out) == json.loads(json.dumps(config_schema()))


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_setting_is_in_it(option: Option) -> None:
    _, toml, _ = values_of(option)

    assert findings(f"{option.name} = {toml}\n") == []
    assert findings(f"{option.name} = [[1]]\n")


@pytest.mark.parametrize(
    "text",
    [
        "enviroment = 'x'\n",
        "wire = 'spans'\n",
        "workers = 500\n",
        "idle_timeout = 'soon'\n",
        "idle_timeout = 1e9\n",
        "max_line_bytes = 'x'\n",
        "max_line_bytes = 0\n",
        "max_line_bytes = '0 MiB'\n",
        "retention_days = 20000\n",
        "dsn = ''\n",
        "[[sources]]\nname = 'a'\n",
        "[[sources]]\nname = 'a b'\npaths = ['x']\n",
        "[[sources]]\nname = 'a'\npaths = ['x']\nlisten = ':1'\n",
        "[attributes]\n'sentry.op' = 'x'\n",
    ],
)
def test_what_the_program_refuses_it_refuses(text: str, run: Run) -> None:
    Path("translator.toml").write_text(text)

    assert findings(text)
    assert run("config").code == 2


@pytest.mark.parametrize("said", ["5", "'250ms'", "' 1.5 h '", "'10000d'", "'7'"])
def test_lengths_of_time_that_the_program_takes_are_taken(said: str, run: Run) -> None:
    text = f"idle_timeout = {said}\n"
    Path("translator.toml").write_text(text)

    assert findings(text) == []
    assert run("config").code == 0


@pytest.mark.parametrize("said", ["5", "'16MiB'", "' 500 kB '", "'7'", "'1gib'"])
def test_sizes_that_the_program_takes_are_taken(said: str, run: Run) -> None:
    text = f"max_line_bytes = {said}\n"
    Path("translator.toml").write_text(text)

    assert findings(text) == []
    assert run("config").code == 0


def test_what_the_documentation_shows_is_taken() -> None:
    shown = [
        block
        for page in ("configuration.md", "formats/house.md", "operations.md")
        for block in re.findall(r"```toml\n(.*?)```", DOCS.joinpath(page).read_text(), re.DOTALL)
    ]

    assert len(shown) > 3
    assert [findings(block) for block in shown if findings(block)] == []
