"""What stands where: results on standard output, the log and the summary on standard error."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.process import on_a_terminal, started
from tests.pipeline.program import event, write

SAMPLE = str(Path(__file__).parents[2] / "samples" / "python" / "agent.jsonl")
ESCAPE = "\x1b["
CALLS = (
    event("agent.start", 0, agent="Weather Agent", span_id="run"),
    event("model", 1, model="gpt-4o", duration_ms=500, usage={"input_tokens": 1_200, "output_tokens": 34}),
    event("tool", 2, tool="radar", duration_ms=250, error={"type": "TimeoutError", "message": "timed out"}),
    event("agent.end", 2, agent="Weather Agent", span_id="run"),
)


class TestTree:
    """What a preview shows."""

    def test_parents_stand_over_their_children_with_times_tokens_and_errors(
        self, run: Run, tmp_path: Path
    ) -> None:
        rows = run("preview", write(tmp_path / "a.jsonl", *CALLS)).out.splitlines()

        assert [re.split(r" *[█▏▎▍▌▋▊▉]|  ", row)[0] for row in rows] == [
            "trace 4bf92f3577b34da6a3ce929d0e0e4736", "invoke_agent Weather Agent", "├─ chat gpt-4o",
            "└─ execute_tool radar", "",
        ]  # fmt: skip
        assert rows[0].endswith("1,234 tokens")
        assert "2.00 s" in rows[1]
        assert "500 ms" in rows[2]
        assert "1,200 → 34 tokens" in rows[2]
        assert "250 ms" in rows[3]
        assert "✗ TimeoutError: timed out" in rows[3]

    def test_the_bars_stand_where_the_times_are(self, run: Run, tmp_path: Path) -> None:
        rows = run("preview", write(tmp_path / "a.jsonl", *CALLS)).out.splitlines()[1:4]
        bars = [(row.index("█"), row.rindex("█")) for row in rows]

        assert bars[0][0] <= bars[1][0] < bars[1][1] < bars[2][0] <= bars[2][1] <= bars[0][1]

    @pytest.mark.parametrize("columns", [20, 40, 80, 200])
    def test_no_row_is_wider_than_the_terminal(
        self, columns: int, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))

        said = run("preview", SAMPLE)

        assert said.code == 0
        rows = [row for row in said.out.splitlines() if row and "trace" not in row and "─" in row]
        assert rows
        assert max(map(len, rows)) <= columns

    def test_a_log_without_spans_shows_nothing(self, run: Run) -> None:
        Path("a.jsonl").touch()

        said = run("preview", "a.jsonl")

        assert (said.code, said.out) == (0, "")
        assert said.err.startswith("0 lines, 0 events, 0 spans")


class TestColours:
    """Only a terminal gets them, and only where it wants them."""

    def test_a_terminal_gets_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NO_COLOR", raising=False)

        code, shown = on_a_terminal("preview", SAMPLE)

        assert code == 0
        assert f"{ESCAPE}1;36minvoke_agent Weather Agent" in shown

    def test_one_that_wants_none_gets_none(self) -> None:
        code, shown = on_a_terminal("preview", SAMPLE, "--quiet", NO_COLOR="1")

        assert code == 0
        assert "invoke_agent Weather Agent" in shown
        assert f"{ESCAPE}1;36m" not in shown
        assert f"{ESCAPE}35m" not in shown

    def test_a_pipe_gets_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NO_COLOR", raising=False)
        with started("backfill", SAMPLE, "--log-format", "console") as process:
            out, said = process.communicate()

        assert "invoke_agent Weather Agent" in out
        assert "nothing_is_sent" in said
        assert ESCAPE not in out + said


class TestStreams:
    """Standard output has only what was asked for."""

    @pytest.mark.parametrize("form", ["json", "console", "auto"])
    def test_the_log_and_the_summary_are_on_standard_error(self, form: str, run: Run) -> None:
        said = run("backfill", SAMPLE, "--log-format", form)

        assert "nothing_is_sent" in said.err
        assert "34 lines, 34 events, 17 spans (4 agent, 1 handoff, 7 model, 5 tool)" in said.err
        assert "nothing_is_sent" not in said.out
        assert "34 lines" not in said.out
        is_json = said.err.startswith("{")
        assert is_json == (form != "console")

    def test_each_line_of_the_json_log_is_an_object_with_a_level_and_a_time(self, run: Run) -> None:
        Path("a.jsonl").write_text("no json\n[]\n")

        said = run("backfill", "a.jsonl", "--log-format", "json", "--log-level", "debug")

        entries = [json.loads(line) for line in said.err.splitlines() if line.startswith("{")]
        assert [entry["event"] for entry in entries] == ["nothing_is_sent", "line_skipped", "line_skipped"]
        assert [entry["level"] for entry in entries] == ["info", "debug", "debug"]
        assert all("timestamp" in entry for entry in entries)
        assert [(entry["file"], entry["line"]) for entry in entries[1:]] == [("a.jsonl", 1), ("a.jsonl", 2)]

    def test_on_a_terminal_the_log_is_for_people(self) -> None:
        code, shown = on_a_terminal("backfill", SAMPLE, COLUMNS="200", NO_COLOR="1")

        assert code == 0
        assert "nothing_is_sent" in shown
        assert '"event"' not in shown

    @pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
    def test_the_log_begins_at_its_level(self, level: str, run: Run) -> None:
        said = run("backfill", SAMPLE, "--log-level", level)

        assert ("nothing_is_sent" in said.err) == (level in ("debug", "info"))

    @pytest.mark.parametrize("command", ["preview", "backfill"])
    def test_quiet_leaves_the_results(self, command: str, run: Run) -> None:
        said = run(command, SAMPLE, "-q")

        assert said.err == ""
        assert "invoke_agent Weather Agent" in said.out

    def test_quiet_says_what_went_wrong(self, run: Run) -> None:
        said = run("backfill", "nowhere.jsonl", "--out", "-", "-q")

        assert said.code == 2
        assert "nowhere.jsonl" in said.err


PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("backfill", "wéather.jsonl", "--log-format", "console", "--log-level", "debug"),
        ("run", "wéather.jsonl", "--once"), ("config", "--release", "früh"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_locale_without_unicode_ends_no_command(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wéather.jsonl").write_text(
        json.dumps(event("tool", 0, tool="☂ météo"), ensure_ascii=False) + "\nné\n", encoding="utf-8"
    )

    with started(*arguments, environment=PLAIN) as process:
        out, said = process.communicate()

    assert process.returncode == 0, said
    assert out
    assert "Traceback" not in said


def test_a_locale_without_unicode_spoils_no_data(tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    log.write_text(json.dumps(event("tool", 0, tool="☂ météo")) + "\n")

    with started("backfill", str(log), "--out", "-", environment=PLAIN) as process:
        out, _ = process.communicate()

    assert json.loads(out)["name"] == "execute_tool ☂ météo"
