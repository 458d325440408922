"""The man page that is shipped is the one that the tables give, and is well formed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import translator
from translator.cli.app import COMMANDS
from translator.cli.manpage import man_page
from translator.settings_options import OPTIONS

SHIPPED = Path(translator.__file__).parent / "share" / "man" / "man1" / "translator.1"


def test_what_is_shipped_is_current() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == man_page(), "make man"


def test_every_command_option_and_variable_is_in_it() -> None:
    page = man_page().replace("\\-", "-")

    assert [one.name for one in COMMANDS if f".SS {one.name}\n" not in page] == []
    assert [
        one.flag
        for one in OPTIONS
        if one.name != "paths" and not re.search(rf"^\.B (-\w, )?{one.flag}\b", page, re.MULTILINE)
    ] == []
    assert [one.env for one in OPTIONS if one.env not in page] == []


def test_each_shared_option_is_told_once() -> None:
    heads = re.findall(r"^\.B (\\-\\-[a-z\\-]+)", man_page(), re.MULTILINE)
    shared = [one.flag.replace("-", "\\-") for one in OPTIONS]

    assert [flag for flag in shared if heads.count(flag) > 1] == []


@pytest.mark.skipif(shutil.which("man") is None, reason="no man on this machine (man-db)")
def test_it_is_shown_without_a_warning() -> None:
    done = subprocess.run(
        ["man", "--warnings", "--local-file", str(SHIPPED)],
        capture_output=True, text=True, check=True,
        env={"MANWIDTH": "80", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    assert done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "translator - turns the JSON log lines of AI agents into Sentry traces" in done.stdout
