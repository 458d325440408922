"""Diagnostics for machines: JSON and SARIF, written as they are found."""

from __future__ import annotations

from typing import TextIO
from urllib.parse import quote

import msgspec

from translator import __version__
from translator.checks.codes import CODES, Code, Severity
from translator.checks.diagnostic import Diagnostic
from translator.checks.findings import FileReport, Findings
from translator.checks.places import spot_of
from translator.model import Json as JsonValue

SARIF_VERSION = "2.1.0"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULE_INDEX = {code.name: place for place, code in enumerate(CODES)}


class Json:
    """Writes one JSON object: `diagnostics`, one on each line, and a `summary`.

    Args:
        out: Where to.
    """

    def __init__(self, out: TextIO) -> None:
        self._items = _Items(out, '{"diagnostics":[')

    def show(self, diagnostic: Diagnostic) -> None:
        """Writes one."""
        spot = spot_of(diagnostic)
        origin, code = diagnostic.origin, diagnostic.code
        self._items.add(
            {
                "file": origin.file,
                "line": origin.number or None,
                "column": spot.column if origin.number else None,
                "end_column": spot.column + spot.length if origin.number else None,
                "code": code.name,
                "severity": code.severity.value,
                "message": diagnostic.message,
                "hint": diagnostic.hint,
                "docs": code.link,
            }
        )

    def end(self, findings: Findings) -> None:
        """Writes the summary, which also counts what was not shown."""
        found = findings.severities()
        summary = {
            **{f"{severity.value}s": found[severity] for severity in Severity},
            "not_shown": dict(findings.hidden),
            "files": [_file(file, report) for file, report in findings.files.items()],
        }
        self._items.end(f'],"summary":{_encoded(summary)}}}')


class Sarif:
    """Writes SARIF, which the pages of code hosts show beside the lines.

    Args:
        out: Where to.
    """

    def __init__(self, out: TextIO) -> None:
        driver = {"name": "translator", "version": __version__, "rules": [_rule(code) for code in CODES]}
        head = f'{{"$schema":{_encoded(_SCHEMA)},"version":"{SARIF_VERSION}","runs":[{{'
        head += f'"tool":{{"driver":{_encoded(driver)}}},"columnKind":"unicodeCodePoints","results":['
        self._items = _Items(out, head)

    def show(self, diagnostic: Diagnostic) -> None:
        """Writes one."""
        spot = spot_of(diagnostic)
        origin, code = diagnostic.origin, diagnostic.code
        place: dict[str, JsonValue] = {"artifactLocation": {"uri": quote(origin.file)}}
        if origin.number:
            place["region"] = {
                "startLine": origin.number,
                "startColumn": spot.column,
                "endColumn": spot.column + spot.length,
            }
        self._items.add(
            {
                "ruleId": code.name,
                "ruleIndex": _RULE_INDEX[code.name],
                "level": code.severity.value,
                "message": {"text": f"{diagnostic.message}: {diagnostic.hint}"},
                "locations": [{"physicalLocation": place}],
            }
        )

    def end(self, findings: Findings) -> None:  # noqa: ARG002 - the form has no place for it
        """Writes the end."""
        self._items.end("]}]}")


class _Items:
    """Writes the items of a list one after another, with a comma between."""

    def __init__(self, out: TextIO, head: str) -> None:
        self._out = out
        self._before = head

    def add(self, item: JsonValue) -> None:
        self._out.write(f"{self._before}\n{_encoded(item)}")
        self._before = ","

    def end(self, tail: str) -> None:
        self._out.write(f"{'' if self._before == ',' else self._before}\n{tail}\n")


def _rule(code: Code) -> dict[str, JsonValue]:
    return {
        "id": code.name,
        "shortDescription": {"text": code.title},
        "help": {"text": f"{code.hint} ({code.link})"},
        "defaultConfiguration": {"level": code.severity.value},
    }


def _file(file: str, report: FileReport) -> dict[str, JsonValue]:
    return {
        "file": file,
        "format": report.format or None,
        "lines": dict(report.lines),
        "events": dict(report.events),
        "codes": dict(report.codes),
    }


def _encoded(value: JsonValue) -> str:
    # Lone surrogates stand for bytes of names that are not UTF-8.
    return msgspec.json.encode(_encodable(value)).decode()


def _encodable(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value
