"""What a failed tool returned is content: without leave no more of it is sent than an exit code."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.formats.claude_code.parts import record, result
from tests.formats.claude_code.test_claude_code import TURN
from tests.formats.codex import test_edges as codex
from tests.formats.gemini_cli import test_gemini_cli as gemini_cli
from tests.formats.pi import test_pi as pi
from tests.formats.whole import lines_of, translated
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.formats.building import failed_output
from translator.model import Kind, Span

OUTPUT = "Exit code 3\nPRIVATE of the customer"


def of_claude_code() -> list[Span]:
    failed = record(5, 5_000, "user", **result("t2", OUTPUT, is_error=True))
    return translated(lines_of([*TURN[:5], failed, *TURN[6:]]))


def of_pi() -> list[Span]:
    called = {"type": "toolCall", "id": "c1", "name": "bash", "arguments": {}}
    return translated(lines_of([
        pi.HEAD, pi.entry(0, role="user", content="hi"), pi.said(2, "", "toolUse", calls=[called]),
        pi.entry(3, role="toolResult", toolCallId="c1", toolName="bash", isError=True,
                 content=[{"type": "text", "text": OUTPUT}]),
        pi.said(5, "done"),
    ]))  # fmt: skip


def of_gemini_cli() -> list[Span]:
    answer = {"functionResponse": {"id": "c1", "name": "sh", "response": {"error": OUTPUT}}}
    called = {**gemini_cli.call(4, "c1", "error"), "result": [answer]}
    return translated(lines_of([
        gemini_cli.HEAD, gemini_cli.message(0, "user", "hi"), gemini_cli.answer(3, "", called),
        gemini_cli.answer(6, "done"),
    ]))  # fmt: skip


def of_codex() -> list[Span]:
    rollout = codex.begun()
    rollout.request([codex.call("find", "c1")], {"c1": {"content": OUTPUT, "success": False}})
    rollout.end()
    return codex.read(rollout)


def attributes(span: Span, *, content: bool) -> dict[str, Any]:
    encoder = SpanEncoder(Identity("translator", "0"), Privacy(content=content))
    made: dict[str, dict[str, Any]] = orjson.loads(encoder.encode(span).data)["attributes"]
    return {key: attribute["value"] for key, attribute in made.items()}


@pytest.mark.parametrize("spans_of", [of_claude_code, of_pi, of_gemini_cli, of_codex])
def test_the_output_is_told_only_with_leave(spans_of: Any) -> None:
    (failed,) = [span for span in spans_of() if span.kind is Kind.TOOL and "failure" in span.fields]

    without = attributes(failed, content=False)
    assert without["exception.message"] == "exit code 3"
    assert "PRIVATE" not in str(without)
    whole = attributes(failed, content=True)
    assert whole["exception.message"] == OUTPUT
    assert "PRIVATE" in whole["gen_ai.tool.call.result"]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("Exit code 1\nsome text", "exit code 1"),
        ("Error: Exit code 127", "exit code 127"),
        ("Exit code: -9", "exit code -9"),
        ("some text\n\nCommand exited with code 2", "exit code 2"),
        ("Output: some text\nExit Code: 4\n", "exit code 4"),
        ("no such file", None),
        ("some text, exited with code 1\nmore" + " text" * 40, None),
        ("x" * 50 + "Exit code 1" + "x" * 89, None),
        ("some text\nExit code 1\nmore", None),
        ("Exit code 12345678901234567890", None),
    ],
)
def test_an_exit_code_is_no_content(output: str, message: str | None) -> None:
    assert failed_output(output) == {"error_message": message, "error_output": output}


@pytest.mark.parametrize("output", ["", None])
def test_no_output_says_nothing(output: str | None) -> None:
    assert failed_output(output) == {}
