"""Inputs that cannot be read, or not to their end: what becomes of the others does not hang on them."""

from __future__ import annotations

from translator.cli.logs import Log
from translator.errors import InputError


class Damaged:
    """Tells each of them at once, and ends the command with the first when all else is done.

    Args:
        log: Where each is told.
        hint: What becomes of all else.
    """

    def __init__(self, log: Log, hint: str) -> None:
        self.errors: list[InputError] = []
        self._log = log
        self._hint = hint

    def add(self, error: InputError) -> None:
        """Tells one and keeps it."""
        self.errors.append(error)
        self._log.warning("input_damaged", problem=str(error), hint=self._hint)

    def end(self) -> None:
        """Ends the command, if there was any.

        Raises:
            InputError: The first of them.
        """
        if self.errors:
            raise self.errors[0]
