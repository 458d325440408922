"""The page in a real Chromium: quick, usable by keyboard at any width, and deaf to what logs say."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.program import translator
from tests.report.browser import NARROW, WIDE, Browser
from tests.report.made import HOSTILE, span
from tests.spotlight.spotlight import missing_tools
from translator.content.usage import Usage
from translator.model import Kind
from translator.report.page import page
from translator.report.traces import traces_of

SAMPLE = str(Path(__file__).parents[2] / "samples" / "python" / "agent.jsonl")
FIRST_TRACE = "f5dd5b797d2d4620863c7654fa6a3e25"
SPANS = 10_000
SECONDS = 2.0
"""In which so many spans are there."""

pytestmark = [pytest.mark.spotlight, pytest.mark.xdist_group("spotlight")]

# What the tests look at, as expressions in the page.
VIEW = "document.body.dataset.view"
FOCUS = "document.activeElement.id"
ACTIVE = "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.ariaLabel"
CHOSEN = "document.querySelector('#spans [aria-selected=true] .title bdi').textContent"
ROWS = (
    "[...document.querySelectorAll('#spans [role=treeitem] .title bdi:first-child')].map(e => e.textContent)"
)
TRACES = "[...document.querySelectorAll('#traces [role=option]')].map(e => e.ariaLabel)"
SHOWN = "['list', 'trace', 'span'].filter(id => document.getElementById(id).getClientRects().length)"
DETAIL = "document.getElementById('detail').innerText"
WIDER = "document.documentElement.scrollWidth - innerWidth"
RING = "getComputedStyle(document.querySelector('#spans [aria-selected=true]') ?? document.body).outlineStyle"
DRAWN = "document.querySelectorAll('.row').length"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """A Chromium, or a skip; in CI, a failure."""
    if lacking := missing_tools():
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    return Browser(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the Python sample."""
    path = tmp_path_factory.mktemp("sample") / "page.html"
    done = translator("preview", SAMPLE, "--html", str(path))
    assert done.returncode == 0, done.stderr
    return path


def written(path: Path, *spans: bytes) -> Path:
    path.write_bytes(b"".join(page(traces_of(spans), "1")))
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_wide_all_is_seen_at_once(scheme: str, browser: Browser, sample: Path, tmp_path: Path) -> None:
    pictures = Path(os.environ.get("PREVIEW_PICTURES", tmp_path))
    seen = browser.look(
        sample, ["read", "shown", SHOWN], ["read", "rows", ROWS], ["read", "wider", WIDER],
        ["read", "ground", "getComputedStyle(document.body).backgroundColor"],
        ["click", "#next-error"], ["read", "chosen", CHOSEN], ["read", "detail", DETAIL],
        ["picture", str(pictures / f"wide-{scheme}.png")], scheme=scheme,
    )  # fmt: skip

    assert seen.problems == []
    assert seen.read["shown"] == ["list", "trace", "span"]
    assert seen.read["rows"][:3] == ["invoke_agent Weather Agent", "chat gpt-4o", "execute_tool get_weather"]
    assert len(seen.read["rows"]) == 13
    assert seen.read["wider"] <= 0
    assert (seen.read["ground"] == "rgb(255, 255, 255)") == (scheme == "light")
    assert seen.read["chosen"] == "execute_tool get_air_quality"
    assert "TimeoutError: air quality service timed out" in seen.read["detail"]


