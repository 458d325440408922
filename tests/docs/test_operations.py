"""The pages on options, commands, counters and the sidecar's own log say what the code does."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.core import TyperCommand

from tests.docs import pages
from translator.backfill import parts
from translator.backfill.merge import MAX_OPEN as MAX_OPEN_INPUTS
from translator.cli.app import COMMANDS, command_of
from translator.cli.sending import CONCURRENCY
from translator.content.plain import MAX_DEPTH
from translator.delivery.backoff import CAP_SECONDS
from translator.delivery.courier import MOST_POSTED
from translator.delivery.transport import TIMEOUT_SECONDS
from translator.envelopes.encode import SPAN_LIMIT
from translator.envelopes.pack import MAX_BYTES, MAX_SPANS
from translator.envelopes.secret_rules import WORDS
from translator.envelopes.secrets import mask_value
from translator.envelopes.transaction import MAX_HELD, MAX_SPANS_BYTES
from translator.files.lines import MAX_LINE_BYTES
from translator.pipeline.outcome import PATIENCE_SECONDS
from translator.pipeline.translation import SHARE_BYTES, SHARE_SPANS
from translator.settings import resolve
from translator.settings_options import MAX_OUTBOX_BYTES, OPTIONS
from translator.settings_sources import SOURCE_OPTIONS
from translator.spans.assembler import KEEP_UNFINISHED, MAX_OPEN, MAX_REMEMBERED
from translator.spans.orphans import SLACK
from translator.spans.reorder import LIMIT

CONFIGURATION = pages.DOCS / "configuration.md"
OPERATIONS = pages.DOCS / "operations.md"
SHELLS = ("console", "sh", "bash")
HARMLESS = ("--help", "schema", "preview samples", "check samples", "check --explain", "config", "--out")


def command_lines() -> list[tuple[str, list[str]]]:
    """Every command line of the translator in the documents, without its prompt and variables."""
    found: list[tuple[str, list[str]]] = []
    for page in pages.PAGES:
        for block in pages.blocks(page, *SHELLS):
            for line in block.text.splitlines():
                at = re.search(r"(?:^|[ /])translator (.*?)(?: > \S+)?$", line)
                if at is not None:
                    found.append((f"{block}: {line}", shlex.split(at[1], comments=True)))
    return found


def commands() -> dict[str, TyperCommand]:
    return {declared.name: command_of(declared) for declared in COMMANDS}


def flags(command: TyperCommand) -> set[str]:
    return {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}


def test_the_options_are_those_of_the_settings() -> None:
    rows = pages.table(CONFIGURATION, "key")
    told = [(pages.codes(row["key"])[0], pages.codes(row["variable"])[0]) for row in rows]

    assert told == [(option.name, option.env) for option in OPTIONS]
    for row, option in zip(rows, OPTIONS, strict=True):
        if option.name != "paths":
            assert pages.codes(row["flag"])[0] == option.flag


def test_the_defaults_are_those_of_the_settings() -> None:
    rows = {pages.codes(row["key"])[0]: row["default"] for row in pages.table(CONFIGURATION, "key")}
    for option in OPTIONS:
        default = option.default
        if default in (None, (), {}):
            assert rows[option.name] == "none" or option.name in ("send_default_pii", "state_dir")
            continue
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        if isinstance(default, float):
            shown = f"{default:g}"
        assert rows[option.name] == f"`{shown}`", option.name


def test_the_example_of_a_file_is_valid(tmp_path: Path) -> None:
    block = pages.blocks(CONFIGURATION, "toml")[0]
    file = tmp_path / "translator.toml"
    file.write_text(block.text, encoding="utf-8")
    settings = resolve({}, {}, file)

    assert {name for name in tomllib.loads(block.text) if settings.rank(name) != 1} == set()


def test_what_a_source_may_say_is_told() -> None:
    rows = pages.table(CONFIGURATION, "in a source")
    told = [name for row in rows for name in pages.codes(row["in a source"])]

    assert told == ["name", *SOURCE_OPTIONS]


def test_each_command_takes_the_flags_that_are_told() -> None:
    of_settings = {option.flag for option in OPTIONS if option.name != "paths"}
    rows = pages.table(CONFIGURATION, "command")
    for row in rows:
        command = commands()[pages.codes(row["command"])[0].removeprefix("translator ")]
        taken = {flag for flag in flags(command) if re.match(r"--(?!no-|config|help)", flag)}
        named = set(pages.codes(row["flags of the settings"]))
        if row["flags of the settings"].startswith("all"):
            assert named <= of_settings
            named = of_settings - named
        own = set(re.findall(r"`(--[\w-]+)`", row["its own flags"]))

        assert (taken & of_settings, taken - of_settings) == (named, own), row["command"]

    assert len(rows) == len(commands())


def test_every_command_but_two_takes_a_configuration() -> None:
    assert {name for name, command in commands().items() if "--config" not in flags(command)} == {
        "schema",
        "demo",
    }
    assert "`--config` may be given to every command but `schema` and `demo`." in pages.prose(CONFIGURATION)


@pytest.mark.parametrize(
    "said",
    [
        "translator config",
        "translator schema --of-config",
        "SIGHUP",
        "[[sources]]",
        "[[formats.NAME]]",
        "--config",
    ],
)
def test_the_page_on_configuration_has(said: str) -> None:
    assert said in CONFIGURATION.read_text(encoding="utf-8")


def test_every_command_is_told_of() -> None:
    told = {
        pages.codes(row["command"])[0].removeprefix("translator ")
        for row in pages.table(OPERATIONS, "command")
    }

    assert told == set(commands())


@pytest.mark.parametrize(
    ("where", "line"), command_lines(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_command_line_uses_what_there_is(where: str, line: list[str]) -> None:
    name, *rest = line
    if name == "--version":
        return
    command = commands()[name]

    assert [
        word for word in rest if word.startswith("-") and word != "-" and word not in flags(command)
    ] == [], where


@pytest.mark.parametrize(
    "line",
    [line for where, line in command_lines() if any(word in where for word in HARMLESS)],
    ids=" ".join,
)
def test_a_harmless_command_line_works(line: list[str], tmp_path: Path) -> None:
    written = ("spans.jsonl", "traces.html")
    arguments = [str(tmp_path / word) if word in written else word for word in line]
    done = subprocess.run(
        [sys.executable, "-m", "translator", *arguments],
        cwd=pages.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout or any(tmp_path.iterdir())


LIMITS = {
    "a line": f"{MAX_LINE_BYTES >> 20} MiB",
    "open spans in a trace": f"{MAX_OPEN:,}",
    "a span": f"{SPAN_LIMIT:,} bytes",
    "nesting of JSON in content": f"{MAX_DEPTH} levels",
    "an envelope": f"one trace, {MAX_SPANS:,} spans, {MAX_BYTES >> 20} MiB",
    "a transaction": f"{MAX_SPANS:,} spans, {MAX_SPANS_BYTES:,} bytes of spans",
    "spans that wait for their root, as transactions": f"{MAX_HELD:,}",
    "spans of a backfill that wait for their trace to end": f"{parts.MAX_BYTES >> 20} MiB in each of",
    "inputs of a backfill that are open at once": f"{MAX_OPEN_INPUTS}",
    "the outbox of `run`": f"{MAX_OUTBOX_BYTES >> 20} MiB",
    "finished spans that are remembered": f"{MAX_REMEMBERED:,}; {SHARE_SPANS:,} in each share of a backfill",
    "lines that wait for earlier ones": f"{LIMIT >> 20} MiB, about; {SHARE_BYTES / (1 << 20):.1f} MiB in",
    "envelopes under way at once": f"{CONCURRENCY}; {MOST_POSTED} for each worker of a backfill",
    "waits between attempts": f"up to {CAP_SECONDS:g} s",
    "an answer": f"{TIMEOUT_SECONDS:g} s",
}


def test_the_limits_are_those_of_the_code() -> None:
    told = {row["what"]: row["limit"] for row in pages.table(OPERATIONS, "what") if "limit" in row}

    assert [what for what, limit in LIMITS.items() if limit not in told[what]] == []
    assert f"no answer for {PATIENCE_SECONDS:g} s" in pages.prose(OPERATIONS)
    assert f"within {KEEP_UNFINISHED / 3600:g} hours" in pages.prose(pages.DOCS / "log-format.md")
    assert f"{SLACK // 1_000} ms more at either end" in pages.prose(pages.DOCS / "log-format.md")


@pytest.mark.parametrize(
    "row", pages.table(OPERATIONS, "value as logged"), ids=lambda row: row["value as logged"]
)
def test_secrets_are_masked_as_stated(row: dict[str, str]) -> None:
    logged, sent = (json.loads(pages.codes(row[head])[0]) for head in ("value as logged", "value as sent"))

    assert mask_value(logged) == sent


def test_the_words_that_name_a_secret_are_those_of_the_code() -> None:
    told = re.search(r"end with one of these words:\n(.+?)\.\n", pages.prose(OPERATIONS), re.DOTALL)

    assert told is not None
    assert tuple(pages.codes(told[1])) == WORDS
