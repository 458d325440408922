"""The one file that tells when a destination was first served."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.state.stores import T0
from translator.state.first_run import FIRST_RUN_FILE, load_first_run


@pytest.mark.parametrize(
    "damage",
    [b"", b"\0" * 64, b"{", b"null", b"[]", b"{}", b'{"first_run":null}', b'{"first_run":"soon"}',
     b'{"first_run":NaN}', b'{"first_run":-1}', b'{"first_run":1e999}', b"\xff", b"[" * 4_096,
     b'{"a":' * 800],
)  # fmt: skip
def test_a_damaged_file_tells_by_its_own_time_when_the_first_run_was(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / FIRST_RUN_FILE
    path.write_bytes(damage)
    os.utime(path, (T0, T0))

    assert load_first_run(tmp_path, T0 + 1_000) == T0
    assert load_first_run(tmp_path, T0 + 2_000) == T0
    assert json.loads(path.read_bytes()) == {"first_run": T0}


def test_a_draft_that_was_left_behind_does_not_disturb(tmp_path: Path) -> None:
    (tmp_path / FIRST_RUN_FILE).with_suffix(".tmp").write_bytes(b"half")

    assert load_first_run(tmp_path, T0) == T0
    assert [path.name for path in tmp_path.iterdir()] == [FIRST_RUN_FILE]
