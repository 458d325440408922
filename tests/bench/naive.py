"""What people write by hand: parse each line, and replay it through the Sentry SDK's span API.

The spans arrive with wrong starts in older SDKs and without the attributes of the Agents pages; it
is here only to compare the speed.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import sentry_sdk


def replay(path: Path, dsn: str) -> None:
    """Sends the log's runs as transactions of the SDK."""
    sentry_sdk.init(
        dsn=dsn, traces_sample_rate=1.0, default_integrations=False, auto_enabling_integrations=False
    )
    open_runs: dict[str, sentry_sdk.tracing.Span] = {}
    open_spans: dict[str, sentry_sdk.tracing.Span] = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            at = datetime.fromtimestamp(record["time"] / 1e3, UTC)
            trace, event = record["trace_id"], record["event"]
            if event == "agent.start":
                open_runs[trace] = sentry_sdk.start_transaction(
                    op="gen_ai.invoke_agent", name=f"invoke_agent {record['agent']}", start_timestamp=at
                )
            elif event == "agent.end":
                open_runs.pop(trace).finish(end_timestamp=at)
            elif event.endswith(".start"):
                subject = record.get("model") or record["tool"]
                open_spans[record["call_id"]] = open_runs[trace].start_child(
                    op=f"gen_ai.{event[:-6]}", name=str(subject), start_timestamp=at
                )
            else:
                span = open_spans.pop(record["call_id"])
                for key, value in record.items():
                    span.set_data(key, value if isinstance(value, (str, int, float)) else json.dumps(value))
                span.finish(end_timestamp=at)
    sentry_sdk.flush(600)


if __name__ == "__main__":
    replay(Path(sys.argv[1]), sys.argv[2])
