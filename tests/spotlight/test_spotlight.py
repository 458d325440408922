"""What Spotlight holds and shows is what was sent to it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.pipeline.program import translator
from tests.receiver import SpotlightReceiver
from tests.spotlight.spotlight import Spotlight, missing_tools

Json = dict[str, Any]

# The first of them is looked at closely.
SAMPLES = sorted(
    Path(__file__).parents[2].joinpath("samples").glob("*/agent.jsonl"),
    key=lambda log: (log.parent.name != "python", log),
)

pytestmark = [pytest.mark.spotlight, pytest.mark.xdist_group("spotlight")]


@dataclass(frozen=True)
class Story:
    """What was sent, and the names by which the tests know parts of it.

    Attributes:
        sent: The transactions, in the order of sending.
        trace: The trace to look at.
        failing: The names of its failed spans.
        siblings: The names of its roots, in order.
    """

    sent: list[Json]
    trace: str
    failing: list[str]
    siblings: list[str]


@pytest.fixture(scope="module")
def spotlight(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Spotlight]:
    """A running Spotlight, or a skip that nobody overlooks; in CI, a failure."""
    if lacking := missing_tools():
        if os.environ.get("CI"):
            pytest.fail(lacking)
        if reporter := request.config.pluginmanager.get_plugin("terminalreporter"):
            reporter.write_line(f"\nSPOTLIGHT WAS NOT TESTED: {lacking}", red=True, bold=True)
        pytest.skip(lacking)
    with Spotlight(tmp_path_factory.mktemp("spotlight")) as running:
        yield running


@pytest.fixture(scope="module")
def story(spotlight: Spotlight, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Sends the logs of all samples, each to Spotlight and to a receiver that says what was sent."""
    states = tmp_path_factory.mktemp("states")
    with SpotlightReceiver() as receiver:
        for log in SAMPLES:
            for number, url in enumerate((receiver.stream_url, spotlight.url)):
                done = translator(
                    "backfill", str(log), "--spotlight", url,
                    "--state-dir", str(states / f"{log.parent.name}-{number}"),
                )  # fmt: skip
                assert done.returncode == 0, done.stderr
    receiver.assert_clean()
    return Story(
        sent=receiver.transactions,
        trace=first_trace(SAMPLES[0]),
        failing=["execute_tool get_air_quality"],
        siblings=["invoke_agent Weather Agent", "invoke_agent Travel Agent"],
    )


