"""Messages as the APIs take and return them, and what must hold for any other JSON."""

from __future__ import annotations

import copy
import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.content.json_values import json_values, nested
from translator.content.messages import (
    Conversation,
    input_messages,
    legacy_messages,
    output_messages,
    system_text,
    texts,
    tool_calls,
    tool_definitions,
)

WEATHER = {"city": "Paris"}
CALLED = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
PNG = "data:image/png;base64,iVBORw0KGgo="
BLOB = "[Blob substitute]"


def say(role: str, *parts: Any) -> dict[str, Any]:
    """A message; strings stand for parts of text."""
    return {"role": role, "parts": [text(part) if type(part) is str else part for part in parts]}


def text(content: str) -> dict[str, Any]:
    """A part of text."""
    return {"type": "text", "content": content}


def thought(content: str) -> dict[str, Any]:
    """A part of reasoning."""
    return {"type": "reasoning", "content": content}


def call(name: str, arguments: Any, call_id: str | None = None) -> dict[str, Any]:
    """A part of a tool call."""
    part = {"type": "tool_call", "name": name, "arguments": arguments}
    return part if call_id is None else {**part, "id": call_id}


def answer(result: Any, call_id: str | None = None) -> dict[str, Any]:
    """A part of what a tool answered."""
    part = {"type": "tool_call_response", "result": result}
    return part if call_id is None else {**part, "id": call_id}


def medium(kind: str, modality: str, mime: str, **where: str) -> dict[str, Any]:
    """A part of an image or the like."""
    return {"type": kind, "modality": modality, "mime_type": mime, **where}


OPENAI_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
}

