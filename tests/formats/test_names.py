"""Event names in all their spellings."""

from __future__ import annotations

import pytest

from translator.formats.native.names import Meaning, meaning
from translator.model import Kind, Phase

A, M, T, H = Kind.AGENT, Kind.MODEL, Kind.TOOL, Kind.HANDOFF
NAMES = {
    (A, Phase.START): "agent.start agent.started agent.begin agent.invoke invoke.agent.start",
    (A, Phase.END): "agent.end agent.finished agent.completed agent.done agent.stop agent.result "
    "invoke.agent.end agent.error agent.failed agent.exception agent.timeout agent.cancelled",
    (M, Phase.START): " ".join(
        f"{subject}.{word}"
        for subject in ("model", "llm", "chat", "generation", "completion")
        for word in ("start", "request", "call")
    )
    + " embeddings.start",
    (M, Phase.END): " ".join(
        f"{subject}.{word}"
        for subject in ("model", "llm", "chat", "generation", "completion")
        for word in ("end", "response", "result", "error", "failed", "exception", "timeout", "cancelled")
    )
    + " embeddings.end",
    (M, Phase.CHUNK): "model.chunk model.first.token llm.chunk model.stream",
    (T, Phase.START): "tool.start tool.call tool.invoke tool.request function.call function.start",
    (T, Phase.END): "tool.end tool.result tool.response tool.finished tool.completed function.result "
    "tool.error tool.failed tool.exception tool.timeout tool.cancelled function.error",
    (A, Phase.WHOLE): "agent",
    (M, Phase.WHOLE): "model llm generation embeddings",
    (T, Phase.WHOLE): "tool function",
    (H, Phase.WHOLE): "handoff agent.handoff transfer agent.transfer",
}
CASES = [(name, kind, phase) for (kind, phase), names in NAMES.items() for name in names.split()]


@pytest.mark.parametrize("separator", [".", "_", "-", "/", ":", " "])
@pytest.mark.parametrize(("name", "kind", "phase"), CASES)
def test_it_is_understood(name: str, kind: Kind, phase: Phase, separator: str) -> None:
    for spelled in (name.replace(".", separator), name.replace(".", separator).upper()):
        found = meaning(spelled)

        assert found is not None
        assert (found.kind, found.phase) == (kind, phase)


@pytest.mark.parametrize(("name", "kind", "phase"), CASES)
def test_it_is_understood_in_camel_case(name: str, kind: Kind, phase: Phase) -> None:
    pascal = "".join(word.capitalize() for word in name.split("."))
    for spelled in (pascal, pascal[0].lower() + pascal[1:], pascal.replace("Llm", "LLM")):
        found = meaning(spelled)

        assert found is not None
        assert (found.kind, found.phase) == (kind, phase)


@pytest.mark.parametrize("name", ["HandOff", "handOff", "AGENT_handOff", "tOOL.sTART"])
def test_a_word_with_capitals_in_it_is_one_word(name: str) -> None:
    assert meaning(name) == meaning(name.lower())


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Started",
        "toolCalls",
        "tooLStart",
        "MODELSTART",
        "started",
        "agents.start",
        "tool.starting",
        "x" * 10_000,
        None,
        5,
        ["tool"],
    ],
)
def test_other_words_are_no_events(name: object) -> None:
    assert meaning(name) is None


def test_embeddings_are_an_operation_and_failures_have_a_class() -> None:
    embeddings, timeout = meaning("embeddings.start"), meaning("tool.timeout")

    assert embeddings == Meaning(Kind.MODEL, Phase.START, "embeddings")
    assert timeout == Meaning(Kind.TOOL, Phase.END, None, "timeout")
