"""The published schema is valid, and the samples' logs are valid by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from translator.formats.native.schema import json_schema

LOGS = sorted(Path(__file__).parents[2].joinpath("samples").glob("*/agent.jsonl"))


def test_it_is_a_schema_of_draft_2020_12() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.parent.name)
def test_the_samples_are_valid(log: Path) -> None:
    validator = Draft202012Validator(json_schema())

    for line in log.read_text(encoding="utf-8").splitlines():
        assert [error.message for error in validator.iter_errors(json.loads(line))] == []


@pytest.mark.parametrize(
    "record",
    [[], "text", {"level": "info"}, {"event": "tool.start", "trace_id": {"a": 1}},
     {"event": "tool.end", "duration_ms": -1}, {"event": "agent.start", "agent": 5}],
)  # fmt: skip
def test_what_is_wrong_is_not_valid(record: object) -> None:
    assert list(Draft202012Validator(json_schema()).iter_errors(record))
