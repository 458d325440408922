"""Usage objects as the APIs return them, and what must hold for any other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.content.json_values import json_values
from translator.content.usage import Usage, read_usage
from translator.content.usage_shapes import SHAPES

OPENAI_CHAT = {
    "prompt_tokens": 2006,
    "completion_tokens": 300,
    "total_tokens": 2306,
    "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 64,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
OPENAI_RESPONSES = {
    "input_tokens": 328,
    "input_tokens_details": {"cached_tokens": 100},
    "output_tokens": 52,
    "output_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 380,
}
ANTHROPIC = {
    "input_tokens": 21,
    "cache_creation_input_tokens": 188,
    "cache_read_input_tokens": 1024,
    "cache_creation": {"ephemeral_5m_input_tokens": 188, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 393,
    "service_tier": "standard",
    "server_tool_use": {"web_search_requests": 0},
}
GEMINI = {
    "promptTokenCount": 1000,
    "candidatesTokenCount": 50,
    "totalTokenCount": 1190,
    "cachedContentTokenCount": 600,
    "thoughtsTokenCount": 120,
    "toolUsePromptTokenCount": 20,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1000}],
}
GEMINI_SNAKE = {
    "prompt_token_count": 1000,
    "candidates_token_count": 50,
    "total_token_count": 1190,
    "cached_content_token_count": 600,
    "thoughts_token_count": 120,
    "tool_use_prompt_token_count": 20,
}
BEDROCK = {
    "inputTokens": 30,
    "outputTokens": 628,
    "totalTokens": 1682,
    "cacheReadInputTokens": 1000,
    "cacheWriteInputTokens": 24,
}


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        pytest.param(OPENAI_CHAT, (2006, 300, 1920, None, 64), id="openai chat"),
        pytest.param(OPENAI_RESPONSES, (328, 52, 100, None, 20), id="openai responses"),
        pytest.param(ANTHROPIC, (1233, 393, 1024, 188, None), id="anthropic"),
        pytest.param(
            {
                "input_tokens": 10,
                "output_tokens": 1,
                "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 7},
            },
            (22, 1, None, 12, None),
            id="anthropic with nested cache writes alone",
        ),
        pytest.param(
            {
                "input_tokens": 10,
                "output_tokens": 1,
                "cache_creation_input_tokens": None,
                "cache_read_input_tokens": None,
            },
            (10, 1, None, None, None),
            id="anthropic with nulls",
        ),
        pytest.param(GEMINI, (1020, 170, 600, None, 120), id="gemini"),
        pytest.param(GEMINI_SNAKE, (1020, 170, 600, None, 120), id="gemini in python"),
        pytest.param(
            {"promptTokenCount": 8, "thoughtsTokenCount": 30, "totalTokenCount": 38},
            (8, 30, None, None, 30),
            id="gemini that only thought",
        ),
        pytest.param(BEDROCK, (1054, 628, 1000, 24, None), id="bedrock"),
        pytest.param(
            {**BEDROCK, "inputTokens": 1054},
            (1054, 628, 1000, 24, None),
            id="bedrock whose total shows the cache inside",
        ),
        pytest.param(
            {"inputTokens": 30, "outputTokens": 5, "cacheReadInputTokens": 10},
            (40, 5, 10, None, None),
            id="bedrock without a total",
        ),
        pytest.param(
            {"prompt_eval_count": 26, "eval_count": 298},
            (26, 298, None, None, None),
            id="ollama",
        ),
        pytest.param(
            {
                "billed_units": {"input_tokens": 5, "output_tokens": 418},
                "tokens": {"input_tokens": 71, "output_tokens": 420},
            },
            (71, 420, None, None, None),
            id="cohere",
        ),
        pytest.param(
            {
                "api_version": {"version": "1"},
                "billed_units": {"input_tokens": 5, "output_tokens": 4},
            },
            (5, 4, None, None, None),
            id="cohere with billed units alone",
        ),
        pytest.param(
            {"meta": {"tokens": {"input_tokens": 71, "output_tokens": 420}}},
            (71, 420, None, None, None),
            id="cohere in meta",
        ),
        pytest.param(
            {"prompt_tokens": 16, "completion_tokens": 34, "total_tokens": 50},
            (16, 34, None, None, None),
            id="mistral",
        ),
        pytest.param(
            {
                "prompt_tokens": 100,
                "completion_tokens": 10,
                "total_tokens": 110,
                "prompt_cache_hit_tokens": 64,
                "prompt_cache_miss_tokens": 36,
            },
            (100, 10, 64, None, None),
            id="deepseek",
        ),
        pytest.param(
            {
                "prompt_tokens": 32,
                "completion_tokens": 9,
                "total_tokens": 135,
                "completion_tokens_details": {"reasoning_tokens": 94},
            },
            (32, 103, None, None, 94),
            id="xai, whose total shows reasoning beside output",
        ),
        pytest.param(
            {
                "prompt_tokens": 120,
                "completion_tokens": 5,
                "total_tokens": 125,
                "prompt_tokens_details": {"cached_tokens": 100},
                "cache_creation_input_tokens": 10,
                "cache_read_input_tokens": 100,
            },
            (120, 5, 100, 10, None),
            id="litellm for anthropic",
        ),
        pytest.param(
            {
                "input_tokens": 350,
                "output_tokens": 240,
                "total_tokens": 590,
                "input_token_details": {"audio": 10, "cache_creation": 200, "cache_read": 100},
                "output_token_details": {"audio": 10, "reasoning": 200},
            },
            (350, 240, 100, 200, 200),
            id="langchain",
        ),
        pytest.param(
            {
                "inputTokens": 90,
                "outputTokens": 20,
                "totalTokens": 110,
                "cachedInputTokens": 80,
                "reasoningTokens": 15,
            },
            (90, 20, 80, None, 15),
            id="vercel ai 5",
        ),
        pytest.param(
            {"promptTokens": 90, "completionTokens": 20, "totalTokens": 110},
            (90, 20, None, None, None),
            id="vercel ai 4",
        ),
        pytest.param(
            {
                "inputTokens": {"total": 10, "noCache": 4, "cacheRead": 5, "cacheWrite": 1},
                "outputTokens": {"total": 9, "text": 6, "reasoning": 3},
            },
            (10, 9, 5, 1, 3),
            id="vercel ai 6 of a provider",
        ),
        pytest.param(
            {
                "gen_ai.usage.input_tokens": 110,
                "gen_ai.usage.cache_read.input_tokens": 60,
                "gen_ai.usage.cache_creation.input_tokens": 40,
                "gen_ai.usage.output_tokens": 9,
                "gen_ai.usage.reasoning.output_tokens": 3,
            },
            (110, 9, 60, 40, 3),
            id="conventions",
        ),
        pytest.param(
            {
                "gen_ai.usage.prompt_tokens": 110,
                "gen_ai.usage.input_tokens.cached": 60,
                "gen_ai.usage.input_tokens.cache_write": 40,
                "gen_ai.usage.completion_tokens": 9,
                "gen_ai.usage.output_tokens.reasoning": 3,
            },
            (110, 9, 60, 40, 3),
            id="deprecated conventions",
        ),
        pytest.param(
            {
                "gen_ai.usage.input_tokens": 110,
                "gen_ai.usage.cache_read_input_tokens": 60,
                "gen_ai.usage.cache_creation_input_tokens": 40,
                "gen_ai.usage.output_tokens": 9,
            },
            (110, 9, 60, 40, None),
            id="conventions that resemble anthropic",
        ),
        pytest.param(
            {"input_tokens": 110, "cache_write.input_tokens": 60, "output_tokens.reasoning": 1},
            (110, 1, None, 60, 1),
            id="conventions without prefix",
        ),
        pytest.param(
            {"gen_ai": {"usage": {"input_tokens": 10, "cache_read": {"input_tokens": 4}}}},
            (10, None, 4, None, None),
            id="nested conventions",
        ),
        pytest.param(
            {
                "input_tokens": 10,
                "output_tokens": 20,
                "cached_tokens": 4,
                "cache_write_tokens": 3,
                "reasoning_tokens": 5,
            },
            (10, 20, 4, 3, 5),
            id="names of the log format",
        ),
        pytest.param(
            {"Input-Tokens": 10, "OUTPUT.TOKENS": 20, "cachedInputTokens": 4},
            (10, 20, 4, None, None),
            id="case and punctuation",
        ),
        pytest.param(
            {
                "input_tokens": 900,
                "cached_input_tokens": 800,
                "output_tokens": 50,
                "reasoning_output_tokens": 20,
                "total_tokens": 950,
            },
            (900, 50, 800, None, 20),
            id="codex",
        ),
        pytest.param(
            {"input": 5, "output": 7, "reasoning": 2, "cache": {"read": 100, "write": 10}},
            (115, 9, 100, 10, 2),
            id="opencode",
        ),
        pytest.param(
            {
                "llm.token_count.prompt": 50,
                "llm.token_count.completion": 9,
                "llm.token_count.prompt_details.cache_read": 16,
                "llm.token_count.prompt_details.cache_write": 8,
            },
            (50, 9, 16, 8, None),
            id="openinference",
        ),
        pytest.param(
            {"total_tokens": 50, "input_tokens": 20}, (20, 30, None, None, None), id="output derived"
        ),
        pytest.param(
            {"total_tokens": 50, "output_tokens": 20}, (30, 20, None, None, None), id="input derived"
        ),
        pytest.param(
            {"total_tokens": 5, "output_tokens": 20},
            (None, 20, None, None, None),
            id="nothing negative derived",
        ),
        pytest.param({"total_tokens": 50}, (None,) * 5, id="a total alone"),
        pytest.param(
            {"input_tokens": 5, "cached_tokens": 7, "output_tokens": 1, "reasoning_tokens": 2},
            (12, 3, 7, None, 2),
            id="parts larger than their wholes were beside them",
        ),
        pytest.param({"input_tokens": 3.0, "output_tokens": "42"}, (3, 42, None, None, None), id="spellings"),
        pytest.param({"cost": 1, "note": "x"}, (None,) * 5, id="none of it"),
        pytest.param({}, (None,) * 5, id="empty"),
    ],
)
def test_counts_of_every_provider_include_their_parts(
    logged: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    usage, left_out = read_usage(logged)

    assert (replace(usage, beside=None), left_out) == (Usage(*expected), 0)


CACHED = {"input_tokens": 100, "cache_read_input_tokens": 60, "output_tokens": 1}


@pytest.mark.parametrize(
    ("logged", "provider", "said"),
    [
        (CACHED, "openai", 100),
        (CACHED, "anthropic", 160),
        (CACHED, None, 160),
        ({**CACHED, "input_tokens": 50}, "openai", 110),
        ({**CACHED, "total_tokens": 161}, "openai", 160),
        ({"prompt_tokens": 100, "cached_tokens": 60}, "anthropic", 100),
    ],
)
def test_a_provider_that_is_known_later_decides_as_one_that_is_known_at_once(
    logged: dict[str, Any], provider: str | None, said: int
) -> None:
    usage = read_usage(logged)[0].told_by(provider)

    assert usage.input_tokens == said
    assert replace(usage, beside=None) == replace(usage.told_by("openai" if provider else None), beside=None)


@pytest.mark.parametrize(
    ("first", "later", "both"),
    [
        (Usage(412), Usage(output_tokens=46), Usage(412, 46)),
        (Usage(412, 1, 7), Usage(413, 46), Usage(413, 46, 7)),
        (Usage(None, None, None, 3, 4), Usage(1, 2), Usage(1, 2, None, 3, 4)),
        (Usage(1, 2, 3, 4, 5), Usage(), Usage(1, 2, 3, 4, 5)),
        (Usage(9, cache_read=2, beside=2), Usage(output_tokens=1), Usage(9, 1, 2, beside=2)),
        (Usage(9, cache_read=2, beside=2), Usage(8), Usage(8, None, 2)),
    ],
)
def test_of_two_lines_each_count_is_the_later_ones_where_it_has_it(
    first: Usage, later: Usage, both: Usage
) -> None:
    assert first.then(later) == both


@pytest.mark.parametrize("provider", ["openai", "azure.ai.openai", "Mistral-AI"])
def test_a_provider_that_counts_the_cache_inside_decides_over_anthropic_names(
    provider: str,
) -> None:
    logged = {"input_tokens": 100, "cache_read_input_tokens": 60, "output_tokens": 1}
    assert read_usage(logged, provider)[0].input_tokens == 100
    assert read_usage(logged, "anthropic")[0].input_tokens == 160
    assert read_usage(logged)[0].input_tokens == 160


def test_a_provider_does_not_change_a_shape_that_is_nobody_elses() -> None:
    logged = {"input": 5, "output": 7, "cache": {"read": 2, "write": 0}}
    assert read_usage(logged, "openai")[0].input_tokens == 7


@pytest.mark.parametrize(
    "bad", [-1, 1.5, 10**12 + 1, "many", "-3", "٣", True, [], float("nan"), float("inf"), 2**70]
)
def test_a_count_that_cannot_be_is_left_out_and_counted(bad: object) -> None:
    usage, left_out = read_usage({"input_tokens": bad, "output_tokens": 5})
    assert usage == Usage(output_tokens=5)
    assert left_out == 1


def test_each_bad_count_is_counted_once() -> None:
    logged = {"promptTokenCount": -1, "candidatesTokenCount": "x", "toolUsePromptTokenCount": 5}
    assert read_usage(logged) == (Usage(), 2)


def test_a_count_of_null_is_no_bad_count() -> None:
    assert read_usage({"prompt_tokens": None, "completion_tokens": 1})[1] == 0


@pytest.mark.parametrize(
    ("usage", "total"),
    [(Usage(3, 4), 7), (Usage(3), 3), (Usage(None, 4), 4), (Usage(), None), (Usage(0, 0), 0)],
)
def test_the_total_is_input_and_output(usage: Usage, total: int | None) -> None:
    assert usage.total == total


def test_reading_does_not_depend_on_the_order_of_keys() -> None:
    for logged in (OPENAI_CHAT, ANTHROPIC, GEMINI, BEDROCK):
        assert read_usage(dict(reversed(logged.items()))) == read_usage(logged)


def _known_paths() -> list[str]:
    return sorted(
        {
            path
            for shape in SHAPES
            for alternatives in shape.places.values()
            for paths in alternatives
            for path in paths
        }
    )


_COUNTS = st.integers(-5, 300) | st.none() | st.floats() | st.sampled_from(["7", "x", True])


@given(
    st.dictionaries(st.sampled_from(_known_paths()), _COUNTS, max_size=8),
    st.sampled_from([None, "openai", "anthropic"]),
)
def test_a_part_is_never_larger_than_its_whole(flat: dict[str, Any], provider: str | None) -> None:
    logged: dict[str, Any] = {}
    for path, count in flat.items():
        outer, _, inner = path.partition("/")
        if inner and type(logged.setdefault(outer, {})) is dict:
            logged[outer][inner] = count
        else:
            logged[outer] = count
    usage, left_out = read_usage(logged, provider)
    counts = (usage.input_tokens, usage.output_tokens, usage.cache_read, usage.cache_write,
              usage.reasoning)  # fmt: skip
    assert all(count is None or count >= 0 for count in counts)
    if usage.cache_read is not None or usage.cache_write is not None:
        assert (usage.cache_read or 0) + (usage.cache_write or 0) <= (usage.input_tokens or 0)
    if usage.reasoning is not None:
        assert usage.reasoning <= (usage.output_tokens or 0)
    assert 0 <= left_out <= len(flat)


@given(st.dictionaries(st.text(max_size=4) | st.sampled_from(_known_paths()), json_values()))
def test_reading_usage_never_raises(logged: dict[str, Any]) -> None:
    read_usage(logged)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_was_normalised_reads_the_same_again(fresh: int, output: int, read: int, written: int) -> None:
    logged = {
        "input_tokens": fresh,
        "output_tokens": output,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
    }
    usage, _ = read_usage(logged)
    again, _ = read_usage(
        {
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cache_read,
            "gen_ai.usage.cache_creation.input_tokens": usage.cache_write,
            "gen_ai.usage.total_tokens": usage.total,
        }
    )
    assert again == replace(usage, beside=None)
    assert usage.input_tokens == fresh + read + written
