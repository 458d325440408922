"""The shapes of usage objects, as a table.

A place is a key, or two keys with `/` between. Case, `_` and `-` do not matter; a dot in a logged
key counts as `/`. A count lists its places in order of preference; `a + b` is the sum of both.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

COUNTS = ("input_tokens", "output_tokens", "cache_read", "cache_write", "reasoning", "total")
"""The counts of a shape; the total is only used to settle and to complete the others."""


@lru_cache(maxsize=4096)
def folded(key: str) -> str:
    """A key, or a path of keys with `/` between, without regard to case, `_`, `-` and `.`."""
    return key.lower().replace("_", "").replace("-", "").replace(".", "")


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of API writes usage.

    Attributes:
        name: Whose it is, for people.
        marks: Folded paths one of which must be there; empty where any will do.
        cache_inside: Whether the input includes what was read from and written to a cache.
        reasoning_inside: Whether the output includes reasoning.
        provider_decides: Whether `INCLUSIVE_PROVIDERS` write the same keys with the cache inside.
        places: Per count of `COUNTS`, folded paths to sum, in order of preference.
    """

    name: str
    marks: tuple[str, ...]
    cache_inside: bool
    reasoning_inside: bool
    provider_decides: bool
    places: dict[str, tuple[tuple[str, ...], ...]]

    def alternatives(self, count: str) -> tuple[tuple[str, ...], ...]:
        """The places of a count, each as folded paths to sum, in order of preference."""
        return self.places.get(count, ())


def _shape(
    name: str,
    places: dict[str, str],
    *,
    marks: str = "",
    cache_inside: bool = True,
    reasoning_inside: bool = True,
    provider_decides: bool = False,
) -> Shape:
    return Shape(
        name=name,
        marks=tuple(folded(mark) for mark in marks.split()),
        cache_inside=cache_inside,
        reasoning_inside=reasoning_inside,
        provider_decides=provider_decides,
        places={
            count: tuple(
                tuple(folded(path.strip()) for path in alternative.split("+"))
                for alternative in text.split(",")
            )
            for count, text in places.items()
        },
    )


def _prefixed(text: str) -> str:
    """The names of the conventions, with and without their prefix."""
    names = [name.strip().replace(".", "/") for name in text.split(",")]
    return ",".join([f"gen_ai/usage/{name}" for name in names] + names)


_WRITTEN = (
    "cache_creation_input_tokens,"
    "cache_creation/ephemeral_5m_input_tokens + cache_creation/ephemeral_1h_input_tokens,"
    "cache_write_input_tokens"
)

