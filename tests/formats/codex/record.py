"""Makes the recorded samples: real versions of the Codex CLI, run against a scripted model.

    python -m tests.formats.codex.record /tmp/codex 0.57.0 0.104.0 0.169.0

It needs npm, and some 400 MB of disk for each version. What Codex tells the model of itself and of the
machine is cut from the rollouts; prompts, answers and token counts are invented.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded"
PORT = 18_911
SLOW = "SLOW"

CONFIG = f"""
model = "gpt-5.5"
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.scripted]
name = "scripted"
base_url = "http://127.0.0.1:{PORT}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
request_max_retries = 0
stream_max_retries = 0
[features]
"""

CUT = {
    "base_instructions", "dynamic_tools", "state", "user_instructions", "developer_instructions", "git",
    "permission_profile", "sandbox_policy", "collaboration_mode", "rate_limits", "truncation_policy",
    "internal_chat_message_metadata_passthrough", "metadata", "thread_settings", "file_system_sandbox_policy",
    "active_permission_profile", "parsed_cmd", "instructions",
}  # fmt: skip
HARNESS = (
    "<environment_context>", "# AGENTS.md instructions", "<skills_instructions>", "<permissions",
    "<turn_aborted>", "You are the newly spawned agent",
)  # fmt: skip
"""How texts begin that are Codex's own: only that much of them is kept."""


def answer(body: dict[str, Any], number: int) -> list[dict[str, Any]] | None:
    """What the model answers to a request; None for a failure."""
    items = body.get("input", [])
    users = [n for n, i in enumerate(items) if i.get("type") == "message" and i.get("role") == "user"]
    prompt = json.dumps(items[users[-1]]) if users else ""
    outputs = [i for i in items[(users[-1] if users else -1) + 1 :] if str(i.get("type")).endswith("_output")]
    if "FAIL" in prompt:
        return None
    child = "CHILD" in prompt or (not outputs and "SPAWN" not in prompt and "CHILD" in json.dumps(items))
    if child:
        if outputs:
            return [_say("child done", number)]
        return [_think(number), _call(body, "exec_command", {"cmd": "echo child"}, f"call_c{number}")]
    if "TOOLS" in prompt:
        return _with_tools(body, number, len(outputs))
    if "SPAWN" in prompt:
        return _with_agent(body, number, outputs, fork="FORKALL" in prompt)
    if SLOW in prompt:
        return [_call(body, "exec_command", {"cmd": "sleep 20", "yield_time_ms": 20_000}, f"call_l{number}")]
    return [_say("ok", number)]


def _with_tools(body: dict[str, Any], number: int, outputs: int) -> list[dict[str, Any]]:
    if outputs == 0:
        one = _call(body, "exec_command", {"cmd": "sleep 0.3; echo one"}, f"call_a{number}")
        two = _call(body, "exec_command", {"cmd": "echo two; exit 3"}, f"call_b{number}")
        return [_think(number), one, two]
    if outputs == 2:
        search = {"type": "search", "query": "weather"}
        patch = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch"
        return [
            _say("Working on it.", number),
            {"type": "web_search_call", "id": f"ws_{number}", "status": "completed", "action": search},
            {"type": "custom_tool_call", "id": f"ct_{number}", "status": "completed",
             "call_id": f"call_p{number}", "name": "apply_patch", "input": patch},
        ]  # fmt: skip
    return [_say("All done.", number)]


def _with_agent(
    body: dict[str, Any], number: int, outputs: list[dict[str, Any]], *, fork: bool
) -> list[dict[str, Any]]:
    new = _namespace(body, "spawn_agent") == "collaboration"
    if not outputs:
        more = (
            {"task_name": "helper", "fork_turns": "all" if fork else "none"}
            if new
            else {"fork_context": fork}
        )
        return [_call(body, "spawn_agent", {"message": "CHILD please run", **more}, f"call_s{number}")]
    if len(outputs) == 1:
        try:
            child = json.loads(outputs[0]["output"]).get("agent_id")
        except ValueError:
            child = None
        name = "wait" if _namespace(body, "wait") is not None else "wait_agent"
        key = "ids" if name == "wait" else "targets"
        arguments = {"timeout_ms": 20_000} if new else {key: [child] if child else [], "timeout_ms": 20_000}
        return [_call(body, name, arguments, f"call_w{number}")]
    return [_say("spawned and waited", number)]


def _namespace(body: dict[str, Any], name: str) -> str | None:
    """The namespace of a tool that the request offers; empty for none, None if it is not offered."""
    for tool in body.get("tools", []):
        if tool.get("name") == name:
            return ""
        if any(inner.get("name") == name for inner in tool.get("tools", [])):
            return str(tool.get("name"))
    return None


