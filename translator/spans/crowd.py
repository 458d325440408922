"""Open spans, found by what a line says of them; without a look at each where there are many."""

from __future__ import annotations

from collections.abc import Iterable

from translator.model import Event, Json, Kind
from translator.spans.node import MODEL, Node

CROWDED = 32
"""Spans among which a look at each costs less than keeping them sorted by what they say."""

_Key = tuple[Kind | None, str, Json]

_NOBODY: dict[str, Node] = {}


class Crowd(dict[str, Node]):
    """Spans by id, in the order in which they were added; what they say does not change meanwhile."""

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        super().__init__((node.span_id, node) for node in nodes)
        self._sorted: dict[_Key, dict[str, Node]] | None = None
        # Under which keys each is sorted, for its name may change just before it leaves.
        self._keys: dict[str, list[_Key]] = {}
        self._numbers: dict[str, int] = {}
        self._added = 0
        # Those whose parent is not, or was not always, among them.
        self._strays: dict[str, Node] = {}

    def add(self, node: Node) -> None:
        """Takes in a span."""
        self[node.span_id] = node
        if self._sorted is not None:
            self._sort(self._sorted, node)

    def leave(self, node: Node) -> bool:
        """Lets a span go; False where it is not among them."""
        if self.pop(node.span_id, None) is None:
            return False
        if self._sorted is not None:
            del self._numbers[node.span_id]
            self._strays.pop(node.span_id, None)
            self._strays.update((child.span_id, child) for child in self.under(node.span_id))
            for key in self._keys.pop(node.span_id):
                alike = self._sorted[key]
                del alike[node.span_id]
                if not alike:
                    del self._sorted[key]
            if len(self) < CROWDED // 2:
                self._sorted = None
        return True

    def is_crowded(self) -> bool:
        """Whether there are many."""
        return len(self) > CROWDED

    def alike(self, event: Event) -> dict[str, Node]:
        """Those that can be what an end belongs to: pairing among them gives what it gives among all."""
        if not self.is_crowded():
            return self
        kind, fields = event.kind, event.fields
        span_id, call_id, name = fields.get("span_id"), fields.get("call_id"), fields.get(kind)
        without_span_id = span_id is not None and "weak_id" not in fields
        if span_id is not None and (alike := self._those((kind, "span_id", span_id))):
            return alike
        if call_id is not None:
            alike = self._those((kind, "call_id", call_id))
            if any(not without_span_id or node.given_id is None for node in alike.values()):
                return alike
        if name is None:
            return self._those((kind, "kind", None))
        alike = self._those((kind, "name", name))
        for node in alike.values():
            if (not without_span_id or node.given_id is None) and (call_id is None or node.call_id is None):
                return alike
        return self._those((kind, "kind", None) if kind is MODEL else (kind, "name", None))

    def under(self, span_id: str) -> Iterable[Node]:
        """Those whose parent is the span of that id."""
        if not self.is_crowded():
            return [node for node in self.values() if node.parent_id == span_id]
        return self._those((None, "parent_id", span_id)).values()

    def number(self, node: Node) -> int:
        """A number that rises with the order in which they were added."""
        return self._numbers[node.span_id]

    def strays(self) -> list[Node]:
        """Those whose parent is not among them, and maybe others."""
        return list(self.values() if self._sorted is None else self._strays.values())

    def last_named(self, kind: Kind, name: str) -> Node | None:
        """The last one of a kind and name."""
        alike = self._those((kind, "name", name)) if self.is_crowded() else self
        for node in reversed(alike.values()):
            if node.kind is kind and node.name == name:
                return node
        return None

    def _those(self, key: _Key) -> dict[str, Node]:
        if self._sorted is None:
            self._sorted = {}
            self._keys.clear()
            self._numbers.clear()
            self._strays.clear()
            for node in self.values():
                self._sort(self._sorted, node)
        return self._sorted.get(key, _NOBODY)

    def _sort(self, into: dict[_Key, dict[str, Node]], node: Node) -> None:
        kind = node.kind
        keys: list[_Key] = [
            (kind, "kind", None),
            (kind, "name", node.name),
            (None, "parent_id", node.parent_id),
        ]
        if node.given_id is not None:
            keys.append((kind, "span_id", node.given_id))
        if node.call_id is not None:
            keys.append((kind, "call_id", node.call_id))
        self._keys[node.span_id] = keys
        self._numbers[node.span_id] = self._added
        self._added += 1
        if node.parent_id not in self:
            self._strays[node.span_id] = node
        for key in keys:
            into.setdefault(key, {})[node.span_id] = node
