"""The page as a file: what is in it, and that nothing else can get in."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.report.made import HOSTILE, span
from translator.model import Kind
from translator.report.page import CHUNK_BYTES, page
from translator.report.traces import traces_of

VOID = {"meta", "input"}


class Parsed(HTMLParser):
    """The page, taken apart: `tags` with their attributes, and the text of each element by its place."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[int] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.texts.append("")
        if tag not in VOID:
            self._open.append(len(self.tags) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.tags[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]] += data

    def all(self, tag: str, **wanted: str) -> list[str]:
        """The texts of the elements with a tag and attributes."""
        return [
            text
            for (found, attributes), text in zip(self.tags, self.texts, strict=True)
            if found == tag and wanted.items() <= attributes.items()
        ]

    def data(self) -> dict[str, Any]:
        """What the page is given, by the ids of the elements."""
        return {
            str(attributes["id"]): json.loads(text)
            for (tag, attributes), text in zip(self.tags, self.texts, strict=True)
            if tag == "script" and attributes.get("type") == "application/json"
        }


def parsed(*spans: bytes) -> Parsed:
    return Parsed(b"".join(page(traces_of(spans), "1.2.3")).decode())


PLAIN = (span(1, 1, agent="A"), span(1, 2, 1, kind=Kind.TOOL, tool="radar", arguments={"city": "Paris"}))


def test_the_policy_allows_the_page_s_own_style_and_script_and_nothing_else() -> None:
    made = parsed(*PLAIN)
    (policy,) = [
        str(attributes["content"])
        for tag, attributes in made.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    said = {name: sources for name, _, sources in (part.strip().partition(" ") for part in policy.split(";"))}
    (style,) = made.all("style")
    (script,) = [
        text
        for (tag, attributes), text in zip(made.tags, made.texts, strict=True)
        if tag == "script" and "type" not in attributes
    ]

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert said["default-src"] == "'none'"
    assert said["script-src"] == hashed(script)
    assert said["style-src"] == hashed(style)
    assert said["base-uri"] == said["form-action"] == said["trusted-types"] == "'none'"
    assert "unsafe" not in policy


def test_the_policy_comes_before_all_that_it_is_about() -> None:
    tags = [
        (tag, attributes.get("http-equiv") or attributes.get("charset")) for tag, attributes in parsed().tags
    ]

    assert tags[2:4] == [("meta", "utf-8"), ("meta", "Content-Security-Policy")]


def test_nothing_is_fetched_and_nothing_runs_inline() -> None:
    made = parsed(*PLAIN)
    attributes = {name for _, found in made.tags for name in found}
    (style,) = made.all("style")

    assert not attributes & {"src", "href", "srcset", "style", "action", "data", "poster"}
    assert not [name for name in attributes if name.startswith("on")]
    assert not re.search(r"url\(|@import|https?:", style)
    assert not {tag for tag, _ in made.tags} & {"link", "iframe", "object", "embed", "img", "base", "form"}


def test_the_script_makes_no_markup() -> None:
    made = parsed()
    script = made.texts[-1]

    assert "textContent" in script
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script
    )
    assert "http" not in script


def test_every_span_is_there_as_it_is_sent() -> None:
    data = parsed(*PLAIN).data()

    assert data["spans-0"] == [json.loads(one) for one in PLAIN]
    assert data["index"]["version"] == "1.2.3"
    assert [trace[0] for trace in data["index"]["traces"]] == [f"{1:032x}"]
    assert [one[:4] for one in data["index"]["spans"]] == [
        [0, f"{1:016x}", "agent", "invoke_agent A"], [1, f"{2:016x}", "tool", "execute_tool radar"],
    ]  # fmt: skip


def test_large_spans_stand_in_chunks_whose_beginnings_are_known() -> None:
    spans = [
        span(1, number, at=number, kind=Kind.TOOL, output="x" * (CHUNK_BYTES // 3)) for number in range(1, 9)
    ]
    data = parsed(*spans).data()
    chunks = [data[f"spans-{number}"] for number in range(len(data) - 1)]
    starts = data["index"]["chunks"]

    assert [one for chunk in chunks for one in chunk] == [json.loads(one) for one in spans]
    assert starts == [sum(map(len, chunks[:number])) for number in range(len(chunks))]
    assert len(chunks) == 4


def test_logs_without_traces_make_a_page_too() -> None:
    data = parsed().data()

    assert (data["index"]["traces"], data["index"]["spans"], data["index"]["chunks"]) == ([], [], [])


@pytest.mark.parametrize("text", HOSTILE)
def test_what_logs_say_stays_data(text: str) -> None:
    hostile = (
        span(1, 1, agent=text, conversation_id=text, input=text, output={text: text}, extra={text: text}),
        span(
            1, 2, 1, kind=Kind.TOOL, tool=text, failure=text, error_message=text, call_id=text, arguments=text
        ),
    )
    made = parsed(*hostile)

    assert made.tags == parsed(*PLAIN).tags
    assert made.data()["spans-0"] == [json.loads(one) for one in hostile]
