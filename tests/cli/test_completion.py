"""What shells offer: commands, flags, and the words that a value may be; else files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from translator.cli.app import COMMANDS
from translator.formats.registry import FORMATS

ASK = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_translator_completion translator
printf '%s\\n' "${COMPREPLY[@]}"
"""


def said(*command: str, **environment: str) -> str:
    """What a command prints, among whose programs is the translator."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PATH": path, **environment}
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The completion of bash, made as the documents say."""
    path = tmp_path_factory.mktemp("completion") / "translator"
    path.write_text(said("translator", _TRANSLATOR_COMPLETE="source_bash"))
    return str(path)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("",), [one.name for one in COMMANDS]),
        (("run", "--wi"), ["--wire"]),
        (("run", "--wire", ""), ["span", "transaction"]),
        (("backfill", "--older-than-retention", "s"), ["skip", "shift", "send"]),
        (("preview", "--format", ""), ["auto", *(one.name for one in FORMATS)]),
        (("check", "--explain", "E10"), ["E101", "E103", "E104", "E105"]),
        (("run", "--spotlight", "--wi"), ["--wire"]),
        # Bash offers files of itself where nothing is offered.
        (("run", ""), [""]),
        (("nonsense", "--wi"), [""]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bash_is_offered(words: tuple[str, ...], offered: list[str], script: str) -> None:
    assert said("bash", "-c", ASK, "bash", script, "translator", *words).splitlines() == offered


def test_bash_falls_back_to_files(script: str) -> None:
    registered = said("bash", "-c", 'source "$1"; complete -p translator', "bash", script)

    assert registered.strip() == "complete -o default -F _translator_completion translator"


def test_zsh_is_offered_words_with_what_they_are_or_files() -> None:
    asked = {"_TRANSLATOR_COMPLETE": "complete_zsh"}
    words = said("translator", **asked, _TYPER_COMPLETE_ARGS="translator che")
    files = said("translator", **asked, _TYPER_COMPLETE_ARGS="translator check ")

    assert words.strip() == """_arguments '*: :(("check":"Say what is wrong with logs."))'"""
    assert files.strip() == "_files"


def test_fish_is_offered_words_with_what_they_are() -> None:
    asked = {"_TRANSLATOR_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}

    assert said("translator", **asked, _TYPER_COMPLETE_ARGS="translator che").strip() == (
        "check\tSay what is wrong with logs."
    )


def test_no_summary_is_cut_off() -> None:
    asked = {"_TRANSLATOR_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    offered = said("translator", **asked, _TYPER_COMPLETE_ARGS="translator ").splitlines()

    assert [line.split("\t")[1] for line in offered if line] == [one.summary for one in COMMANDS]
