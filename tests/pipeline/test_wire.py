"""What arrives at the server: the limits of envelopes, names, privacy, sampling and trace headers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.judges import conventions, kafka_schema, relay_transactions
from tests.pipeline.program import TRACE, event, translator, write
from tests.receiver import Answer, Receiver
from tests.span_rules import MAX_SPAN_BYTES, attribute

MAX_PAYLOAD = 5 * 1024 * 1024
CALLER = "00f067aa0ba902b7"
CALL = (
    event("agent.start", 0, agent="A", span_id="run", conversation_id="c",
          user={"id": "u7", "email": "u@example.org"}),
    event("model.start", 1, model="gpt-4o", call_id="m", messages=[
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Rain in Paris?"}]),
    event("model.end", 2, model="gpt-4o", call_id="m", output="Yes.", finish_reason="stop", usage={
        "prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}),
    event("tool.start", 3, tool="radar", call_id="t", arguments={"city": "Paris"}),
    event("tool.end", 4, tool="radar", call_id="t", result=[1, 2]),
    event("agent.end", 5, agent="A", span_id="run", output="Rain."),
)  # fmt: skip


@pytest.fixture
def to(receiver: Receiver, tmp_path: Path) -> tuple[str, ...]:
    return "--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state")


def sent(receiver: Receiver) -> list[dict[str, Any]]:
    return list(receiver.latest.values())


def keys(receiver: Receiver) -> set[str]:
    return {key for span in sent(receiver) for key in span["attributes"]}


class TestLimits:
    """Envelopes stay below the server's limits, whatever the logs."""

    def test_at_most_a_thousand_spans_in_one(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        tools = [event("tool", i, tool=f"t{i}", duration_ms=1) for i in range(2_500)]

        assert translator("backfill", write(tmp_path / "a.jsonl", *tools), *to).returncode == 0
        assert len(sent(receiver)) == 2_500
        counts = sorted(envelope.items[0].headers["item_count"] for envelope in receiver.envelopes)
        assert counts == [500, 1_000, 1_000]

    def test_at_most_five_mebibytes_in_one(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        tools = [event("tool", i, tool=f"t{i}", result="x" * 700_000) for i in range(20)]

        done = translator("backfill", write(tmp_path / "a.jsonl", *tools), *to, "--send-default-pii")

        assert done.returncode == 0
        assert len(sent(receiver)) == 20
        sizes = [len(envelope.items[0].payload) for envelope in receiver.envelopes]
        assert len(sizes) >= 3
        assert max(sizes) <= MAX_PAYLOAD
        assert not receiver.attributes("translator.truncated")

    def test_content_that_is_too_large_is_cut_by_its_structure(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        messages = [{"role": "user", "content": f"{place} " + "x" * 200_000} for place in range(15)]
        log = write(
            tmp_path / "a.jsonl",
            event("model", 1, model="gpt-4o", messages=messages, output="y" * 10),
            event("tool", 2, tool="t", arguments={"a": 1}, result={"rows": ["z" * 1_000] * 3_000}),
        )

        done = translator("backfill", log, *to, "--send-default-pii")

        assert done.returncode == 0
        model, tool = receiver.named("chat gpt-4o")[0], receiver.named("execute_tool t")[0]
        assert all(len(json.dumps(span)) <= MAX_SPAN_BYTES for span in (model, tool))
        assert json.loads(attribute(model, "translator.truncated")) == ["gen_ai.input.messages"]
        assert json.loads(attribute(tool, "translator.truncated")) == ["gen_ai.tool.call.result"]
        kept = json.loads(attribute(model, "gen_ai.input.messages"))
        assert kept[-1]["parts"][0]["content"] == messages[-1]["content"]
        assert "rows" in json.loads(attribute(tool, "gen_ai.tool.call.result"))
        assert "shortened spans 2" in " ".join(done.stderr.split())

    def test_a_transaction_takes_a_thousand_spans_and_the_rest_follow(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        agent = event("agent.start", 0, agent="A"), event("agent.end", 1_500, agent="A")
        tools = [event("tool", i + 1, tool=f"t{i}", duration_ms=1) for i in range(1_200)]

        log = write(tmp_path / "a.jsonl", agent[0], *tools, agent[1])
        done = translator("backfill", log, *to, "--wire", "transaction")

        assert done.returncode == 0
        assert relay_transactions(receiver.transactions) == []
        assert sorted(1 + len(one["spans"]) for one in receiver.transactions) == [201, 1_000]
        spans = [span for one in receiver.transactions for span in (one["contexts"]["trace"], *one["spans"])]
        (root,) = (span for span in spans if "parent_span_id" not in span)
        assert {span.get("parent_span_id") for span in spans if span is not root} == {root["span_id"]}

    def test_what_the_server_finds_too_large_is_halved(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        receiver.script([413, 413])
        tools = [event("tool", i, tool=f"t{i}", duration_ms=1) for i in range(8)]

        assert translator("backfill", write(tmp_path / "a.jsonl", *tools), *to).returncode == 0
        assert len(sent(receiver)) == 8
        assert sorted(len(request.verdict.spans) for request in receiver.requests) == [2, 2, 4, 4, 8]

    def test_a_span_that_the_server_never_takes_is_set_aside(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        receiver.script([Answer(400, {}, b'{"detail":"bad item"}')])

        done = translator("backfill", write(tmp_path / "a.jsonl", event("tool", 0, tool="t")), *to)

        assert done.returncode == 1
        assert "bad item" in done.stderr
        assert len(receiver.requests) == 1


class TestNames:
    """Which names attributes are sent under."""

    OLD = frozenset(
        {
            "gen_ai.system", "gen_ai.request.messages", "gen_ai.response.text", "gen_ai.tool.input",
            "gen_ai.tool.output", "gen_ai.usage.input_tokens.cached",
        }
    )  # fmt: skip
    CURRENT = frozenset(
        {
            "gen_ai.provider.name", "gen_ai.input.messages", "gen_ai.output.messages",
            "gen_ai.tool.call.arguments", "gen_ai.tool.call.result",
            "gen_ai.usage.cache_read.input_tokens",
        }
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("names", "has_current", "has_old"),
        [("current", True, False), ("legacy", False, True), ("both", True, True)],
    )
    def test_they_are_those_that_were_asked_for(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path,
        names: str, has_current: bool, has_old: bool,  # noqa: FBT001
    ) -> None:  # fmt: skip
        log = write(tmp_path / "a.jsonl", *CALL)

        done = translator("backfill", log, *to, "--send-default-pii", "--attribute-names", names)

        assert done.returncode == 0
        found = keys(receiver)
        assert found & self.CURRENT == (self.CURRENT if has_current else set())
        assert found & self.OLD == (self.OLD if has_old else set())

    def test_the_old_shapes_are_those_that_older_servers_read(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        log = write(tmp_path / "a.jsonl", *CALL)

        translator("backfill", log, *to, "--send-default-pii", "--attribute-names", "both")

        (model,) = receiver.named("chat gpt-4o")
        assert json.loads(attribute(model, "gen_ai.request.messages")) == [
            {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Rain in Paris?"},
        ]  # fmt: skip
        assert json.loads(attribute(model, "gen_ai.response.text")) == ["Yes."]
        assert attribute(model, "gen_ai.system_instructions") == "Be brief."


class TestPrivacy:
    """Without leave no contents are sent, and secrets are never sent."""

    CONTENT = frozenset(
        {
            "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
            "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "user.id", "user.email",
        }
    )  # fmt: skip

    def test_without_leave_contents_are_left_out_and_nothing_else(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        log = write(tmp_path / "a.jsonl", *CALL)
        translator("backfill", log, *to)
        without = {span["span_id"]: span for span in sent(receiver)}
        translator("backfill", log, *to[:2], "--state-dir", str(tmp_path / "other"), "--send-default-pii")
        whole = {span["span_id"]: span for span in sent(receiver)}

        assert kafka_schema(list(without.values())) == []
        assert conventions(list(without.values())) == []
        left_out: set[str] = set()
        for span_id, span in whole.items():
            lacking = set(span["attributes"]) - set(without[span_id]["attributes"])
            left_out |= lacking
            assert lacking <= self.CONTENT
            for key, value in without[span_id]["attributes"].items():
                assert span["attributes"][key] == value
        assert left_out == self.CONTENT

    def test_without_leave_content_stays_behind_under_whatever_key_and_kind(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        said = [{"role": "user", "content": "PRIVATE"}]
        once = (
            event("model", 1, model="m", input="x", messages=said, output="x", completion="PRIVATE", kept=1),
            event("model", 2, model="m", system="s", instructions="PRIVATE", prompt="p", query="PRIVATE"),
            event("model", 3, model="m", input="i", **{"gen_ai.response.text": "PRIVATE", "output": "o"}),
            event("handoff", 4, from_agent="A", to_agent="B", input="PRIVATE", messages=said, kept=1),
            event("tool", 5, tool="t", args={"q": 1}, input="PRIVATE", result="r", response="PRIVATE"),
            event("tool", 6, tool="t", prompt="PRIVATE", system_prompt="PRIVATE"),
            event("agent", 7, agent="A", input="i", arguments={"q": "PRIVATE"}, user=["PRIVATE"]),
            event("agent", 8, agent="A", user="ada", user_id="PRIVATE", **{"user.shoe_size": "PRIVATE"}),
            event("agent", 9, agent="A", user_email=["PRIVATE"], **{"User-Name": {"a": "PRIVATE"}}),
        )
        # Enough of each shape for spans that are written in the quick way.
        lines = [{**record, "ts": record["ts"] + 10 * again} for again in range(40) for record in once]
        log = write(tmp_path / "a.jsonl", *lines)
        translator("backfill", log, *to)
        spans = sent(receiver)

        assert len(spans) == len(lines)
        assert "PRIVATE" not in json.dumps(spans)
        assert len(receiver.attributes("log.kept")) == 80
        translator("backfill", log, *to[:2], "--state-dir", str(tmp_path / "other"), "--send-default-pii")
        assert json.dumps(sent(receiver)).count("PRIVATE") >= 40 * 17

    @pytest.mark.parametrize("masked", [True, False])
    def test_secrets_are_masked_unless_that_is_switched_off(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path, masked: bool  # noqa: FBT001
    ) -> None:  # fmt: skip
        key = "sk-" + "proj-" + "a1B2c3D4e5F6g7H8i9J0"
        record = event(
            "tool", 0, tool="http", arguments={"url": "https://me:hunter2@example.org", "api_key": key},
            result=json.dumps({"body": json.dumps({"password": "correct horse"})}), note=f"used {key}",
        )  # fmt: skip
        log = write(tmp_path / "a.jsonl", record)

        translator(
            "backfill", log, *to, "--send-default-pii", "--mask-secrets" if masked else "--no-mask-secrets"
        )

        (span,) = sent(receiver)
        text = json.dumps(span)
        assert [secret in text for secret in (key, "hunter2", "correct horse")] == [not masked] * 3
        arguments = json.loads(attribute(span, "gen_ai.tool.call.arguments"))
        assert set(arguments) == {"url", "api_key"}


class TestTraces:
    """Which traces are sent, and what their headers say."""

    def test_the_rate_decides_by_the_trace_id_and_is_in_the_header(
        self, receiver: Receiver, tmp_path: Path
    ) -> None:
        ids = [f"{place * 0x9E3779B97F4A7C15:032x}"[-32:].replace(" ", "0") for place in range(1, 301)]
        log = write(tmp_path / "a.jsonl", *(event("tool", 0, tool="t", trace_id=one) for one in ids))
        taken: dict[str, set[str]] = {}
        for name, rate in (("first", "0.25"), ("again", "0.25"), ("more", "0.5")):
            before = len(receiver.spans)
            done = translator(
                "backfill", log, "--dsn", receiver.dsn, "--state-dir", str(tmp_path / name),
                "--traces-sample-rate", rate,
            )  # fmt: skip
            assert done.returncode == 0
            taken[name] = {span["trace_id"] for span in receiver.spans[before:]}
            sent_with = [envelope for envelope in receiver.envelopes if "trace" in envelope.headers]
            assert sent_with[-1].headers["trace"]["sample_rate"] == rate
            (told,) = receiver.client_reports[len(taken) - 1]["discarded_events"]
            left_out = len(ids) - len(taken[name])
            assert told == {"reason": "sample_rate", "category": "span", "quantity": left_out}

        assert taken["first"] == taken["again"]
        assert taken["first"] < taken["more"] < set(ids)
        assert 30 < len(taken["first"]) < 120

    def test_a_callers_trace_goes_on(self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path) -> None:
        baggage = "other=1,sentry-environment=staging,sentry-release=web%401.2,sentry-sample_rand=0.25"
        records = [{**record, "trace_id": None} for record in CALL]
        records[0] |= {"sentry_trace": f"{TRACE}-{CALLER}-1", "baggage": baggage}
        for record in records[1:]:
            record["traceparent"] = f"00-{TRACE}-{CALLER}-01"

        assert translator("backfill", write(tmp_path / "a.jsonl", *records), *to).returncode == 0
        (agent,) = receiver.named("invoke_agent A")
        assert (agent["trace_id"], agent["parent_span_id"], agent["is_segment"]) == (TRACE, CALLER, True)
        others = [span for span in sent(receiver) if span is not agent]
        assert {span["parent_span_id"] for span in others} == {agent["span_id"]}
        header = receiver.envelopes[0].headers["trace"]
        assert (header["environment"], header["release"], header["sample_rand"]) == (
            "staging",
            "web@1.2",
            "0.25",
        )

    def test_what_the_settings_say_is_on_every_span(
        self, receiver: Receiver, to: tuple[str, ...], tmp_path: Path
    ) -> None:
        done = translator(
            "backfill", write(tmp_path / "a.jsonl", *CALL), *to, "--environment", "prod",
            "--release", "1.0", "--server-name", "box",
        )  # fmt: skip

        assert done.returncode == 0
        for span in sent(receiver):
            said = [
                attribute(span, key) for key in ("sentry.environment", "sentry.release", "server.address")
            ]
            assert said == ["prod", "1.0", "box"]
        header = receiver.envelopes[0].headers["trace"]
        assert (header["environment"], header["release"]) == ("prod", "1.0")
