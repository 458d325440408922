"""The page on the checks says what they say: its examples are what they are tested with."""

from __future__ import annotations

import pytest

from tests.docs import checked, pages
from tests.docs.checked import Example
from translator.checks.codes import BY_WORD, CODES

EXAMPLES = checked.examples()
OPERATIONS = pages.DOCS / "operations.md"
OF_ENVELOPES = {"masked_spans", "shortened_spans"}
"""Words of the summary about what is sent, not about the log."""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.code)
class TestEveryCode:
    """Each has what is wrong, what is said of it, and what is right."""

    def test_what_is_wrong_gives_it_and_nothing_else(self, example: Example) -> None:
        found = checked.diagnostics(example.bad, example.limit)

        assert {diagnostic.code.name for diagnostic in found} == {example.code}

    def test_what_is_said_is_what_stands_below(self, example: Example) -> None:
        assert checked.shown(example.bad, example.limit) == example.told

    def test_what_is_right_gives_nothing(self, example: Example) -> None:
        found = checked.diagnostics(example.good, example.limit)

        assert [(diagnostic.code.name, diagnostic.message) for diagnostic in found] == []


def test_every_code_has_a_section_in_order() -> None:
    assert [example.code for example in EXAMPLES] == [code.name for code in CODES]


def test_the_page_is_up_to_date() -> None:
    text = checked.PAGE.read_text(encoding="utf-8")

    assert checked.refreshed(text) == text


def test_the_hints_link_to_the_sections() -> None:
    assert [code.name for code in CODES if code.link != f"docs/checks.md#{code.name.lower()}"] == []


def test_every_word_of_the_summary_has_a_code() -> None:
    words = {
        pages.codes(row[head])[0]
        for head in ("passed over", "noticed")
        for row in pages.table(OPERATIONS, head)
    }

    assert set(BY_WORD) == words - OF_ENVELOPES


def test_names_are_given_once_and_in_families() -> None:
    names = [code.name for code in CODES]

    assert len(set(names)) == len(names)
    assert [name[1:] for name in names] == sorted(name[1:] for name in names)
    assert all(name[0] in "EWN" and len(name) == 4 for name in names)
