"""Client reports: how many spans were left out on purpose, as Sentry's SDKs tell it."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from translator.model import Envelope, Json

CATEGORY = "client_report"


def client_report(sdk: Mapping[str, Json], unsampled: int, now: float) -> Envelope:
    """An envelope that says how many spans sampling has left out.

    Args:
        sdk: Name and version of the sender.
        unsampled: How many spans.
        now: Unix seconds.
    """
    discarded = {"reason": "sample_rate", "category": "span", "quantity": unsampled}
    return Envelope(
        trace_id="",
        category=CATEGORY,
        spans=0,
        header={"sdk": dict(sdk)},
        item_header={"type": CATEGORY},
        payload=orjson.dumps({"timestamp": now, "discarded_events": [discarded]}),
        span_ids=(),
    )
