"""Settings: flag over environment over `translator.toml` over default, each with its origin."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from translator.errors import ConfigurationError, Mistakes
from translator.formats.house.load import FORMATS_KEY
from translator.formats.registry import AUTO, FORMATS, Format
from translator.model import Json
from translator.pipeline.translation import Windows
from translator.settings_formats import House, house_formats
from translator.settings_options import BY_NAME, OPTIONS, Option
from translator.settings_sources import SOURCES_KEY, SourceTable, source_tables
from translator.settings_values import to_one_of
from translator.toml_lines import line_of

FILE_NAME = "translator.toml"

_RANK_OF_FLAGS = 4

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)\Z")


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
        ConfigurationError: Values cannot be used, keys are unknown, the file cannot be read: all that is
            wrong is told at once.
    """
    path = config or Path(FILE_NAME)
    text, table = _read_file(path) if config is not None or path.is_file() else ("", {})
    mistakes = Mistakes()
    formats_table = table.pop(FORMATS_KEY, {})
    house: dict[str, House] = {}
    with mistakes.collected():
        house = house_formats(path, text, formats_table)
    sources: list[SourceTable] = []
    sources_table = table.pop(SOURCES_KEY, [])
    filed = _filed(path, text, table, mistakes)
    with mistakes.collected():
        sources = source_tables(path, text, sources_table, mistakes)
    formats = to_one_of(AUTO, *(known.name for known in FORMATS), *house)
    options = [
        msgspec.structs.replace(option, convert=formats) if option.name == "format" else option
        for option in OPTIONS
    ]
    values: dict[str, Value] = {}
    for option in options:
        values[option.name] = Value(option.default)
        for raw, where, rank in _said(option, filed, environ, flags):
            with mistakes.collected():
                values[option.name] = Value(_converted(option, raw, where), where, rank)
    state_home = Path(environ.get("XDG_STATE_HOME") or "~/.local/state")
    settings = Settings(values, state_home, house)
    overlaid = [(source.name, _overlaid(path, values, options, source, mistakes)) for source in sources]
    with mistakes.collected():
        if sources and values["paths"].rank == 1:
            raise ConfigurationError(
                "both `paths` and `sources` say what to read",
                where=values["paths"].origin,
                hint="put the paths into a source",
            )
    mistakes.tell()
    if not settings["paths"]:
        settings.sources = tuple(Settings(said, state_home, house, name) for name, said in overlaid)
    for one in (settings, *settings.sources):
        one.formats_table = formats_table
    settings.again = lambda: resolve(flags, environ, config)
    return settings


def _said(
    option: Option,
    filed: Mapping[str, tuple[Json, str]],
    environ: Mapping[str, str],
    flags: Mapping[str, Json],
) -> Iterator[tuple[Json, str, int]]:
    """What is said of a setting, where, and how strong the word is: the strongest comes last."""
    if option.name in filed:
        raw, where = filed[option.name]
        yield raw, where, 1
    if environ.get(option.env):
        yield environ[option.env], option.env, 2
    if flags.get(option.name) not in (None, []):
        yield flags[option.name], option.flag, _RANK_OF_FLAGS


def _overlaid(
    path: Path,
    values: Mapping[str, Value],
    options: Sequence[Option],
    source: SourceTable,
    mistakes: Mistakes,
) -> dict[str, Value]:
    """The settings of a source: its own word counts more than any but a flag's."""
    overlaid = dict(values)
    for option in options:
        if option.name in source.values and values[option.name].rank < _RANK_OF_FLAGS:
            raw, line = source.values[option.name]
            where = f"{path}:{line}"
            with mistakes.collected():
                overlaid[option.name] = Value(_converted(option, raw, where), where, _RANK_OF_FLAGS - 1)
    return overlaid


def _converted(option: Option, raw: Json, where: str) -> Json:
    try:
        return option.convert(raw)
    except ValueError as error:
        shown = "" if option.secret or raw == "" else f", not {raw!r}"
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
        raise ConfigurationError(
            f"is not valid TOML: {error}",
            where=f"{path}:{at[1]}" if (at := _AT_LINE.search(str(error))) else str(path),
            hint="a text stands in quotes, and a key only once",
        ) from error
    return text, table


def _filed(
    path: Path, text: str, table: Mapping[str, Json], mistakes: Mistakes
) -> dict[str, tuple[Json, str]]:
    """What the file says at its top level, each with its place."""
    found: dict[str, tuple[Json, str]] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        where = f"{path}:{line_of(text, [key])}"
        with mistakes.collected():
            if name not in BY_NAME:
                near = difflib.get_close_matches(name, (*BY_NAME, SOURCES_KEY, FORMATS_KEY), 1)
                raise ConfigurationError(
                    f"unknown key `{key}`",
                    where=where,
                    hint=f"did you mean `{near[0]}`?" if near else "`translator config` lists all keys",
                )
            if name == "format" and isinstance(value, (dict, list)):
                raise ConfigurationError(
                    "`format` is one name", where=where, hint="rules of your own stand below [[formats.NAME]]"
                )
            found[name] = (value, where)
    return found
