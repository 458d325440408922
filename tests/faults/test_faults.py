"""No line is lost and none comes twice, whatever happens to the files and the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.field import ROW, Field
from tests.faults.scenarios import FAULTS
from tests.faults.subject import TranslatorSubject


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[TranslatorSubject]:
    made = TranslatorSubject(tmp_path)
    yield made
    made.close()


@pytest.fixture
def field(subject: TranslatorSubject, tmp_path: Path) -> Field:
    logs = tmp_path / "logs"
    logs.mkdir()
    return Field(subject, logs)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_and_nothing_comes_twice(
    name: str, field: Field, subject: TranslatorSubject, record_property: Callable[[str, object], None]
) -> None:
    FAULTS[name](field)
    result = field.result(name)
    record_property(ROW, result.row())

    assert (result.lost, result.duplicated) == (0, 0), subject.process.said()[-3_000:]
