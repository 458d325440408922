"""Small files that belong to a log and lie beside it, read along with the log's first lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from translator.formats.registry import FORMATS, Format
from translator.model import Line

MAX_BYTES = 256 * 1024
"""The largest such file that is read."""

log = structlog.get_logger(__name__)


class BesideFiles:
    """Adds, to the lines of each log, the file beside it: once, as soon as it is there and whole.

    It is looked for whenever the log has new lines, for the two are written by different hands.

    Args:
        formats: The formats, which say what lies beside their logs.
    """

    def __init__(self, formats: Sequence[Format] = FORMATS) -> None:
        self._rules = [(format_.name, rule) for format_ in formats for rule in format_.beside]
        self._done: set[str] = set()

    def add(self, lines: list[Line]) -> list[Line]:
        """The lines of one log, after the file beside it where there is a new one."""
        if not self._rules or not lines:
            return lines
        source = lines[0].source
        if source in self._done:
            return lines
        path = Path(source)
        for name, rule in self._rules:
            if path.name.startswith(rule.prefix) and path.name.endswith(rule.suffix):
                beside = path.with_name(path.name.removesuffix(rule.suffix) + rule.other)
                data = self._read(beside)
                if data is not None:
                    self._done.add(source)
                    return [Line(data, source, 0, beside=name), *lines]
                return lines
        self._done.add(source)
        return lines

    def _read(self, path: Path) -> bytes | None:
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES)
            msgspec.json.decode(data)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError:
            # Half written: it is read again with the next lines.
            return None
        except OSError as error:
            log.warning("file_unreadable", file=str(path), error=error.strerror, hint="it is tried again")
            return None
        return data
