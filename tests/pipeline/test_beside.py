"""The small file beside a log is read with the log's lines: once, when it is there and whole."""

from __future__ import annotations

from pathlib import Path

from tests.formats.whole import lines_of
from translator.formats.registry import Beside, Format
from translator.model import Line
from translator.pipeline.beside import BesideFiles


def _never(*_: object) -> None:
    raise AssertionError


FORMATS = (Format("notes", _never, beside=(Beside("agent-", ".jsonl", ".meta.json"),)),)  # type: ignore[arg-type]


def lines(path: Path) -> list[Line]:
    return lines_of([{"a": 1}], str(path))


def test_it_comes_once_before_the_lines_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "agent-1.jsonl"
    log.with_name("agent-1.meta.json").write_text('{"agentType": "Explore"}')
    beside = BesideFiles(FORMATS)
    first, second = beside.add(lines(log))
    assert (first.beside, first.source, first.data) == ("notes", str(log), b'{"agentType": "Explore"}')
    assert second.beside == ""
    assert len(beside.add(lines(log))) == 1


def test_it_may_come_later_than_the_log_and_in_pieces(tmp_path: Path) -> None:
    log, meta = tmp_path / "agent-1.jsonl", tmp_path / "agent-1.meta.json"
    beside = BesideFiles(FORMATS)
    assert len(beside.add(lines(log))) == 1
    meta.write_text('{"agentType": "Exp')
    assert len(beside.add(lines(log))) == 1
    meta.write_text('{"agentType": "Explore"}')
    assert len(beside.add(lines(log))) == 2


def test_other_logs_have_none(tmp_path: Path) -> None:
    (tmp_path / "session.meta.json").write_text("{}")
    beside = BesideFiles(FORMATS)
    assert len(beside.add(lines(tmp_path / "session.jsonl"))) == 1
    assert beside.add([]) == []
