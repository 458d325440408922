"""The usage of a call: the provider's object, counts that stand on the line, or both."""

from __future__ import annotations

from translator.content.providers import provider_of
from translator.content.usage import Usage, counted_as, read_usage
from translator.formats.native.fields import Type
from translator.formats.native.plans import Plan
from translator.formats.native.values import CLEANERS
from translator.formats.records import parse_record
from translator.model import Json

COSTS = ("cost", "cost_usd", "total_cost", "total_cost_usd")
"""Keys of usage objects that say what the call cost, in US dollars."""

_NO_USAGE = Usage()
_amount = CLEANERS[Type.AMOUNT]


def settle_usage(record: dict[str, Json], plan: Plan, fields: dict[str, Json], extra: dict[str, Json]) -> int:
    """Makes `usage` a `Usage`, in place; what gives no count is kept as the log has it.

    Returns:
        How many counts were left out because they cannot be.
    """
    said = raw = fields.pop("usage", None)
    if type(said) is str:
        # log4j2 and others keep nothing but texts.
        record_of_text = parse_record(said.encode("utf-8", "surrogatepass"))
        raw = record_of_text if type(record_of_text) is dict else said
    provider = provider_of(fields)
    if type(raw) is not dict:
        if raw is not None:
            extra[_key_of(said, record, plan)] = said
        said, raw = None, {key: record[key] for key in plan.counts}
    elif plan.counts:
        raw = _with_counts(raw, record, plan.counts, provider, extra)
    usage, dropped = read_usage(raw, provider)
    if "cost" not in fields and not raw.keys().isdisjoint(COSTS):
        cost = next((found for key in COSTS if (found := _amount(raw.get(key))) is not None), None)
        if cost is not None:
            fields["cost"] = cost
    if usage != _NO_USAGE:
        fields["usage"] = usage
    elif not dropped and any(value is not None for value in raw.values()):
        lost = raw if said is None else {_key_of(said, record, plan): said}
        extra.update((key, value) for key, value in lost.items() if value is not None)
    return dropped


def _key_of(said: Json, record: dict[str, Json], plan: Plan) -> str:
    """The key under which the usage stands; a response that brings it has no other than `usage`."""
    return next((key for key, name, _ in plan.fields if name == "usage" and record[key] is said), "usage")


def _with_counts(
    raw: dict[str, Json],
    record: dict[str, Json],
    keys: tuple[str, ...],
    provider: str | None,
    extra: dict[str, Json],
) -> dict[str, Json]:
    """The usage object with those counts of the line that it lacks; the others are kept as they are."""
    usage, _ = read_usage(raw, provider)
    lacking: dict[str, Json] = {}
    for key in keys:
        if record[key] is None:
            continue
        count = counted_as(key)
        if count is not None and getattr(usage, count) is None:
            lacking[key] = record[key]
        else:
            extra[key] = record[key]
    return lacking | raw if lacking else raw
