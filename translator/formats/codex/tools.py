"""Tool calls: what they are called, and what their outputs and events say of how they went."""

from __future__ import annotations

import re

from translator.content.values import parsed
from translator.formats.building import failed_output
from translator.formats.codex.records import table, text
from translator.formats.codex.state import Known
from translator.model import Json

CODE = "exec"
"""The tool that runs a program which calls other tools."""

SPAWN = "spawn_agent"

_SHELLS = frozenset((
    "shell", "shell_command", "exec_command", "write_stdin", "local_shell", "container.exec", "apply_patch",
    "unified_exec",
))  # fmt: skip
"""Tools whose output begins with how the command ended."""

_PLAIN_NAMESPACES = ("multi_agent", "collaboration", "functions")
_EXIT = re.compile(r"\A(?:[^\n]{0,200}\n){0,4}?(?:Exit code:|Process exited with code) (-?\d{1,10})\b")
_ABORTED = "aborted by user"

_STATUSES = {
    **dict.fromkeys(("failed", "error", "errored"), "error"),
    **dict.fromkeys(("declined", "denied"), "rejected"),
    **dict.fromkeys(("cancelled", "aborted", "interrupted"), "cancelled"),
}
"""What a status other than a good one makes of a call."""


def tool_name(item: dict[str, Json]) -> str:
    """What a call is called: for one of an MCP server `mcp__server__tool`."""
    kind, name = text(item.get("type")), text(item.get("name"))
    if not name:
        return kind.removesuffix("_call") if kind.endswith("_call") and kind != "function_call" else "tool"
    namespace = text(item.get("namespace"))
    if not namespace or namespace.startswith(_PLAIN_NAMESPACES) or name.startswith(namespace):
        return name
    if namespace.startswith("mcp__"):
        return f"{namespace.removesuffix('__')}__{name}"
    return f"{namespace}.{name}"


def arguments_of(item: dict[str, Json]) -> Json:
    """What a call was made with; texts of JSON are read."""
    for key in ("arguments", "input", "action", "revised_prompt"):
        value = item.get(key)
        if value is not None:
            inner = parsed(value) if type(value) is str else None
            return value if inner is None else inner
    return None


def output_of(item: dict[str, Json]) -> Json:
    """What came out of a call."""
    return item.get("tools") if item.get("type") == "tool_search_output" else item.get("output")


def failure_of(name: str, output: Json) -> dict[str, Json]:
    """What an output says went wrong, by the names of the log format."""
    if type(output) is dict:
        if output.get("success") is False:
            return {"error_type": "error", **failed_output(text(output.get("content")))}
        return {}
    if type(output) is not str:
        return {}
    if output[-200:].rstrip().endswith(_ABORTED):
        return {"error_type": "cancelled", "error_message": _ABORTED}
    if name not in _SHELLS:
        return {}
    inner = table(parsed(output)) if output.startswith("{") else {}
    code = table(inner.get("metadata")).get("exit_code")
    if code is None and (found := _EXIT.match(output)) is not None:
        code = int(found[1])
    return exit_failure(code)


def exit_failure(code: Json) -> dict[str, Json]:
    """What a process's exit code says went wrong."""
    if type(code) is not int or code == 0:
        return {}
    return {"error_type": "exit_code", "error_message": f"exit code {code}"}


def child_in(output: Json) -> str:
    """The thread of the sub-agent that an output says has been started."""
    inner = parsed(output) if type(output) is str else output
    return text(table(inner).get("agent_id"))


def of_end(kind: str, event: dict[str, Json], time: int) -> Known | None:
    """What an event about the end of a tool call tells.

    Args:
        kind: The event's type.
        event: The event.
        time: When it was written, in microseconds.
    """
    read = _ENDS.get(kind)
    if read is None:
        return None
    known = read(event)
    length = _microseconds(event.get("duration"))
    if length is not None:
        known.start, known.end = time - length, time
    return known


