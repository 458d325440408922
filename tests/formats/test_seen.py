"""What has been read already: the newest is remembered, and remembering stays cheap."""

from __future__ import annotations

import pytest

from translator.formats import seen as module
from translator.formats.seen import Seen, first_time, was_seen


def test_a_thing_is_read_for_the_first_time_once() -> None:
    seen: Seen = {}
    assert [first_time(seen, "line", "1"), first_time(seen, "line", "1")] == [True, False]
    assert first_time(seen, "line1", "")


def test_the_oldest_are_forgotten_and_the_newest_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SEEN", 100)
    seen: Seen = {}
    for number in range(1_000):
        assert first_time(seen, str(number))
        assert len(seen) <= 100
    assert all(was_seen(seen, str(number)) for number in range(920, 1_000))
    assert not was_seen(seen, "0")
