"""The formats that can be read: one line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from translator.formats.claude_code.reader import ClaudeCodeReader
from translator.formats.claude_code.records import matches as is_claude_code
from translator.formats.codex.reader import CodexReader
from translator.formats.codex.records import matches as is_codex
from translator.formats.copilot_cli.reader import CopilotReader
from translator.formats.copilot_cli.records import is_session_line as is_copilot_line
from translator.formats.gemini_cli.reader import GeminiReader
from translator.formats.gemini_cli.records import is_chat_line
from translator.formats.native.reader import NativeReader
from translator.formats.openai_agents.reader import OpenAIAgentsReader
from translator.formats.openai_agents.reader import matches as is_openai_agents
from translator.formats.otlp.reader import OtlpReader
from translator.formats.otlp.reader import matches as is_otlp
from translator.formats.pi.entries import is_session_line as is_pi_line
from translator.formats.pi.reader import PiReader
from translator.formats.reading import LineReader, Reader
from translator.model import Json

AUTO = "auto"
NATIVE = "native"


class Beside(msgspec.Struct, frozen=True):
    """Which small file beside a log belongs to it.

    Attributes:
        prefix: How the log's name begins.
        suffix: How it ends.
        other: What stands in the place of that ending in the name of the file beside it.
    """

    prefix: str
    suffix: str
    other: str


def _anything(_record: dict[str, Json]) -> bool:
    return True


class Format(msgspec.Struct, frozen=True):
    """One format.

    Attributes:
        name: What it is called on the command line.
        make: A reader of it, in which nothing has been read and which counts in what it is given.
        markers: Bytes of which every file of the format has one in one of its first lines.
        matches: Whether a record that has a marker is of this format, and of no other.
        beside: Which small files belong beside its logs.
        late: Whether lines of the log format may stand in a file before one shows that it is of this format.
    """

    name: str
    make: Callable[[Counter[str]], Reader]
    markers: tuple[bytes, ...] = ()
    matches: Callable[[dict[str, Json]], bool] = _anything
    beside: tuple[Beside, ...] = ()
    late: bool = False


def _native(counts: Counter[str]) -> Reader:
    return LineReader(NativeReader(counts).read, counts)


FORMATS: tuple[Format, ...] = (
    Format(NATIVE, _native),
    Format("claude_code", ClaudeCodeReader,
           (b'"sessionId"', b'"leafUuid"', b'"file-history-snapshot"', b'"agentId"'),
           is_claude_code, (Beside("agent-", ".jsonl", ".meta.json"),)),
    Format("codex", CodexReader, (b'"payload"', b'"instructions"'), is_codex),
    Format("otlp", OtlpReader, (b'"resource',), is_otlp),
    Format("openai_agents", OpenAIAgentsReader, (b'"trace.span"', b'"workflow_name"'), is_openai_agents),
    Format("copilot_cli", CopilotReader, (b'"parentId"',), is_copilot_line),
    Format("gemini_cli", GeminiReader, (b'"projectHash"', b'"gemini"'), is_chat_line),
    Format("pi", PiReader, tuple(b'"type":%b"%b"' % (gap, kind) for gap in (b"", b" ")
                                 for kind in (b"session", b"message")), is_pi_line),
)  # fmt: skip
"""Every format; a file is of the first that it matches, and native otherwise."""