def test_narrow_one_pane_is_seen_at_a_time(browser: Browser, sample: Path, tmp_path: Path) -> None:
    pictures = Path(os.environ.get("PREVIEW_PICTURES", tmp_path))
    picture = [["picture", str(pictures / f"narrow-{name}.png")] for name in ("list", "trace", "span")]
    seen = browser.look(
        sample, picture[0], ["read", "list", SHOWN],
        ["click", "#traces [role=option]"], picture[1], ["read", "trace", SHOWN], ["read", "wider", WIDER],
        ["click", "#spans .model"], picture[2], ["read", "span", SHOWN], ["read", "widest", WIDER],
        ["click", ".back[data-to=trace]"], ["click", ".back[data-to=list]"], ["read", "back", SHOWN],
        size=NARROW,
    )  # fmt: skip

    assert seen.problems == []
    assert [seen.read[name] for name in ("list", "trace", "span", "back")] == [
        ["list"], ["trace"], ["span"], ["list"],
    ]  # fmt: skip
    assert (seen.read["wider"], seen.read["widest"]) == (0, 0)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_all_can_be_reached_by_keyboard(size: tuple[int, int], browser: Browser, sample: Path) -> None:
    seen = browser.look(
        sample, ["press", "/"], ["read", "search", FOCUS], ["press", "ArrowDown"], ["press", "End"],
        ["read", "last trace", ACTIVE], ["press", "Home"], ["read", "first trace", ACTIVE],
        ["press", "Enter"], ["read", "in the tree", FOCUS], ["press", "ArrowDown"], ["press", "ArrowDown"],
        ["read", "second child", ACTIVE], ["press", "ArrowLeft"], ["read", "root", ACTIVE],
        ["press", "ArrowLeft"], ["read", "closed", ROWS], ["press", "ArrowRight"], ["read", "open", ROWS],
        ["press", "ArrowRight"], ["press", "Enter"], ["read", "in the span", FOCUS],
        ["read", "detail", DETAIL],
        ["read", "no ring", RING], ["press", "Escape"], ["read", "tree again", FOCUS], ["read", "ring", RING],
        ["press", "Escape"], ["read", "list again", FOCUS], size=size,
    )  # fmt: skip
    read = seen.read

    assert seen.problems == []
    assert read["search"] == "search"
    assert read["first trace"].startswith("invoke_agent Weather Agent, 2026-11-23 14:40:28, 1.44 s, 13 spans")
    assert read["first trace"].endswith("1 error, conversation conv_a4fddee9a781")
    assert read["last trace"].startswith("invoke_agent Travel Agent")
    assert [read[name] for name in ("in the tree", "in the span", "tree again", "list again")] == [
        "spans", "span", "spans", "traces",
    ]  # fmt: skip
    assert read["second child"] == "execute_tool get_weather, 121 ms"
    assert read["root"] == "invoke_agent Weather Agent, 885 ms"
    assert read["closed"][:2] == ["invoke_agent Weather Agent", "invoke_agent Travel Agent"]
    assert len(read["open"]) == 13
    assert "chat gpt-4o" in read["detail"]
    assert (read["no ring"], read["ring"]) == ("none", "solid")


def test_a_call_of_a_tool_is_told_with_its_result_and_leads_to_its_span(
    browser: Browser, sample: Path
) -> None:
    seen = browser.look(
        sample, ["press", "/"], ["press", "Enter"], ["press", "Enter"], ["press", "ArrowDown"],
        ["read", "call", "document.querySelector('.call').innerText"], ["read", "detail", DETAIL],
        ["click", ".call .link"], ["read", "chosen", CHOSEN], ["read", "address", "location.hash"],
    )  # fmt: skip

    assert seen.problems == []
    assert "get_weather" in seen.read["call"]
    assert '"city": "Paris"' in seen.read["call"]
    assert "RESULT" in seen.read["call"].upper()
    assert "SYSTEM INSTRUCTIONS" in seen.read["detail"].upper()
    assert "gen_ai.usage.input_tokens" in seen.read["detail"]
    assert seen.read["chosen"] == "execute_tool get_weather"
    assert seen.read["address"].startswith(f"#{FIRST_TRACE}/")


def test_an_address_leads_to_its_span(browser: Browser, tmp_path: Path) -> None:
    path = written(
        tmp_path / "page.html", span(1, 1), span(2, 1, agent="A"), span(2, 2, 1, kind=Kind.TOOL, tool="x")
    )
    seen = browser.look(
        f"{path}#{2:032x}/{2:016x}", ["read", "detail", DETAIL], ["read", "shown", SHOWN], size=NARROW
    )

    assert seen.problems == []
    assert "execute_tool x" in seen.read["detail"]
    assert seen.read["shown"] == ["span"]


