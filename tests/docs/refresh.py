"""Brings pages up to date with the code: read the difference before you commit it.

    python -m tests.docs.refresh

It rewrites what stands beneath the examples of docs/log-format.md and docs/checks.md, and the tables of
fields, attributes and codes.
"""

from __future__ import annotations

import re

from sentry_conventions.attributes import ATTRIBUTE_METADATA

from tests.docs import checked, pages, results
from translator.envelopes.attributes import RULES
from translator.formats.native.fields import FIELDS, Field, squash
from translator.model import KINDS, Kind

PAGE = pages.DOCS / "log-format.md"
FIELD_HEAD = "| field | type | events | what it says | other names |\n|---|---|---|---|---|\n"
SENT_HEAD = "| field | attribute | on | content |\n|---|---|---|---|\n"


def field_table() -> str:
    """Every field with its type, the events that it is read from, and its other names."""
    return FIELD_HEAD + "".join(
        f"| `{field.name}` | {field.type.value} | {_kinds(field.kinds)} | {field.doc} | {_others(field)} |\n"
        for field in FIELDS
    )


def sent_table() -> str:
    """Every attribute that a field becomes, and on which spans."""
    kinds: dict[tuple[str, str, bool], set[Kind]] = {}
    for kind, rules in ((kind, RULES[kind]) for kind in KINDS):
        for rule in rules:
            kinds.setdefault((rule.field, rule.key, rule.content), set()).add(kind)
    return SENT_HEAD + "".join(
        f"| `{field}` | `{key}` | {_kinds(frozenset(on))} | {'yes' if content else 'no'} |\n"
        for (field, key, content), on in kinds.items()
    )


def refreshed(text: str) -> str:
    """The page with what the code says now."""
    lines = ""

    def result(block: re.Match[str]) -> str:
        nonlocal lines
        language, body = block[1], block[2]
        if language == "jsonl":
            lines = body
        elif language == "tree":
            body = results.tree(lines)
        elif language == "attributes":
            body = results.attributes(lines, body)
        return f"```{language}\n{body}```"

    text = pages.FENCE.sub(result, text)
    for head, table in ((FIELD_HEAD, field_table()), (SENT_HEAD, sent_table())):
        begin = text.index(head)
        end = text.index("\n\n", begin) + 1
        text = text[:begin] + table + text[end:]
    return text


def _kinds(kinds: frozenset[Kind]) -> str:
    return "all" if len(kinds) == len(KINDS) else ", ".join(kind.value for kind in KINDS if kind in kinds)


def _others(field: Field) -> str:
    family: tuple[str, ...] = ()
    if field.convention is not None:
        family = ATTRIBUTE_METADATA[field.convention].keys or (field.convention,)
    named: dict[str, str] = {}
    for alias in (*field.aliases, *family):
        if squash(alias) != squash(field.name):
            named.setdefault(squash(alias), alias)
    return ", ".join(f"`{name}`" for name in named.values()) or "–"


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    checked.PAGE.write_text(checked.refreshed(checked.PAGE.read_text(encoding="utf-8")), encoding="utf-8")
