"""The samples' committed logs give the committed spans, to the byte."""

from __future__ import annotations

import pytest

from tests.samples.goldens import LANGUAGES, SAMPLES, golden, spans_of


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_log_gives_the_reviewed_spans(language: str) -> None:
    assert spans_of(SAMPLES / language / "agent.jsonl") == golden(language)
