"""Everything that the program can say of itself is in the page on operations, with what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.docs import pages, told
from tests.monitor.test_monitor import BUSY
from tests.pipeline.program import translator
from tests.receiver import Receiver
from translator.cli import watching
from translator.delivery.sender import Counters
from translator.monitor.metrics import metrics_text
from translator.pipeline.outcome import Delivery

OPERATIONS = pages.DOCS / "operations.md"
SAMPLE = str(pages.ROOT / "samples" / "python" / "agent.jsonl")
WITH_ADVICE = ("code", "passed over", "noticed", "by time", "sent", "event", "what you see")


def words(first: str, page: Path = OPERATIONS) -> list[str]:
    return [word for row in pages.table(page, first) for word in pages.codes(row[first])]


def test_the_reasons_for_passing_over_are_those_of_the_code() -> None:
    reasons = told.first_arguments("Unreadable")

    assert set(words("passed over")) == reasons
    assert set(words("word", pages.DOCS / "log-format.md")) == reasons


def test_the_notes_are_those_of_the_code() -> None:
    assert set(words("noticed")) == told.counted() - {"event"}


def test_what_is_left_out_by_time_is_that_of_the_code() -> None:
    assert set(words("by time")) == told.first_arguments("Verdict") | {"shifted"}


def test_the_words_of_what_was_sent_are_those_of_the_code() -> None:
    delivery = Delivery(cast("Any", SimpleNamespace(counters=Counters())), cast("Any", None))

    assert words("sent") == list(delivery.counts())


def test_the_log_events_and_their_levels_are_those_of_the_code() -> None:
    rows = pages.table(OPERATIONS, "event")

    assert {pages.codes(row["event"])[0]: row["level"] for row in rows} == told.log_lines()


@pytest.mark.parametrize("page", [OPERATIONS, pages.ROOT / "README.md"], ids=lambda page: page.stem)
def test_the_exit_codes_are_those_of_the_code(page: Path) -> None:
    assert {int(row["code"]) for row in pages.table(page, "code")} == {0} | told.exit_codes()


@pytest.mark.parametrize("message", sorted(told.messages("StateError", "DeliveryError", "DamagedStateError")))
def test_what_ends_a_command_with_3_is_among_what_goes_wrong(message: str) -> None:
    seen = " ".join(row["what you see"] for row in pages.table(OPERATIONS, "what you see"))
    known = [piece.strip("… ") for piece in pages.codes(seen)]

    assert message == "spans arrived" or any(piece in message for piece in known)


def test_the_metrics_and_their_labels_are_those_of_the_code() -> None:
    named: dict[str, set[str]] = {}
    for name, labels in re.findall(
        r"^(\w+)(?:\{(.*)\})? ", metrics_text(lambda: {"": BUSY}).decode(), re.MULTILINE
    ):
        named[name] = set(re.findall(r'(\w+)="', labels))
    rows = pages.table(OPERATIONS, "metric")

    assert {pages.codes(row["metric"])[0]: set(pages.codes(row["labels"])) for row in rows} == named


def test_the_figures_of_the_heartbeat_are_those_of_the_code() -> None:
    assert words("figure") == [*watching.told(BUSY), "problem"]


@pytest.mark.parametrize("first", WITH_ADVICE)
def test_each_says_what_to_do(first: str) -> None:
    rows = pages.table(OPERATIONS, first)

    assert rows
    assert [row[first] for row in rows if not row["what to do"].strip("– ")] == []


def test_the_summary_for_machines_and_the_status_have_what_the_page_says(tmp_path: Path) -> None:
    with Receiver() as receiver:
        to = ("--dsn", receiver.dsn, "--state-dir", str(tmp_path))
        backfill = ("backfill", SAMPLE, *to, "--json", "--older-than-retention", "send")
        summary, again = (json.loads(translator(*backfill).stdout) for _ in range(2))
        assert translator("run", SAMPLE, "--once", *to).returncode == 0

    assert set(words("key of the summary")) == summary.keys()
    assert summary["sent"].keys() <= set(words("sent"))
    assert again.keys() == {"already_sent", "files"}
    shown = translator("status", "--state-dir", str(tmp_path), COLUMNS="200").stdout
    listed = {line.split(maxsplit=1)[0] for line in shown.splitlines() if line.strip()}
    # Nothing was set aside, and nothing is noted of answers where a run reads once.
    assert set(words("row of the status")) - {"rejected", "answer"} <= listed
