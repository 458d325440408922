"""Lines to those that rebuild, and what is heard of them."""

from __future__ import annotations

from translator.backfill.dispatch import Dispatch
from translator.backfill.job import Progress
from translator.backfill.orders import Batch, Order, Reply, Restore, Surrendered, Taken
from translator.backfill.share import WHOLE
from translator.model import Line

LINES = [Line(b"{}", "a.log", 1)]


class Crew:
    """Some who do nothing but what is said here."""

    def __init__(self, members: int) -> None:
        self.members = members
        self.told: list[tuple[int, Order]] = []
        self.said: list[tuple[int, Reply]] = []

    def free(self, member: int) -> bool:  # noqa: ARG002
        return True

    def tell(self, member: int, order: Order) -> None:
        self.told.append((member, order))

    def replies(self, timeout: float) -> list[tuple[int, Reply]]:  # noqa: ARG002
        said, self.said = self.said, []
        return said

    def close(self) -> list[tuple[int, Reply]]:
        return []

    def batches(self) -> list[tuple[int, int]]:
        return [(member, order.number) for member, order in self.told if isinstance(order, Batch)]


def gathered(crew: Crew) -> Dispatch:
    dispatch = Dispatch(crew, None, lambda: 0.0)
    dispatch.gather()
    crew.said = [(member, Surrendered([])) for member in range(crew.members)]
    dispatch.look(0.0)
    assert dispatch.gathered()
    return dispatch


def test_what_one_has_read_that_takes_all_is_known_whoever_answers_later() -> None:
    crew = Crew(3)
    dispatch = gathered(crew)
    number = dispatch.hand_on({WHOLE: LINES}, "", None)
    crew.said = [(0, Taken(number, 7)), (2, Taken(number - 1)), (1, Taken(number - 1))]
    dispatch.look(0.0)

    assert dispatch.taken(number) == Taken(number, 7)


def test_where_one_takes_all_nobody_else_is_told_how_far_it_is() -> None:
    crew = Crew(3)
    dispatch = gathered(crew)
    dispatch.hand_on({WHOLE: LINES}, "", None)
    dispatch.hand_on({}, "", 5)
    assert crew.batches() == [(0, 1), (0, 2)]

    crew = Crew(3)
    dispatch = Dispatch(crew, None, lambda: 0.0)
    dispatch.hand_on({}, "", 5)
    assert crew.batches() == [(0, 1), (1, 1), (2, 1)]


def test_whoever_goes_on_where_one_took_all_has_one_take_all() -> None:
    crew = Crew(3)
    dispatch = Dispatch(crew, None, lambda: 0.0)
    dispatch.resume(Progress(under_way=True, native=None))
    dispatch.hand_on({}, "", 5)

    assert next(order for member, order in crew.told if member == 0) == Restore([], alone=True)
    assert crew.batches() == [(0, 1)]
