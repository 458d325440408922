"""What cannot be read now, told once and not at every look."""

from __future__ import annotations

from collections.abc import Callable

from translator.errors import InputError

_REMEMBERED = 10_000


def words_of(error: Exception) -> str:
    """What the system or a decompressor says of a file that cannot be read."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def unreadable(where: str, error: Exception) -> InputError:
    """What a person is told of an input that cannot be read wholly."""
    return InputError(
        f"cannot be read: {words_of(error)}",
        where=where,
        hint="check the path, its permissions, and whether the file is complete",
    )


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
