"""What cannot be read now, told once and not at every look."""

from __future__ import annotations

from collections.abc import Callable

_REMEMBERED = 10_000


class Problems:
    """Passes on what is new.

    Args:
        on_problem: Told of a path, and an error after which reading will be tried again.
    """

    def __init__(self, on_problem: Callable[[str, OSError], None]) -> None:
        self._on_problem = on_problem
        self._told: dict[tuple[str, int | None], None] = {}

    def tell(self, path: str, error: OSError) -> None:
        """A file or directory could not be read."""
        key = (path, error.errno)
        if key not in self._told:
            if len(self._told) >= _REMEMBERED:
                del self._told[next(iter(self._told))]
            self._told[key] = None
            self._on_problem(path, error)

    def over(self, path: str) -> None:
        """It could be read again."""
        if self._told:
            for key in [key for key in self._told if key[0] == path]:
                del self._told[key]
