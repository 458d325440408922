"""What the machine and the server do to the sidecar: few descriptors, full disks, huge lines, silence."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.field import Field
from tests.faults.subject import TranslatorSubject
from tests.receiver import Answer, Fault

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[TranslatorSubject]:
    made = TranslatorSubject(tmp_path)
    yield made
    made.close()


@pytest.fixture
def field(subject: TranslatorSubject, tmp_path: Path) -> Field:
    logs = tmp_path / "logs"
    logs.mkdir()
    return Field(subject, logs)


def untouched(field: Field, name: str) -> bool:
    result = field.result(name)
    return (result.lost, result.duplicated) == (0, 0)


def test_two_hundred_files_with_64_descriptors(field: Field, subject: TranslatorSubject) -> None:
    subject.limit_files = 64
    for number in range(200):
        field.write(20, field.logs / f"{number}.log")
    field.start("*.log")
    field.settle()
    for number in range(200):
        field.write(5, field.logs / f"{number}.log")

    assert untouched(field, "ulimit -n 64"), subject.process.said()[-2_000:]


def test_a_receiver_that_is_down_while_the_program_restarts(field: Field, subject: TranslatorSubject) -> None:
    field.write(100)
    field.start()
    field.settle()
    subject.receiver.stop()
    field.write(1_000)
    field.subject.kill()
    field.write(1_000)
    field.start()
    field.wait_for(lambda: "file_found" in subject.process.said())
    field.subject.kill()
    field.write(1)
    subject.receiver.start()
    field.start()

    assert untouched(field, "receiver down")


LIMITED = Answer(429, {"Retry-After": "2"}, b"{}")


@pytest.mark.parametrize(
    "answer",
    [200, LIMITED, 413, 503, "reset", "half", "garbage"],
    ids=lambda answer: str(getattr(answer, "status", answer)),
)
def test_a_server_that_answers_so_for_a_while(
    answer: Answer | int | Fault, field: Field, subject: TranslatorSubject
) -> None:
    subject.receiver.script([answer] * 3)
    field.write(40)
    field.start()

    assert untouched(field, f"answers {answer}")


def test_a_full_disk_is_waited_for(field: Field, subject: TranslatorSubject, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(state)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        field.write(50)
        field.start()
        field.settle()
        filler = state / "filler"
        with filler.open("wb") as file:
            try:
                while file.write(b"x" * 65_536):
                    file.flush()
            except OSError:
                pass
        field.write(2_000)
        field.wait_for(lambda: "state_unwritable" in subject.process.said())
        assert subject.process.running
        os.unlink(filler)  # noqa: PTH108

        assert untouched(field, "full disk"), subject.process.said()[-2_000:]
        assert "state_writable_again" in subject.process.said()
        subject.stop()
    finally:
        subject.kill()
        subprocess.run(["umount", str(state)], check=True)


def test_a_line_of_200_megabytes_is_set_aside_by_its_offset(
    field: Field, subject: TranslatorSubject, tmp_path: Path
) -> None:
    field.write(10)
    offset = field.log.stat().st_size
    with field.log.open("ab") as file:
        file.write(b'{"event":"tool","tool":"')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n')
    field.write(10)
    field.start()

    assert untouched(field, "200 MB line")
    status = Path(f"/proc/{subject.process.pid}/status").read_text()
    assert int(status.split("VmHWM:")[1].split()[0]) < 200_000
    (rejected,) = (tmp_path / "state").glob("*/rejected.jsonl")
    record = json.loads(rejected.read_text())
    assert (record["reason"], record["line"]["offset"]) == ("too_long", offset)


@pytest.mark.parametrize("runtime", ["docker", "cri"])
def test_lines_that_a_container_runtime_has_wrapped(runtime: str, field: Field) -> None:
    at = "2026-11-23T12:00:00.123456789Z"
    lines = field.lines(200).decode().splitlines()
    with field.log.open("w") as file:
        for line in lines:
            parts = (line[:40], line[40:])
            if runtime == "docker":
                for text in (parts[0], parts[1] + "\n"):
                    file.write(json.dumps({"log": text, "stream": "stdout", "time": at}) + "\n")
            else:
                for mark, text in zip("PF", parts, strict=True):
                    file.write(f"{at} stdout {mark} {text}\n")
    field.start()

    assert untouched(field, runtime)


@pytest.mark.parametrize("damage", ["zeroed", "garbage", "truncated"])
def test_a_damaged_state_is_set_aside_and_said(
    damage: str, field: Field, subject: TranslatorSubject, tmp_path: Path
) -> None:
    field.write(100)
    field.start()
    field.settle()
    field.subject.stop()
    (state,) = (tmp_path / "state").glob("*/state.sqlite")
    size = state.stat().st_size
    state.write_bytes(
        {"zeroed": bytes(size), "garbage": os.urandom(size), "truncated": state.read_bytes()[: size // 3]}[
            damage
        ]
    )
    field.write(100)
    field.start()

    assert field.settle()
    assert list(state.parent.glob("state.sqlite.damaged-*"))
    assert "damaged" in subject.process.said()
    assert subject.process.running