INPUTS = [
    pytest.param("hello", [say("user", "hello")], "", id="a text"),
    pytest.param("", [], "", id="an empty text"),
    pytest.param(None, [], "", id="null"),
    pytest.param([], [], "", id="an empty list"),
    pytest.param({}, [], "", id="an empty object"),
    pytest.param(["one", "two"], [say("user", "one", "two")], "", id="texts to embed"),
    pytest.param({"prompt": "hi"}, [say("user", "hi")], "", id="a prompt alone"),
    pytest.param(
        [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
            {"role": "user", "name": "ann", "content": "Weather?"},
            {"role": "assistant", "content": None, "tool_calls": [OPENAI_CALL], "refusal": None},
            {"role": "tool", "tool_call_id": "call_1", "content": "18 °C"},
        ],
        [
            say("user", "Weather?"),
            say("assistant", call("get_weather", WEATHER, "call_1")),
            say("tool", answer("18 °C", "call_1")),
        ],
        "Be brief.\n\nBe kind.",
        id="openai chat",
    ),
    pytest.param(
        [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "https://x.org/a.png"}},
                    {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
                    {"type": "input_audio", "input_audio": {"data": "UklGR", "format": "wav"}},
                    {"type": "file", "file": {"file_id": "file-1"}},
                    {"type": "file", "file": {"filename": "a.pdf", "file_data": "JVBERi0="}},
                ],
            }
        ],
        [
            say(
                "user",
                "What is this?",
                medium("uri", "image", "", uri="https://x.org/a.png"),
                medium("blob", "image", "image/png", content=BLOB),
                medium("blob", "audio", "audio/wav", content=BLOB),
                medium("file", "document", "", file_id="file-1"),
                medium("blob", "document", "", content=BLOB),
            )
        ],
        "",
        id="openai chat with media",
    ),
    pytest.param(
        [
            {
                "role": "assistant",
                "content": "",
                "function_call": {"name": "get_weather", "arguments": "{}"},
            },
            {"role": "function", "name": "get_weather", "content": '{"degrees":18}'},
        ],
        [say("assistant", call("get_weather", {})), say("tool", answer('{"degrees":18}'))],
        "",
        id="openai functions",
    ),
    pytest.param(
        {
            "model": "gpt-5",
            "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": "Weather?"},
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
                {
                    "type": "reasoning",
                    "id": "rs_2",
                    "summary": [{"type": "summary_text", "text": "Need a tool."}],
                },
                {
                    "type": "function_call",
                    "id": "fc_1",
                    "call_id": "call_1",
                    "name": "get_weather",
                    "arguments": '{"city":"Paris"}',
                    "status": "completed",
                },
                {"type": "function_call_output", "call_id": "call_1", "output": "18 °C"},
                {
                    "type": "message",
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "And this?"},
                        {"type": "input_image", "image_url": PNG},
                        {"type": "input_image", "file_id": "file-2"},
                        {"type": "input_file", "file_url": "https://x.org/a.pdf"},
                    ],
                },
            ],
        },
        [
            say("user", "Weather?"),
            say("assistant", thought("Need a tool."), call("get_weather", WEATHER, "call_1")),
            say("tool", answer("18 °C", "call_1")),
            say(
                "user",
                "And this?",
                medium("blob", "image", "image/png", content=BLOB),
                medium("file", "image", "", file_id="file-2"),
                medium("uri", "document", "", uri="https://x.org/a.pdf"),
            ),
        ],
        "Be brief.",
        id="openai responses",
    ),
    pytest.param(
        {
            "model": "claude-sonnet-4-5",
            "max_tokens": 1024,
            "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
            "messages": [
                {"role": "user", "content": "Weather?"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "Need a tool.", "signature": "EqQ"},
                        {"type": "redacted_thinking", "data": "EmwK"},
                        {"type": "text", "text": "Let me look."},
                        {"type": "tool_use", "id": "toolu_1", "name": "get_weather",
                         "input": WEATHER},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "By the way:"},
                        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "18 °C"},
                        {
                            "type": "tool_result",
                            "tool_use_id": "toolu_2",
                            "is_error": True,
                            "content": [{"type": "text", "text": "no"},
                                        {"type": "text", "text": "map"}],
                        },
                        {"type": "text", "text": "And tomorrow?"},
                    ],
                },
            ],
        },
        [
            say("user", "Weather?"),
            say(
                "assistant",
                thought("Need a tool."),
                thought(BLOB),
                "Let me look.",
                call("get_weather", WEATHER, "toolu_1"),
            ),
            say("user", "By the way:"),
            say("tool", answer("18 °C", "toolu_1"), answer("no\n\nmap", "toolu_2")),
            say("user", "And tomorrow?"),
        ],
        "Be brief.\n\nBe kind.",
        id="anthropic",
    ),
    pytest.param(
        [
            {
                "role": "user",
                "content": [
                    {"type": "image",
                     "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/4"}},
                    {"type": "image", "source": {"type": "url", "url": "https://x.org/a.png"}},
                    {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
                    {"type": "document", "title": "Notes",
                     "source": {"type": "text", "media_type": "text/plain", "data": "Buy milk."}},
                    {
                        "type": "tool_result",
                        "tool_use_id": "t",
                        "content": [
                            {"type": "text", "text": "A picture:"},
                            {"type": "image",
                             "source": {"type": "base64", "media_type": "image/png", "data": "i"}},
                        ],
                    },
                ],
            }
        ],
        [
            say(
                "user",
                medium("blob", "image", "image/jpeg", content=BLOB),
                medium("uri", "image", "", uri="https://x.org/a.png"),
                medium("file", "document", "", file_id="file_1"),
                "Buy milk.",
            ),
            say(
                "tool",
                answer(
                    [text("A picture:"), medium("blob", "image", "image/png", content=BLOB)], "t"
                ),
            ),
        ],
        "",
        id="anthropic with media",
    ),
    pytest.param(
        {
            "contents": [
                {"role": "user", "parts": [{"text": "Weather?"},
                 {"inlineData": {"mimeType": "image/png", "data": "iVBO"}},
                 {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/a.mp4"}}]},
                {"role": "model", "parts": [
                    {"text": "Need a tool.", "thought": True},
                    {"functionCall": {"name": "get_weather", "args": WEATHER},
                     "thoughtSignature": "Cg"}]},
                {"role": "user", "parts": [
                    {"functionResponse": {"name": "get_weather", "response": {"degrees": 18}}}]},
            ],
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "generationConfig": {"temperature": 0.2},
        },
        [
            say(
                "user",
                "Weather?",
                medium("blob", "image", "image/png", content=BLOB),
                medium("uri", "video", "video/mp4", uri="gs://b/a.mp4"),
            ),
            say("assistant", thought("Need a tool."), call("get_weather", WEATHER)),
            say("tool", answer({"degrees": 18})),
        ],
        "Be brief.",
        id="gemini",
    ),
    pytest.param(
        {
            "model": "gemini-2.5-pro",
            "contents": [{"parts": [{"text": "Hi"},
                         {"inline_data": {"mime_type": "audio/mp3", "data": "SUQz"}}]}],
            "config": {"system_instruction": "Be brief."},
        },
        [say("user", "Hi", medium("blob", "audio", "audio/mp3", content=BLOB))],
        "Be brief.",
        id="gemini in python",
    ),
    pytest.param(
        {
            "modelId": "anthropic.claude-3",
            "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
            "messages": [
                {"role": "user", "content": [
                    {"text": "Weather?"}, {"image": {"format": "png", "source": {"bytes": "iVBO"}}},
                    {"document": {"format": "pdf", "name": "a",
                                  "source": {"s3Location": {"uri": "s3://b/a.pdf"}}}},
                    {"cachePoint": {"type": "default"}}]},
                {"role": "assistant", "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Tool.", "signature": "x"}}},
                    {"toolUse": {"toolUseId": "tu_1", "name": "get_weather", "input": WEATHER}}]},
                {"role": "user", "content": [
                    {"toolResult": {"toolUseId": "tu_1", "content": [{"json": {"degrees": 18}}],
                                    "status": "success"}},
                    {"toolResult": {"toolUseId": "tu_2", "content": [{"text": "no map"}]}}]},
            ],
        },
        [
            say(
                "user",
                "Weather?",
                medium("blob", "image", "image/png", content=BLOB),
                medium("uri", "document", "application/pdf", uri="s3://b/a.pdf"),
            ),
            say("assistant", thought("Tool."), call("get_weather", WEATHER, "tu_1")),
            say("tool", answer({"degrees": 18}, "tu_1"), answer("no map", "tu_2")),
        ],
        "Be brief.",
        id="bedrock converse",
    ),
    pytest.param(
        {
            "model": "llama3.2-vision",
            "messages": [
                {"role": "user", "content": "What is this?", "images": ["iVBORw0"]},
                {"role": "assistant", "content": "", "tool_calls": [
                    {"function": {"name": "get_weather", "arguments": WEATHER}}]},
                {"role": "tool", "content": "18", "tool_name": "get_weather"},
            ],
        },
        [
            say("user", "What is this?", medium("blob", "image", "", content=BLOB)),
            say("assistant", call("get_weather", WEATHER)),
            say("tool", answer("18")),
        ],
        "",
        id="ollama",
    ),
    pytest.param(
        {
            "model": "command-r",
            "preamble": "Be brief.",
            "message": "And tomorrow?",
            "chat_history": [
                {"role": "USER", "message": "Weather?"},
                {"role": "CHATBOT", "message": "18 °C"},
            ],
        },
        [say("user", "Weather?"), say("assistant", "18 °C"), say("user", "And tomorrow?")],
        "Be brief.",
        id="cohere 1",
    ),
    pytest.param(
        [
            {"role": "assistant", "tool_plan": "I will look.", "tool_calls": [OPENAI_CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": [
                {"type": "document", "document": {"data": {"text": "18 °C"}}}]},
        ],
        [
            say("assistant", thought("I will look."), call("get_weather", WEATHER, "call_1")),
            say("tool", answer("18 °C", "call_1")),
        ],
        "",
        id="cohere 2",
    ),
    pytest.param(
        [
            {"type": "system", "content": "Be brief."},
            {"type": "human", "content": "Weather?", "additional_kwargs": {}},
            {"type": "ai", "id": "run-1", "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "t1", "name": "get_weather", "input": WEATHER}],
             "tool_calls": [{"name": "get_weather", "args": WEATHER, "id": "t1",
                             "type": "tool_call"}]},
            {"type": "tool", "content": "18 °C", "tool_call_id": "t1", "id": "m"},
        ],
        [
            say("user", "Weather?"),
            say("assistant", "Let me look.", call("get_weather", WEATHER, "t1")),
            say("tool", answer("18 °C", "t1")),
        ],
        "Be brief.",
        id="langchain",
    ),
    pytest.param(
        [[
            {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "HumanMessage"],
             "kwargs": {"content": "Hi", "type": "human"}},
            {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "AIMessage"],
             "kwargs": {"content": "Hello"}},
        ]],
        [say("user", "Hi"), say("assistant", "Hello")],
        "",
        id="langchain serialised, one batch",
    ),
    pytest.param(
        [
            {"role": "user", "content": [
                {"type": "text", "text": "Weather?"},
                {"type": "image", "image": "iVBORw0", "mediaType": "image/png"},
                {"type": "file", "data": "https://x.org/a.pdf", "mediaType": "application/pdf"}]},
            {"role": "assistant", "content": [
                {"type": "reasoning", "text": "Need a tool."},
                {"type": "tool-call", "toolCallId": "c1", "toolName": "get_weather",
                 "input": WEATHER}]},
            {"role": "tool", "content": [
                {"type": "tool-result", "toolCallId": "c1", "toolName": "get_weather",
                 "output": {"type": "json", "value": {"degrees": 18}}}]},
            {"role": "tool", "content": [
                {"type": "tool-result", "toolCallId": "c2", "toolName": "x", "result": "old"}]},
        ],
        [
            say(
                "user",
                "Weather?",
                medium("blob", "image", "image/png", content=BLOB),
                medium("uri", "document", "application/pdf", uri="https://x.org/a.pdf"),
            ),
            say("assistant", thought("Need a tool."), call("get_weather", WEATHER, "c1")),
            say("tool", answer({"degrees": 18}, "c1")),
            say("tool", answer("old", "c2")),
        ],
        "",
        id="vercel ai",
    ),
    pytest.param(
        [
            {"role": "user", "content": "Weather?", "timestamp": 1},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Need a tool.", "thinkingSignature": "c2ln"},
                {"type": "toolCall", "id": "c1", "name": "get_weather", "arguments": WEATHER}]},
            {"role": "toolResult", "toolCallId": "c1", "toolName": "get_weather", "isError": False,
             "content": [{"type": "text", "text": "18"}]},
        ],
        [
            say("user", "Weather?"),
            say("assistant", thought("Need a tool."), call("get_weather", WEATHER, "c1")),
            say("tool", answer("18", "c1")),
        ],
        "",
        id="pi",
    ),
    pytest.param(
        [say("system", "Be brief."), say("user", "Hi", {"type": "made_up", "x": 1})],
        [say("user", "Hi", {"type": "made_up", "x": 1})],
        "Be brief.",
        id="parts already, one of a kind that nobody knows",
    ),
    pytest.param(
        [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": PNG}}],
        [say("user", "Hi", medium("blob", "image", "image/png", content=BLOB))],
        "",
        id="content without a message",
    ),
    pytest.param(
        json.dumps([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]),
        [say("user", "Hi")],
        "Be brief.",
        id="messages in a JSON string",
    ),
    pytest.param(
        json.dumps({"prompt": "not a request"}),
        [say("user", '{"prompt": "not a request"}')],
        "",
        id="JSON that somebody wrote",
    ),
    pytest.param('["a","b"]', [say("user", '["a","b"]')], "", id="a list that somebody wrote"),
    pytest.param("[unfinished", [say("user", "[unfinished")], "", id="not quite JSON"),
    pytest.param(
        {"query": "x", "prompt": "y", "style": 3},
        [say("user", '{"query":"x","prompt":"y","style":3}')],
        "",
        id="an object of no provider",
    ),
    pytest.param(
        {"role": "admin", "name": "Bob"},
        [say("user", '{"role":"admin","name":"Bob"}')],
        "",
        id="a role that is none",
    ),
    pytest.param(42, [say("user", "42")], "", id="a number"),
    pytest.param([1, 2], [say("user", "[1,2]")], "", id="numbers"),
    pytest.param(
        [{"role": "user", "content": f"Look: ![]({PNG}) nice"}],
        [say("user", f"Look: ![]({BLOB}) nice")],
        "",
        id="a data URL in a text",
    ),
    *(
        pytest.param(
            [{"role": "assistant", "content": None, "tool_calls": calls}, {"role": "user", "content": "Hi"}],
            [say("assistant", *parts), say("user", "Hi")], "", id=f"calls, {case}",
        )
        for case, calls, parts in (
            ("as a text", json.dumps([CALLED]), [call("f", {"a": 1}, "c")]),
            ("one as a text", json.dumps(CALLED), [call("f", {"a": 1}, "c")]),
            ("texts", [json.dumps(CALLED)], [call("f", {"a": 1}, "c")]),
            ("one object", CALLED, [call("f", {"a": 1}, "c")]),
            ("what nobody recognises", "f(a=1)", ["f(a=1)"]),
            ("and what is none", [CALLED, "f(a=1)"], [call("f", {"a": 1}, "c"), "f(a=1)"]),
        )
    ),
    pytest.param(
        [{"role": "assistant", "content": "Hm.", "tool_calls": 2}], [say("assistant", "Hm.")], "",
        id="a count of calls",
    ),
    *(
        pytest.param({"model": "m", "prompt": "Hi", **settings}, [say("user", "Hi")], "", id=f"set, {case}")
        for case, settings in (
            ("reasoning", {"reasoning": {"effort": "high"}}),
            ("thinking", {"thinking": {"type": "enabled", "budget_tokens": 5}}),
            ("a flag", {"thinking": True}),
        )
    ),
]  # fmt: skip

