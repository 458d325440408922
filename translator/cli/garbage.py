"""How often Python looks for garbage that refers to itself."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Looks for garbage less often.

    Spans and their fields are many and make no cycles: to look for some all the time takes a fifth of it.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
