"""What can go wrong in a way that ends a command.

```
TranslatorError            anything a person must be told; carries a hint
├── ConfigurationError     a flag, variable or file says something that cannot be (exit 2)
├── InputError             a path that cannot be read (exit 2)
├── DeliveryError          nothing can be sent; the data is kept (exit 3)
└── StateError             the state cannot be read or written now (exit 3)
```

What is expected of bad input (a line that is not JSON, an envelope that the server refuses) is
a value that is counted, not an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_LINE = re.compile(r":(\d+)\Z")
_MOST_SHOWN = 20
"""How many mistakes are told at once."""


class TranslatorError(Exception):
    """A command cannot go on.

    Args:
        message: What happened, in one sentence, without a full stop.
        where: The file and line, the flag or the variable it is about.
        hint: What the user can do about it.
    """

    exit_code = 2

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class ConfigurationError(TranslatorError):
    """A flag, an environment variable or `translator.toml` cannot be used as it is."""


def together(errors: Sequence[ConfigurationError]) -> ConfigurationError:
    """Several errors as one, in the order of their lines.

    Args:
        errors: What they are; never none.
    """
    if len(errors) == 1:
        return errors[0]
    ordered = sorted(errors, key=lambda error: int(at[1]) if (at := _LINE.search(error.where or "")) else 0)
    shown = [f"{error} ({error.hint})" if error.hint else str(error) for error in ordered[:_MOST_SHOWN]]
    if len(errors) > _MOST_SHOWN:
        shown.append(f"there are {len(errors) - _MOST_SHOWN} more")
    return ConfigurationError("\nerror: ".join(shown))


class Mistakes:
    """Collects what is wrong with a configuration, so that all of it is told at once."""

    def __init__(self) -> None:
        self._found: list[ConfigurationError] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """What is raised in it is kept, and the next is looked at."""
        try:
            yield
        except ConfigurationError as error:
            self._found.append(error)

    def tell(self) -> None:
        """Raises what was found.

        Raises:
            ConfigurationError: Something was found.
        """
        if self._found:
            raise together(self._found)


class InputError(TranslatorError):
    """An input path cannot be read."""


class DeliveryError(TranslatorError):
    """Nothing can be sent to this destination now; what was read is not lost."""

    exit_code = 3


class StateError(TranslatorError):
    """The state directory cannot be used now: a full disk, a newer version, another sidecar."""

    exit_code = 3
