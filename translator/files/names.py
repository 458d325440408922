"""What rotation makes of a file's name."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from translator.errors import InputError

COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


def expanded(pattern: str) -> str:
    """A path with the home directory that `~` stands for.

    Raises:
        InputError: There is no such home.
    """
    try:
        return str(Path(pattern).expanduser())
    except RuntimeError:
        raise InputError(
            "there is no such home directory", where=pattern, hint="write the directory out"
        ) from None


_MARKS = re.compile(
    r"""(?P<name>.*[^/]\.[A-Za-z][\w-]*?)      # with an ending: `worker.1` beside `worker.2` may be alive
    (?:[.-](?:
        \d{1,3}                                 # app.log.1
      | \d{4}-?\d\d-?\d\d(?:[-_T.]?\d\d(?:[-_:.]?\d\d){0,2})?  # app.log-20261123, app.log.2026-11-23_17
      | \d{9,10}                                # app.log-1795423737
      | old
    ))+""",
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=16_384)
def source_of(path: str) -> str:
    """A path without the marks of rotation and compression: of `app.log.2.gz` it is `app.log`."""
    for suffix in COMPRESSED:
        if path.endswith(suffix) and len(path) > len(suffix) and path[-len(suffix) - 1] != "/":
            path = path[: -len(suffix)]
            break
    matched = _MARKS.fullmatch(path)
    return matched["name"] if matched else path
