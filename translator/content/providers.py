"""Who serves a model, guessed from its name where that is plain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from translator.model import Json

PREFIXES: tuple[tuple[str, str], ...] = (
    ("gpt-", "openai"), ("chatgpt-", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4-", "openai"),
    ("text-embedding-3", "openai"), ("text-embedding-ada", "openai"), ("codex-", "openai"),
    ("ft:gpt-", "openai"),
    ("claude", "anthropic"),
    ("gemini-", "google"), ("models/gemini-", "google"), ("gemini", "google"),
    ("mistral-", "mistral_ai"), ("mixtral-", "mistral_ai"), ("open-mistral", "mistral_ai"),
    ("open-mixtral", "mistral_ai"), ("codestral", "mistral_ai"), ("ministral", "mistral_ai"),
    ("magistral", "mistral_ai"), ("pixtral", "mistral_ai"), ("devstral", "mistral_ai"),
    ("command-", "cohere"), ("embed-english", "cohere"), ("embed-multilingual", "cohere"),
    ("deepseek", "deepseek"), ("grok", "x_ai"), ("sonar", "perplexity"),
    ("amazon.", "aws.bedrock"), ("anthropic.", "aws.bedrock"), ("meta.llama", "aws.bedrock"),
    ("cohere.", "aws.bedrock"), ("mistral.", "aws.bedrock"), ("ai21.", "aws.bedrock"),
    ("us.", "aws.bedrock"), ("eu.", "aws.bedrock"), ("apac.", "aws.bedrock"),
    ("arn:aws:bedrock", "aws.bedrock"),
)  # fmt: skip
"""Beginnings of model names, and whose they are; the first that fits counts."""

ROUTED = {
    "openai": "openai", "anthropic": "anthropic", "google": "google", "gemini": "google",
    "vertex_ai": "gcp.vertex_ai", "bedrock": "aws.bedrock", "azure": "azure.ai.openai",
    "mistralai": "mistral_ai", "mistral": "mistral_ai", "cohere": "cohere", "deepseek": "deepseek",
    "x-ai": "x_ai", "xai": "x_ai", "groq": "groq", "perplexity": "perplexity", "ollama": "ollama",
}  # fmt: skip
"""What routers such as OpenRouter and LiteLLM write before the slash."""


def provider_of(fields: Mapping[str, Json]) -> str | None:
    """Who answers a call: as its fields say, or as the name of its model tells; None where neither does."""
    provider = fields.get("provider")
    if provider is None and (model := fields.get("model") or fields.get("response_model")) is not None:
        return guess_provider(model)
    return provider


@lru_cache(maxsize=1024)
def guess_provider(model: str) -> str | None:
    """The provider that a model's name speaks of plainly, or None."""
    name = model.lower()
    router, slash, _ = name.partition("/")
    if slash and router in ROUTED:
        return ROUTED[router]
    for prefix, provider in PREFIXES:
        if name.startswith(prefix):
            return provider
    return None
