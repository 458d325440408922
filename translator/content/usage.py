"""Token counts of any provider, in Sentry's sense: the whole includes its parts.

Input includes tokens read from and written to a cache, output includes reasoning. Which shape a
usage object has, is told by its keys; whether a shape counts the parts inside or beside the whole
is in the table. A total settles it either way where it fits only one reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from translator.content.usage_shapes import (
    COUNTS,
    FLAT,
    INCLUSIVE_PROVIDERS,
    SHAPES,
    WRAPPERS,
    Shape,
    folded,
)
from translator.model import Json

LARGEST = 10**12
"""A count above it is a mistake of the log."""

_LONGEST_DIGITS = 15
_MOST_CACHED_KEYS = 64
_TOTAL = COUNTS.index("total")

_Path = tuple[str, str | None]
_Keys = tuple[str, ...]


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Counts of tokens; None where the log does not say.

    Attributes:
        input_tokens: All input, with what was read from and written to a cache.
        output_tokens: All output, with reasoning.
        cache_read: The part of the input that came from a cache.
        cache_write: The part of the input that was written to a cache.
        reasoning: The part of the output that is reasoning.
        beside: The cache's tokens, where they were added to the input without knowing who answered.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    beside: int | None = None

    def told_by(self, provider: str | None) -> Usage:
        """The counts as they are now that it is known who answered."""
        if self.beside is None or self.input_tokens is None or provider is None:
            return self
        added = self.beside if folded(provider) in INCLUSIVE_PROVIDERS else 0
        return msgspec.structs.replace(self, input_tokens=self.input_tokens - added, beside=None)

    def then(self, later: Usage) -> Usage:
        """The counts of two lines of one call; the later word counts."""
        return Usage(
            self.input_tokens if later.input_tokens is None else later.input_tokens,
            self.output_tokens if later.output_tokens is None else later.output_tokens,
            self.cache_read if later.cache_read is None else later.cache_read,
            self.cache_write if later.cache_write is None else later.cache_write,
            self.reasoning if later.reasoning is None else later.reasoning,
            self.beside if later.input_tokens is None else later.beside,
        )

    @property
    def total(self) -> int | None:
        """Input and output together; the one that is known where only one is."""
        if self.input_tokens is None:
            return self.output_tokens
        return self.input_tokens + (self.output_tokens or 0)


class _Plan(msgspec.Struct, frozen=True):
    """Where the counts stand in a usage object with certain keys.

    Attributes:
        steps: Per count that has a place: its number in `COUNTS`, and alternatives in order of
            preference, each the paths whose values are summed.
        first: Per count its number and its best place, where each has one: values that are proper
            counts need no alternatives.
        inside: Whether the input as it stands includes the cache's tokens, and the output reasoning.
        provider_decides: Whether another kind of API writes the same keys the other way.
        totalled: Whether there is a total, which tells it as well.
        wrapper: The key of the object that holds the counts, where they are one level down.
    """

    steps: tuple[tuple[int, tuple[tuple[_Path, ...], ...]], ...]
    first: tuple[tuple[int, str, str | None], ...] = ()
    inside: tuple[bool, bool] = (True, True)
    provider_decides: bool = False
    totalled: bool = False
    wrapper: str | None = None


def read_usage(value: Mapping[str, Json], provider: str | None = None) -> tuple[Usage, int]:
    """Reads a provider's usage object, or flat counts under the names of the log format.

    Args:
        value: The object as logged.
        provider: Who answered, where the log says; settles shapes that two kinds of APIs share.

    Returns:
        The counts in tokens, and how many counts were left out because they were negative,
        fractional, above `LARGEST` or no numbers.
    """
    return _read(value, provider, len(WRAPPERS))


@lru_cache(maxsize=512)
def counted_as(key: str) -> str | None:
    """The count of `Usage` that a key on the line itself gives; None where it is but a total."""
    usage, _ = read_usage({key: 1})
    return next((name for name in _MOST_TELLING if getattr(usage, name) is not None), None)


_MOST_TELLING = ("cache_read", "cache_write", "reasoning", "input_tokens", "output_tokens")
"""The counts of `Usage`, the parts before the wholes that are derived from them."""


def doubts(value: Mapping[str, Json], provider: str | None = None) -> tuple[str, ...]:
    """What cannot be in counts that can be read, by a bounded word.

    Args:
        value: A usage object, as for `read_usage`.
        provider: Who answered, where the log says.

    Returns:
        "total" where it is below input and output together, "cache" and "reasoning" where they are more
        than the whole that should include them.
    """
    found, inside, *_ = _counted(value, provider, len(WRAPPERS))
    whole_in, whole_out, read, write, reasoning, total = found
    cache, thought = (read or 0) + (write or 0), reasoning or 0
    told: list[str] = []
    if total is not None and whole_in is not None and whole_out is not None:
        inside = _told_by_total(total - whole_in - whole_out, cache, thought, inside)
    if total is not None and total < (whole_in or 0) + (whole_out or 0):
        told.append("total")
    if inside[0] and whole_in is not None and cache > whole_in:
        told.append("cache")
    if inside[1] and whole_out is not None and thought > whole_out:
        told.append("reasoning")
    return tuple(told)


def _read(value: Mapping[str, Json], provider: str | None, wrappers: int) -> tuple[Usage, int]:
    found, inside, left_out, unsure = _counted(value, provider, wrappers)
    usage = _normal(found, inside)
    if unsure:
        cache = (usage.cache_read or 0) + (usage.cache_write or 0)
        # More than the input as it was logged cannot be inside of it, whoever has answered.
        if cache and cache <= (usage.input_tokens or 0) - cache:
            usage = msgspec.structs.replace(usage, beside=cache)
    return usage, left_out


def _counted(
    value: Mapping[str, Json], provider: str | None, wrappers: int
) -> tuple[list[int | None], tuple[bool, bool], int, bool]:
    """The counts, whether their parts are inside, how many were left out, and whether `inside` is a guess."""
    nested = tuple([(key, tuple(item)) for key, item in value.items() if type(item) is dict])
    make = _plan if len(value) <= _MOST_CACHED_KEYS else _make_plan
    plan = make(tuple(value), nested)
    if plan.wrapper is not None and wrappers:
        return _counted(value[plan.wrapper], provider, wrappers - 1)
    inside = plan.inside
    if plan.provider_decides and provider is not None and folded(provider) in INCLUSIVE_PROVIDERS:
        inside = (True, inside[1])
    found: list[int | None] = [None] * len(COUNTS)
    unsure = plan.provider_decides and provider is None and not plan.totalled
    left_out = 0
    for slot, outer, inner in plan.first:
        raw = value[outer] if inner is None else value[outer][inner]
        if type(raw) is not int or not 0 <= raw <= LARGEST:
            break
        found[slot] = raw
    else:
        if plan.first:
            return found, inside, 0, unsure
    for slot, alternatives in plan.steps:
        for paths in alternatives:
            count, bad = _sum(value, paths)
            left_out += bad
            if count is not None:
                found[slot] = count
                break
    return found, inside, left_out, unsure


def _sum(value: Mapping[str, Json], paths: tuple[_Path, ...]) -> tuple[int | None, int]:
    total: int | None = None
    bad = 0
    for outer, inner in paths:
        raw = value[outer]
        if inner is not None:
            raw = raw[inner]
        if type(raw) is not int:
            if raw is None:
                continue
            raw = _whole_number(raw)
        if 0 <= raw <= LARGEST:
            total = raw if total is None else total + raw
        else:
            bad += 1
    return (None if bad else total), bad


def _whole_number(raw: Json) -> int:
    """The count that is written as a float or a text; -1 where it is none."""
    if type(raw) is float and raw.is_integer():
        return int(raw)
    if type(raw) is str and len(raw) <= _LONGEST_DIGITS and raw.isascii() and raw.isdigit():
        return int(raw)
    return -1


def _normal(found: list[int | None], inside: tuple[bool, bool]) -> Usage:
    whole_in, whole_out, read, write, reasoning, total = found
    if read is write is reasoning is None and whole_in is not None and whole_out is not None:
        return Usage(whole_in, whole_out)
    cache = (read or 0) + (write or 0)
    thought = reasoning or 0
    if cache or thought:
        if total is not None and whole_in is not None and whole_out is not None:
            inside = _told_by_total(total - whole_in - whole_out, cache, thought, inside)
        whole_in = _with_part(whole_in, cache, inside=inside[0])
        whole_out = _with_part(whole_out, thought, inside=inside[1])
    if total is not None:
        if whole_in is None and whole_out is not None and total >= whole_out:
            whole_in = total - whole_out
        elif whole_out is None and whole_in is not None and total >= whole_in:
            whole_out = total - whole_in
    # Where the log tells of the parts alone, the whole is at least as much.
    if read is not None or write is not None:
        whole_in = _with_part(whole_in or 0, cache, inside=True)
    if reasoning is not None:
        whole_out = _with_part(whole_out or 0, thought, inside=True)
    return Usage(whole_in, whole_out, read, write, reasoning)


def _with_part(whole: int | None, part: int, *, inside: bool) -> int | None:
    """The whole with its part: added where it is counted beside, or cannot be inside."""
    if whole is None or (inside and part <= whole):
        return whole
    return whole + part


def _told_by_total(beside: int, cache: int, reasoning: int, default: tuple[bool, bool]) -> tuple[bool, bool]:
    """Whether cache and reasoning are inside, by what the total counts beside input and output."""
    for inside in _READINGS:
        cache_inside, reasoning_inside = inside
        if beside == (not cache_inside) * cache + (not reasoning_inside) * reasoning:
            return inside
    return default


_READINGS = ((True, True), (True, False), (False, True), (False, False))


def _make_plan(keys: _Keys, nested: tuple[tuple[str, _Keys], ...]) -> _Plan:
    objects = dict(nested)
    places: dict[str, _Path] = {}
    for key in keys:
        if key not in objects:
            _put(places, key, (key, None))
    for outer, inner_keys in nested:
        for inner in inner_keys:
            _put(places, f"{outer}/{inner}", (outer, inner))
    shape = max(SHAPES, key=lambda shape: _score(shape, places))
    if not _score(shape, places):
        wrapper = next((key for key in objects if folded(key) in WRAPPERS), None)
        return _Plan((), wrapper=wrapper)
    steps = tuple(
        (slot, found) for slot, count in enumerate(COUNTS) if (found := _found(shape, count, places))
    )
    inside = (shape.cache_inside, shape.reasoning_inside)
    single = all(len(alternatives[0]) == 1 for _, alternatives in steps)
    first = tuple((slot, *alternatives[0][0]) for slot, alternatives in steps) if single else ()
    totalled = any(slot == _TOTAL for slot, _ in steps)
    return _Plan(steps, first, inside, provider_decides=shape.provider_decides, totalled=totalled)


def _found(shape: Shape, count: str, places: Mapping[str, _Path]) -> tuple[tuple[_Path, ...], ...]:
    """The alternatives of a count that are there, each with something the earlier ones lack."""
    seen: set[_Path] = set()
    found: list[tuple[_Path, ...]] = []
    for paths in (*shape.alternatives(count), *FLAT.alternatives(count)):
        known = tuple(places[path] for path in paths if path in places)
        if not seen.issuperset(known):
            seen.update(known)
            found.append(known)
    return tuple(found)


_plan = lru_cache(maxsize=512)(_make_plan)


def _put(places: dict[str, _Path], written: str, path: _Path) -> None:
    """Makes a path findable as it is nested (dots nest, too), and as if it were one word."""
    places.setdefault(folded(written.replace(".", "/")), path)
    if path[1] is None:
        places.setdefault(folded(written), path)


def _score(shape: Shape, places: Mapping[str, _Path]) -> int:
    """How many counts the shape explains; none where a key that marks the shape is missing."""
    if shape.marks and not any(mark in places for mark in shape.marks):
        return 0
    return sum(
        any(path in places for paths in shape.alternatives(count) for path in paths) for count in COUNTS
    )
