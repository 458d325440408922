"""The page on the log format says what the code does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.docs import pages, refresh, results
from tests.docs.pages import Block
from translator.content.messages import input_messages, output_messages
from translator.content.usage import read_usage
from translator.envelopes.extra import BLANKED
from translator.formats.native.fields import ALIASES, USAGE_NAMES, Type, squash
from translator.formats.native.names import CHUNKS, ENDS, FAILURES, STARTS, SUBJECTS, WHOLES
from translator.formats.native.reader import CONTAINERS, EVENT_KEYS
from translator.formats.native.timestamps import parse_duration, parse_time
from translator.formats.native.values import ERROR_STATUSES
from translator.model import KINDS
from translator.spans.inherit import DOWNWARD

PAGE = pages.DOCS / "log-format.md"
EXAMPLES = pages.examples(PAGE)
REMEDY = "python -m tests.docs.refresh brings the page up to date; look at what it changes"
RESULTS = [(lines, result) for lines, stated in EXAMPLES for result in stated]


def rows(first: str) -> list[dict[str, str]]:
    found = pages.table(PAGE, first)
    assert found, f"no table of {first}"
    return found


def column(first: str) -> list[str]:
    return [pages.codes(row[first])[0] for row in rows(first)]


def pairs(first: str, second: str) -> dict[str, str]:
    return {pages.codes(row[first])[0]: pages.codes(row[second])[0] for row in rows(first)}


@pytest.mark.parametrize(("lines", "result"), RESULTS, ids=str)
def test_the_lines_of_an_example_give_the_stated_result(lines: Block, result: Block) -> None:
    made = results.tree(lines.text)
    if result.language == "attributes":
        made = results.attributes(lines.text, result.text)

    assert made == result.text, REMEDY


def test_every_example_states_its_result() -> None:
    assert [str(lines) for lines, stated in EXAMPLES if not stated] == []


def test_there_is_an_example_of_every_event() -> None:
    shown = "".join(lines.text for lines, _ in EXAMPLES)
    names = [f"{kind.value}.{word}" for kind in SUBJECTS for word in ("start", "end", "error")]
    names += [
        "model.chunk",
        *(kind.value for kind in KINDS),
        "embeddings",
        "embeddings.start",
        "embeddings.end",
    ]

    assert [name for name in names if f'"event":"{name}"' not in shown] == []


def test_the_keys_and_containers_are_those_of_the_reader() -> None:
    assert column("key of the name") == list(EVENT_KEYS)
    assert column("container") == list(CONTAINERS)


def test_the_event_names_are_those_of_the_reader() -> None:
    heads = ("the thing", "it starts", "it ends")
    named = [row for row in rows("kind") if heads[0] in row]
    words = {row["kind"]: tuple(tuple(pages.codes(row[head])) for head in heads) for row in named}
    whole = {
        row["kind"]: tuple(pages.codes(row["whole span"])) for row in rows("kind") if "whole span" in row
    }

    assert words == {kind.value: (SUBJECTS[kind], STARTS[kind], ENDS[kind]) for kind in SUBJECTS}
    assert whole == {kind.value: names for kind, names in WHOLES.items()}
    assert pairs("failure", "`error.type`") == FAILURES
    assert tuple(column("chunk")) == CHUNKS


def test_the_fields_are_those_of_the_reader_with_all_their_names() -> None:
    assert refresh.field_table() in PAGE.read_text(encoding="utf-8"), REMEDY
    assert column("type") == [kind.value for kind in Type]


def test_every_name_that_the_reader_knows_is_in_the_table_of_fields() -> None:
    for kind, known in ALIASES.items():
        told: dict[str, str] = {}
        for row in rows("field"):
            if row.get("events") == "all" or kind.value in row.get("events", "").split(", "):
                name = pages.codes(row["field"])[0]
                for alias in (name, *pages.codes(row["other names"])):
                    told.setdefault(squash(alias), name)
        assert told == {alias: field.name for alias, (field, _) in known.items()}


def test_what_is_sent_is_what_the_rules_of_attributes_say() -> None:
    assert refresh.sent_table() in PAGE.read_text(encoding="utf-8"), REMEDY


def test_usage_is_read_as_stated() -> None:
    for row in rows("usage of"):
        usage, _ = read_usage(json.loads(pages.codes(row["as logged"])[0]))
        counts = (
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read,
            usage.cache_write,
            usage.reasoning,
        )
        told = [row[head] for head in ("input", "output", "cache read", "cache written", "reasoning")]

        assert told == ["–" if count is None else str(count) for count in counts], row["usage of"]


def test_the_counts_on_a_line_are_those_of_the_reader() -> None:
    assert tuple(column("count on the line")) == USAGE_NAMES


@pytest.mark.parametrize(
    "row", rows("input of") + rows("output of"), ids=lambda row: next(iter(row.values()))
)
def test_messages_are_read_as_stated(row: dict[str, str]) -> None:
    read = input_messages if "input of" in row else output_messages
    logged: Any = json.loads(
        pages.codes(row["input as logged" if "input of" in row else "output as logged"])[0]
    )

    assert read(logged).messages == json.loads(pages.codes(row["as sent"])[0])


def test_the_statuses_are_those_of_the_reader() -> None:
    assert pairs("status", "`error.type`") == ERROR_STATUSES


def test_all_forms_of_one_time_are_that_time() -> None:
    assert {parse_time(json.loads(form)) for form in column("time")} == {1_795_435_200_250_000}


def test_all_forms_of_one_duration_are_that_duration() -> None:
    assert {parse_duration(json.loads(form), 1e3) for form in column("duration")} == {1_500_000}


def test_what_flows_down_is_what_the_code_hands_down() -> None:
    assert tuple(column("inherited")) == DOWNWARD


def test_the_words_that_sentry_blanks_are_named() -> None:
    told = re.search(r"Keys that contain (.+?) go together", pages.prose(PAGE), re.DOTALL)

    assert told is not None
    assert tuple(pages.codes(told[1])) == BLANKED