def _call(body: dict[str, Any], name: str, arguments: dict[str, Any], call_id: str) -> dict[str, Any]:
    namespace = _namespace(body, name)
    if name == "exec_command" and namespace is None:
        name, arguments = "shell", {"command": ["bash", "-lc", arguments["cmd"]]}
    item = {"type": "function_call", "id": f"fc_{call_id}", "name": name, "arguments": json.dumps(arguments),
            "call_id": call_id, "status": "completed"}  # fmt: skip
    if namespace is None and name.endswith("_agent"):
        namespace = "multi_agent_v1"
    return item | ({"namespace": namespace} if namespace else {})


def _say(words: str, number: int) -> dict[str, Any]:
    content = [{"type": "output_text", "text": words, "annotations": []}]
    return {
        "type": "message",
        "id": f"msg_{number}",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }


def _think(number: int) -> dict[str, Any]:
    summary = [{"type": "summary_text", "text": "**Thinking** about it"}]
    return {"type": "reasoning", "id": f"rs_{number}", "summary": summary, "encrypted_content": "gAAA"}


def _usage(number: int) -> dict[str, Any]:
    return {
        "input_tokens": 1000 + number * 100, "input_tokens_details": {"cached_tokens": 500 + number * 10},
        "output_tokens": 40 + number, "output_tokens_details": {"reasoning_tokens": 10 + number},
        "total_tokens": 1040 + number * 101,
    }  # fmt: skip


class Model(BaseHTTPRequestHandler):
    """The scripted model, as a Responses API."""

    protocol_version = "HTTP/1.1"
    requests = 0
    lock = threading.Lock()

    def log_message(self, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Knows no models."""
        self.send_response(404)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """Answers."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        with Model.lock:
            Model.requests += 1
            number = Model.requests
        items = answer(body, number)
        if items is None:
            error = {"message": "invented failure", "type": "invalid_request_error", "code": "bad"}
            data = json.dumps({"error": error}).encode()
            self.send_response(400)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self._tell({"type": "response.created", "response": {"id": f"resp_{number}"}})
        time.sleep(0.2)
        for place, item in enumerate(items):
            self._tell({"type": "response.output_item.added", "output_index": place, "item": item})
            time.sleep(0.1)
            self._tell({"type": "response.output_item.done", "output_index": place, "item": item})
        response = {"id": f"resp_{number}", "status": "completed", "output": items, "usage": _usage(number)}
        self._tell({"type": "response.completed", "response": response})
        self.close_connection = True

    def _tell(self, event: dict[str, Any]) -> None:
        self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()


def trimmed(value: Any, work: str) -> Any:
    """A value of a rollout without what Codex says of itself and of the machine."""
    if isinstance(value, dict):
        if value.get("type") == "message" and value.get("role") == "developer":
            value = {**value, "content": []}
        return {
            key.replace(work, "/repo"): trimmed(item, work) for key, item in value.items() if key not in CUT
        }
    if isinstance(value, list):
        return [trimmed(item, work) for item in value]
    if isinstance(value, str):
        for head in HARNESS:
            if value.startswith(head):
                return head
        return value.replace(work, "/repo")
    return value


def record(root: Path, version: str, features: str, name: str, *, more: bool = False) -> None:
    """Runs one version, and keeps its rollouts in the folder `name`."""
    home, work, package = root / f"home-{name}", root / "repo", root / f"npm-{version}"
    for folder in (home, work, package):
        folder.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(CONFIG + features)
    if not (package / "node_modules").exists():
        subprocess.run(["npm", "install", "--prefix", package, f"@openai/codex@{version}"], check=True)
    binary = package / "node_modules" / ".bin" / "codex"
    run = [str(binary), "exec", "--skip-git-repo-check"]
    env = {**os.environ, "CODEX_HOME": str(home), "SCRIPTED_KEY": "x"}
    for prompt in ("TOOLS please", "SPAWN please", "SPAWN FORKALL please", "FAIL"):
        subprocess.run([*run, prompt], stdin=subprocess.DEVNULL, timeout=120, check=False, cwd=work, env=env)
    if more:
        first = min(home.glob("sessions/**/*.jsonl")).stem[-36:]
        for words in (["resume", first, "TOOLS again"], ["fork", first, "ping"]):
            subprocess.run(
                [*run, *words], stdin=subprocess.DEVNULL, timeout=120, check=False, cwd=work, env=env
            )
        slow = subprocess.Popen([*run, SLOW], stdin=subprocess.DEVNULL, cwd=work, env=env)
        time.sleep(4)
        slow.send_signal(signal.SIGINT)
        slow.wait(30)
    target = RECORDED / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in sorted(home.glob("sessions/**/*.jsonl")):
        records = [trimmed(json.loads(line), str(work)) for line in path.read_text().splitlines()]
        lines = [json.dumps(record, separators=(",", ":")) for record in records]
        (target / path.name).write_text("\n".join(lines) + "\n")


def main(root: Path, versions: list[str]) -> None:
    """Records every version; the newest also with its other way of running sub-agents."""
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for version in versions:
        record(root, version, "multi_agent = true\ncollab = true\n", version, more=version == versions[-1])
    record(root, versions[-1], "multi_agent_v2 = true\n", f"{versions[-1]}-agents-2")
    server.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
