"""Settings: flag over environment over `translator.toml` over default, each with its origin."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from translator.envelopes.legacy import AttributeNames
from translator.errors import ConfigurationError
from translator.files.lines import MAX_LINE_BYTES
from translator.formats.house.load import FORMATS_KEY
from translator.formats.registry import AUTO, FORMATS, Format
from translator.model import Json
from translator.pipeline.translation import Windows
from translator.settings_formats import House, house_formats
from translator.toml_lines import line_of

FILE_NAME = "translator.toml"

MAX_OUTBOX_BYTES = 1024 * 1024 * 1024

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)\Z")
_LONGEST_DAYS = 10_000
"""More than any process lives, and less than what the system's timers take."""
_DURATION_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SIZE = re.compile(r"(\d+)\s*(|k|ki|m|mi|g|gi)b?\Z", re.IGNORECASE)
_SIZE_BYTES = {"": 1, "k": 10**3, "ki": 2**10, "m": 10**6, "mi": 2**20, "g": 10**9, "gi": 2**30}
_ADDRESS = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^\s:\[\]]*):(\d{1,5})\Z", re.ASCII)
_LAST_PORT = 65_535
_TRUE = frozenset(("1", "on", "t", "true", "y", "yes"))
_FALSE = frozenset(("0", "off", "f", "false", "n", "no"))

Convert = Callable[[Json], Json]


def _text(value: Json) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("expected a text")
    return value


def _flag(value: Json) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("expected true or false")


def _seconds(value: Json) -> float:
    seconds: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value
    elif isinstance(value, str) and (match := _DURATION.match(value.strip())):
        seconds = float(match[1]) * _DURATION_SECONDS[match[2]]
    if seconds is None or not 0 <= seconds <= _LONGEST_DAYS * _DURATION_SECONDS["d"]:
        raise ValueError(f"expected a length of time such as 5s, 30m or 1.5h, at most {_LONGEST_DAYS}d")
    return float(seconds)


def _size(value: Json) -> int:
    match = _SIZE.match(str(value).strip()) if not isinstance(value, bool) else None
    if match is None:
        raise ValueError("expected a size such as 16MiB or 500000")
    return int(match[1]) * _SIZE_BYTES[match[2].lower()]


def _address(value: Json) -> str:
    match = _ADDRESS.match(_text(value))
    if match is None or int(match[1]) > _LAST_PORT:
        raise ValueError("expected host and port, such as 127.0.0.1:9464")
    return str(value)


def _count(value: Json) -> int:
    if isinstance(value, bool) or not str(value).strip().isdecimal():
        raise ValueError("expected a whole number, 0 or more")
    return int(str(value))


def _rate(value: Json) -> float:
    try:
        rate = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("expected a number from 0 to 1") from None
    if isinstance(value, bool) or not 0.0 <= rate <= 1.0:
        raise ValueError("expected a number from 0 to 1")
    return rate


def _spotlight(value: Json) -> str:
    return ("1" if value else "0") if isinstance(value, bool) else _text(value)


def _paths(value: Json) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part for part in value.split(os.pathsep) if part]
    if not isinstance(value, (list, tuple)) or not all(isinstance(part, str) for part in value):
        raise ValueError("expected a list of paths")
    return tuple(value)


