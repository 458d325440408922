"""Golden traces of the samples: what was reviewed by eye, and how it is made.

    python -m tests.samples.goldens      writes samples/*/spans.jsonl anew

Look at the difference before you commit it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[2] / "samples"
LANGUAGES = sorted(path.parent.name for path in SAMPLES.glob("*/agent.jsonl"))


def spans_of(log: Path) -> list[dict[str, Any]]:
    """The spans that the program makes of a log, as its users get them."""
    done = subprocess.run(
        [sys.executable, "-m", "translator", "backfill", str(log), "--out", "-", "--quiet"],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def golden_path(language: str) -> Path:
    """Where the reviewed spans of a sample are."""
    return SAMPLES / language / "spans.jsonl"


def golden(language: str) -> list[dict[str, Any]]:
    """The reviewed spans of a sample."""
    return [json.loads(line) for line in golden_path(language).read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Writes all golden files anew."""
    for language in LANGUAGES:
        spans = spans_of(SAMPLES / language / "agent.jsonl")
        text = "".join(json.dumps(span, ensure_ascii=False) + "\n" for span in spans)
        golden_path(language).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
