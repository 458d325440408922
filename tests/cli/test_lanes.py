"""Sources that fail, each in its own way, and what becomes of the others."""

from __future__ import annotations

import errno
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog
from structlog.testing import capture_logs

from translator.cli import lanes
from translator.cli.following import Following
from translator.cli.lanes import Lanes
from translator.settings import Settings

SECONDS = 30.0


class Source:
    """Runs until it is told to stop, or fails the first time it is run."""

    def __init__(self, settings: Settings, error: Exception | None, wake: threading.Event) -> None:
        self.settings = settings
        self.error = error
        self.ended = False
        self.stopping = threading.Event()
        self._wake = wake

    def stop(self) -> None:
        self.stopping.set()

    def run(self) -> None:
        if self.error is not None:
            raise self.error
        self._wake.set()
        assert self.stopping.wait(SECONDS)
        self.ended = True


class Field:
    """Lanes of sources that may fail."""

    def __init__(self, **errors: Exception | None) -> None:
        self.stopping, self.wake, self.began = threading.Event(), threading.Event(), threading.Event()
        self.sources: list[Source] = []
        self._errors = errors
        self._settings = [cast("Settings", SimpleNamespace(name=name)) for name in errors]
        self.lanes = Lanes(
            self._follow, structlog.get_logger(), stopping=self.stopping, reloading=threading.Event(),
            wake=self.wake, reload=list,
        )  # fmt: skip

    def _follow(self, settings: Settings) -> Following:
        self.sources.append(Source(settings, self._errors[settings.name], self.began))
        self._errors[settings.name] = None
        return cast("Following", self.sources[-1])

    def run(self) -> None:
        self.lanes.run(self._settings, once=False)


def test_what_the_system_denies_one_source_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "RETRY_SECONDS", 0.0)
    field = Field(one=OSError(errno.EIO, "Input/output error", "/logs"), other=None)
    said: list[Any] = []

    def run() -> None:
        with capture_logs() as logs:
            field.run()
        said.extend(logs)

    thread = threading.Thread(target=run)
    thread.start()
    while len(field.sources) < 3 and thread.is_alive():
        field.began.wait(0.01)
    field.stopping.set()
    field.wake.set()
    thread.join(SECONDS)

    assert [source.ended for source in field.sources] == [False, True, True]
    assert [(line["event"], line["source"]) for line in said] == [("source_failed", "one")]
    assert said[0]["error"] == "[Errno 5] Input/output error: '/logs'"


def test_a_fault_of_the_program_ends_it_when_the_others_have_ended() -> None:
    field = Field(one=ZeroDivisionError("a fault"), other=None, third=None)

    with pytest.raises(ZeroDivisionError, match="a fault"):
        field.run()

    assert [source.ended for source in field.sources] == [False, True, True]