OUTPUTS = [
    pytest.param("hello", [say("assistant", "hello")], id="a text"),
    pytest.param(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": "gpt-4o",
            "choices": [
                {"index": 0, "finish_reason": "tool_calls", "message": {
                    "role": "assistant", "content": "Let me look.", "refusal": None,
                    "reasoning_content": "Need a tool.", "tool_calls": [OPENAI_CALL]}},
                {"index": 1, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": None, "refusal": "No."}},
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        },
        [
            say("assistant", thought("Need a tool."), "Let me look.",
                call("get_weather", WEATHER, "call_1")),
            say("assistant", "No."),
        ],
        id="openai chat",
    ),
    pytest.param(
        {"choices": [{"text": "Once", "index": 0, "logprobs": None, "finish_reason": "length"}]},
        [say("assistant", "Once")],
        id="openai completions",
    ),
    pytest.param(
        {
            "id": "resp_1",
            "object": "response",
            "status": "completed",
            "instructions": "Be brief.",
            "output": [
                {"type": "reasoning", "id": "rs_1",
                 "summary": [{"type": "summary_text", "text": "Need"},
                             {"type": "summary_text", "text": "a tool."}]},
                {"type": "web_search_call", "id": "ws_1", "status": "completed",
                 "action": {"type": "search", "query": "Paris"}},
                {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                 "content": [{"type": "output_text", "text": "Sunny.", "annotations": []}]},
                {"type": "function_call", "id": "fc_1", "call_id": "call_1",
                 "name": "get_weather", "arguments": '{"city":"Paris"}'},
                {"type": "custom_tool_call", "call_id": "call_2", "name": "patch",
                 "input": "*** Begin"},
            ],
        },
        [
            say(
                "assistant",
                thought("Need\n\na tool."),
                call("web_search", {"type": "search", "query": "Paris"}, "ws_1"),
                "Sunny.",
                call("get_weather", WEATHER, "call_1"),
                call("patch", "*** Begin", "call_2"),
            )
        ],
        id="openai responses",
    ),
    pytest.param(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-5",
            "content": [
                {"type": "thinking", "thinking": "Search.", "signature": "E"},
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
                 "input": {"query": "Paris"}},
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1",
                 "content": [{"type": "web_search_result", "title": "Paris", "url": "https://p"}]},
                {"type": "text", "text": "Sunny."},
            ],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 1, "output_tokens": 1},
        },
        [
            say(
                "assistant",
                thought("Search."),
                call("web_search", {"query": "Paris"}, "srvtoolu_1"),
                answer(
                    [{"type": "web_search_result", "title": "Paris", "url": "https://p"}],
                    "srvtoolu_1",
                ),
                "Sunny.",
            )
        ],
        id="anthropic",
    ),
    pytest.param(
        [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Sunny."},
         {"type": "tool_use", "id": "t", "name": "f", "input": {}}],
        [say("assistant", thought("Hm."), "Sunny.", call("f", {}, "t"))],
        id="anthropic content alone",
    ),
    pytest.param(
        {
            "candidates": [
                {"content": {"role": "model", "parts": [
                    {"text": "Hm.", "thought": True}, {"text": "Sunny."},
                    {"executableCode": {"language": "PYTHON", "code": "1+1"}},
                    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}}]},
                 "finishReason": "STOP"},
                {"finishReason": "SAFETY", "index": 1},
            ],
            "usageMetadata": {"promptTokenCount": 1},
            "modelVersion": "gemini-2.5-pro",
        },
        [
            say(
                "assistant",
                thought("Hm."),
                "Sunny.",
                call("code_execution", {"language": "PYTHON", "code": "1+1"}),
                answer("2"),
            )
        ],
        id="gemini",
    ),
    pytest.param(
        {
            "output": {"message": {"role": "assistant", "content": [
                {"text": "Sunny."},
                {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}}]}},
            "stopReason": "tool_use",
            "usage": {"inputTokens": 1, "outputTokens": 1},
        },
        [say("assistant", "Sunny.", call("f", {"a": 1}, "t"))],
        id="bedrock converse",
    ),
    pytest.param(
        {"model": "llama3", "message": {"role": "assistant", "content": "Sunny.",
         "thinking": "Hm."}, "done": True, "eval_count": 5},
        [say("assistant", thought("Hm."), "Sunny.")],
        id="ollama chat",
    ),
    pytest.param(
        {"model": "llama3", "response": "Sunny.", "thinking": "Hm.", "done": True},
        [say("assistant", thought("Hm."), "Sunny.")],
        id="ollama generate",
    ),
    pytest.param(
        {"id": "1", "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
         "finish_reason": "COMPLETE"},
        [say("assistant", "Hi")],
        id="cohere 2",
    ),
    pytest.param(
        {"text": "Hi", "generation_id": "g", "finish_reason": "COMPLETE", "meta": {}},
        [say("assistant", "Hi")],
        id="cohere 1",
    ),
    pytest.param(
        {"text": "Hi", "finishReason": "stop", "usage": {}, "toolCalls": [
            {"type": "tool-call", "toolCallId": "c", "toolName": "f", "args": {"a": 1}}]},
        [say("assistant", "Hi", call("f", {"a": 1}, "c"))],
        id="vercel ai",
    ),
    pytest.param(
        {"generations": [[{"text": "Hi", "type": "ChatGeneration", "message": {
            "lc": 1, "type": "constructor", "id": ["langchain", "schema", "AIMessage"],
            "kwargs": {"content": "Hi", "tool_calls": []}}}]], "llm_output": {}},
        [say("assistant", "Hi")],
        id="langchain result",
    ),
    pytest.param(
        {"messages": [
            {"type": "human", "content": "Weather?"},
            {"type": "ai", "content": "", "tool_calls": [{"name": "f", "args": {}, "id": "t"}]},
            {"type": "tool", "content": "18", "tool_call_id": "t"},
            {"type": "ai", "content": "18 °C"}]},
        [
            say("assistant", call("f", {}, "t")),
            say("assistant", answer("18", "t")),
            say("assistant", "18 °C"),
        ],
        id="a graph's whole state",
    ),
    pytest.param(
        {"role": "assistant", "content": None, "audio": {"id": "a", "data": "UklG",
         "transcript": "Sunny."}},
        [say("assistant", "Sunny.")],
        id="openai audio",
    ),
    pytest.param(
        {"answer": 42, "text": "no provider says this"},
        [say("assistant", '{"answer":42,"text":"no provider says this"}')],
        id="structured output",
    ),
    pytest.param(
        '{"text":"no provider says this"}',
        [say("assistant", '{"text":"no provider says this"}')],
        id="structured output in a string",
    ),
    pytest.param(
        {"candidates": [{"name": "Bob"}]},
        [say("assistant", '{"candidates":[{"name":"Bob"}]}')],
        id="structured output that resembles a response",
    ),
    pytest.param({"output": "done"}, [say("assistant", "done")], id="an output alone"),
    *(
        pytest.param(logged, [say("assistant", *said, call("f", {"a": 1}, "c"))], id=f"no role, {case}")
        for case, logged, said in (
            ("no text", {"content": "", "tool_calls": [CALLED]}, ()),
            ("null", {"content": None, "tool_calls": [CALLED]}, ()),
            ("a text", {"content": "Hm.", "tool_calls": [CALLED]}, ("Hm.",)),
            ("blocks", {"content": [{"type": "text", "text": "Hm."}], "tool_calls": [CALLED]}, ("Hm.",)),
            ("a call alone", {"tool_calls": [CALLED]}, ()),
            ("a reason", {"tool_calls": [CALLED], "finish_reason": "tool_calls"}, ()),
            ("camel case", {"toolCalls": [{"id": "c", "toolName": "f", "args": {"a": 1}}]}, ()),
            ("in a list", [{"content": None, "tool_calls": [CALLED]}], ()),
            ("in a text", json.dumps({"content": None, "tool_calls": [CALLED]}), ()),
            ("a call and null", {"tool_calls": [CALLED], "refusal": None}, ()),
        )
    ),
    *(
        pytest.param(json.loads(logged), [say("assistant", "It rains.")], id=f"empty keys: {logged}")
        for logged in (
            '{"content": "It rains.", "tool_calls": []}',
            '{"content": "It rains.", "tool_calls": null}',
            '{"role": null, "content": "It rains."}',
            '{"role": "", "text": "It rains."}',
            '{"content": "It rains.", "tool_calls": [], "refusal": null, "annotations": [], "audio": null}',
        )
    ),
    pytest.param({"content": [], "stop_reason": "end_turn"}, [], id="an answer that says nothing"),
    pytest.param(
        {"type": "tool_result", "tool_use_id": "t", "content": []},
        [say("assistant", answer([], "t"))],
        id="an empty result",
    ),
    *(
        pytest.param(logged, [say("assistant", json.dumps(logged, separators=(",", ":")))], id=case)
        for case, logged in (
            ("calls beside an answer of one's own", {"answer": 42, "tool_calls": [CALLED]}),
            ("calls that are none", {"content": "", "tool_calls": [{"day": 1}]}),
            ("a count of calls", {"content": "", "tool_calls": 2}),
            ("an answer of one's own with empty keys", {"content": "It rains.", "mm": 3, "wind": None}),
            ("nothing but empty keys", {"content": "", "tool_calls": []}),
        )
    ),
    pytest.param({"model": "m", "choices": [], "usage": {}}, [], id="a response that says nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("logged", "messages", "system"), INPUTS)
def test_what_went_in_becomes_messages_with_the_system_prompt_apart(
    logged: Any, messages: list[Any], system: str
) -> None:
    assert input_messages(logged) == Conversation(messages, system)


@pytest.mark.parametrize(("logged", "messages"), OUTPUTS)
def test_what_came_out_becomes_messages_of_the_assistant(logged: Any, messages: list[Any]) -> None:
    assert output_messages(logged).messages == messages


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        ('{"city":"Paris"}', WEATHER),
        (WEATHER, WEATHER),
        ("", {}),
        (None, {}),
        ("not JSON", "not JSON"),
        ('{"city":', '{"city":'),
        ("5", "5"),
        ([1], [1]),
    ],
)
def test_arguments_in_json_are_parsed(logged: Any, expected: Any) -> None:
    message = {
        "role": "assistant",
        "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": logged}}],
    }
    assert output_messages(message).messages == [say("assistant", call("f", expected, "c"))]


