"""Events that readers of other formats make."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from translator.content.usage import Usage
from translator.formats.building import make_event
from translator.model import Kind, Line, Phase

COUNTS = st.none() | st.integers(0, 100)
LINE = Line(b"{}", "a.log", 1)


def counted(usage: Usage) -> Usage | None:
    event = make_event(Kind.MODEL, Phase.WHOLE, LINE, {"usage": usage}, start=1, end=2)
    found: Usage | None = event.fields.get("usage")
    return found


@given(st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS))
def test_no_part_of_the_tokens_is_more_than_the_whole(usage: Usage) -> None:
    found = counted(usage)

    if found is None:
        assert usage == Usage()
        return
    cache, thought = (usage.cache_read or 0) + (usage.cache_write or 0), usage.reasoning or 0
    assert (found.input_tokens or 0) == max(usage.input_tokens or 0, cache)
    assert (found.output_tokens or 0) == max(usage.output_tokens or 0, thought)
    assert (found.cache_read, found.cache_write, found.reasoning) == (
        usage.cache_read,
        usage.cache_write,
        usage.reasoning,
    )


def test_tokens_that_add_up_stay_as_they_are() -> None:
    assert counted(Usage(10, 5, 4, 6, 5)) == Usage(10, 5, 4, 6, 5)
    assert counted(Usage(None, 5)) == Usage(None, 5)
