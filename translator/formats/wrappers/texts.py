"""Text wrappers: what stands before the JSON object of a line, as syslog and others write it."""

from __future__ import annotations

import re

from translator.formats.native.timestamps import parse_time
from translator.formats.records import parse_record
from translator.formats.wrappers.inner import Inner

_CRI = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{1,16}) (stdout|stderr) ([FP])(?::\S*)? ", re.DOTALL)
_ISO = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,12})?(?:Z|[+-]\d\d:?\d\d)?"
_TIME = re.compile(_ISO)

_WHO = (
    # RFC 5424: <13>1 time host program process ...
    re.compile(rb"(?:\d+ )?<\d{1,3}>1 \S+ (?P<a>\S+) (?P<b>\S+) (?P<c>\S+) "),
    # RFC 3164, and the files of rsyslog, syslog-ng and `journalctl -o short-iso`: time host program[process]:
    re.compile(
        rb"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|" + _ISO + rb") "
        rb"(?:(?P<a>[^\s:\[]+) )?(?P<b>[^\s:\[]+)(?:\[(?P<c>[^\]\s]+)\])?: "
    ),
    # docker compose, foreman, pm2: name | ...
    re.compile(rb"(?:\d\d:\d\d:\d\d )?(?P<a>[\w.|-]{1,100}?) *\| "),
    # kubectl logs --prefix: [pod/name/container] ...
    re.compile(rb"\[(?P<a>pod/[^\]\s]+)\] "),
    # aws logs tail: time stream ...
    re.compile(_ISO + rb" (?P<a>\S*/\S+) \Z"),
)
"""Where prefixes name the program."""

_LONGEST_PREFIX = 4_096
_MOST_BRACES = 8
"""How many opening braces of a line may not be the one with which its object begins."""


def unwrap_text(data: bytes) -> tuple[Inner, ...]:
    """The JSON object, or the piece of CRI's, at the end of a line of text; nothing where there is none."""
    if b" stdout " in data or b" stderr " in data:
        record = data.find(b'{"', 0, _LONGEST_PREFIX)
        cri = _CRI.search(data, 0, record if record >= 0 else _LONGEST_PREFIX)
        if cri is not None and cri.start():
            prefix = data[: cri.start()]
            return (Inner(data[cri.start() :], _who(prefix), _written(prefix)),)
        if cri is not None:
            time, stream, tag = cri.groups()
            written = parse_time(time.decode())
            return (Inner(data[cri.end() :], "", written, stream.decode(), tag == b"P", splits=True),)
    if not data.rstrip().endswith(b"}"):
        return ()
    brace = -1
    for _ in range(_MOST_BRACES):
        brace = data.find(b"{", brace + 1, _LONGEST_PREFIX)
        if brace < 0:
            return ()
        inner = data[brace:]
        # What begins with a brace and then no key would be mended at length, and is no record.
        if inner[1:2] in (b'"', b" ", b"}", b"\t") and type(parse_record(inner)) is dict:
            prefix = data[:brace]
            return (Inner(inner, _who(prefix), _written(prefix)),)
    return ()


def _who(prefix: bytes) -> str:
    for pattern in _WHO:
        found = pattern.match(prefix)
        if found is not None:
            names = (name for name in found.groups() if name is not None and name != b"-")
            return b":".join(names).decode("utf-8", "replace")
    return ""


def _written(prefix: bytes) -> int | None:
    found = _TIME.search(prefix)
    return None if found is None else parse_time(found.group().decode())
