"""A fresh run of a sample agent gives the reviewed tree, whatever its ids and times.

    python -m tests.samples.compare LANGUAGE LOG
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.judges import assessment
from tests.samples.goldens import golden, spans_of

_EQUAL = (
    "sentry.op", "sentry.segment.name", "gen_ai.agent.name", "gen_ai.request.model", "gen_ai.response.model",
    "gen_ai.provider.name", "gen_ai.tool.name", "gen_ai.tool.call.arguments", "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens", "gen_ai.usage.total_tokens", "error.type", "gen_ai.system_instructions",
)  # fmt: skip
"""Attributes whose values are equal in every run; of the others the type is."""


def shape(spans: list[dict[str, Any]]) -> list[Any]:
    """The spans without ids and times, as nested lists."""
    known = {span["span_id"] for span in spans}
    below: dict[str | None, list[dict[str, Any]]] = {}
    for span in spans:
        parent = span.get("parent_span_id")
        below.setdefault(parent if parent in known else None, []).append(span)

    def of(span: dict[str, Any]) -> list[Any]:
        attributes = {
            key: attribute["value"] if key in _EQUAL else attribute["type"]
            for key, attribute in span["attributes"].items()
            if not key.startswith("log.")
        }
        children = sorted((of(child) for child in below.get(span["span_id"], [])), key=repr)
        return [span["name"], span["status"], span["is_segment"], sorted(attributes.items()), children]

    return sorted((of(root) for root in below.get(None, [])), key=repr)


def main(language: str, log: Path) -> int:
    """Compares; returns 0 where they are alike."""
    fresh = spans_of(log)
    findings = assessment(fresh, skip={"parents"} if language == "rust" else set())
    for finding in findings:
        print(f"{language}: {finding}")
    if shape(fresh) != shape(golden(language)):
        print(f"{language}: a fresh run gives another trace than samples/{language}/spans.jsonl")
        return 1
    print(f"{language}: {len(fresh)} spans as reviewed")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
