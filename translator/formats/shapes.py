"""Values of logs that may be of any type, as the type that a reader needs."""

from __future__ import annotations

from translator.model import Json


def text_in(record: Json, key: str) -> str:
    """The text under a key; empty where there is none, or no object."""
    value = record.get(key) if type(record) is dict else None
    return value if type(value) is str else ""


def object_in(record: Json, key: str) -> dict[str, Json]:
    """The object under a key; an empty one where there is none."""
    value = record.get(key) if type(record) is dict else None
    return value if type(value) is dict else {}


def objects_in(record: Json, key: str) -> list[dict[str, Json]]:
    """The objects in the list under a key; what is none is passed over."""
    value = record.get(key) if type(record) is dict else None
    return [item for item in value if type(item) is dict] if type(value) is list else []
