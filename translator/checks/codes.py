"""What can be said of a log: one table, by which the command, the documents and the tests go.

Letters say how bad it is. E: no right span can come of it. W: one can, but Sentry's pages will lack
something. N: worth knowing.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

PAGE = "docs/checks.md"
"""Where each code has a section of its own."""


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(msgspec.Struct, frozen=True):
    """One thing that can be wrong.

    Attributes:
        name: A letter for the severity, and a number; the first digit is the family.
        title: What is wrong, where the diagnostic says nothing more exact.
        hint: How to mend it.
        words: The words of the summary ("passed over", "noticed") under which it is counted, too.
        once: Whether one of a file is as good as all.
    """

    name: str
    title: str
    hint: str
    words: tuple[str, ...] = ()
    once: bool = False

    @property
    def severity(self) -> Severity:
        """What the letter says."""
        return _OF_LETTER[self.name[0]]

    @property
    def family(self) -> str:
        """The digit of what it is about: lines, names, values, pairing, lacks, other programs' logs."""
        return self.name[1]

    @property
    def link(self) -> str:
        """Its section of the documents."""
        return f"{PAGE}#{self.name.lower()}"


_OF_LETTER = {"E": Severity.ERROR, "W": Severity.WARNING, "N": Severity.NOTE}


def _code(name: str, title: str, hint: str, *words: str, once: bool = False) -> Code:
    return Code(name, title, hint, words, once)


CODES: tuple[Code, ...] = (
    # Lines.
    _code("E101", "the line is no JSON",
          "write each event with a JSON encoder, as one object on one line", "not_json"),
    _code("N102", "the line is no JSON object, and is passed over",
          "nothing to do, if it was never meant to be an event", "not_json", "not_an_object", "blank"),
    _code("E103", "the line is a list of objects",
          "write each object on a line of its own: `jq -c '.[]' FILE`", "not_an_object"),
    _code("E104", "the line is longer than max_line_bytes, and was not read",
          "log less content, or raise --max-line-bytes", "too_long"),
    _code("E105", "the event has no time that can be read",
          "log when it happened as `timestamp`, in RFC 3339 or as a number since 1970", "no_timestamp"),
    _code("W106", "no line of the file was an event",
          "log names such as `agent.start` under `event`, see docs/log-format.md; where one JSON text goes "
          "over many lines, `jq -c . FILE` makes a line of it", "ignored", once=True),
    _code("W107", "a key stands twice in the line: the later one counts",
          "give one of the two another name"),
    _code("W108", "the line is no strict JSON; it was mended",
          "write UTF-8, and neither NaN nor Infinity"),

    # Names.
    _code("E201", "no event has this name", "correct the name", "ignored"),
    _code("E202", "the event's name stands under a key where nobody looks for it",
          "log it as `event`", "ignored"),
    _code("N203", "no event has this name, and the line is passed over",
          "nothing to do, if it is an event of your own", "ignored"),
    _code("W204", "no field has this name, but a similar one", "correct the name of the field"),
    _code("W205", "the name is deprecated", "log it under the name that replaces it"),
    _code("N206", "the field is on the line twice, under two names",
          "log one of them; the other becomes a log attribute"),

    # Values.
    _code("E301", "the time cannot be read", "write times in RFC 3339 or as numbers since 1970, durations "
          "as numbers in the unit of the field", "invalid_values"),
    _code("W302", "the value does not fit its field, and becomes a log attribute",
          "log the type that docs/log-format.md#fields says", "invalid_values"),
    _code("W303", "a token count cannot be, and is left out",
          "log whole numbers from 0 on", "invalid_counts"),
    _code("W304", "the total of tokens is below its parts",
          "log the provider's usage object as it is"),
    _code("W305", "a part of the tokens is above the whole",
          "log the provider's usage object as it is"),
    _code("W306", "the call has a cost, but no model", "log `model`, by which costs are told apart"),
    _code("E307", "the end is before the start, and the span has no length",
          "log times of one clock", "ends_before_starts"),
    _code("W308", "the trace context cannot be read",
          "log the header as the caller sent it"),
    _code("N309", "the time has no zone, and is taken for UTC", "write times with `Z` or an offset",
          once=True),
    _code("N310", "times are whole seconds: short spans have no length, and their order is lost",
          "log times with milliseconds or finer", once=True),

    _code("N311", "an object stands under the name of a field, and becomes a log attribute",
          "nothing to do, if it is the logger's own", "invalid_values"),
    _code("W312", "the line for a whole span has neither a duration nor a start: the span has no length",
          "log how long it took as `duration_ms`, or a line for its start and one for its end"),
    _code("N313", "the operation is none that Sentry knows, and is sent as `chat`",
          "log `chat`, `text_completion`, `generate_content` or `embeddings`"),

    # How lines belong together.
    _code("W401", "the end has no start, and becomes an instant",
          "give start and end the same id or name", "starts_missing"),
    _code("W402", "the span never ends, and is shown as `unfinished`",
          "log the end in a `finally`, under the same id or name; raise --idle-timeout where runs pause "
          "for longer", "ends_missing", "too_many_open"),
    _code("W403", "the first output belongs to no open call",
          "log the start before it, with the same id", "chunks_without_start"),
    _code("N404", "it has been read before, and is left out", "nothing to do",
          "repeated_lines", "repeated_spans", "copied_lines", "replayed_turns", "repeated_calls",
          "inherited_totals"),
    _code("W405", "two run at the same time under one name and without ids: their ends may be exchanged",
          "log the provider's `call_id` on start and end"),
    _code("N406", "the parent is not in these logs", "check it, if no other service has it"),
    _code("W407", "the span's id is another span's, too", "make a new `span_id` for each span"),

    # What Sentry's pages will lack.
    _code("W501", "the model call has no model", "log `model`"),
    _code("W502", "the model call has no usage: no tokens, no costs",
          "log the provider's usage object as `usage` on the end"),
    _code("W503", "the agent has no name", "log `agent`"),
    _code("W504", "the tool has no name", "log `tool`"),
    _code("W505", "the run has no conversation", "log `conversation_id` when the agent starts"),
    _code("W506", "it belongs to no agent", "log it between the agent's start and end, or name the `agent`"),
    _code("N507", "the provider cannot be told from the model's name", "log `provider`"),
    _code("W508", "the handoff does not say between whom", "log `from_agent` and `to_agent`"),
    _code("N509", "the error has no message", "log `error` with `type` and `message`"),

    # Logs of other programs.
    _code("W601", "a part came too late or not whole, and is left out",
          "read all files of the run together, as they were written",
          "late_blocks", "late_log_events", "pieces_lost"),
    _code("W602", "what it belongs to is not in these logs", "read all files of the run together",
          "results_without_call", "subagents_without_caller"),
    _code("W603", "spans or log records have no id or no time", "look at what writes them",
          "unusable_items"),
    _code("N604", "it has nothing to do with agents, and is left out", "nothing to do",
          "metrics", "empty_otlp", "unrelated_spans"),
)  # fmt: skip
"""Every code, in order."""

BY_NAME = {code.name: code for code in CODES}

BY_WORD: dict[str, Code] = {word: code for code in reversed(CODES) for word in code.words}
"""The code that tells of a word of the summary; the first in the table, where several do."""
