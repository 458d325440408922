"""The real SDK's export, by the recipe of the documentation."""

from __future__ import annotations

from pathlib import Path

from tests.docs import pages
from tests.formats.whole import findings, lines_of_file, outline, totals, translated

HERE = Path(__file__).parent


def test_what_the_sdk_wrote_is_the_run() -> None:
    spans = translated(lines_of_file(HERE / "recorded.jsonl"))
    counted = totals(spans)
    assert (counted["agent"], counted["model"], counted["tool"], counted["other"]) == (2, 3, 2, 2)
    assert (counted["input"], counted["output"], counted["cache_read"], counted["reasoning"]) == (
        84,
        18,
        32,
        6,
    )
    assert [text.split()[:2] for text in outline(spans)][:2] == [
        ["other", "Weather"],
        ["agent", "Forecaster"],
    ]
    assert [found for found in findings(spans) if "gpt-nope" not in found] == []


def test_the_recipe_is_what_was_run() -> None:
    (recipe, *_) = pages.blocks(pages.DOCS / "formats" / "openai_agents.md", "python")
    script = (HERE / "record.py").read_text(encoding="utf-8")
    for line in ("json.dumps(item.export(), default=str)", "on_trace_start = on_span_end = write"):
        assert line in recipe.text
        assert line in script