SHAPES = (
    _shape(
        "OpenAI chat completions; also Mistral, DeepSeek, xAI, OpenRouter, LiteLLM",
        {
            "input_tokens": "prompt_tokens",
            "output_tokens": "completion_tokens",
            "cache_read": "prompt_tokens_details/cached_tokens, prompt_cache_hit_tokens,"
            "cached_tokens, cache_read_input_tokens",
            "cache_write": "prompt_tokens_details/cache_write_tokens,"
            "prompt_tokens_details/cache_creation_tokens, cache_creation_input_tokens",
            "reasoning": "completion_tokens_details/reasoning_tokens, reasoning_tokens",
            "total": "total_tokens",
        },
        marks="prompt_tokens completion_tokens",
    ),
    _shape(
        "Anthropic",
        {
            "input_tokens": "input_tokens",
            "output_tokens": "output_tokens",
            "cache_read": "cache_read_input_tokens",
            "cache_write": _WRITTEN,
            "reasoning": "output_tokens_details/thinking_tokens, thinking_tokens",
            "total": "total_tokens",
        },
        marks="cache_read_input_tokens cache_creation_input_tokens"
        " cache_creation/ephemeral_5m_input_tokens cache_creation/ephemeral_1h_input_tokens",
        cache_inside=False,
        provider_decides=True,
    ),
    _shape(
        "Bedrock Converse",
        {
            "input_tokens": "inputTokens",
            "output_tokens": "outputTokens",
            "cache_read": "cacheReadInputTokens, cacheReadInputTokenCount",
            "cache_write": "cacheWriteInputTokens, cacheWriteInputTokenCount",
            "total": "totalTokens",
        },
        marks="cacheReadInputTokens cacheWriteInputTokens cacheReadInputTokenCount cacheWriteInputTokenCount",
        cache_inside=False,
        provider_decides=True,
    ),
    _shape(
        "Gemini",
        {
            "input_tokens": "promptTokenCount + toolUsePromptTokenCount",
            "output_tokens": "candidatesTokenCount, responseTokenCount",
            "cache_read": "cachedContentTokenCount",
            "reasoning": "thoughtsTokenCount",
            "total": "totalTokenCount",
        },
        reasoning_inside=False,
    ),
    _shape(
        "OpenAI responses, LangChain",
        {
            "input_tokens": "input_tokens",
            "output_tokens": "output_tokens",
            "cache_read": "input_tokens_details/cached_tokens, input_token_details/cache_read",
            "cache_write": "input_tokens_details/cache_write_tokens,input_token_details/cache_creation",
            "reasoning": "output_tokens_details/reasoning_tokens, output_token_details/reasoning",
            "total": "total_tokens",
        },
    ),
    _shape(
        "Vercel AI",
        {
            "input_tokens": "inputTokens, promptTokens, inputTokens/total",
            "output_tokens": "outputTokens, completionTokens, outputTokens/total",
            "cache_read": "cachedInputTokens, inputTokenDetails/cacheReadTokens,inputTokens/cacheRead",
            "cache_write": "inputTokenDetails/cacheWriteTokens, inputTokens/cacheWrite",
            "reasoning": "reasoningTokens, outputTokenDetails/reasoningTokens,outputTokens/reasoning",
            "total": "totalTokens",
        },
    ),
    _shape(
        "Ollama",
        {"input_tokens": "prompt_eval_count", "output_tokens": "eval_count"},
    ),
    _shape(
        "Cohere",
        {
            "input_tokens": "tokens/input_tokens, billed_units/input_tokens",
            "output_tokens": "tokens/output_tokens, billed_units/output_tokens",
            "cache_read": "cached_tokens",
        },
        marks="tokens/input_tokens tokens/output_tokens billed_units/input_tokens billed_units/output_tokens",
    ),
    _shape(
        "opencode, Pi",
        {
            "input_tokens": "input",
            "output_tokens": "output",
            "cache_read": "cacheRead, cache/read",
            "cache_write": "cacheWrite, cache/write",
            "reasoning": "reasoning",
            "total": "total, totalTokens",
        },
        marks="cacheRead cacheWrite cache/read cache/write",
        cache_inside=False,
        reasoning_inside=False,
    ),
    _shape(
        "OpenInference",
        {
            "input_tokens": "llm/token_count/prompt",
            "output_tokens": "llm/token_count/completion",
            "cache_read": "llm/token_count/prompt_details/cache_read",
            "cache_write": "llm/token_count/prompt_details/cache_write",
            "reasoning": "llm/token_count/completion_details/reasoning",
            "total": "llm/token_count/total",
        },
    ),
    _shape(
        "The conventions of Sentry and OpenTelemetry, current and deprecated",
        {
            "input_tokens": _prefixed("input_tokens, prompt_tokens"),
            "output_tokens": _prefixed("output_tokens, completion_tokens"),
            "cache_read": "gen_ai/usage/cache_read_input_tokens,"
            + _prefixed("cache_read.input_tokens, input_tokens.cached"),
            "cache_write": "gen_ai/usage/cache_creation_input_tokens,"
            "gen_ai/usage/cache_write_input_tokens,"
            + _prefixed(
                "cache_creation.input_tokens, cache_write.input_tokens, input_tokens.cache_write,"
                "input_tokens.cache_creation"
            ),
            "reasoning": _prefixed("reasoning.output_tokens, output_tokens.reasoning"),
            "total": _prefixed("total_tokens")
            + ", ai/total_tokens/used, ai/usage/tokens, llm/usage/total_tokens",
        },
    ),
    _shape(
        "The names of the log format, and what else is common",
        {
            "input_tokens": "input_tokens, tokens_in, prompt_tokens, tokens_prompt, input_token_count,"
            "prompt_token_count, ai/prompt_tokens/used, input, prompt, in",
            "output_tokens": "output_tokens, tokens_out, completion_tokens, tokens_completion,"
            "output_token_count, completion_token_count, ai/completion_tokens/used, output, completion, out",
            "cache_read": "cached_tokens, cached_input_tokens, cache_read_tokens,"
            "cache_read_input_tokens, cached, cache_read, input_cached_tokens,"
            "cached_content_token_count",
            "cache_write": "cache_write_tokens, cache_creation_tokens, cache_write_input_tokens,"
            "cache_creation_input_tokens, cache_write, cache_creation, input_cache_write_tokens",
            "reasoning": "reasoning_tokens, reasoning_output_tokens, output_reasoning_tokens,"
            "thinking_tokens, reasoning_token_count",
            "total": "total_tokens, tokens_total, total_token_count, tokens, total",
        },
    ),
)
"""Which explains the most counts is taken, the earlier of equals."""

FLAT = SHAPES[-1]
"""The names that fill in what the chosen shape does not find."""

WRAPPERS = frozenset({"meta", "usage", "usagemetadata", "tokenusage", "genai", "tokens"})
"""Folded keys of objects that may hold the counts, where the outer object has none."""

INCLUSIVE_PROVIDERS = frozenset(map(folded, (
    "openai", "azure", "azure.ai.openai", "azure.ai.inference", "azure_openai", "mistral",
    "mistral_ai", "mistralai", "deepseek", "xai", "x_ai", "groq", "together", "together_ai",
    "fireworks", "fireworks_ai", "perplexity", "openrouter", "cerebras", "litellm", "moonshot",
    "qwen", "alibaba", "zai", "ollama", "gemini", "gcp.gemini",
)))  # fmt: skip
"""Providers whose input always includes the cache's tokens, whatever the keys are called."""
