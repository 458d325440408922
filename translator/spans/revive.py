"""Events and spans as they come back from a store: what is no JSON among their fields is put back."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from translator.content.usage import Usage
from translator.model import Event, Span
from translator.spans.node import Node

Fielded = TypeVar("Fielded", Event, Node, Span)


def revived(thing: Fielded) -> Fielded:
    """The event or span, with its usage as such; changed in place."""
    usage = thing.fields.get("usage")
    if type(usage) is dict:
        thing.fields["usage"] = msgspec.convert(usage, Usage)
    return thing
