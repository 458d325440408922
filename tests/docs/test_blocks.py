"""No fenced block without a check: executed, validated, or at least parsed; the exceptions say why."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from tests.docs import pages
from tests.docs.pages import Block
from translator.backfill.ages import AgeRule
from translator.backfill.plan import Plan
from translator.cli import outlook
from translator.formats.native.names import meaning
from translator.settings import resolve

BLOCKS = [block for page in pages.PAGES for block in pages.blocks(page)]
COMMANDS = ("console", "sh")

PARSED = {"console", "sh", "bash", "toml", "yaml", "json", "jsonl", "python", "js"}
"""Languages that this module checks wherever they stand."""

COMPARED = {
    ("README.md", "bash"): "the log calls, see below",
    ("README.md", "go"): "the log calls, see below",
    ("README.md", "java"): "the log calls, see below",
    ("samples/README.md", "go"): "the log calls, see below",
    ("samples/README.md", "java"): "the log calls, see below",
    ("samples/README.md", "ruby"): "the log calls, see below",
    ("samples/README.md", "php"): "the log calls, see below",
    ("samples/README.md", "rust"): "the log calls, see below",
    ("samples/README.md", "text"): "the scenario, see below",
    ("docs/backfill.md", "text"): "what a backfill says first, see below",
    ("docs/checks.md", "text"): "test_checks.py makes them of the lines above",
    ("docs/formats.md", "acme"): "test_formats.py reads it with the reader above",
    ("docs/formats.md", "text"): "test_formats.py makes it of the lines above",
    ("docs/formats/house.md", "text"): "test_house.py runs the command above",
    ("docs/log-format.md", "tree"): "test_log_format.py makes them of the lines above",
    ("docs/log-format.md", "attributes"): "test_log_format.py makes them of the lines above",
}
"""Pages and languages that are compared with what the program does, and where."""

JUDGED_YAML = {
    "services": "test_docs.py: a part of deploy/compose/compose.yaml",
    "initContainers": "test_docs.py: a part of deploy/kubernetes/sidecar.yaml",
    "components": "a part of a kustomization.yaml; the whole is deploy/kubernetes/example",
    "volumeMounts": "a part of a container; the whole is deploy/kubernetes/example",
    "exporters": "a part of an OpenTelemetry collector's configuration, which no Python package judges",
}
"""What a block of YAML begins with, and what judges it."""

NOT_RUN: dict[tuple[str, ...], tuple[str, set[str]]] = {
    ("docker", "build"): ("needs a registry of images; CI builds the image with podman", {"--tag", "-t"}),
    ("docker", "run"): (
        "tests/first_half_hour plays it with podman",
        {"--detach", "--name", "--network", "--read-only", "--volume", "--env"},
    ),
    ("docker", "logs"): ("tests/first_half_hour plays it with podman", set()),
    ("docker", "stop"): ("tests/first_half_hour plays it with podman", set()),
    ("docker", "rm"): ("tests/first_half_hour plays it with podman", set()),
    ("docker", "compose"): ("needs a registry of images; test_docs.py reads the file", {"-f"}),
    ("kubectl", "create"): ("needs a cluster", {"--from-literal"}),
    ("kubectl", "apply"): ("needs a cluster; tests/deploy makes and judges the manifests", {"-k"}),
    ("systemctl", "daemon-reload"): ("needs systemd; tests/deploy judges the unit", set()),
    ("systemctl", "enable"): ("needs systemd; tests/deploy judges the unit", {"--now"}),
    ("systemctl", "reload"): ("needs systemd; tests/cli sends SIGHUP", set()),
    ("npm", "install"): ("fetches packages; tests/spotlight runs it", {"--ignore-scripts"}),
    ("npx", "spotlight"): ("fetches packages; tests/spotlight runs it", {"--port"}),
    ("journalctl", "-u"): (
        "needs systemd's journal; tests/formats reads what it writes",
        {"-u", "-o", "--follow"},
    ),
    ("aws", "logs"): ("needs an account; tests/formats reads what it writes", {"--follow"}),
    ("pkill",): ("tests/cli sends SIGHUP", {"-HUP", "-f"}),
    ("source",): ("changes the shell alone", set()),
}
"""Commands of other programs that a test does not run: why, and the flags that they have."""

OF_ALL = {"--namespace"}
"""Flags that every command of their program has."""

WITHOUT_FLAGS = ("cat", "zcat")
"""Commands before a pipe whose arguments are files."""

EVENT_NAME = re.compile(r"""["' ]((?:agent|model|tool|llm)(?:[._]\w+)?)["' ]|event: '(\w+)'""")


def of(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def name_of(block: Block) -> str:
    return str(block.page.relative_to(pages.ROOT))


def commands() -> list[tuple[str, list[str]]]:
    """Every command of the documents; those around pipes each by itself, without variables before it."""
    found: list[tuple[str, list[str]]] = []
    for block in of(*COMMANDS):
        lines = block.text.replace("\\\n", " ").splitlines()
        prompted = [line[2:] for line in lines if line.startswith("$ ")]
        for line in prompted if block.language == "console" else lines:
            for part in re.split(r" \| ", line):
                words = shlex.split(part, comments=True)
                while "=" in words[0]:
                    words = words[1:]
                found.append((f"{block}: {line}", words))
    return found


def test_every_block_has_a_check() -> None:
    kinds = {(name_of(block), block.language) for block in BLOCKS}

    assert {kind for kind in kinds if kind[1] not in PARSED and kind not in COMPARED} == set()
    assert COMPARED.keys() - kinds == set()


def test_consoles_show_commands() -> None:
    assert [str(block) for block in of("console") if not block.text.startswith("$ ")] == []


@pytest.mark.parametrize(
    ("where", "words"), commands(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_command_can_be_run(where: str, words: list[str]) -> None:
    match words:
        case ["make", *targets]:
            makefile = (pages.ROOT / "Makefile").read_text(encoding="utf-8")
            assert [target for target in targets if f"\n{target}:" not in makefile] == []
        case [("translator" | ".venv/bin/translator"), *_]:
            pass  # test_operations.py parses them, and runs those that send nothing
        case [".venv/bin/python", "-m", module, *_]:
            assert importlib.util.find_spec(module) is not None
        case [*_] if where.startswith("deployment.md") and words[0] not in ("docker", "kubectl", "systemctl"):
            pass  # tests/first_half_hour plays them; tests/deploy judges the unit of systemd
        case ["jq", "-c", "-f", *files]:
            assert files  # tests/formats runs it
        case [program, *files] if program in WITHOUT_FLAGS:
            assert not any(file.startswith("-") for file in files)
        case _:
            _, allowed = next(told for begin, told in NOT_RUN.items() if tuple(words[: len(begin)]) == begin)
            given = {word.partition("=")[0] for word in words if word.startswith("-")}
            assert given - OF_ALL <= allowed, where
    ours = [word for word in words if re.match(r"(samples|deploy|docs)/", word)]
    assert [word for word in ours if not (pages.ROOT / word).exists()] == []


@pytest.mark.parametrize(
    "begin", [begin for begin in NOT_RUN if begin[0] in ("docker", "kubectl", "npm", "systemctl")]
)
def test_flags_of_other_programs_are_in_their_help(begin: tuple[str, ...]) -> None:
    if shutil.which(begin[0]) is None or begin == ("docker", "compose"):
        pytest.skip(f"no {' '.join(begin)} here")
    deeper = ["secret", "generic"] if begin == ("kubectl", "create") else []
    asked = [begin[0], "--help"] if begin[0] == "systemctl" else [*begin, *deeper, "--help"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    text = said.stdout + said.stderr

    assert begin[-1] in text or said.returncode == 0
    assert [flag for flag in NOT_RUN[begin][1] if flag not in text] == []


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_no_block_is_marked_by_indents_alone(page: Path) -> None:
    assert re.findall(r"\n\n {4}[^ -].*", pages.prose(page)) == []


def test_nothing_is_excepted_that_is_not_there() -> None:
    shown = [words for _, words in commands()]
    begins = [begin for begin in NOT_RUN if not any(tuple(words[: len(begin)]) == begin for words in shown)]
    tops = {next(iter(yaml.safe_load(block.text))) for block in of("yaml")}

    assert begins == []
    assert tops == set(JUDGED_YAML)


@pytest.mark.parametrize("block", of("toml"), ids=str)
def test_toml_is_a_configuration_that_is_taken(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "translator.toml"
    file.write_text(block.text, encoding="utf-8")

    assert resolve({}, {}, file) is not None


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_is_json(block: Block) -> None:
    assert json.loads(block.text)


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_is_python(block: Block) -> None:
    assert ast.parse(block.text, str(block)).body


@pytest.mark.parametrize("block", of("js"), ids=str)
def test_javascript_is_javascript(block: Block) -> None:
    if shutil.which("node") is None:
        pytest.skip("no Node.js here")
    checked = subprocess.run(
        ["node", "--check", "-"], input=block.text, capture_output=True, text=True, check=False, timeout=60
    )

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("block", of("bash"), ids=str)
def test_bash_is_bash(block: Block) -> None:
    subprocess.run(["bash", "-n"], input=block.text, text=True, check=True, timeout=60)


@pytest.mark.parametrize(
    "block",
    [
        block
        for block in of("python", "js", "go", "java", "ruby", "bash", "php", "rust")
        if block.page.name == "README.md"
    ],
    ids=str,
)
def test_the_log_calls_name_events(block: Block) -> None:
    called = [line for line in block.text.splitlines() if line.strip()]
    named = [
        [word for found in EVENT_NAME.findall(line) for word in found if word and meaning(word)]
        for line in called
    ]

    assert len(called) == 4
    assert all(named), dict(zip(called, named, strict=True))


def test_the_shell_s_log_calls_log_events() -> None:
    agent = (pages.ROOT / "samples" / "shell" / "agent.sh").read_text(encoding="utf-8")
    functions = re.findall(r"^(?:log|json_escape)\(\) \{\n.*?^\}\n", agent, re.MULTILINE | re.DOTALL)
    (block,) = pages.blocks(pages.ROOT / "README.md", "bash")
    script = (
        "exec 3>&1; question=Q; usage='{\"input_tokens\":1}'; answer=A\n" + "".join(functions) + block.text
    )
    said = subprocess.run(
        ["bash", "-eu"], input=script, capture_output=True, text=True, check=True, timeout=60
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in said.stdout.splitlines()]

    assert [line["event"] for line in lines] == ["agent.start", "model.end", "tool.start", "tool.error"]
    assert lines[1]["usage"] == {"input_tokens": 1}


def test_the_scenario_of_the_samples_has_the_tokens_of_their_spans() -> None:
    (told,) = pages.blocks(pages.ROOT / "samples" / "README.md", "text")
    golden = (pages.ROOT / "samples" / "python" / "spans.jsonl").read_text(encoding="utf-8").splitlines()
    sent = [json.loads(line)["attributes"] for line in golden]
    counts = {
        f"{each['gen_ai.usage.input_tokens']['value']}/{each['gen_ai.usage.output_tokens']['value']}"
        for each in sent
        if each["sentry.op"]["value"] == "gen_ai.chat"
    }

    assert set(re.findall(r"\d+/\d+", told.text)) == counts


def test_a_backfill_says_first_what_the_page_shows() -> None:
    (told,) = pages.blocks(pages.DOCS / "backfill.md", "text")
    first, last = 1_794_962_580_000_000, 1_794_974_580_000_000
    plan = Plan(
        inputs=3, stored_bytes=17_100_000, content_bytes=17_100_000, exact=False, first_time=first,
        last_time=last, events=60_029, traces=6_003, spans=30_036,
    )  # fmt: skip
    out = StringIO()
    outlook.print_plan(Console(file=out, width=200), plan, AgeRule(), 30, None, None)

    assert out.getvalue() == told.text
