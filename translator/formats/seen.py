"""What has been read already, so that copies of a log give nothing twice."""

from __future__ import annotations

from hashlib import blake2b
from itertools import islice

MOST_SEEN = 500_000
"""Hashes that are remembered; above it the oldest tenth is forgotten."""

Seen = dict[int, None]
"""Hashes of what was read, oldest first."""


def first_time(seen: Seen, *parts: str) -> bool:
    """Whether this is read for the first time; from now on it has been.

    Args:
        seen: What is remembered, changed in place.
        parts: What tells the thing from all others, in whatever file it stands.
    """
    key = _key(parts)
    if key in seen:
        return False
    seen[key] = None
    if len(seen) > MOST_SEEN:
        # Many at once: the first key of a dictionary is the dearer to find the more went before it.
        for old in list(islice(seen, MOST_SEEN // 10)):
            del seen[old]
    return True


def was_seen(seen: Seen, *parts: str) -> bool:
    """Whether this has been read before."""
    return _key(parts) in seen


def _key(parts: tuple[str, ...]) -> int:
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big") >> 1