def of_item(event: dict[str, Json]) -> Known | None:
    """What an event `item_completed` tells of a tool call."""
    item = table(event.get("item"))
    read = _ITEMS.get(text(item.get("type")))
    if read is None:
        return None
    known = read(item)
    start, end = event.get("started_at_ms"), event.get("completed_at_ms")
    if type(start) is int and type(end) is int and 0 < start <= end < 1e14:
        known.start, known.end = start * 1_000, end * 1_000
    return known


def _microseconds(duration: Json) -> int | None:
    seconds, nanos = table(duration).get("secs"), table(duration).get("nanos")
    if type(seconds) is int and type(nanos) is int and 0 <= seconds < 1e9 and 0 <= nanos < 1e9:
        return seconds * 1_000_000 + nanos // 1_000
    return None


def _of_status(status: Json) -> dict[str, Json]:
    word = _STATUSES.get(text(status))
    return {} if word is None else {"error_type": word}


def _command(item: dict[str, Json]) -> Known:
    code = item.get("exit_code")
    failure = _of_status(item.get("status"))
    if failure.get("error_type") != "rejected":
        failure = exit_failure(code) or failure
    return Known(
        "exec_command", {"command": item.get("command")}, item.get("aggregated_output"), failure=failure,
        extra={"process.exit_code": code} if type(code) is int else {},
        alone=item.get("source") != "user_shell",
    )  # fmt: skip


def _patch(item: dict[str, Json]) -> Known:
    failure = _of_status(item.get("status"))
    if item.get("success") is False and not failure:
        failure = {"error_type": "error"}
    if failure:
        failure |= failed_output(text(item.get("stderr")))
    return Known("apply_patch", item.get("changes"), item.get("stdout"), failure=failure, alone=True)


def _mcp(item: dict[str, Json]) -> Known:
    call = table(item.get("invocation")) or item
    result = item.get("result")
    answer = table(result).get("Ok", result)
    wrong = table(result).get("Err") or item.get("error")
    failure: dict[str, Json] = _of_status(item.get("status"))
    if wrong is not None:
        failure = {"error_type": "error", "error_message": wrong if type(wrong) is str else None}
    elif table(answer).get("isError") is True:
        failure = {"error_type": "error"}
    content = table(answer).get("content")
    name = f"mcp__{text(call.get('server'))}__{text(call.get('tool'))}"
    return Known(
        name, call.get("arguments"), answer if content is None else content, failure=failure, alone=True
    )


def _dynamic(item: dict[str, Json]) -> Known:
    failure: dict[str, Json] = {}
    if item.get("success") is False:
        failure = {"error_type": "error", "error_message": text(item.get("error")) or None}
    name = tool_name({"name": item.get("tool"), "namespace": item.get("namespace")})
    return Known(name, item.get("arguments"), item.get("content_items"), failure=failure, alone=True)


def _collaboration(item: dict[str, Json]) -> Known:
    failure = _of_status(item.get("status"))
    return Known(
        text(item.get("tool")) or "tool", {"message": item.get("prompt")}, failure=failure, alone=True
    )


def _extension(item: dict[str, Json]) -> Known:
    name = text(item.get("kind")) or "extension"
    return Known(name, item.get("action") or item.get("query"), item.get("results"), alone=True)


def _other(item: dict[str, Json]) -> Known:
    """Of calls that the provider answers itself: their item follows."""
    return Known(failure=_of_status(item.get("status")))


_ENDS = {
    "exec_command_end": _command,
    "patch_apply_end": _patch,
    "mcp_tool_call_end": _mcp,
    "dynamic_tool_call_response": _dynamic,
    "web_search_end": _other,
    "image_generation_end": _other,
}

_ITEMS = {
    "CommandExecution": _command,
    "FileChange": _patch,
    "McpToolCall": _mcp,
    "DynamicToolCall": _dynamic,
    "CollabAgentToolCall": _collaboration,
    "Extension": _extension,
    "WebSearch": _other,
    "ImageGeneration": _other,
    "ImageView": _other,
}


def status_failure(item: dict[str, Json]) -> dict[str, Json]:
    """What a call's own status says went wrong."""
    return _of_status(item.get("status"))