def test_binary_data_in_results_of_tools_is_not_kept() -> None:
    result = {"content": [{"type": "image", "data": "iVBORw0", "mimeType": "image/png"}], "u": PNG}
    (message,) = input_messages({"role": "tool", "content": result, "tool_call_id": "t"}).messages
    assert "iVBORw0" not in json.dumps(message)
    assert message["parts"][0]["result"]["content"][0]["mimeType"] == "image/png"


@pytest.mark.parametrize(
    "logged",
    [
        "Be brief.",
        [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        {"parts": [{"text": "Be brief."}]},
        {"role": "system", "content": "Be brief."},
        [say("system", "Be brief.")],
    ],
)
def test_a_system_prompt_of_its_own_becomes_text(logged: Any) -> None:
    assert system_text(logged) == "Be brief."


def test_definitions_of_tools_are_kept_as_logged() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    assert tool_definitions([tool]) == [tool]
    assert tool_definitions(tool) == [tool]
    assert tool_definitions(json.dumps([tool])) == [tool]
    assert tool_definitions(None) == []


def test_the_old_shape_has_texts_or_the_json_of_parts() -> None:
    messages = [say("user", "a", "b"), say("tool", answer(1, "c"))]
    assert legacy_messages(messages) == [
        {"role": "user", "content": "a\n\nb"},
        {"role": "tool", "content": '[{"type":"tool_call_response","result":1,"id":"c"}]'},
    ]


def test_the_old_response_has_texts_and_calls_of_the_assistant() -> None:
    messages = [say("user", "no"), say("assistant", thought("hm"), "yes", call("f", {}, "c"))]
    assert texts(messages) == ["yes"]
    assert tool_calls(messages) == [{"id": "c", "name": "f", "arguments": {}}]


def check(conversation: Conversation, roles: set[str]) -> None:
    """Fail if messages are not as Sentry reads them."""
    assert type(conversation.system) is str
    for message in conversation.messages:
        assert message.keys() == {"role", "parts"}
        assert message["role"] in roles
        assert message["parts"]
        for part in message["parts"]:
            kind = part["type"]
            assert type(kind) is str
            if kind in {"text", "reasoning"}:
                assert part.keys() == {"type", "content"}
                assert type(part["content"]) is str
            elif kind == "tool_call":
                assert part.keys() - {"id"} == {"type", "name", "arguments"}
                assert type(part["name"]) is str
            elif kind == "tool_call_response":
                assert part.keys() - {"id"} == {"type", "result"}
            elif kind in {"blob", "uri", "file"}:
                assert type(part["mime_type"]) is str
                assert part.get("content", BLOB) == BLOB


@given(json_values())
@example({"role": "tool", "content": {"type": []}})
@example({"role": [], "type": {}, "content": [{"type": 1, "text": {}}]})
@settings(max_examples=400)
def test_any_json_becomes_valid_messages_and_is_not_changed(value: Any) -> None:
    before = copy.deepcopy(value)
    went_in, came_out = input_messages(value), output_messages(value)
    check(went_in, {"user", "assistant", "tool"})
    check(came_out, {"assistant"})
    assert repr(value) == repr(before)
    legacy_messages(went_in.messages)
    texts(came_out.messages)
    tool_calls(came_out.messages)
    tool_definitions(value)


@given(json_values())
@settings(max_examples=400)
def test_normalised_messages_stay_as_they_are(value: Any) -> None:
    went_in = input_messages(value).messages
    assert repr(input_messages(went_in)) == repr(Conversation(went_in))
    came_out = output_messages(value).messages
    assert repr(output_messages(came_out)) == repr(Conversation(came_out))


@given(
    st.sampled_from([None, "content", "parts", "message", "output", "input", "result", "messages"]),
    st.sampled_from([3, 100, 250, 400]),
    st.sampled_from(["{}", '{{"role":"user","content":{}}}', '{{"type":"tool_result","content":{}}}']),
)
@settings(deadline=None)
def test_deep_nesting_is_read(key: str | None, depth: int, around: str) -> None:
    inner = around.format(orjson.dumps(nested(depth // 2, key)).decode())
    value = nested(depth, key)
    for logged in (
        value,
        inner,
        orjson.loads(inner),
        {"role": "tool", "content": value},
        [{"role": "assistant", "parts": [{"type": "made_up", "x": value}]}],
        {"role": "assistant", "tool_calls": [{"function": {"arguments": inner}}]},
    ):
        check(input_messages(logged), {"user", "assistant", "tool"})
        check(output_messages(logged), {"assistant"})
