"""The log of what is set aside: whole records, bounded, readable while it is written."""

from __future__ import annotations

import json
import os
import stat
from itertools import pairwise
from pathlib import Path

import pytest

from tests.delivery.endpoint import envelope
from tests.state.stores import T0, Clock, line, sqlite_store
from translator.errors import StateError
from translator.state import set_aside
from translator.state.rejected import REJECTED_FILE, RejectedLog, read
from translator.state.store import Commit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / REJECTED_FILE


def _details(path: Path) -> list[str]:
    return [record.detail for record in read(path)]


def test_an_envelope_can_be_tried_again(path: Path) -> None:
    whole = envelope("one", category="transaction", spans=2)
    log = RejectedLog(path, clock=Clock())
    log.add_envelope(whole, "malformed", "no \udcff")
    log.sync()
    log.close()

    (record,) = read(path)
    assert (record.time, record.reason, record.detail) == (T0, "malformed", "no \\udcff")
    assert record.line is None
    assert record.envelope is not None
    assert record.envelope.restored() == whole
    written = json.loads(path.read_bytes())["envelope"]
    assert json.loads(written["payload"])["name"] == "one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("data", "kept"),
    [(b'{"a": "\xc3\xa9', {"data": '{"a": "é'}), (b"\xff{", {"data_base64": "/3s="}),
     (b"\x00\x1b[31m", {"data": "\x00\x1b[31m"}), (b"", {"data": ""})],
)  # fmt: skip
def test_a_line_keeps_its_bytes(path: Path, data: bytes, kept: dict[str, str]) -> None:
    log = RejectedLog(path, clock=Clock())
    log.add_line(line(data, 7, source=os.fsdecode(b"/logs/\xff.log")), "not_json", "why")
    log.close()

    (record,) = read(path)
    assert record.line is not None
    assert record.line.content() == data
    assert json.loads(path.read_bytes())["line"] == {
        "file": "/logs/\\xff.log", "offset": 700, "number": 7, "bytes": len(data), **kept,
    }  # fmt: skip
    assert path.read_bytes().isascii() or b"\xc3\xa9" in path.read_bytes()
    assert b"\x1b" not in path.read_bytes()


def test_it_is_bounded_and_counts_what_it_drops(path: Path) -> None:
    log = RejectedLog(path, 2_000, 2, clock=Clock())
    for number in range(100):
        log.add_line(line(b"x" * 200), "not_json", f"{number}")
        files = [each for each in path.parent.iterdir() if each.name.startswith(path.name)]
        assert len(files) <= 3
        assert all(each.stat().st_size <= 2_000 for each in files)
        kept = [int(detail) for detail in _details(path)]
        assert all(after == before + 1 for before, after in pairwise(kept))
        assert (kept[0], kept[-1]) == (log.dropped, number)
    log.close()

    assert log.dropped > 50
    assert sorted(each.name for each in path.parent.iterdir()) == [
        path.name, f"{path.name}.1", f"{path.name}.2",
    ]  # fmt: skip


def test_one_record_may_be_larger_than_a_file(path: Path) -> None:
    log = RejectedLog(path, 1_000, 0, clock=Clock())
    for detail in ("small", "large", "small again"):
        log.add_line(line(b"x" * 5_000 if detail == "large" else b""), "too_long", detail)
        assert _details(path) == [detail]
    log.close()

    assert log.dropped == 2


@pytest.mark.parametrize("broken", [b'{"time": 1', b'{"time": 1}\n', b"\xff\0\n", b"[" * 5_000, b"\n\n"])
def test_what_is_broken_is_left_out_and_does_not_spoil_what_follows(path: Path, broken: bytes) -> None:
    log = RejectedLog(path, clock=Clock())
    log.add_line(line(b"{"), "not_json", "one")
    log.close()
    with path.open("ab") as file:
        file.write(broken)

    assert _details(path) == ["one"]
    log.add_line(line(b"{"), "not_json", "two")
    log.close()
    assert _details(path) == ["one", "two"]


def test_a_gap_in_the_numbers_hides_nothing(path: Path) -> None:
    for number in (7, 3, 2):
        log = RejectedLog(path.with_name(f"{path.name}.{number}"), clock=Clock())
        log.add_line(line(b"{"), "not_json", f"{number}")
        log.close()

    assert _details(path) == ["7", "3", "2"]


def test_where_there_is_nothing_nothing_is_read(path: Path) -> None:
    assert list(read(path)) == []


def test_what_may_not_be_read_is_told(path: Path) -> None:
    path.mkdir()

    with pytest.raises(StateError, match="cannot be read"):
        list(read(path))


def test_reading_while_the_log_goes_on_to_another_file_repeats_nothing(path: Path) -> None:
    log = RejectedLog(path, 600, 3, clock=Clock())
    for number in range(5):
        log.add_line(line(b"x" * 200), "not_json", f"{number}")
    reading = read(path)
    seen = [next(reading).detail]
    for number in range(5, 8):
        log.add_line(line(b"x" * 200), "not_json", f"{number}")
    seen += [record.detail for record in reading]
    log.close()

    assert seen == [str(number) for number in range(int(seen[0]), 5)]


def test_a_store_keeps_what_is_set_aside_and_counts_it(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        set_aside, "RejectedLog", lambda path, **options: RejectedLog(path, 3_000, 1, **options)
    )
    for run in range(1, 4):
        store = sqlite_store(tmp_path)
        for number in range(20):
            store.reject_line(line(b"{" * 100, number), "not_json", f"line {run} {number}")
        store.commit(Commit(envelopes=[envelope()]))
        store.reject(store.take(1)[0].row, "too_large", f"envelope {run}")
        assert store.rejected == {"too_large": run}
        assert store.rejected_lines == {"not_json": run * 20}
        kept = _details(path)
        assert kept[-2:] == [f"line {run} 19", f"envelope {run}"]
        assert store.rejected_dropped + len(kept) == run * 21
        store.close()

    assert store.rejected_dropped > 0