def test_a_search_finds_names_errors_and_ids_and_lists_are_sorted(browser: Browser, tmp_path: Path) -> None:
    path = written(
        tmp_path / "page.html",
        span(0xAA, 1, at=0, lasts=100, agent="Slow"),
        span(0xBB, 1, at=10, lasts=300, agent="Quick", failure="Refused", error_message="by Peer"),
        span(0xCC, 1, at=20, lasts=200, kind=Kind.MODEL, model="gpt", usage=Usage(9, 1), cost=1.5),
    )
    seen = browser.look(
        path, ["read", "all", TRACES],
        ["fill", "#search", "QUICK peer"], ["read", "words", TRACES], ["fill", "#search", "00cc"],
        ["read", "id", TRACES], ["fill", "#search", "nothing"], ["read", "none", TRACES],
        ["read", "said", "document.getElementById('none').innerText"], ["fill", "#search", ""],
        ["select", "#sort", "slowest"], ["read", "slowest", TRACES], ["select", "#sort", "cost"],
        ["read", "cost", TRACES], ["click", "#failed"], ["read", "failed", TRACES],
        ["read", "count", "document.getElementById('count').textContent"],
    )  # fmt: skip
    first = {name: [label.split(",")[0].split()[-1] for label in seen.read[name]] for name in (
        "all", "words", "id", "none", "slowest", "cost", "failed",
    )}  # fmt: skip

    assert seen.problems == []
    assert first == {
        "all": ["Slow", "Quick", "gpt"], "words": ["Quick"], "id": ["gpt"], "none": [],
        "slowest": ["Quick", "gpt", "Slow"], "cost": ["gpt", "Slow", "Quick"], "failed": ["Quick"],
    }  # fmt: skip
    assert seen.read["said"] == "No trace matches."
    assert seen.read["count"] == "1 of 3 traces, 3 spans"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_what_logs_say_runs_nothing_and_is_shown_as_it_is(
    size: tuple[int, int], browser: Browser, tmp_path: Path
) -> None:
    path = written(tmp_path / "page.html", *(one for text in HOSTILE for one in hostile(text)))
    steps = [
        step
        for number, text in enumerate(HOSTILE)
        for place in (1, 2, 3)
        for step in (
            ["go", f"{number + 1:032x}/{place:016x}"],
            ["click", "#detail summary"],
            ["read", f"{number} {place}", "document.getElementById('detail').textContent"],
            ["fill", "#search", text] if size is WIDE else ["read", "wider", WIDER],
        )
    ]
    elements = "[...document.querySelectorAll('body *:not(body > script)')].map(e => e.localName)"
    seen = browser.look(path, *steps, ["read", "elements", elements], ["read", "wider", WIDER], size=size)

    assert seen.problems == []
    assert not {"script", "img", "svg"} & set(seen.read["elements"])
    assert seen.read["wider"] <= 0
    lacking = [
        (text, place)
        for number, text in enumerate(HOSTILE)
        for place in (1, 2, 3)
        if text not in seen.read[f"{number} {place}"]
    ]
    assert lacking == []


def hostile(text: str) -> list[bytes]:
    """A trace in which everything that a log can say says this."""
    number = HOSTILE.index(text) + 1
    call = {"id": text, "type": "function", "function": {"name": text, "arguments": text}}
    thought = {"role": "user", "content": [{"type": "reasoning", "text": text}]}
    return [
        span(number, 1, agent=text, conversation_id=text, extra={text: {text: text}}),
        span(number, 2, 1, kind=Kind.MODEL, model=text, system=text, tools=[{"name": text}],
             input=[{"role": text, "content": text}, thought],
             output=[{"role": "assistant", "content": text, "tool_calls": [call]}]),
        span(number, 3, 1, kind=Kind.TOOL, tool=text, failure=text, error_message=text, call_id=text,
             error_stack=text, arguments={text: text}, output=text),
    ]  # fmt: skip


def test_numbers_are_shown_as_they_are_sent(browser: Browser, tmp_path: Path) -> None:
    path = written(
        tmp_path / "page.html", span(1, 1, kind=Kind.MODEL, seed=9_007_199_254_740_993, temperature=1.0)
    )
    seen = browser.look(path, ["read", "detail", DETAIL])

    assert "9007199254740993" in seen.read["detail"]
    assert "1.0" in seen.read["detail"]


def many(traces: int) -> list[bytes]:
    """10,000 spans with messages, in so many traces."""
    each = SPANS // traces
    words: dict[str, Any] = {"input": "Tell me of the weather in Paris. " * 12, "output": "It rains. " * 20}
    return [
        span(number // each + 1, number % each + 1, (number % each + 9) // 10 or None, at=number * 100,
             kind=(Kind.AGENT, Kind.MODEL, Kind.TOOL)[number % 3], model="gpt-4o", tool="radar",
             agent=f"Agent {number % 7}", usage=Usage(1_200, 34),
             conversation_id=f"c{number // each // 3}", **words)
        for number in range(SPANS)
    ]  # fmt: skip


@pytest.mark.parametrize("traces", [1, 1_000])
def test_ten_thousand_spans_are_there_in_two_seconds(
    traces: int, browser: Browser, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    path = written(tmp_path / "page.html", *many(traces))
    seen = browser.look(
        path, ["read", "drawn", DRAWN], ["press", "/"], ["press", "Enter"], ["press", "Enter"],
        ["press", "End"], ["read", "last", ACTIVE], ["read", "then", DRAWN],
    )  # fmt: skip
    record_property("ready_ms", seen.ready)

    assert seen.problems == []
    # The work of the page is what counts: the tests beside it keep the machine busy.
    assert seen.busy < SECONDS
    assert seen.read["drawn"] < 150
    assert seen.read["then"] < 150
    assert seen.read["last"] is not None


def test_a_page_without_traces_says_so(browser: Browser, tmp_path: Path) -> None:
    seen = browser.look(
        written(tmp_path / "page.html"), ["read", "said", "document.getElementById('none').innerText"],
        ["press", "/"], ["press", "Enter"], ["press", "Enter"], ["press", "ArrowDown"],
    )  # fmt: skip

    assert seen.problems == []
    assert seen.read["said"] == "There are no traces in these logs."