def _one_of(*words: str) -> Convert:
    def convert(value: Json) -> str:
        if value not in words:
            near = difflib.get_close_matches(value, words, 1) if isinstance(value, str) else []
            hint = f" (did you mean `{near[0]}`?)" if near else ""
            raise ValueError(f"expected one of {', '.join(words)}{hint}")
        return str(value)

    return convert


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
    Option("paths", "TRANSLATOR_PATHS", _paths, "Files, directories and globs to read.", ()),
    Option("exclude", "TRANSLATOR_EXCLUDE", _paths, "Globs of files to leave out.", ()),
    Option("dsn", "SENTRY_DSN", _text, "Where to send: the DSN of a Sentry project.", secret=True),
    Option("spotlight", "SENTRY_SPOTLIGHT", _spotlight, "Send to a local Spotlight (URL, or 1)."),
    Option("out", "TRANSLATOR_OUT", _text, "Append spans as JSON lines to a file (- for stdout)."),
    Option("environment", "SENTRY_ENVIRONMENT", _text, "Environment of spans whose lines name none."),
    Option("release", "SENTRY_RELEASE", _text, "Release of spans whose lines name none."),
    Option("server_name", "SENTRY_NAME", _text, "Machine of spans whose lines name none."),
    Option("send_default_pii", "SENTRY_SEND_DEFAULT_PII", _flag,
           "Send message contents, tool data and user data; by default not to a DSN."),
    Option("traces_sample_rate", "SENTRY_TRACES_SAMPLE_RATE", _rate,
           "Share of traces that is sent, by trace id.", 1.0),
    Option("format", "TRANSLATOR_FORMAT", _one_of(AUTO, *(known.name for known in FORMATS)),
           "Format of the logs.", AUTO),
    Option("wire", "TRANSLATOR_WIRE", _one_of("span", "transaction"),
           "Envelopes of spans, or of transactions for older servers.", "span"),
    Option("attribute_names", "TRANSLATOR_ATTRIBUTE_NAMES", _one_of(*AttributeNames),
           "Attribute names: current, legacy or both; both for Spotlight.", "current"),
    Option("mask_secrets", "TRANSLATOR_MASK_SECRETS", _flag,
           "Mask API keys, passwords and credentials.", default=True),
    Option("log_attributes", "TRANSLATOR_LOG_ATTRIBUTES", _count,
           "How many of a line's own keys become log.* attributes.", 64),
    Option("state_dir", "TRANSLATOR_STATE_DIR", _text, "Where the state is kept."),
    Option("from", "TRANSLATOR_FROM", _one_of("auto", "beginning", "end"),
           "Where to begin in files never seen.", "auto"),
    Option("reorder_window", "TRANSLATOR_REORDER_WINDOW", _seconds,
           "How long a line waits for earlier ones.", 5.0),
    Option("idle_timeout", "TRANSLATOR_IDLE_TIMEOUT", _seconds,
           "When an open span without lines is unfinished.", 1800.0),
    Option("orphan_hold", "TRANSLATOR_ORPHAN_HOLD", _seconds,
           "How long a one-line event waits for its agent.", 30.0),
    Option("shutdown_timeout", "TRANSLATOR_SHUTDOWN_TIMEOUT", _seconds,
           "How long to go on sending after SIGTERM.", 10.0),
    Option("max_outbox_bytes", "TRANSLATOR_MAX_OUTBOX_BYTES", _size,
           "What may wait to be sent before reading pauses.", MAX_OUTBOX_BYTES),
    Option("max_line_bytes", "TRANSLATOR_MAX_LINE_BYTES", _size,
           "Longest line that is read.", MAX_LINE_BYTES),
    Option("listen", "TRANSLATOR_LISTEN", _address,
           "Address for /healthz, /readyz and /metrics, such as 127.0.0.1:9464."),
    Option("heartbeat", "TRANSLATOR_HEARTBEAT", _seconds,
           "How often the program's log tells its figures; 0 for never.", 60.0),
    Option("log_level", "TRANSLATOR_LOG_LEVEL", _one_of("debug", "info", "warning", "error"),
           "Least level of the program's own log.", "info"),
    Option("log_format", "TRANSLATOR_LOG_FORMAT", _one_of("auto", "console", "json"),
           "Form of the program's own log; auto is json where stderr is no terminal.", "auto"),
    Option("quiet", "TRANSLATOR_QUIET", _flag, "Say only what went wrong.", default=False),
)  # fmt: skip
"""Every setting, with its names."""

BY_NAME = {option.name: option for option in OPTIONS}


class Value(msgspec.Struct, frozen=True):
    """A setting's value and where it comes from.

    Attributes:
        value: The converted value.
        origin: "default", the variable's name, the file and line, or the flag.
        rank: 0 for a default, 1 for the file, 2 for the environment, 3 for a flag.
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
    """

    def __init__(self, values: Mapping[str, Value], state_home: Path, house: Mapping[str, House]) -> None:
        self.values = dict(values)
        self.state_home = state_home
        self.house = dict(house)

    @property
    def formats(self) -> tuple[Format, ...]:
        """All formats, one's own first."""
        return (*(one.format for one in self.house.values()), *FORMATS)

    def __getitem__(self, name: str) -> Json:
        return self.values[name].value

    def origin(self, name: str) -> str:
        """Where a setting's value comes from."""
        return self.values[name].origin

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
    house = house_formats(path, text, table.pop(FORMATS_KEY, {}))
    filed = _filed(path, text, table)
    formats = _one_of(AUTO, *(known.name for known in FORMATS), *house)
    values: dict[str, Value] = {}
    for known in OPTIONS:
        option = known if known.name != "format" else msgspec.structs.replace(known, convert=formats)
        value = Value(option.default)
        if option.name in filed:
            raw, line = filed[option.name]
            value = Value(_converted(option, raw, f"{path}:{line}"), f"{path}:{line}", 1)
        raw_env = environ.get(option.env)
        if raw_env:
            value = Value(_converted(option, raw_env, option.env), option.env, 2)
        raw_flag = flags.get(option.name)
        if raw_flag is not None and raw_flag != []:
            value = Value(_converted(option, raw_flag, option.flag), option.flag, 3)
        values[option.name] = value
    state_home = environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Settings(values, Path(state_home), house)


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
