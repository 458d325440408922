"""The lines of a chat: which they are, and what of a message goes into which field.

Shapes as version 0.61 writes them (one record a line) and as older versions do (one document).
"""

from __future__ import annotations

from translator.content.usage import Usage, read_usage
from translator.formats.building import failed_output
from translator.formats.shapes import object_in, objects_in, text_in
from translator.model import Json

Record = dict[str, Json]

PROVIDER = "gcp.gemini"
AGENT = "gemini-cli"
AGENT_TOOL = "invoke_agent"

_TOKENS = (
    ("promptTokenCount", "input"),
    ("candidatesTokenCount", "output"),
    ("cachedContentTokenCount", "cached"),
    ("thoughtsTokenCount", "thoughts"),
    ("toolUsePromptTokenCount", "tool"),
    ("totalTokenCount", "total"),
)
"""The API's names of counts, and what a chat calls them."""

_NO_PROMPTS = ("/", "?", "<session_context>", "<hook_context>")
"""How texts of the user's begin that are none: commands, and what the program adds itself."""

_FAILURES = {"error": "error", "cancelled": "cancelled"}
"""How a finished call can have failed."""

_FINISHED = frozenset({"success", *_FAILURES})


def is_chat_line(record: Record) -> bool:
    """Whether a line is a chat's head, a whole chat, a message of it, or a change."""
    if text_in(record, "sessionId") and text_in(record, "projectHash"):
        return "startTime" in record or "messages" in record or "kind" in record
    return record.get("type") == "gemini" and bool(text_in(record, "id")) and "timestamp" in record


def parts_of(content: Json) -> list[Json]:
    """The parts of a message's content, which may be a text, one part or a list of them."""
    if type(content) is list:
        return [{"text": part} if type(part) is str else part for part in content if part]
    if type(content) is str:
        return [{"text": content}] if content else []
    return [content] if type(content) is dict else []


def text_of_parts(parts: list[Json]) -> str:
    """What the parts say aloud."""
    texts = [
        text_in(part, "text") for part in parts if type(part) is dict and part.get("thought") is not True
    ]
    return "\n\n".join(filter(None, texts))


def is_prompt(parts: list[Json]) -> bool:
    """Whether a message of the user's is said by the user: not the result of a tool, not a command."""
    if any(type(part) is dict and "functionResponse" in part for part in parts):
        return False
    text = text_of_parts(parts).strip()
    return not text.startswith(_NO_PROMPTS) if text else bool(parts)


def is_answer(message: Record) -> bool:
    """Whether a model has made a message: the program makes some in its name, to hold calls."""
    if type(message.get("tokens")) is dict:
        return True
    held = bool(objects_in(message, "toolCalls")) and not message.get("content")
    return bool(text_in(message, "model")) and not held


def usage_of(message: Record) -> Usage | None:
    """The tokens of a response; thoughts are outside its output, what tools read outside its input."""
    tokens = object_in(message, "tokens")
    usage, _ = read_usage({name: tokens[key] for name, key in _TOKENS if key in tokens}, PROVIDER)
    return usage


def output_of(message: Record) -> Record:
    """What a model answered: thoughts, text, and the calls as they were carried out."""
    parts = parts_of(message.get("content"))
    thoughts: list[Json] = []
    for thought in objects_in(message, "thoughts"):
        said = [text_in(thought, "subject"), text_in(thought, "description")]
        thoughts.append({"text": "\n".join(filter(None, said)), "thought": True})
    calls: list[Json] = []
    if not any(type(part) is dict and "functionCall" in part for part in parts):
        calls = [
            {"functionCall": {"id": call.get("id"), "name": call.get("name"), "args": call.get("args")}}
            for call in objects_in(message, "toolCalls")
        ]
    return {"role": "model", "parts": [*thoughts, *parts, *calls]}


def finished_calls(message: Record) -> list[Record]:
    """The calls that were carried out."""
    return [call for call in objects_in(message, "toolCalls") if text_in(call, "status") in _FINISHED]


def result_of_call(call: Record) -> Json:
    """What a tool returned: the response to the model without what is around it."""
    result = call.get("result")
    responses = [
        object_in(part, "functionResponse").get("response")
        for part in (result if type(result) is list else [result])
        if type(part) is dict and "functionResponse" in part
    ]
    found = responses[0] if len(responses) == 1 else responses or result
    if type(found) is dict and len(found) == 1:
        return found.get("output", found.get("error", found))
    return found


def call_fields(call: Record) -> Record:
    """The fields of a tool's span."""
    status = _FAILURES.get(text_in(call, "status"))
    result = result_of_call(call)
    return {
        "tool": text_in(call, "name") or None,
        "call_id": text_in(call, "id") or None,
        "arguments": call.get("args"),
        "output": result,
        "status": status,
        **(failed_output(result) if status and type(result) is str else {}),
    }


def agent_of(call: Record) -> str:
    """The name of the sub-agent that a call runs."""
    name = text_in(call, "name")
    return text_in(object_in(call, "args"), "agent_name") or name if name == AGENT_TOOL else name
