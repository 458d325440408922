"""What the program can tell of itself, collected from its source: no run shows all of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from tests.docs import pages

CODE = pages.ROOT / "translator"
LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}
"""Methods of a logger, and the level that stands in the line."""


@cache
def _nodes() -> tuple[ast.AST, ...]:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted(CODE.rglob("*.py")))
    return tuple(node for tree in trees for node in ast.walk(tree))


def _name(node: ast.expr) -> str:
    """The last part of a name: `log` of both `log` and `self.log`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _calls(name: str) -> Iterator[ast.Call]:
    for node in _nodes():
        if isinstance(node, ast.Call) and _name(node.func) == name:
            yield node


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise AssertionError(f"line {node.lineno}: {ast.unparse(node)} is no word that a document could name")


def log_lines() -> dict[str, str]:
    """The events of the program's own log, and their levels."""
    return {
        _literal(call.args[0]): level
        for method, level in LEVELS.items()
        for call in _calls(method)
        if isinstance(call.func, ast.Attribute) and _name(call.func.value).strip("_") == "log"
    }


def counted() -> set[str]:
    """The words under which readers and rebuilding count what they notice."""
    return {
        node.slice.value
        for node in _nodes()
        if isinstance(node, ast.Subscript)
        and _name(node.value).strip("_") == "counts"
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    }


def first_arguments(name: str) -> set[str]:
    """What calls of a function say first, where it is a word and not a value."""
    return {
        call.args[0].value
        for call in _calls(name)
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


def exit_codes() -> set[int]:
    """The codes that have a name: constants `EXIT_…`, and those of the errors."""
    found: set[int] = set()
    for node in _nodes():
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            name, value = _name(node.targets[0]), node.value.value
            if isinstance(value, int) and (name.startswith("EXIT_") or name == "exit_code"):
                found.add(value)
    return found


def messages(*errors: str) -> set[str]:
    """The messages of errors, without what is put into them: the longest of the pieces between."""
    found: set[str] = set()
    for error in errors:
        for call in _calls(error):
            first = call.args[0]
            parts = first.values if isinstance(first, ast.JoinedStr) else [first]
            pieces = [
                part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            found.update({max(pieces, key=len).strip(" :(,")} if pieces else ())
    return found
