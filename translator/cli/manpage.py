"""The man page, made of the tables that `--help` is made of.

make man
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator

import typer

from translator import __version__
from translator.cli.app import COMMANDS, app, command_of
from translator.cli.help import EXIT_CODES, Entry, Page, Section, command_page
from translator.cli.options import PANELS
from translator.settings_options import BY_NAME

_ABOUT = """\
It reads the JSON log lines of AI agents, rebuilds their traces (agent runs, model calls, tools and handoffs
with their times, tokens and errors), and sends them to Sentry: beside the agent, or from old logs.

Every option has a key in translator.toml, an environment variable and a flag. A flag wins over the variable,
the variable over the file, the file over the default."""

_ENVIRONMENT = (
    ("TRANSLATOR_PATHS", "The paths, with : between them. The variables of options stand beside them above."),
    ("HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "Proxies to send through."),
    ("SSL_CERT_FILE, REQUESTS_CA_BUNDLE", "Certificates to trust."),
    ("NO_COLOR", "Where it is set, nothing is coloured."),
)
_FILES = (
    (
        "./translator.toml",
        "The settings, or what --config names. translator schema --of-config prints its schema.",
    ),
    (
        "$XDG_STATE_HOME/translator",
        "The state, or what --state-dir names: what was read, is open, and is to be sent.",
    ),
    ("~/.local/state/translator", "The same, where the variable is not set."),
)
_EXAMPLES = (
    ("See it work:", "translator demo"),
    ("Look at the traces of a log:", "translator preview agent.jsonl"),
    ("Run beside an agent:", "SENTRY_DSN=https://KEY@HOST/PROJECT translator run '/var/log/agent/*.jsonl'"),
    ("Send old logs:", 'translator backfill /var/log/agent/ --dsn "$SENTRY_DSN"'),
)


_WIDTH = 70
"""Of the lines of text, before escaping."""


def man_page() -> str:
    """The page, as roff."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    pages = {declared.name: _page_of(declared.name) for declared in COMMANDS}
    root = typer.main.get_command(app)
    top = command_page(root, root.make_context("translator", [], resilient_parsing=True))
    yield '.\\" Made by python -m translator.cli.manpage'
    yield f'.TH TRANSLATOR 1 "" "translator {__version__}" "User Commands"'
    yield from (".nh", ".ad l")
    yield ".SH NAME"
    yield f"translator \\- {_escaped(_lower(top.paragraphs[0]).rstrip('.'))}"
    yield ".SH SYNOPSIS"
    for number, page in enumerate(pages.values()):
        if number:
            yield ".br"
        program, name, *rest = page.usage.split()
        yield f".B {program} {name}"
        yield _escaped(" ".join(rest))
    yield ".SH DESCRIPTION"
    yield from _paragraphs(_ABOUT.split("\n\n"))
    yield ".SH COMMANDS"
    for name, page in pages.items():
        yield from _command(name, page)
    yield ".SH OPTIONS"
    shared = {
        entry.name: entry for page in pages.values() for section in page.sections for entry in section.entries
    }
    for panel, names in PANELS.items():
        yield f'.SS "{_escaped(panel)}"'
        flags = [BY_NAME[name].flag for name in names]
        yield from _entries(entry for flag in flags for entry in shared.values() if flag in _flags(entry))
    yield '.SS "Of the program"'
    yield from _entries(entry for section in top.sections for entry in section.entries)
    yield ".SH ENVIRONMENT"
    yield from _entries(Entry(*each) for each in _ENVIRONMENT)
    yield ".SH FILES"
    yield from _entries(Entry(*each) for each in _FILES)
    yield ".SH EXIT STATUS"
    yield from _entries(Entry(*each) for each in EXIT_CODES)
    yield ".SH EXAMPLES"
    for text, line in _EXAMPLES:
        yield from (".TP", _escaped(text), f".B {_escaped(line)}")


def _page_of(name: str) -> Page:
    command = command_of(next(declared for declared in COMMANDS if declared.name == name))
    return command_page(command, command.make_context(f"translator {name}", [], resilient_parsing=True))


def _command(name: str, page: Page) -> Iterator[str]:
    """What a command does, its own options, and which it shares with others."""
    yield f".SS {name}"
    yield from _paragraphs(page.paragraphs)
    own = [entry for section in page.sections if section.title not in PANELS for entry in section.entries]
    yield from _entries(entry for entry in own if "--help" not in _flags(entry))
    shared = [_shared(section) for section in page.sections if section.title in PANELS]
    if shared:
        yield ".PP"
        yield from _text(f"Options below: {'; '.join(shared)}.")


def _shared(section: Section) -> str:
    """The heading of shared options, and, where a command has not all of them, which."""
    if len(section.entries) == len(PANELS[section.title]):
        return section.title
    return f"{section.title} ({', '.join(max(_flags(entry), key=len) for entry in section.entries)})"


def _flags(entry: Entry) -> set[str]:
    return {word.strip(",") for word in entry.name.split() if word.startswith("-")}


def _entries(entries: Iterable[Entry]) -> Iterator[str]:
    for name, text in entries:
        yield from (".TP", f".B {_escaped(name)}", *_text(text))


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        if number:
            yield ".PP"
        yield from _text(text)


def _text(text: str) -> Iterator[str]:
    """Running text, in lines that are no longer than others like them."""
    yield from map(_escaped, textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False))


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _escaped(text: str) -> str:
    """A text in which nothing is a command of roff, and whose quotes and dashes are those of a keyboard."""
    for sign, escape in (
        ("\\", "\\e"),
        ("-", "\\-"),
        ("'", "\\(aq"),
        ("`", "\\(ga"),
        ("^", "\\(ha"),
        ("~", "\\(ti"),
        ('"', "\\(dq"),
    ):
        text = text.replace(sign, escape)
    return f"\\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    sys.stdout.write(man_page())
