"""Settings: flag over environment over `translator.toml` over default, each with its origin."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from translator.backfill.ages import Older
from translator.envelopes.legacy import AttributeNames
from translator.errors import ConfigurationError
from translator.files.lines import MAX_LINE_BYTES
from translator.formats.house.load import FORMATS_KEY
from translator.formats.registry import AUTO, FORMATS, Format
from translator.model import Json
from translator.pipeline.translation import Windows
from translator.settings_formats import House, house_formats
from translator.settings_sources import SOURCES_KEY, SourceTable, source_tables
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
from translator.toml_lines import line_of

FILE_NAME = "translator.toml"

_RANK_OF_FLAGS = 4

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
    Option("format", "TRANSLATOR_FORMAT", to_one_of(AUTO, *(known.name for known in FORMATS)),
           "Format of the logs.", AUTO),
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


class Value(msgspec.Struct, frozen=True):
    """A setting's value and where it comes from.

    Attributes:
        value: The converted value.
        origin: "default", the variable's name, the file and line, or the flag.
        rank: 0 for a default, 1 for the file, 2 for the environment, 3 for a source, 4 for a flag.
    """

    value: Json
    origin: str = "default"
    rank: int = 0


class Settings:
    """All settings, resolved.

    Args:
        values: Per option name, its value and origin.
        state_home: The directory in which programs of this user keep their state; `~` stands for the home.
        house: The formats of one's own.
        name: The source's name, where they are the settings of one.

    Attributes:
        again: Settles them anew: the file may have changed since.
        formats_table: What the file says of formats of one's own.
        sources: The settings of each source, where the file names sources and nothing else names paths.
    """

    def __init__(
        self, values: Mapping[str, Value], state_home: Path, house: Mapping[str, House], name: str = ""
    ) -> None:
        self.values = dict(values)
        self.state_home = state_home
        self.house = dict(house)
        self.name = name
        self.again: Callable[[], Settings] = lambda: self
        self.formats_table: Json = {}
        self.sources: tuple[Settings, ...] = ()

    @property
    def formats(self) -> tuple[Format, ...]:
        """All formats, one's own first."""
        return (*(one.format for one in self.house.values()), *FORMATS)

    def __getitem__(self, name: str) -> Json:
        return self.values[name].value

    def origin(self, name: str) -> str:
        """Where a setting's value comes from."""
        return self.values[name].origin

    def said(self) -> dict[str, Json]:
        """Every value, by its name: two sets of settings that say the same are the same."""
        return {name: value.value for name, value in self.values.items()}

    def rank(self, name: str) -> int:
        """How strong the word is that set it; 0 for a default."""
        return self.values[name].rank

    @property
    def windows(self) -> Windows:
        """How long to wait for what may still come."""
        return Windows(self["idle_timeout"], self["reorder_window"], self["orphan_hold"])


def resolve(flags: Mapping[str, Json], environ: Mapping[str, str], config: Path | None = None) -> Settings:
    """Settles every setting.

    Args:
        flags: Values from the command line by option name; None where a flag was not given.
        environ: The environment.
        config: The configuration file; None for `translator.toml` in the working directory, if any.

    Raises:
        ConfigurationError: A value cannot be used, a key is unknown, the file cannot be read.
    """
    path = config or Path(FILE_NAME)
    text, table = _read_file(path) if config is not None or path.is_file() else ("", {})
    formats_table = table.pop(FORMATS_KEY, {})
    house = house_formats(path, text, formats_table)
    sources = source_tables(path, text, table.pop(SOURCES_KEY, []))
    filed = _filed(path, text, table)
    formats = to_one_of(AUTO, *(known.name for known in FORMATS), *house)
    options = [
        msgspec.structs.replace(option, convert=formats) if option.name == "format" else option
        for option in OPTIONS
    ]
    values: dict[str, Value] = {}
    for option in options:
        value = Value(option.default)
        if option.name in filed:
            raw, line = filed[option.name]
            value = Value(_converted(option, raw, f"{path}:{line}"), f"{path}:{line}", 1)
        raw_env = environ.get(option.env)
        if raw_env:
            value = Value(_converted(option, raw_env, option.env), option.env, 2)
        raw_flag = flags.get(option.name)
        if raw_flag is not None and raw_flag != []:
            value = Value(_converted(option, raw_flag, option.flag), option.flag, _RANK_OF_FLAGS)
        values[option.name] = value
    state_home = Path(environ.get("XDG_STATE_HOME") or "~/.local/state")
    settings = Settings(values, state_home, house)
    if sources and values["paths"].rank == 1:
        raise ConfigurationError(
            "both `paths` and `sources` say what to read",
            where=values["paths"].origin,
            hint="put the paths into a source",
        )
    if not settings["paths"]:
        settings.sources = tuple(
            Settings(_overlaid(path, values, options, source), state_home, house, source.name)
            for source in sources
        )
    for one in (settings, *settings.sources):
        one.formats_table = formats_table
    settings.again = lambda: resolve(flags, environ, config)
    return settings


def _overlaid(
    path: Path, values: Mapping[str, Value], options: Sequence[Option], source: SourceTable
) -> dict[str, Value]:
    """The settings of a source: its own word counts more than any but a flag's."""
    overlaid = dict(values)
    for option in options:
        if option.name in source.values and values[option.name].rank < _RANK_OF_FLAGS:
            raw, line = source.values[option.name]
            overlaid[option.name] = Value(
                _converted(option, raw, f"{path}:{line}"), f"{path}:{line}", _RANK_OF_FLAGS - 1
            )
    return overlaid


def _converted(option: Option, raw: Json, where: str) -> Json:
    try:
        return option.convert(raw)
    except ValueError as error:
        shown = "" if option.secret else f", not {raw!r}"
        raise ConfigurationError(f"`{option.name}`: {error}{shown}", where=where, hint=option.help) from None


def _read_file(path: Path) -> tuple[str, dict[str, Json]]:
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            hint="check the path after --config",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"is not valid TOML: {error}", where=str(path)) from error
    return text, table


def _filed(path: Path, text: str, table: dict[str, Json]) -> dict[str, tuple[Json, int]]:
    found: dict[str, tuple[Json, int]] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        line = line_of(text, [key])
        if name not in BY_NAME:
            near = difflib.get_close_matches(name, BY_NAME, 1)
            raise ConfigurationError(
                f"unknown key `{key}`",
                where=f"{path}:{line}",
                hint=f"did you mean `{near[0]}`?" if near else "`translator config` lists all keys",
            )
        if name == "format" and isinstance(value, (dict, list)):
            raise ConfigurationError(
                "`format` is one name", where=f"{path}:{line}",
                hint="rules of your own stand below [[formats.NAME]]",
            )  # fmt: skip
        found[name] = (value, line)
    return found
