"""The table of settings: their keys, variables, flags and defaults."""

from __future__ import annotations

import msgspec

from translator.backfill.ages import Older
from translator.envelopes.legacy import AttributeNames
from translator.files.lines import MAX_LINE_BYTES
from translator.model import Json
from translator.settings_values import (
    Convert,
    to_address,
    to_attributes,
    to_count,
    to_days,
    to_flag,
    to_one_of,
    to_pace,
    to_paths,
    to_rate,
    to_seconds,
    to_size,
    to_spotlight,
    to_text,
    to_when,
    to_workers,
)

MAX_OUTBOX_BYTES = 1024 * 1024 * 1024


class Option(msgspec.Struct, frozen=True):
    """One setting.

    Attributes:
        name: Its key in `translator.toml`; the flag is the same with dashes.
        env: Its environment variable.
        convert: Makes its value of a text or a TOML value; raises ValueError.
        help: What it does, in one line.
        default: Its value where nothing says otherwise.
        secret: Whether it must never be shown whole.
    """

    name: str
    env: str
    convert: Convert
    help: str
    default: Json = None
    secret: bool = False

    @property
    def flag(self) -> str:
        """The flag on the command line."""
        return "--" + self.name.replace("_", "-")


OPTIONS: tuple[Option, ...] = (
    Option("paths", "TRANSLATOR_PATHS", to_paths, "Files, directories and globs to read.", ()),
    Option("exclude", "TRANSLATOR_EXCLUDE", to_paths, "Globs of files to leave out.", ()),
    Option("dsn", "SENTRY_DSN", to_text, "Where to send: the DSN of a Sentry project.", secret=True),
    Option("spotlight", "SENTRY_SPOTLIGHT", to_spotlight, "Send to a local Spotlight (URL, or 1)."),
    Option("out", "TRANSLATOR_OUT", to_text, "Append spans as JSON lines to a file (- for stdout)."),
    Option("environment", "SENTRY_ENVIRONMENT", to_text, "Environment of spans whose lines name none."),
    Option("release", "SENTRY_RELEASE", to_text, "Release of spans whose lines name none."),
    Option("server_name", "SENTRY_NAME", to_text, "Machine of spans whose lines name none."),
    Option("service", "TRANSLATOR_SERVICE", to_text, "Service of spans whose lines name none."),
    Option("attributes", "TRANSLATOR_ATTRIBUTES", to_attributes,
           "Attributes that all spans get (team=search,tier=gold).", {}),
    Option("send_default_pii", "SENTRY_SEND_DEFAULT_PII", to_flag,
           "Send message contents, tool data and user data; by default not to a DSN."),
    Option("traces_sample_rate", "SENTRY_TRACES_SAMPLE_RATE", to_rate,
           "Share of traces that is sent, by trace id.", 1.0),
    # Which formats there are is known when the file has been read: it may have some of its own.
    Option("format", "TRANSLATOR_FORMAT", to_text, "Format of the logs: auto, or the name of one.", "auto"),
    Option("wire", "TRANSLATOR_WIRE", to_one_of("span", "transaction"),
           "Envelopes of spans, or of transactions for older servers.", "span"),
    Option("attribute_names", "TRANSLATOR_ATTRIBUTE_NAMES", to_one_of(*AttributeNames),
           "Attribute names: current, legacy or both; both for Spotlight.", "current"),
    Option("issues", "TRANSLATOR_ISSUES", to_flag,
           "Send failed agents, model calls and tools as errors, too.", default=False),
    Option("mask_secrets", "TRANSLATOR_MASK_SECRETS", to_flag,
           "Mask API keys, passwords and credentials.", default=True),
    Option("log_attributes", "TRANSLATOR_LOG_ATTRIBUTES", to_count,
           "How many of a line's own keys become log.* attributes.", 64),
    Option("state_dir", "TRANSLATOR_STATE_DIR", to_text, "Where the state is kept."),
    Option("from", "TRANSLATOR_FROM", to_one_of("auto", "beginning", "end"),
           "Where to begin in files never seen.", "auto"),
    Option("reorder_window", "TRANSLATOR_REORDER_WINDOW", to_seconds,
           "How long a line waits for earlier ones.", 5.0),
    Option("idle_timeout", "TRANSLATOR_IDLE_TIMEOUT", to_seconds,
           "When an open span without lines is unfinished.", 1800.0),
    Option("orphan_hold", "TRANSLATOR_ORPHAN_HOLD", to_seconds,
           "How long a one-line event waits for its agent.", 30.0),
    Option("shutdown_timeout", "TRANSLATOR_SHUTDOWN_TIMEOUT", to_seconds,
           "How long to go on sending after SIGTERM.", 10.0),
    Option("max_outbox_bytes", "TRANSLATOR_MAX_OUTBOX_BYTES", to_size,
           "What may wait to be sent before reading pauses.", MAX_OUTBOX_BYTES),
    Option("max_line_bytes", "TRANSLATOR_MAX_LINE_BYTES", to_size,
           "Longest line that is read.", MAX_LINE_BYTES),
    Option("since", "TRANSLATOR_SINCE", to_when, "Only traces that begin then or later (2026-05-01, 7d)."),
    Option("until", "TRANSLATOR_UNTIL", to_when, "Only traces that begin before."),
    Option("older_than_retention", "TRANSLATOR_OLDER_THAN_RETENTION", to_one_of(*Older),
           "Traces older than the server keeps: skip, shift their times, or send as they are.", "skip"),
    Option("retention_days", "TRANSLATOR_RETENTION_DAYS", to_days, "How long the server keeps spans.", 30),
    Option("max_rate", "TRANSLATOR_MAX_RATE", to_pace, "Spans a second at most."),
    Option("workers", "TRANSLATOR_WORKERS", to_workers,
           "Processes that encode and send; by default one for each core."),
    Option("listen", "TRANSLATOR_LISTEN", to_address,
           "Address for /healthz, /readyz and /metrics, such as 127.0.0.1:9464."),
    Option("heartbeat", "TRANSLATOR_HEARTBEAT", to_seconds,
           "How often the program's log tells its figures; 0 for never.", 60.0),
    Option("log_level", "TRANSLATOR_LOG_LEVEL", to_one_of("debug", "info", "warning", "error"),
           "Least level of the program's own log.", "info"),
    Option("log_format", "TRANSLATOR_LOG_FORMAT", to_one_of("auto", "console", "json"),
           "Form of the program's own log; auto is json where stderr is no terminal.", "auto"),
    Option("quiet", "TRANSLATOR_QUIET", to_flag, "Say only what went wrong.", default=False),
)  # fmt: skip
"""Every setting, with its names."""

BY_NAME = {option.name: option for option in OPTIONS}
