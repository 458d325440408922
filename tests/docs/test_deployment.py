"""Every command of docs/deployment.md is one that is tried, or that the tool it is for would take."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from tests.docs import pages

PAGE = pages.DOCS / "deployment.md"
COMPOSE = "docker compose -f deploy/compose/compose.yaml up"
INSTALLED = re.compile(r"install -m 0\d{3} (\S+) /etc/\S+|python3 -m venv (\S+)|(\S+)/bin/pip install \.")
UNIT = (pages.ROOT / "deploy" / "systemd" / "translator.service").read_text(encoding="utf-8")


def lines(prefix: str = "") -> list[str]:
    text = "".join(block.text for block in pages.blocks(PAGE, "console")).replace("\\\n", "")
    typed = [line.removeprefix("$ ") for line in text.splitlines()]
    return [line for line in typed if line.startswith(prefix)]


def half_hour() -> str:
    return (
        PAGE.read_text(encoding="utf-8")
        .split("## The first half hour")[1]
        .split("\n## ")[0]
        .replace("\\\n", "")
    )


def test_nothing_is_told_that_nobody_tries() -> None:
    others = [line for line in lines() if f"$ {line}" not in half_hour()]

    assert [
        line
        for line in others
        if not line.startswith(("kubectl ", "systemctl ")) and line != COMPOSE and not INSTALLED.match(line)
    ] == []


def test_the_unit_is_installed_as_its_head_says() -> None:
    told = [line for line in lines() if INSTALLED.match(line)]

    assert len(told) == 5
    assert [line for line in told if line not in UNIT] == []
    assert all("translator" in line or "daemon-reload" in line for line in lines("systemctl"))
    assert "ExecReload=" in UNIT


@pytest.mark.kubectl
def test_kubectl_takes_the_commands() -> None:
    for line in lines("kubectl"):
        words = shlex.split(line)
        if "create" in words:
            words += ["--dry-run=client", "--output=name"]
        else:
            assert words[1:3] == ["apply", "-k"]
            words[1:3] = ["kustomize"]
        done = subprocess.run(words, cwd=pages.ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout
