"""A server that plays OpenAI's chat completions: the answers of one small agent run, in order of the asking.

    python server.py PORT

Asked without a tool's result it calls two tools, with results it answers; streamed where that is asked for.
The model `gpt-nope` fails.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CALLS = [
    {"id": f"call_{city}", "type": "function",
     "function": {"name": "get_weather", "arguments": json.dumps({"city": city})}}
    for city in ("Paris", "Rome")
]  # fmt: skip
USAGE = {
    "prompt_tokens": 42,
    "completion_tokens": 9,
    "total_tokens": 51,
    "prompt_tokens_details": {"cached_tokens": 16},
    "completion_tokens_details": {"reasoning_tokens": 3},
}
"""What every answer has used."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Plays the next part."""
        asked: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if asked["model"] == "gpt-nope":
            error = {"message": "The model `gpt-nope` does not exist", "type": "invalid_request_error"}
            self._send(404, json.dumps({"error": {**error, "code": "model_not_found"}}).encode())
            return
        answered = any(message["role"] == "tool" for message in asked["messages"])
        called = bool(asked.get("tools")) and not answered
        message: dict[str, Any] = {"role": "assistant", "content": None if called else "Sunny in both."}
        if called:
            message["tool_calls"] = CALLS
        common = {"id": "chatcmpl-1", "created": 1_795_423_737, "model": asked["model"] + "-2026-08-01"}
        reason = "tool_calls" if called else "stop"
        if asked.get("stream"):
            calls = {"tool_calls": [{"index": number, **call} for number, call in enumerate(CALLS)]}
            parts: list[dict[str, Any]] = [
                {
                    "choices": [
                        {"index": 0, "delta": message | (calls if called else {}), "finish_reason": None}
                    ]
                },
                {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
                {"choices": [], "usage": USAGE},
            ]
            lines = [json.dumps({**common, "object": "chat.completion.chunk", **part}) for part in parts]
            body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()
            self._send(200, body, "text/event-stream")
            return
        choice = {"index": 0, "message": message, "finish_reason": reason}
        whole = {**common, "object": "chat.completion", "choices": [choice], "usage": USAGE}
        self._send(200, json.dumps(whole).encode())

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
