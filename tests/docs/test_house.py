"""The pages on formats of one's own: what they show is what the program says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.docs import pages
from tests.pipeline.program import translator
from translator.formats.house.load import load_formats
from translator.formats.house.read import RULE_KEYS

PAGE = pages.DOCS / "formats" / "house.md"
CONFIGURATION = pages.DOCS / "configuration.md"


@pytest.mark.parametrize("page", [PAGE, CONFIGURATION], ids=lambda page: page.name)
def test_the_rules_that_it_shows_can_be_used(page: Path) -> None:
    shown = [tomllib.loads(block.text) for block in pages.blocks(page, "toml")]
    assert [load_formats(table["formats"])[0].name for table in shown if "formats" in table] == ["shop"]


@pytest.mark.parametrize(
    ("page", "head"), [(PAGE, "key"), (CONFIGURATION, "in a rule")], ids=["page", "short"]
)
def test_the_table_of_a_rule_has_all_its_keys(page: Path, head: str) -> None:
    assert [pages.codes(row[head])[0] for row in pages.table(page, head)] == list(RULE_KEYS)


def test_the_preview_gives_the_tree_and_the_summary_that_it_shows() -> None:
    (tree,) = pages.blocks(PAGE, "text")
    command = next(block for block in pages.blocks(PAGE, "console") if "passed over" in block.text)
    given, _, summary = command.text.partition("\n")
    done = translator(*given.split()[2:], COLUMNS="80")
    stripped = [line.rstrip() for line in done.stdout.splitlines()]
    assert [line for line in tree.text.splitlines() if line not in stripped] == []
    assert done.stderr == summary


def test_the_mistakes_are_told_as_it_shows(tmp_path: Path) -> None:
    command = next(block for block in pages.blocks(PAGE, "console") if "error: " in block.text)
    _, *told = command.text.splitlines()
    config = tmp_path / "translator.toml"
    config.write_text(
        "environment = 'production'\n\n[[formats.shop]]\nwhen = { logger = 'llm' }\nevent = 'modle'\n"
        "[formats.shop.fields]\nsession_id = 'ctx.chat'\n"
    )
    done = translator("run", "service.jsonl", "--config", str(config))

    assert done.returncode == 2
    assert done.stderr.replace(f"{tmp_path}/", "").splitlines()[: len(told)] == told
