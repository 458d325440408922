"""The page on security: each statement has a test, and those that have none elsewhere are here."""

from __future__ import annotations

import ast
import re
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.docs import pages
from tests.pipeline.program import event, write
from tests.receiver import Receiver

PAGE = pages.DOCS / "security.md"
SAMPLE = str(pages.ROOT / "samples" / "python" / "agent.jsonl")
KEY = "0123456789abcdef0123456789abcdef"
RUNS = {"eval", "exec", "compile", "__import__", "system", "popen"}
LOADS = {"pickle", "marshal", "shelve", "dill", "yaml", "ctypes"}
OWN_PROGRAM = "demo"
"""Starts the sample agent."""


@pytest.mark.parametrize("row", pages.table(PAGE, "what holds"), ids=lambda row: row["what holds"][:40])
def test_each_statement_has_a_test(row: dict[str, str]) -> None:
    path, _, name = pages.codes(row["test"])[0].partition("::")

    assert re.search(rf"^ *def {name}\(", (pages.ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_nothing_that_is_read_is_run() -> None:
    found: list[str] = []
    for path in (pages.ROOT / "translator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in RUNS or called in ("os.system", "os.popen"):
                    found.append(f"{path.name}: {called}")
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path.name}: {name}" for name in names if name.partition(".")[0] in LOADS]
            if "subprocess" in names and OWN_PROGRAM not in str(path.relative_to(pages.ROOT)):
                found.append(f"{path.name}: subprocess")

    assert found == []


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[object]]:
    """What is listened on and connected to, by the two words."""
    seen: dict[str, set[object]] = {"listen": set(), "connect": set()}

    class Watched(socket.socket):
        def bind(self, address: object) -> None:
            self.address = address
            super().bind(address)  # type: ignore[arg-type]

        def listen(self, *backlog: int) -> None:
            seen["listen"].add(self.address)
            super().listen(*backlog)

        def connect(self, address: object) -> None:
            seen["connect"].add(address)
            super().connect(address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "socket", Watched)
    return seen


def test_it_talks_to_its_destination_alone(
    run: Run, receiver: Receiver, addresses: dict[str, set[object]]
) -> None:
    said = run("backfill", SAMPLE, "--dsn", receiver.dsn, "--state-dir", "state")
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])

    assert said.code == 0
    assert {address[1] for address in addresses["connect"] if isinstance(address, tuple)} == {port}


def test_no_port_is_opened_unless_told(
    run: Run, receiver: Receiver, addresses: dict[str, set[object]]
) -> None:
    to = ("--dsn", receiver.dsn, "--state-dir", "state")

    assert run("run", "--once", SAMPLE, *to).code == 0
    assert addresses["listen"] == set()
    assert run("run", "--once", SAMPLE, *to, "--listen", ":0").code == 0
    assert addresses["listen"] == {("127.0.0.1", 0)}


@pytest.mark.parametrize("answer", [200, 403, 400])
def test_the_key_of_a_dsn_is_told_nowhere(
    answer: int, run: Run, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.script([answer] * 20)
    monkeypatch.setenv("SENTRY_DSN", receiver.dsn.replace(receiver.dsn.split("//")[1].split("@")[0], KEY))
    told = [
        run("run", "--once", SAMPLE, "--state-dir", "state", "--log-level", "debug"),
        run("backfill", SAMPLE, "--state-dir", "state", "--log-level", "debug", "--json"),
        run("config", "--state-dir", "state"),
        run("status", "--state-dir", "state"),
        run("status", "--state-dir", "state", "--json"),
    ]

    assert any(receiver.requests)
    assert [said for said in told if KEY in said.out + said.err] == []


def test_the_log_holds_no_content(run: Run, receiver: Receiver, tmp_path: Path) -> None:
    log = write(
        tmp_path / "agent.jsonl",
        event("agent.start", 0, agent="a", input="CONFIDENTIAL"),
        {"event": "tool.end", "result": "CONFIDENTIAL"},
    )
    with Path(log).open("a", encoding="utf-8") as file:
        file.write('{"event":"model.end","output":"CONFIDENTIAL" oops\n')
    receiver.script([500, 400, 400])
    said = run("run", "--once", log, "--dsn", receiver.dsn, "--state-dir", "state", "--log-level", "debug")

    assert "line_skipped" in said.err
    assert "CONFIDENTIAL" not in said.out + said.err


def test_the_image_runs_as_nobody_in_particular() -> None:
    recipe = (pages.ROOT / "Dockerfile").read_text(encoding="utf-8")
    users = re.findall(r"^USER (.*)$", recipe, re.MULTILINE)

    assert users == ["65532:65532"]
    assert recipe.index("USER ") < recipe.index("ENTRYPOINT")


def test_what_is_installed_is_pinned() -> None:
    for name in ("requirements.lock", "requirements.run.lock"):
        text = (pages.ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        wanted = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        assert wanted
        assert [line for line in wanted if "==" not in line or "--hash=sha256:" not in line] == []
    recipe = (pages.ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = re.findall(r"/pip [^&\n]*\binstall ([^&\n]*)", recipe)
    assert installs
    assert all("--require-hashes" in options or "--no-deps" in options for options in installs)
