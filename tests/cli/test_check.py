"""`translator check`: what is told, to whom, and with which exit code."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.process import on_a_terminal, started
from translator.backfill import checked
from translator.checks.codes import CODES
from translator.cli.check import MOST_SHOWN

ESCAPE = "\x1b["
FINE = {"event": "tool", "agent": "A", "tool": "t", "duration_ms": 5}
PLACED = re.compile(r"^(\S+?):(\d+):(\d+): ([EWN]\d+) ", re.MULTILINE)
PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}


def write(name: str, *lines: dict[str, Any] | str) -> str:
    said = [
        line if isinstance(line, str) else json.dumps({**line, "ts": 1795435200.001 + number / 100})
        for number, line in enumerate(lines)
    ]
    Path(name).write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
    return name


def nameless(**more: Any) -> dict[str, Any]:
    """A tool without a name: a warning."""
    return {"event": "tool", "agent": "A", "duration_ms": 5, **more}


class TestExitCodes:
    """0 for fine, 1 for findings, 2 for mistakes."""

    def test_a_fine_log_is_0(self, run: Run) -> None:
        said = run("check", write("a.jsonl", FINE))

        assert (said.code, said.err) == (0, "")
        assert said.out == "1 file: 1 line, 1 event (1 tool)\nnothing to say\n"

    def test_an_error_is_1(self, run: Run) -> None:
        said = run("check", write("a.jsonl", FINE, '{"event":'))

        assert said.code == 1
        assert PLACED.findall(said.out) == [("a.jsonl", "2", "10", "E101")]
        assert said.out.endswith("1 error, 0 warnings, 0 notes\n")

    def test_warnings_count_only_where_they_shall(self, run: Run) -> None:
        write("a.jsonl", nameless())

        assert run("check", "a.jsonl").code == 0
        assert run("check", "a.jsonl", "--strict").code == 1
        assert run("check", "a.jsonl", "--strict", "--ignore", "W504").code == 0

    def test_notes_never_count(self, run: Run) -> None:
        said = run("check", write("a.jsonl", FINE, "hello"), "--strict")

        assert (said.code, PLACED.findall(said.out)) == (0, [("a.jsonl", "2", "1", "N102")])

    def test_what_is_not_shown_counts_all_the_same(self, run: Run) -> None:
        said = run("check", write("a.jsonl", FINE, *["{bad"] * 30), "--json")

        assert said.code == 1
        assert json.loads(said.out)["summary"]["errors"] == 30

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ((), "no input named"),
            (("nowhere.jsonl",), "nowhere.jsonl"),
            (("a.jsonl", "--ignore", "X9"), "no code begins with `X9`"),
            (("--explain", "E999"), "there is no code `E999`"),
            (("a.jsonl", "--json", "--sarif", "-"), "both go to standard output"),
            (("a.jsonl", "--sarif", "no/such/place.sarif"), "cannot be written"),
        ],
    )
    def test_a_mistake_is_2(self, arguments: tuple[str, ...], words: str, run: Run) -> None:
        write("a.jsonl", FINE)

        said = run("check", *arguments)

        assert said.code == 2
        assert words in said.err
        assert "\nhint: " in said.err

    def test_an_input_that_breaks_off_is_2_and_all_else_is_told(self, run: Run) -> None:
        Path("a.jsonl.gz").write_bytes(gzip.compress(b"x" * 4_000_000)[:-20])
        write("b.jsonl", nameless())

        said = run("check", "a.jsonl.gz", "b.jsonl")

        assert said.code == 2
        assert ("b.jsonl", "1", "2", "W504") in [(f, n, "2", c) for f, n, _, c in PLACED.findall(said.out)]
        assert "error: a.jsonl.gz: cannot be read" in said.err


class TestInputs:
    """What is read: as by a backfill, as one log."""

    def test_a_start_and_its_end_may_stand_in_two_files(self, run: Run) -> None:
        start = {"event": "agent.start", "agent": "A", "conversation_id": "c", "trace_id": "t"}
        Path("b.jsonl").write_text(json.dumps({**start, "ts": 1795435200.25}))
        Path("a.jsonl").write_text(json.dumps({**start, "event": "agent.end", "ts": 1795435201.5}))

        said = run("check", "a.jsonl", "b.jsonl")

        assert said.code == 0
        assert said.out.endswith("nothing to say\n")

    def test_directories_globs_and_compressed_files(self, run: Run) -> None:
        Path("logs").mkdir()
        write("logs/a.jsonl", nameless(n=1))
        Path("logs/b.jsonl.2.gz").write_bytes(
            gzip.compress(json.dumps({**nameless(), "ts": 1795435200.5}).encode())
        )

        for given in ("logs", "logs/*"):
            places = PLACED.findall(run("check", given).out)
            assert [(file, code) for file, _, _, code in places] == [
                ("logs/a.jsonl", "W504"), ("logs/b.jsonl.2.gz", "W504"),
            ]  # fmt: skip

    def test_standard_input(self) -> None:
        with started("check", "-") as process:
            out, said = process.communicate(json.dumps({**nameless(), "ts": 1795435200.5}) + "\n")

        assert (process.returncode, said) == (0, "")
        assert [place[0] for place in PLACED.findall(out)] == ["-"]

    def test_a_house_format_is_no_log_of_mistakes(self, run: Run) -> None:
        Path("translator.toml").write_text(
            '[[formats.shop]]\nwhen = { msg = "tool done" }\nevent = "tool"\n'
            '[formats.shop.fields]\ntimestamp = "at"\ntool = "name"\nagent = { value = "A" }\n'
        )
        Path("a.jsonl").write_text('{"msg":"tool done","name":"t","modle":"x","at":1795435200.25}\n')

        said = run("check", "a.jsonl")

        assert "a.jsonl" not in said.out.partition("\n")[0]
        assert said.out.endswith("nothing to say\n")

    def test_large_logs_are_told_the_same_in_pieces(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        lines: list[dict[str, Any]] = []
        for number in range(3_000):
            ids = {"trace_id": f"t{number}", "agent": "A", "conversation_id": "c"}
            lines += [{"event": "agent.start", **ids}, {"event": "tool", **ids, "duration_ms": 1}]
            lines += [{"event": "agent.end", **ids}] if number % 50 else []
        write("a.jsonl", *lines)

        whole = run("check", "a.jsonl", "--all")
        monkeypatch.setattr(checked, "HELD_BYTES", 10_000)
        pieces = run("check", "a.jsonl", "--all", "--idle-timeout", "5")

        assert len(PLACED.findall(whole.out)) == 3_060
        assert sorted(PLACED.findall(pieces.out)) == sorted(PLACED.findall(whole.out))
        assert pieces.out.splitlines()[-1] == whole.out.splitlines()[-1]

    def test_what_waits_to_be_told_is_bounded(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        shown: list[int] = []
        check_inputs = checked.check_inputs

        def counted(*given: Any, **named: Any) -> Any:
            for batch in check_inputs(*given, **named):
                shown.append(len(batch))
                yield batch

        monkeypatch.setattr("translator.cli.check.check_inputs", counted)
        monkeypatch.setattr(checked, "MOST_HELD", 100)
        Path("a.log").write_text("no event at all\n" * 100_000)

        said = run("check", "a.log", "--json", "--all")

        found = json.loads(said.out)["diagnostics"]
        assert [one["line"] for one in found] == [*range(1, 100_001), None]
        assert len(shown) > 2
        assert max(shown) < 50_000


class TestShown:
    """The line, what is wrong with it underlined, the hint."""

    def test_the_key_is_underlined_under_wide_characters(self, run: Run) -> None:
        Path("a.jsonl").write_text(
            '{"event":"tool","agent":"天気","tool":"☂","toll":1,"duratoin_ms":5,"ts":1795435200.5}\n'
        )

        _, excerpt, underline, hint = run("check", "a.jsonl").out.splitlines()[:4]

        cells = sum(2 if char in "天気" else 1 for char in excerpt[: excerpt.index('"duratoin_ms"')])
        assert underline == " " * cells + "^" * len('"duratoin_ms"')
        assert hint == "    did you mean `duration_ms`? (docs/checks.md#w204)"

    @pytest.mark.parametrize("columns", [20, 60, 100])
    def test_an_excerpt_fits_the_terminal(
        self, columns: int, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        write("a.jsonl", {"event": "tool", "agent": "A" * 300, "tool": "t", "modle": "x" * 300, "agnet": 1})

        shown = [
            line
            for line in run("check", "a.jsonl").out.splitlines()
            if line.startswith("    {") or "…" in line
        ]

        assert shown
        assert max(map(len, shown)) <= max(columns, 24)

    def test_what_a_terminal_would_obey_is_not_shown(self, run: Run) -> None:
        Path("a.jsonl").write_bytes(b'{"event":"tool.strat","tool":"\x1b[2J\x07"}\n')

        assert "\x1b" not in run("check", "a.jsonl").out

    def test_secrets_are_masked(self, run: Run) -> None:
        write("a.jsonl", nameless(api_key="hunter2hunter2", agnet="x"))

        assert "hunter2" not in run("check", "a.jsonl").out
        assert "hunter2" in run("check", "a.jsonl", "--no-mask-secrets").out

    def test_of_one_code_and_file_the_first_are_shown(self, run: Run) -> None:
        for name in ("a.jsonl", "b.jsonl"):
            write(name, *[nameless(name_of=name)] * (MOST_SHOWN + 5))

        some, all_ = run("check", "a.jsonl", "b.jsonl"), run("check", "a.jsonl", "b.jsonl", "--all")

        assert len(PLACED.findall(some.out)) == 2 * MOST_SHOWN
        assert "10 more of W504" in some.out
        assert len(PLACED.findall(all_.out)) == 2 * (MOST_SHOWN + 5)
        assert "more of" not in all_.out
        assert some.out.splitlines()[-1] == all_.out.splitlines()[-1] == "0 errors, 30 warnings, 0 notes"

    def test_quiet_leaves_the_summary_out(self, run: Run) -> None:
        said = run("check", write("a.jsonl", nameless()), "-q")

        assert said.out.splitlines()[-1].endswith("(docs/checks.md#w504)")

    def test_a_terminal_gets_colours_if_it_wants_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("NO_COLOR", raising=False)
        write("a.jsonl", FINE, "{bad")

        code, shown = on_a_terminal("check", "a.jsonl")
        _, bare = on_a_terminal("check", "a.jsonl", NO_COLOR="1")

        assert code == 1
        assert f"{ESCAPE}1;31mE101" in shown
        assert f"{ESCAPE}1;31m" not in bare
        assert "E101" in bare

    def test_a_locale_without_unicode_ends_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        write("wéather.jsonl", nameless(agnet="☂" * 300))

        with started("check", "wéather.jsonl", environment=PLAIN) as process:
            out, said = process.communicate()

        assert (process.returncode, said) == (0, "")
        assert "W504" in out

    @pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
    def test_explain_shows_the_section(self, code: Any, run: Run) -> None:
        said = run("check", "--explain", code.name.lower())

        assert said.code == 0
        assert said.out.startswith(f"{code.name} ({code.severity})\n")
        assert "```jsonl" in said.out
        assert "###" not in said.out


class TestMachines:
    """JSON and SARIF say the same."""

    def test_json(self, run: Run) -> None:
        write("a.jsonl", FINE, nameless(), "{bad", FINE | {"modle": 1})

        said = json.loads(run("check", "a.jsonl", "--json").out)

        assert [(one["line"], one["code"], one["severity"]) for one in said["diagnostics"]] == [
            (2, "W504", "warning"), (3, "E101", "error"), (4, "W204", "warning"),
        ]  # fmt: skip
        last = said["diagnostics"][-1]
        line = Path("a.jsonl").read_text().splitlines()[3]
        assert line[last["column"] - 1 : last["end_column"] - 1] == '"modle"'
        assert last["docs"] == "docs/checks.md#w204"
        assert said["summary"] == {
            "errors": 1, "warnings": 2, "notes": 0, "not_shown": {},
            "files": [{
                "file": "a.jsonl", "format": "native", "lines": {"event": 3, "not_json": 1},
                "events": {"tool": 3}, "codes": {"W504": 1, "E101": 1, "W204": 1},
            }],
        }  # fmt: skip

    def test_json_of_a_fine_log(self, run: Run) -> None:
        assert json.loads(run("check", write("a.jsonl", FINE), "--json").out)["diagnostics"] == []

    @pytest.mark.parametrize("target", ["-", "out.sarif"])
    def test_sarif(self, target: str, run: Run) -> None:
        write("a log.jsonl", FINE, nameless(), "{bad", FINE | {"modle": 1})
        write("b.jsonl", "text alone")

        said = run("check", "a log.jsonl", "b.jsonl", "--sarif", target)
        sarif = json.loads(said.out if target == "-" else Path(target).read_text())

        (ran,) = sarif["runs"]
        rules = ran["tool"]["driver"]["rules"]
        assert sarif["version"] == "2.1.0"
        assert [rule["id"] for rule in rules] == [code.name for code in CODES]
        assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in ran["results"])
        places = [one["locations"][0]["physicalLocation"] for one in ran["results"]]
        told = {
            (
                one["ruleId"],
                one["level"],
                place["artifactLocation"]["uri"],
                place.get("region", {}).get("startLine"),
            )
            for one, place in zip(ran["results"], places, strict=True)
        }
        assert told == {
            ("W504", "warning", "a%20log.jsonl", 2), ("E101", "error", "a%20log.jsonl", 3),
            ("W204", "warning", "a%20log.jsonl", 4), ("N102", "note", "b.jsonl", 1),
            ("W106", "warning", "b.jsonl", None),
        }  # fmt: skip
        assert all(
            place["region"]["endColumn"] >= place["region"]["startColumn"] >= 1
            for place in places
            if "region" in place
        )

    def test_sarif_of_a_fine_log(self, run: Run) -> None:
        assert (
            json.loads(run("check", write("a.jsonl", FINE), "--sarif", "-").out)["runs"][0]["results"] == []
        )

    def test_machines_are_told_as_many(self, run: Run) -> None:
        write("a.jsonl", *[nameless()] * 30)

        some = json.loads(run("check", "a.jsonl", "--json").out)
        every = json.loads(run("check", "a.jsonl", "--json", "--all").out)

        assert (len(some["diagnostics"]), some["summary"]["not_shown"]) == (MOST_SHOWN, {"W504": 20})
        assert (len(every["diagnostics"]), every["summary"]["not_shown"]) == (30, {})


def test_of_what_could_not_be_read_it_is_not_said_that_all_is_well(run: Run) -> None:
    Path("a.log").write_bytes(gzip.compress(b"x" * 1_000)[:-9])

    said = run("check", "a.log")

    assert said.code == 2
    assert "nothing to say" not in said.out


def test_a_code_is_explained_whatever_the_settings_say(run: Run) -> None:
    Path("translator.toml").write_text("no = [")

    said = run("check", "--explain", "E101")

    assert (said.code, said.err) == (0, "")
    assert "The line is no JSON." in said.out
