"""Lines of docker and of CRI come out as the containers wrote them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.files.following import Sidecar
from translator.files.reading import read_lines
from translator.files.stream import LineStream
from translator.model import Line

TIME = "2026-11-23T12:00:00.123456789Z"
MICROSECONDS = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 1_000_000 + 123_456


def docker(text: str, stream: str = "stdout", time: str = TIME) -> bytes:
    return json.dumps({"log": text, "stream": stream, "time": time}).encode() + b"\n"


def cri(text: str, tag: str = "F", stream: str = "stdout", time: str = TIME) -> bytes:
    return f"{time} {stream} {tag} {text}\n".encode()


def lines_of(data: bytes, limit: int = 1000) -> list[Line]:
    stream = LineStream("a.log", limit)
    return stream.feed(data) + stream.finish()


def test_docker() -> None:
    first, second = docker('{"event":"agent","é":"\\u0000"}\n'), docker("half") + docker(" and half\n")
    lines = lines_of(first + second)

    assert [line.data for line in lines] == ['{"event":"agent","é":"\\u0000"}'.encode(), b"half and half"]
    assert [line.offset for line in lines] == [0, len(first)]
    assert [line.number for line in lines] == [1, 2]
    assert [line.written for line in lines] == [MICROSECONDS] * 2


def test_cri_and_interleaved_streams() -> None:
    data = cri("a", "P") + cri("error", stream="stderr") + cri("b", "P") + cri("c") + cri("d", "F:x")
    lines = lines_of(data)

    assert [line.data for line in lines] == [b"abc", b"error", b"d"]
    assert [line.number for line in lines] == [1, 2, 5]


@pytest.mark.parametrize(("time", "expected"), [
    ("2026-11-23T12:00:00Z", MICROSECONDS - 123_456), ("2026-11-23T13:30:00.1234567+01:30", MICROSECONDS),
    ("2026-11-23T11:00:00.123456-01:00", MICROSECONDS), ("2026-11-23T12:00:00.1Z", MICROSECONDS - 23_456),
    ("2026-99-23T12:00:00.1Z", None), ("1969-12-31T23:59:59.5Z", -500_000),
])  # fmt: skip
def test_times(time: str, expected: int | None) -> None:
    assert lines_of(cri("x", time=time))[0].written == expected


def test_what_is_not_wrapped_stays_as_it_is() -> None:
    own = [
        b'{"log":"x","stream":"stdout","time":"t","level":"info"}', b'{"log":"x"}', b'{"log":',
        b"2026-11-23T12:00:00Z stdout X text", b'{"log":1,"stream":"stdout","time":"t"}', b'["log"]',
        b'{"log":"',
    ]  # fmt: skip
    for line in own:
        assert [one.data for one in lines_of(line + b"\n" + docker("x\n"))] == [line, docker("x\n")[:-1]]
    assert [one.data for one in lines_of(cri("a") + b"junk\n" + cri("b"))] == [b"a", b"junk", b"b"]


def test_endless_parts_are_one_line_that_is_too_long_in_flat_memory() -> None:
    stream = LineStream("a.log", 10_000)
    lines = stream.feed(cri("before"))
    begin = stream.position
    for _ in range(2000):
        lines += stream.feed(cri("x" * 1000, "P"))
        assert stream.bounds[0][0] == begin
    assert stream._unwrapper is not None
    assert sum(map(len, stream._unwrapper._queue[0].parts)) <= 10_000
    lines += stream.feed(cri("end") + cri("after"))

    assert [(line.data, line.too_long) for line in lines] == [
        (b"before", False),
        (b"", True),
        (b"after", False),
    ]
    assert lines[1].offset == begin


def test_a_line_that_never_ends_does_not_hold_the_other_stream_for_ever() -> None:
    stream = LineStream("a.log", 10_000)
    lines = stream.feed(cri("never", "P"))
    for number in range(500):
        lines += stream.feed(cri(f"{number:0100}", stream="stderr"))
    lines += stream.feed(cri("ends") + cri("next"))

    assert lines[0].too_long
    assert [line.data for line in lines[1:]] == [*(b"%0100d" % number for number in range(500)), b"next"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["stdout", "stderr"]), st.booleans(), st.integers(0, 30)), max_size=40
    ),
    st.lists(st.integers(1, 200), max_size=30),
)
@settings(max_examples=200, deadline=None)
def test_a_restart_at_any_checkpoint_neither_loses_nor_repeats(
    parts: list[tuple[str, bool, int]], sizes: list[int]
) -> None:
    data = b"".join(
        cri(f"{number}:" + "x" * size, "F" if whole else "P", stream)
        for number, (stream, whole, size) in enumerate(parts)
    )
    expected = lines_of(data, 100)
    stream = LineStream("a.log", 100)
    lines: list[Line] = []
    position = 0
    for size in sizes:
        lines += stream.feed(data[position : position + size])
        offset, number = stream.bounds[0]
        stream = LineStream("a.log", 100, offset=offset, number=number)
        position = offset
    lines += stream.feed(data[position:]) + stream.finish()

    assert lines == expected


def test_a_followed_file_restarts_at_the_first_part(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(cri("one") + cri("tw", "P") + cri("error", stream="stderr"))
    sidecar = Sidecar(log)
    sidecar.look()
    assert sidecar.data == [b"one"]
    (known,) = sidecar.known.values()
    assert (known.offset, known.lines) == (len(cri("one")), 1)
    sidecar.restart()
    sidecar.look()
    with log.open("ab") as file:
        file.write(cri("o"))
    sidecar.look()

    assert sidecar.data == [b"one", b"two", b"error"]
    assert [batch[0].data for batch in [list(lines) for lines in read_lines(str(log))] if batch] == [b"one"]
