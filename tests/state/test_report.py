"""What a state tells without being opened for writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from translator.state.report import find_states, read_report
from translator.state.sqlite import SqliteStore


@pytest.mark.parametrize("name", ["plain", "a#b", "a?b", "a%41b", "a b&mode=rw", "\u00fc\udcff"], ids=ascii)
@pytest.mark.parametrize("relative", [True, False])
def test_wherever_the_state_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, relative: bool  # noqa: FBT001
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    directory = Path(name) if relative else tmp_path / name
    store = SqliteStore(directory / "state", clock=lambda: 1.0)
    store.remember("fact", name[:1])
    store.close()

    (state,) = find_states(directory)
    assert read_report(state).facts == {"fact": name[:1]}
    assert [path.name for path in tmp_path.iterdir()] == [name]
