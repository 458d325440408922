"""Where `preview --html` writes the page to: a file that is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from translator.cli.standard_output import standard_output
from translator.errors import ConfigurationError
from translator.files.discover import STDIN
from translator.files.names import expanded

STDOUT = STDIN
"""The word for standard output is that for standard input."""


@contextmanager
def page_file(name: str) -> Iterator[IO[bytes]]:
    """Opens the page for writing.

    What is written takes the place of the file at the end, all at once, and not where something goes wrong.
    A device or a pipe is written to as it is.

    Args:
        name: The file, or - for standard output.

    Raises:
        ConfigurationError: It cannot be written.
    """
    if name == STDOUT:
        yield standard_output().buffer
        return
    try:
        path = Path(expanded(name)).resolve()
        special = path.exists() and not path.is_file()
        draft = path if special else path.with_name(f".{path.name}.{os.getpid()}.tmp")
        file = draft.open("wb" if special else "xb")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written: {error.strerror}", where=f"--html {name}", hint="name another file"
        ) from error
    try:
        with file:
            yield file
        if not special:
            draft.replace(path)
    except BaseException:
        if not special:
            draft.unlink(missing_ok=True)
        raise
