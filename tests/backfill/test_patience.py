"""How long a backfill waits for a server: by its answers, not by what they make whole."""

from __future__ import annotations

from translator.backfill.dispatch import LONG_PATIENCE_SECONDS, PATIENCE_SECONDS, Dispatch
from translator.backfill.orders import Order, Reply, Standing


class Server:
    """One that sends, as far as is told here, and the clock."""

    members = 1

    def __init__(self) -> None:
        self.now = 1_000.0
        self.standing = Standing()
        self.dispatch = Dispatch(self, None, lambda: self.now)

    def free(self, member: int) -> bool:  # noqa: ARG002
        return True

    def tell(self, member: int, order: Order) -> None: ...

    def replies(self, timeout: float) -> list[tuple[int, Reply]]:  # noqa: ARG002
        return [(0, self.standing)]

    def close(self) -> list[tuple[int, Reply]]:
        return []

    def problem_after(self, seconds: float, standing: Standing) -> str | None:
        """What is wrong when nothing else has been heard for so long."""
        self.standing = standing
        self.dispatch.look(0.0)
        self.now += seconds
        self.dispatch.look(0.0)
        return self.dispatch.problem


def test_one_that_never_answers_is_given_up_soon() -> None:
    assert Server().problem_after(PATIENCE_SECONDS, Standing(handed_on=5)) is None
    assert Server().problem_after(PATIENCE_SECONDS + 1, Standing(handed_on=5)) == "no answer for 30 s"


def test_one_that_has_answered_is_given_up_late() -> None:
    answered = Standing(handed_on=5, settled=1)
    assert Server().problem_after(LONG_PATIENCE_SECONDS, answered) is None
    assert Server().problem_after(LONG_PATIENCE_SECONDS + 1, answered) == "no answer for 300 s"


def test_answers_to_the_parts_of_a_large_trace_are_answers() -> None:
    server = Server()
    for settled in range(1, 10):
        assert server.problem_after(250, Standing(handed_on=5_000, settled=settled)) is None


def test_where_nothing_waits_nothing_is_awaited() -> None:
    server = Server()
    assert server.problem_after(10_000, Standing(handed_on=5, acknowledged=5, settled=1)) is None
    assert server.problem_after(250, Standing(handed_on=10, acknowledged=5, settled=1)) is None


def test_what_a_pace_holds_back_is_not_the_servers_silence() -> None:
    server = Server()
    assert server.problem_after(1_200, Standing(handed_on=5_000, settled=1, paced=1_000)) is None
    assert server.problem_after(200, Standing(handed_on=5_000, settled=1, paced=1_000)) is not None


def test_a_rate_limit_is_waited_for() -> None:
    assert Server().problem_after(800, Standing(handed_on=5, settled=1, limited=600)) is None


def test_asking_changes_nothing() -> None:
    server = Server()
    server.problem_after(0, Standing(handed_on=5, settled=1))
    server.now += LONG_PATIENCE_SECONDS + 1
    assert [server.dispatch.problem for _ in range(3)] == ["no answer for 300 s"] * 3


def test_the_servers_own_words_come_first() -> None:
    told = Standing(handed_on=5, settled=1, trouble="status 503")
    assert Server().problem_after(LONG_PATIENCE_SECONDS + 1, told) == "status 503"
    assert Server().problem_after(0, Standing(problem="the key is refused")) == "the key is refused"
