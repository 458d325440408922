"""`translator preview`: what it selects, how it looks on poor terminals, and the file of the page."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.process import started
from tests.pipeline.program import T0, event, write

SAMPLE = str(Path(__file__).parents[2] / "samples" / "python" / "agent.jsonl")
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
TREE = """\
conversation c1  2 traces  6.00 s  1 error  $0.0120  1,234 tokens

trace aaaa0000000000000000000000000000  2026-11-23 08:48:57 UTC  2.00 s  1 error  $0.0120  1,234 tokens
invoke_agent Weather  ████████████   2.00 s
├─ chat gpt-4o           ███         500 ms 1,200 → 34 tokens $0.0120
└─ execute_tool radar        ██      250 ms
      ✗ TimeoutError: the radar has not answered within two seconds

trace cccc0000000000000000000000000000  2026-11-23 08:49:02 UTC  1.00 s
invoke_agent Travel ████████████   1.00 s

trace bbbb0000000000000000000000000000  2026-11-23 08:48:59 UTC  1.00 s
execute_tool alone ████████████   1.00 s

"""


def in_trace(letter: str, name: str, at: float, **fields: object) -> dict[str, object]:
    return {**event(name, at, **fields), "trace_id": letter * 4 + "0" * 28}


@pytest.fixture
def log(tmp_path: Path) -> str:
    """Three traces, two of them of one conversation."""
    error = {"type": "TimeoutError", "message": "the radar has not answered within two seconds"}
    return write(
        tmp_path / "a.jsonl",
        in_trace("a", "agent.start", 0, agent="Weather", span_id="run", conversation_id="c1"),
        in_trace("a", "model", 1, model="gpt-4o", duration_ms=500, cost=0.012,
                 usage={"input_tokens": 1_200, "output_tokens": 34}),
        in_trace("a", "tool", 1.5, tool="radar", duration_ms=250, error=error),
        in_trace("a", "agent.end", 2, agent="Weather", span_id="run"),
        in_trace("b", "tool", 3, tool="alone", duration_ms=1_000),
        in_trace("c", "agent", 6, agent="Travel", duration_ms=1_000, conversation_id="c1"),
    )  # fmt: skip


def shown(out: str) -> str:
    """The traces that are shown, by their letters."""
    return "".join(re.findall(r"^trace (\w)", out, re.MULTILINE))


def test_it_looks_so(log: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "103")

    out = run("preview", log).out

    assert "\n".join(line.rstrip() for line in out.split("\n")) == TREE


@pytest.mark.parametrize(
    ("filters", "letters"),
    [
        ([], "acb"), (["--trace", "bb"], "b"), (["--trace", "BBBB0"], "b"), (["--errors"], "a"),
        (["--agent", "travel"], "c"), (["--slowest", "1"], "a"),
        (["--slowest", "1", "--agent", "Travel"], "c"),
        (["--errors", "--agent", "Travel"], ""),
    ],
    ids=str,
)  # fmt: skip
def test_filters_combine(filters: list[str], letters: str, log: str, run: Run) -> None:
    said = run("preview", log, *filters)

    assert (said.code, shown(said.out)) == (0, letters)
    assert ("No trace matches" in said.err) == (not letters)


def test_where_nothing_matches_one_is_told_what_there_is(log: str, run: Run) -> None:
    said = run("preview", log, "--agent", "Nobody", "-q")

    assert said.out == ""
    assert " ".join(said.err.split()) == (
        "No trace matches. There are 3 traces, 1 of them with errors; their agents are 'Weather', 'Travel'."
    )


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_count_that_is_none_is_a_mistake(count: str, log: str, run: Run) -> None:
    assert run("preview", log, "--slowest", count).code == 2


@pytest.mark.parametrize("columns", [20, 40, 71, 72, 110])
def test_no_row_is_wider_than_the_terminal(
    columns: int, log: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    out = run("preview", log).out

    assert max(map(len, out.splitlines())) <= columns
    assert ("█" in out) == (columns >= 72)
    assert "TimeoutError" in out


def test_a_terminal_without_unicode_gets_trees_of_ascii(log: str) -> None:
    with started("preview", log, "-q", environment={**ASCII, "COLUMNS": "103"}) as process:
        out, _ = process.communicate()

    assert "|- chat gpt-4o" in out
    assert "`- execute_tool radar" in out
    assert "x TimeoutError" in out
    assert "1,200 -> 34 tokens" in out
    assert "####" in out
    assert out.isascii()
    assert "?" not in out


def test_escapes_and_secrets_of_a_log_are_not_passed_on(run: Run, tmp_path: Path) -> None:
    key = "sk-proj-" + "a1B2" * 10
    evil = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil"
    error = {"type": evil, "message": f"{evil} {key}"}
    log = write(
        tmp_path / "a.jsonl",
        in_trace("a", "agent", 1, agent=evil, conversation_id=evil, error=error, duration_ms=10),
        in_trace("b", "agent", 1, agent=evil, conversation_id=evil, duration_ms=10),
    )
    for filters in ([], ["--slowest", "2"], ["--agent", "none"]):
        said = run("preview", log, *filters)

        assert "evil" in said.out + said.err
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", said.out + said.err)
        assert key not in said.out + said.err


class TestPage:
    """The file that `--html` names."""

    def test_it_holds_what_is_shown_and_the_terminal_only_says_so(self, log: str, run: Run) -> None:
        said = run("preview", log, "--errors", "--html", "page.html")

        assert (said.code, said.out) == (0, "")
        assert "1 traces in page.html" not in said.err
        assert "1 trace in page.html" in said.err
        page = Path("page.html").read_text(encoding="utf-8")
        assert "execute_tool radar" in page
        assert "execute_tool alone" not in page
        assert sorted(path.name for path in Path().iterdir()) == ["a.jsonl", "page.html"]

    def test_contents_are_in_it_unless_one_says_no(self, run: Run) -> None:
        run("preview", SAMPLE, "--html", "with.html")
        run("preview", SAMPLE, "--html", "without.html", "--no-send-default-pii")

        assert "gen_ai.input.messages" in Path("with.html").read_text(encoding="utf-8").split("<script>")[0]
        assert (
            "gen_ai.input.messages"
            not in Path("without.html").read_text(encoding="utf-8").split("<script>")[0]
        )

    def test_to_standard_output_goes_the_page_and_nothing_else(self, log: str) -> None:
        with started("preview", log, "--html", "-") as process:
            out, said = process.communicate()

        assert out.startswith("<!doctype html>")
        assert out.endswith("</html>\n")
        assert "6 lines" in said

    @pytest.mark.parametrize("name", ["no/such/directory/page.html", "."])
    def test_one_that_cannot_be_written_is_told_before_anything_is_read(self, name: str, run: Run) -> None:
        said = run("preview", SAMPLE, "--html", name)

        assert (said.code, said.out) == (2, "")
        assert said.err.startswith(f"error: --html {name}: cannot be written: ")
        assert "hint: name another file" in said.err

    def test_a_log_is_not_overwritten(self, log: str, run: Run) -> None:
        before = Path(log).read_bytes()

        said = run("preview", log, "--html", "./a.jsonl")

        assert said.code == 2
        assert "one of the logs" in said.err
        assert Path(log).read_bytes() == before

    def test_where_reading_fails_the_old_page_stays(self, run: Run, tmp_path: Path) -> None:
        Path("page.html").write_text("old")
        (tmp_path / "bad.gz").write_bytes(b"\x1f\x8b\x08\x00 no gzip")

        said = run("preview", "bad.gz", "--html", "page.html")

        assert said.code != 0
        assert Path("page.html").read_text() == "old"
        assert sorted(path.name for path in Path().iterdir()) == ["bad.gz", "page.html"]

    def test_a_link_stays_a_link_and_a_page_keeps_to_the_umask(self, log: str, run: Run) -> None:
        Path("real.html").write_text("old")
        Path("link.html").symlink_to("real.html")
        before = os.umask(0o027)
        try:
            run("preview", log, "--html", "link.html")
        finally:
            os.umask(before)

        assert Path("link.html").is_symlink()
        assert Path("real.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        assert stat.S_IMODE(Path("real.html").stat().st_mode) == 0o640

    def test_a_device_is_written_to_as_it_is(self, log: str, run: Run) -> None:
        assert run("preview", log, "--html", "/dev/null").code == 0
        assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)

    def test_times_and_sums_are_those_of_the_terminal(self, log: str, run: Run) -> None:
        run("preview", log, "--html", "page.html")
        page = Path("page.html").read_text(encoding="utf-8")
        index = json.loads(page.split('id="index">')[1].split("</script>")[0])

        assert index["traces"][0] == [
            "aaaa" + "0" * 28, "invoke_agent Weather", "c1", round(T0 * 1e6), round((T0 + 2) * 1e6),
            1_234, 0.012, 1, ["Weather"], 3,
        ]  # fmt: skip


def test_lines_that_are_too_long_are_told_as_that(log: str, run: Run) -> None:
    said = run("preview", log, "--max-line-bytes", "10").err

    assert "Most lines are longer than `max_line_bytes`" in said
    assert "No line was an event" not in said
