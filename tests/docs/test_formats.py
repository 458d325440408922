"""The page on formats: its table is the registry's, and its example of a reader works."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docs import pages
from tests.formats import whole
from translator.formats.registry import FORMATS, Format
from translator.pipeline.translation import Translation

PAGE = pages.DOCS / "formats.md"


def test_the_table_names_every_format() -> None:
    assert [row["format"].strip("`") for row in pages.table(PAGE, "format")] == [f.name for f in FORMATS]


def test_the_example_of_a_reader_gives_the_tree_that_the_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = pages.blocks(PAGE, "python")
    (log,) = pages.blocks(PAGE, "acme")
    (tree,) = pages.blocks(PAGE, "text")
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(code.text, str(code), "exec"), names)  # noqa: S102 - the page's own code
    example: Format = names["JOBS"]
    defaults = Translation.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(defaults, "formats", (*FORMATS, example))
    lines = whole.lines_of(log.text.splitlines())
    spans = whole.translated(lines)
    assert whole.outline(spans) == tree.text.splitlines()
    assert whole.findings(spans, skip=frozenset({"agents", "tools", "conversations"})) == []
    for cut in range(len(lines)):
        assert whole.identities(whole.translated_with_cuts(lines, [cut])) == whole.identities(spans)
