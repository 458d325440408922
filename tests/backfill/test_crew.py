"""Those that rebuild and send in processes of their own."""

from __future__ import annotations

import multiprocessing
from copy import copy
from functools import partial
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

import pytest

from translator.backfill.ages import AgeSetup
from translator.backfill.crew import ProcessCrew
from translator.backfill.lane import LaneSetup
from translator.backfill.orders import Drain, Failed, Restore, ShareState
from translator.backfill.share import ShareSetup
from translator.delivery.destination import Destination
from translator.envelopes.attributes import Identity, Privacy
from translator.errors import StateError
from translator.pipeline.outgoing import Outgoing
from translator.pipeline.translation import Windows, ignore_skipped

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARES = ShareSetup(Windows(), "auto", {}, 1.0, AgeSetup())
# Other processes know of no functions of tests.
PREPARED = partial(copy, ignore_skipped)
NOWHERE = Destination.from_dsn("http://key@127.0.0.1:9/1")


@pytest.fixture
def crew() -> Iterator[ProcessCrew]:
    crew = ProcessCrew(SHARES, LaneSetup(Outgoing(NOWHERE, Identity("test", "1"), Privacy())), 1, PREPARED)
    yield crew
    crew.close()


def test_what_a_worker_told_before_it_ended_is_heard_before_that_it_has_ended(crew: ProcessCrew) -> None:
    (process,) = (one for one in multiprocessing.active_children() if one.name == "translator-worker-0")
    crew.tell(0, Restore([ShareState(0, b"\xc1 no snapshot", b"")]))
    wait([process.sentinel])
    crew.tell(0, Drain(0.0))

    told = crew.replies(10.0)

    assert any(isinstance(reply, Failed) and "cannot be read" in reply.message for _, reply in told), told
    with pytest.raises(StateError, match="ended by itself"):
        crew.replies(10.0)
