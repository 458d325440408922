"""Standard output, which may be closed."""

from __future__ import annotations

import sys
from typing import TextIO

from translator.errors import ConfigurationError


def standard_output() -> TextIO:
    """Standard output, for what is asked to go there.

    Raises:
        ConfigurationError: It is closed.
    """
    stream: TextIO | None = sys.stdout
    if stream is None:
        raise ConfigurationError(
            "standard output is closed", hint="leave it open, or name a file where the command takes one"
        )
    return stream
