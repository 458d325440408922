"""Where spans go: one of a DSN, a Spotlight and a file, and what is told where it cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.process import opened, started
from tests.pipeline.program import event, write
from tests.receiver import Answer, Receiver, SpotlightReceiver
from translator.delivery.destination import SPOTLIGHT_URL

SAMPLE = str(Path(__file__).parents[2] / "samples" / "python" / "agent.jsonl")


@pytest.fixture
def spotlight() -> Iterator[SpotlightReceiver]:
    with SpotlightReceiver() as started_one:
        yield started_one
    started_one.assert_clean()


@pytest.mark.parametrize(
    "flags",
    [
        ("--dsn", "https://k@h/1", "--spotlight"), ("--spotlight", "http://h", "--out", "o"),
        ("--dsn", "https://k@h/1", "--out", "-"), ("--dsn", "https://k@h/1", "--spotlight", "--out", "o"),
    ],
    ids=["a DSN and Spotlight", "Spotlight and a file", "a DSN and a file", "all three"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["run", "backfill"])
def test_two_flags_that_say_where_to_send_are_too_many(
    command: str, flags: tuple[str, ...], run: Run
) -> None:
    said = run(command, SAMPLE, *flags)

    assert said.code == 2
    assert "say where to send" in said.err
    assert "hint: give one of --dsn, --spotlight and --out" in said.err
    assert not Path("o").exists()


def test_two_variables_that_say_where_to_send_are_too_many(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "https://k@h/1")
    monkeypatch.setenv("SENTRY_SPOTLIGHT", "1")

    said = run("backfill", SAMPLE)

    assert said.code == 2
    assert "SENTRY_DSN" in said.err
    assert "SENTRY_SPOTLIGHT" in said.err


def test_a_flag_wins_over_a_dsn_in_the_environment(
    run: Run, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_DSN", receiver.dsn)

    said = run("backfill", SAMPLE, "--out", "-")

    assert said.code == 0
    assert len(said.out.splitlines()) == 17
    assert receiver.requests == []


def test_a_variable_wins_over_the_file(run: Run, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("translator.toml").write_text('out = "spans.jsonl"\n')
    monkeypatch.setenv("SENTRY_DSN", receiver.dsn)

    assert run("backfill", SAMPLE).code == 0
    assert len(receiver.latest) == 17
    assert not Path("spans.jsonl").exists()


def test_a_preview_sends_nothing_whatever_is_set(
    run: Run, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_DSN", receiver.dsn)
    monkeypatch.setenv("TRANSLATOR_OUT", "spans.jsonl")

    said = run("preview", SAMPLE)

    assert said.code == 0
    assert "invoke_agent Weather Agent" in said.out
    assert receiver.requests == []
    assert not Path("spans.jsonl").exists()


class TestSpotlight:
    """Its flag may stand alone; what follows it is its address only if it can be one."""

    def test_alone_it_is_the_usual_address(self, run: Run) -> None:
        for arguments in (("--spotlight",), ("--spotlight", "--quiet"), ("--quiet", "--spotlight")):
            rows = run("config", *arguments).out.splitlines()
            assert "spotlight 1 --spotlight" in [" ".join(row.split()[:3]) for row in rows]
        assert SPOTLIGHT_URL == "http://localhost:8969/stream"

    def test_a_path_after_it_is_a_path(self, run: Run) -> None:
        said = run("backfill", "--spotlight", "nowhere.jsonl")

        assert said.code == 2
        assert "nowhere.jsonl: no such file" in said.err

    @pytest.mark.parametrize("way", ["a flag", "a flag with =", "without /stream", "a variable"])
    def test_it_gets_transactions_with_their_contents(
        self, way: str, run: Run, spotlight: SpotlightReceiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flags = {
            "a flag": ("--spotlight", spotlight.stream_url),
            "a flag with =": (f"--spotlight={spotlight.stream_url}",),
            "without /stream": ("--spotlight", spotlight.url),
        }.get(way, ())
        if way == "a variable":
            monkeypatch.setenv("SENTRY_SPOTLIGHT", spotlight.stream_url)

        said = run("backfill", *flags, SAMPLE)

        assert said.code == 0, said.err
        assert spotlight.transactions
        assert "Is it raining" in json.dumps(spotlight.transactions) or "Paris" in json.dumps(
            spotlight.transactions
        )

    def test_nothing_is_kept_of_what_it_does_not_take(self, run: Run, spotlight: SpotlightReceiver) -> None:
        spotlight.script([Answer(404, {}, b"")])

        said = run("backfill", "--spotlight", spotlight.stream_url, SAMPLE)

        assert said.code == 3
        assert "could not be sent" in said.err
        assert "nothing is kept of this run, the next one begins anew" in said.err

    @pytest.mark.parametrize("word", ["0", "false", "off", "no"])
    def test_a_word_for_no_leaves_it_off(
        self, word: str, run: Run, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SENTRY_SPOTLIGHT", word)
        monkeypatch.setenv("SENTRY_DSN", receiver.dsn)

        assert run("backfill", SAMPLE).code == 0
        assert len(receiver.latest) == 17


class TestFiles:
    """Lines of JSON in a file, or on standard output."""

    def test_what_stands_in_the_file_stays(self, run: Run) -> None:
        Path("spans.jsonl").write_text("before\n")

        run("backfill", SAMPLE, "--out", "spans.jsonl")

        lines = Path("spans.jsonl").read_text().splitlines()
        assert lines[0] == "before"
        assert {"trace_id", "span_id", "name", "start_timestamp"} <= set(json.loads(lines[1]))

    def test_the_file_is_not_read_as_a_log(self, run: Run) -> None:
        Path("logs").mkdir()
        write(Path("logs/a.jsonl"), event("tool", 0, tool="t"))
        Path("logs/spans.jsonl").write_text('{"event":"tool","tool":"own","ts":1795423737}\n')

        said = run("backfill", "logs", "--out", "logs/spans.jsonl")

        assert "1 line, 1 event," in said.err

    @pytest.mark.parametrize("path", ["logs", "nowhere/spans.jsonl", "file/spans.jsonl"])
    def test_one_that_cannot_be_written_is_told(self, path: str, run: Run) -> None:
        Path("logs").mkdir()
        Path("file").touch()

        said = run("backfill", SAMPLE, "--out", path)

        assert said.code == 2
        assert f"error: {path}: cannot be written: " in said.err
        assert "hint: check the path after --out" in said.err

    def test_a_full_disk_is_told(self, run: Run) -> None:
        said = run("backfill", SAMPLE, "--out", "/dev/full")

        assert said.code == 3
        assert "error: No space left on device" in said.err
        assert "hint: " in said.err


@pytest.mark.parametrize("command", ["run", "backfill", "preview"])
def test_a_format_that_is_not_known_is_told_with_those_that_are(command: str, run: Run) -> None:
    said = run(command, SAMPLE, "--format", "nativ")

    assert said.code == 2
    assert "error: --format: " in said.err
    assert "expected one of auto, native" in said.err
    assert "did you mean `native`?" in said.err


def test_a_full_standard_output_is_no_traceback() -> None:
    with Path("/dev/full").open("w") as full, started("schema", stdout=full) as process:
        said = opened(process.stderr).read()
        code = process.wait()

    assert code == 3
    assert "error: No space left on device" in said
    assert "Traceback" not in said


def test_an_address_of_spotlight_without_a_scheme_is_told_as_that(run: Run) -> None:
    said = run("backfill", SAMPLE, "--spotlight", "localhost:8969/stream")

    assert said.code == 2
    assert "error: --spotlight: the address of Spotlight does not begin with" in said.err


def test_a_file_may_be_called_like_an_address(run: Run) -> None:
    Path("log:1").write_text("")

    assert "--spotlight: the address" not in run("backfill", "--dry-run", "--spotlight", "log:1").err


@pytest.mark.parametrize("to", [(), ("--out", "out.jsonl")], ids=["the terminal", "a file"])
@pytest.mark.parametrize("command", [("backfill",), ("run", "--once")], ids=" ".join)
def test_masking_is_told_wherever_spans_go(command: tuple[str, ...], to: tuple[str, ...], run: Run) -> None:
    log = write(Path("a.jsonl"), event("tool", 0, tool="t", arguments="password=hunter2"))

    assert "noticed: masked spans 1" in run(*command, log, *to).err


def test_the_summary_for_machines_is_all_of_standard_output(run: Run) -> None:
    said = run("backfill", SAMPLE, "--json")

    assert said.code == 0
    assert json.loads(said.out)["complete"] is True
    assert "invoke_agent" in said.err
