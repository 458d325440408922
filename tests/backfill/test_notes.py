"""Fingerprints in files: what is noted is found again, whatever the disk does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from translator.backfill.notes import Notes, carry_notes, drop_notes, read_notes
from translator.backfill.parts import FINGERPRINT_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOTED = [bytes([number]) * FINGERPRINT_BYTES for number in range(8)]


def test_what_all_members_note_is_found(tmp_path: Path) -> None:
    for number, noted in enumerate(NOTED):
        notes = Notes(str(tmp_path / str(number % 3)), str(number))
        notes.add(noted)
        notes.close()

    assert read_notes(tmp_path) == set(NOTED)
    drop_notes(tmp_path, 2)
    assert read_notes(tmp_path) == set(NOTED[2::3])


def test_one_that_a_full_disk_takes_in_part_leaves_the_others_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Notes(str(tmp_path / "1"), "0")
    notes.add(NOTED[0])
    with monkeypatch.context() as full:
        write = os.write
        full.setattr(os, "write", lambda file, data: write(file, data[:5]))
        notes.add(NOTED[1])
    notes.add(NOTED[2])

    assert read_notes(tmp_path) == {NOTED[0], NOTED[2]}


def test_whoever_goes_on_after_a_part_of_one_notes_whole_ones(tmp_path: Path) -> None:
    (tmp_path / "1-0.sent").write_bytes(NOTED[0] + NOTED[1][:5])
    Notes(str(tmp_path / "1"), "0").add(NOTED[2])

    assert read_notes(tmp_path) == {NOTED[0], NOTED[2]}


def test_what_earlier_processes_have_noted_outlives_the_snapshots_of_later_ones(tmp_path: Path) -> None:
    for generation, noted in enumerate(NOTED[:3]):
        Notes(str(tmp_path / str(generation)), "0").add(noted)
        carry_notes(tmp_path, read_notes(tmp_path))
        drop_notes(tmp_path, generation + 1)

    assert read_notes(tmp_path) == set(NOTED[:3])
    drop_notes(tmp_path)
    assert not list(tmp_path.iterdir())