@pytest.fixture(scope="module")
def seen(spotlight: Spotlight, story: Story, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What the pages show. SPOTLIGHT_PICTURES names a directory that keeps the screenshots."""
    pictures = os.environ.get("SPOTLIGHT_PICTURES")
    directory = Path(pictures) if pictures else tmp_path_factory.mktemp("pictures")
    expected = {
        "trace": story.trace,
        "traces": len({span["trace_id"] for span in spans_of(story.sent)}),
        "spans": len(spans_of(story.sent, story.trace)),
        "interactions": len(interactions(spans_of(story.sent))),
    }
    return spotlight.look(directory, expected)


def test_the_stream_holds_what_was_sent(spotlight: Spotlight, story: Story) -> None:
    held = [payload for envelope in spotlight.replay() for _, payload in envelope.items]

    assert sorted(held, key=by_event_id) == sorted(story.sent, key=by_event_id)


def test_traces_lists_each_trace_and_calls_it_ai(seen: Json, story: Story) -> None:
    rows = {row["id"]: row["text"] for row in seen["traces"]}

    assert set(rows) == {span["trace_id"] for span in spans_of(story.sent)}
    for trace, text in rows.items():
        spans = spans_of(story.sent, trace)
        # A parent in another service counts, too: it is drawn as a span that is missing.
        assert f"{len(spans) + len(remote_parents(spans))} spans" in text
        assert text.endswith("AI")


def test_a_trace_is_drawn_as_the_tree_that_was_sent(seen: Json, story: Story) -> None:
    spans = spans_of(story.sent, story.trace)

    assert outline(seen["tree"]) == tree(spans)
    assert [root["name"] for root in seen["tree"]] == story.siblings
    assert {node["id"]: node["op"] for node in walk(seen["tree"])} == {
        span["span_id"]: span["op"] for span in spans
    }


def test_failed_spans_and_no_others_are_red(seen: Json, story: Story) -> None:
    assert [node["name"] for node in walk(seen["tree"]) if node["failed"]] == story.failing


def test_ai_traces_lists_each_agent_with_its_tokens(seen: Json, story: Story) -> None:
    shown = {row["id"]: (row["name"], row["tokens"]) for row in seen["interactions"]}

    assert shown == {
        whole.root["span_id"]: (whole.root["description"], whole.tokens)
        for whole in interactions(spans_of(story.sent))
    }


def test_ai_mode_tells_the_conversation(seen: Json, story: Story) -> None:
    wholes = interactions(spans_of(story.sent, story.trace))
    asked = dict.fromkeys(whole.question for whole in wholes if whole.question)
    by_end = sorted(wholes, key=lambda whole: float(whole.root["timestamp"]))
    answered = [whole.answer for whole in by_end if whole.answer]
    bubbles = seen["conversation"]

    assert [bubble["text"] for bubble in bubbles if bubble["kind"] == "user"] == list(asked)
    assert [plain(bubble["text"]) for bubble in bubbles if bubble["kind"] == "answer"] == answered


def test_ai_mode_tells_each_agents_model_tokens_messages_and_tools(seen: Json, story: Story) -> None:
    wholes = interactions(spans_of(story.sent, story.trace))

    assert set(seen["details"]) == {whole.root["span_id"] for whole in wholes}
    for whole in wholes:
        details = seen["details"][whole.root["span_id"]]
        metadata = details["metadata"]
        assert details["title"] == whole.root["description"]
        assert metadata["Tokens (prompt/completion)"] == whole.tokens
        assert metadata["Model"] == whole.first("gen_ai.request.model")
        assert metadata["Provider"] == whole.first("gen_ai.system")
        assert plain(details["answer"]) == whole.answer
        assert [message for message in details["messages"] if message["role"] == "user"] == [
            {"role": "user", "text": text} for text in whole.questions
        ]
        assert [(tool["id"], tool["name"], json.loads(tool["arguments"])) for tool in details["tools"]] == [
            (data["gen_ai.tool.call.id"], data["gen_ai.tool.name"], json.loads(arguments))
            for data in whole.data
            if (arguments := data.get("gen_ai.tool.call.arguments"))
        ]


def test_the_pages_raise_no_errors(seen: Json) -> None:
    assert seen["problems"] == []


@dataclass(frozen=True)
class Interaction:
    """What Spotlight calls an AI trace: a branch of a tree, from its first AI span down.

    Attributes:
        root: That span.
        data: The attributes of it and of all below it, depth first.
    """

    root: Json
    data: list[Json]

    def first(self, attribute: str) -> Any:
        """The value nearest to the root, as Spotlight looks for it."""
        return next((data[attribute] for data in self.data if attribute in data), None)

    @property
    def tokens(self) -> str:
        kinds = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
        return " / ".join(str(self.first(kind)) for kind in kinds)

    @property
    def questions(self) -> list[str]:
        messages = json.loads(self.first("gen_ai.request.messages") or "[]")
        return [message["content"] for message in messages if message["role"] == "user"]

    @property
    def question(self) -> str:
        return "\n\n".join(self.questions)

    @property
    def answer(self) -> str:
        """The text of the last one that has any, which is the one that Spotlight shows."""
        texts = [data["gen_ai.response.text"] for data in self.data if "gen_ai.response.text" in data]
        return plain(texts[-1]) if texts else ""


def first_trace(log: Path) -> str:
    """The trace that a log's first line names, as Sentry writes it."""
    with log.open() as lines:
        return UUID(json.loads(next(lines))["trace_id"]).hex


def by_event_id(event: Json) -> str:
    """A key for sorting: several connections send, so events arrive in any order."""
    return str(event["event_id"])


def remote_parents(spans: list[Json]) -> set[str]:
    """The ids of parents that are not among the spans."""
    return {span["parent_span_id"] for span in spans if "parent_span_id" in span} - {
        span["span_id"] for span in spans
    }


def interactions(spans: list[Json]) -> list[Interaction]:
    """The shallowest AI spans of each tree, with all that is below them: here, its roots."""
    remote = remote_parents(spans)
    return [
        Interaction(span, [one.get("data", {}) for one in (span, *below(span, spans))])
        for span in spans
        if span.get("parent_span_id") is None or span["parent_span_id"] in remote
    ]


def spans_of(events: list[Json], trace: str | None = None) -> list[Json]:
    """Every span of some transactions, their own included, by start."""
    own = [
        {
            **event["contexts"]["trace"],
            "description": event["transaction"],
            "start_timestamp": event["start_timestamp"],
            "timestamp": event["timestamp"],
        }
        for event in events
    ]
    inner = [span for event in events for span in event["spans"]]
    chosen = [span for span in own + inner if trace in (None, span["trace_id"])]
    return sorted(chosen, key=lambda span: float(span["start_timestamp"]))


def below(root: Json, spans: list[Json]) -> list[Json]:
    """A span's descendants, depth first, each branch by start."""
    found: list[Json] = []
    for span in spans:
        if span.get("parent_span_id") == root["span_id"]:
            found += [span, *below(span, spans)]
    return found


def tree(spans: list[Json], parent: str | None = None) -> list[Any]:
    """The tree that parent ids describe: names and, below them, names."""
    return [
        [span["description"], tree(spans, span["span_id"])]
        for span in spans
        if span.get("parent_span_id") == parent
    ]


def outline(nodes: list[Json]) -> list[Any]:
    """The tree that a page shows, in the same shape."""
    return [[node["name"], outline(node["children"])] for node in nodes]


def walk(nodes: list[Json]) -> Iterator[Json]:
    for node in nodes:
        yield node
        yield from walk(node["children"])


def plain(shown: str) -> str:
    """A text as it was sent, where Spotlight shows the JSON list that it came in."""
    try:
        value = json.loads(shown)
    except ValueError:
        return shown
    return "".join(value) if isinstance(value, list) else shown
