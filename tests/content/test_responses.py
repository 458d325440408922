"""Whole requests and responses as the APIs have them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from tests.content.json_values import json_values
from translator.content.responses import read_request, read_response

USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        pytest.param(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1741569952,
                "model": "gpt-4o-2024-08-06",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": "Hi"},
                        "logprobs": None,
                        "finish_reason": "stop",
                    }
                ],
                "usage": USAGE,
                "service_tier": "default",
            },
            {
                "usage": USAGE,
                "response_model": "gpt-4o-2024-08-06",
                "response_id": "chatcmpl-1",
                "finish_reason": "stop",
            },
            id="openai chat",
        ),
        pytest.param(
            {"choices": [{"finish_reason": "stop"}, {"finish_reason": "length"}]},
            {"finish_reason": ["stop", "length"]},
            id="several answers",
        ),
        pytest.param(
            {
                "id": "resp_1",
                "object": "response",
                "status": "completed",
                "error": None,
                "incomplete_details": None,
                "model": "gpt-5",
                "output": [],
                "usage": {"input_tokens": 1},
            },
            {
                "usage": {"input_tokens": 1},
                "response_model": "gpt-5",
                "response_id": "resp_1",
                "finish_reason": "completed",
            },
            id="openai responses",
        ),
        pytest.param(
            {
                "object": "response",
                "status": "incomplete",
                "incomplete_details": {"reason": "max_output_tokens"},
                "output": [],
            },
            {"finish_reason": "max_output_tokens"},
            id="openai responses, cut",
        ),
        pytest.param(
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": "claude-sonnet-4-5",
                "content": [{"type": "text", "text": "Hi"}],
                "stop_reason": "end_turn",
                "stop_sequence": None,
                "usage": {"input_tokens": 1, "output_tokens": 2},
            },
            {
                "usage": {"input_tokens": 1, "output_tokens": 2},
                "response_model": "claude-sonnet-4-5",
                "response_id": "msg_1",
                "finish_reason": "end_turn",
            },
            id="anthropic",
        ),
        pytest.param(
            {
                "candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": 1},
                "modelVersion": "gemini-2.5-pro",
                "responseId": "r1",
            },
            {
                "usage": {"promptTokenCount": 1},
                "response_model": "gemini-2.5-pro",
                "response_id": "r1",
                "finish_reason": "STOP",
            },
            id="gemini",
        ),
        pytest.param(
            {
                "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
                "metrics": {"latencyMs": 5},
            },
            {
                "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
                "finish_reason": "end_turn",
            },
            id="bedrock",
        ),
        pytest.param(
            {
                "model": "llama3",
                "message": {"role": "assistant", "content": "Hi"},
                "done": True,
                "done_reason": "stop",
                "prompt_eval_count": 26,
                "eval_count": 298,
            },
            {
                "usage": {"prompt_eval_count": 26, "eval_count": 298},
                "response_model": "llama3",
                "finish_reason": "stop",
            },
            id="ollama",
        ),
        pytest.param(
            {
                "text": "Hi",
                "generation_id": "g1",
                "finish_reason": "COMPLETE",
                "meta": {"tokens": {"input_tokens": 1, "output_tokens": 2}},
            },
            {
                "usage": {"tokens": {"input_tokens": 1, "output_tokens": 2}},
                "response_id": "g1",
                "finish_reason": "COMPLETE",
            },
            id="cohere",
        ),
        pytest.param(
            {
                "type": "ai",
                "content": "Hi",
                "response_metadata": {"model_name": "gpt-4o", "finish_reason": "stop"},
                "usage_metadata": {"input_tokens": 1},
            },
            {
                "usage": {"input_tokens": 1},
                "response_model": "gpt-4o",
                "finish_reason": "stop",
            },
            id="langchain",
        ),
        pytest.param(
            {
                "generations": [[{"text": "Hi", "generation_info": {"finish_reason": "stop"}}]],
                "llm_output": {
                    "token_usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
                    "model_name": "gpt-4o-2024-08-06",
                },
            },
            {
                "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
                "response_model": "gpt-4o-2024-08-06",
                "finish_reason": "stop",
            },
            id="langchain, a result",
        ),
        pytest.param(
            {
                "generations": [[{"text": "Hi", "generationInfo": {"finish_reason": "stop"}}]],
                "llmOutput": {"tokenUsage": {"promptTokens": 3, "completionTokens": 4}},
            },
            {"usage": {"promptTokens": 3, "completionTokens": 4}, "finish_reason": "stop"},
            id="langchain, a result of JavaScript",
        ),
        pytest.param(
            {
                "generations": [
                    [
                        {
                            "text": "Hi",
                            "message": {
                                "kwargs": {
                                    "content": "Hi",
                                    "usage_metadata": {"input_tokens": 3},
                                    "response_metadata": {"model_name": "m", "finish_reason": "stop"},
                                }
                            },
                        }
                    ]
                ],
                "llm_output": None,
            },
            {"usage": {"input_tokens": 3}, "response_model": "m", "finish_reason": "stop"},
            id="langchain, a result whose message tells",
        ),
        pytest.param({"generations": [], "llm_output": {}}, {}, id="langchain, a result that says nothing"),
        pytest.param({"model": "T-Ford", "id": "3", "price": 9}, {}, id="structured output"),
        pytest.param({"status": "ok", "output": "x"}, {}, id="an agent's own result"),
        pytest.param("Hi", {}, id="text"),
        pytest.param([{"choices": []}], {}, id="list"),
        pytest.param(None, {}, id="null"),
    ],
)
def test_a_whole_response_states_its_fields(logged: Any, expected: dict[str, Any]) -> None:
    assert read_response(logged) == expected


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        pytest.param(
            {
                "model": "gpt-4o",
                "messages": [{"role": "user", "content": "Hi"}],
                "temperature": 0.2,
                "max_completion_tokens": 100,
                "top_p": 1,
                "seed": 7,
                "frequency_penalty": 0.5,
                "presence_penalty": -0.5,
                "stop": ["END"],
                "reasoning_effort": "low",
                "stream": True,
                "tools": [{"type": "function"}],
            },
            {
                "model": "gpt-4o",
                "temperature": 0.2,
                "max_tokens": 100,
                "top_p": 1,
                "seed": 7,
                "frequency_penalty": 0.5,
                "presence_penalty": -0.5,
                "stop": ["END"],
                "reasoning_effort": "low",
                "stream": True,
                "tools": [{"type": "function"}],
            },
            id="openai chat",
        ),
        pytest.param(
            {
                "model": "gpt-5",
                "input": "Hi",
                "max_output_tokens": 9,
                "reasoning": {"effort": "high"},
            },
            {"model": "gpt-5", "max_tokens": 9, "reasoning_effort": "high"},
            id="openai responses",
        ),
        pytest.param(
            {
                "model": "claude-sonnet-4-5",
                "max_tokens": 1024,
                "system": "Be brief.",
                "messages": [],
                "top_k": 5,
                "stop_sequences": ["END"],
            },
            {"model": "claude-sonnet-4-5", "max_tokens": 1024, "top_k": 5, "stop": ["END"]},
            id="anthropic",
        ),
        pytest.param(
            {
                "contents": [{"parts": [{"text": "Hi"}]}],
                "tools": [{"functionDeclarations": []}],
                "generationConfig": {
                    "temperature": 1,
                    "topP": 0.9,
                    "topK": 40,
                    "maxOutputTokens": 256,
                    "stopSequences": ["END"],
                    "thinkingConfig": {"thinkingLevel": "low"},
                },
            },
            {
                "temperature": 1,
                "max_tokens": 256,
                "top_p": 0.9,
                "top_k": 40,
                "stop": ["END"],
                "reasoning_effort": "low",
                "tools": [{"functionDeclarations": []}],
            },
            id="gemini",
        ),
        pytest.param(
            {
                "modelId": "anthropic.claude-3",
                "messages": [],
                "inferenceConfig": {"maxTokens": 512, "temperature": 0.5, "topP": 0.9},
                "toolConfig": {"tools": [{"toolSpec": {}}]},
            },
            {
                "model": "anthropic.claude-3",
                "temperature": 0.5,
                "max_tokens": 512,
                "top_p": 0.9,
                "tools": [{"toolSpec": {}}],
            },
            id="bedrock",
        ),
        pytest.param(
            {"model": "llama3", "prompt": "Hi", "options": {"num_predict": 5, "top_k": 3}},
            {"model": "llama3", "max_tokens": 5, "top_k": 3},
            id="ollama",
        ),
        pytest.param(
            {
                "messages": [],
                "temperature": "hot",
                "max_tokens": True,
                "stop": [1],
                "stream": "yes",
                "top_p": float("nan"),
            },
            {},
            id="values of the wrong type",
        ),
        pytest.param({"temperature": 20, "city": "Paris"}, {}, id="no request"),
        pytest.param("Hi", {}, id="text"),
        pytest.param([], {}, id="list"),
    ],
)
def test_a_whole_request_states_its_fields(logged: Any, expected: dict[str, Any]) -> None:
    assert read_request(logged) == expected


@given(json_values())
def test_any_json_is_read_and_not_changed(value: Any) -> None:
    before = copy.deepcopy(value)
    read_request(value)
    stated = read_response(value)
    assert type(stated.get("usage", {})) is dict
    assert type(stated.get("response_model", "")) is str
    assert repr(value) == repr(before)
