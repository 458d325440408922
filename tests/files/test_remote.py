"""Objects in a store: found, read in place, and read on where a connection broke."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from moto.server import ThreadedMotoServer

from tests import zst
from tests.backfill.field import Server, backfill, command, write_runs
from tests.bench.generate import write_log
from translator.errors import InputError
from translator.files.inputs import find_inputs, open_input
from translator.files.remote import BLOCK_BYTES, find_objects, is_remote, read_object

LINES = b"".join(b'{"time":%d,"event":"agent"}\n' % (1_795_423_737_000 + number) for number in range(50))


class Store:
    """A bucket `logs` behind a way that can break: a server that hands on requests and cuts answers.

    Attributes:
        cuts: How many of the next answers with much in them break off in the middle.
        ranges: What was asked for, by object.
    """

    def __init__(self) -> None:
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        host, port = self._moto.get_host_and_port()
        self.behind = f"http://{host}:{port}"
        self.cuts = 0
        self.ranges: list[str] = []
        store = self

        class Way(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                store._hand_on(self)

            def do_HEAD(self) -> None:
                store._hand_on(self)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._way = ThreadingHTTPServer(("127.0.0.1", 0), Way)
        self._way.daemon_threads = True
        threading.Thread(target=self._way.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._way.server_address[1]}"
        self.client = boto3.client("s3", endpoint_url=self.behind, region_name="us-east-1")
        self.client.create_bucket(Bucket="logs")

    def put(self, **objects: bytes) -> None:
        """Stores objects; `__` in their names stands for `/`, `_` for `.`."""
        for name, data in objects.items():
            key = name.replace("__", "/").replace("_", ".")
            self.client.put_object(Bucket="logs", Key=key, Body=data)

    def stop(self) -> None:
        """Ends both servers."""
        self._way.shutdown()
        self._way.server_close()
        self._moto.stop()

    def _hand_on(self, asked: BaseHTTPRequestHandler) -> None:
        if "Range" in asked.headers:
            self.ranges.append(asked.headers["Range"])
        headers = dict(asked.headers)
        answer = urllib3.request(
            asked.command, self.behind + asked.path, headers=headers, decode_content=False
        )
        asked.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "server", "date"):
                asked.send_header(name, value)
        asked.end_headers()
        whole = answer.data
        if self.cuts and len(whole) > 1_000:
            self.cuts -= 1
            asked.close_connection = True
            asked.wfile.write(whole[: len(whole) // 2])
        else:
            asked.wfile.write(whole)


@pytest.fixture(scope="module")
def served() -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        store = Store()
        patch.setenv("AWS_ENDPOINT_URL", store.address)
        yield store
        store.stop()


@pytest.fixture
def store(served: Store) -> Iterator[Store]:
    yield served
    served.cuts = 0
    served.ranges.clear()
    for found in served.client.list_objects_v2(Bucket="logs").get("Contents", []):
        served.client.delete_object(Bucket="logs", Key=found["Key"])


def time_of(line: bytes) -> int | None:
    found = re.search(rb'"time":(\d+)', line)
    return int(found[1]) if found else None


def content(name: str) -> bytes:
    """The lines of an input, put together again."""
    (one,) = find_inputs([name], time_of)
    return b"".join(line.data + b"\n" for batch in open_input(one) for line in batch.lines)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("s3://bucket/key", True), ("gs://b", True), ("x1://", True), ("/var/log/a.jsonl", False),
        ("a.jsonl", False), ("c:/x", False), ("./a://b", False), ("-", False),
    ],
)  # fmt: skip
def test_what_is_an_address(name: str, *, expected: bool) -> None:
    assert is_remote(name) is expected


def test_one_all_below_and_those_that_fit_are_found(store: Store) -> None:
    store.put(a__one_jsonl=LINES, a__b__two_jsonl=LINES, a__b__three_txt=b"x", c_jsonl=LINES, empty=b"")

    def names(pattern: str, *exclude: str) -> list[str]:
        return [found.name.removeprefix("s3://logs/") for found in find_objects(pattern, exclude)]

    assert names("s3://logs/c.jsonl") == ["c.jsonl"]
    assert names("s3://logs/a") == names("s3://logs/a/") == ["a/b/three.txt", "a/b/two.jsonl", "a/one.jsonl"]
    assert names("s3://logs/**/*.jsonl") == ["a/b/two.jsonl", "a/one.jsonl", "c.jsonl"]
    assert names("s3://logs/a/*.jsonl") == ["a/one.jsonl"]
    assert names("s3://logs", "*.txt", "logs/a/one*") == ["a/b/two.jsonl", "c.jsonl"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zst.compress])
def test_the_lines_are_those_of_a_file(store: Store, pack: Any) -> None:
    store.put(a_jsonl=pack(LINES))

    assert content("s3://logs/a.jsonl") == LINES


def test_contents_are_read_once_and_the_oldest_first(store: Store) -> None:
    later = LINES.replace(b"1795", b"1796")
    store.put(a_jsonl=later, b_jsonl_gz=gzip.compress(LINES), c_jsonl=LINES)

    inputs = find_inputs(["s3://logs/", "s3://logs/*.jsonl"], time_of)

    assert [(one.name, one.compressed) for one in inputs] == [
        ("s3://logs/b.jsonl.gz", True), ("s3://logs/a.jsonl", False),
    ]  # fmt: skip


def test_a_large_object_is_read_in_ranges_from_where_it_is_wanted(store: Store, tmp_path: Any) -> None:
    path = tmp_path / "large.jsonl"
    write_log(path, 20_000, rich=False)
    data = path.read_bytes()
    store.put(large_jsonl=data)
    (one,) = find_inputs(["s3://logs/large.jsonl"], time_of)
    store.ranges.clear()

    batches = list(open_input(one))
    begun = batches[-3]
    rest = list(open_input(one, offset=begun.offset, number=begun.number))

    assert b"".join(line.data + b"\n" for batch in batches for line in batch.lines) == data
    assert [line.data for batch in rest for line in batch.lines] == [
        line.data for batch in batches[-2:] for line in batch.lines
    ]
    sizes = [int(end) - int(start) + 1 for start, end in (asked[6:].split("-") for asked in store.ranges)]
    assert max(sizes) <= BLOCK_BYTES
    assert sum(sizes) < len(data) + 4 * BLOCK_BYTES


def test_where_a_connection_breaks_reading_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s3fs.core.S3FileSystem.retries", 1)
    store.put(a_jsonl=LINES * 100)
    store.cuts = 3
    waited: list[float] = []

    read_at = read_object("s3://logs/a.jsonl", None, waited.append)

    assert read_at(len(LINES) * 100, 0) == LINES * 100
    assert store.cuts == 0
    assert waited == [1.0, 2.0, 4.0][: len(waited)]


def test_what_breaks_again_and_again_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s3fs.core.S3FileSystem.retries", 1)
    store.put(a_jsonl=LINES * 100)
    read_at = read_object("s3://logs/a.jsonl", None, lambda _: None)
    store.cuts = 1_000

    with pytest.raises(InputError, match=r"s3://logs/a.jsonl: cannot be read"):
        read_at(len(LINES) * 100, 0)


def test_an_object_that_is_gone_is_told_by_its_name(store: Store) -> None:
    store.put(a_jsonl=LINES)
    (one,) = find_inputs(["s3://logs/a.jsonl"], time_of)
    store.client.delete_object(Bucket="logs", Key="a.jsonl")

    with pytest.raises(InputError, match=r"s3://logs/a.jsonl: no such bucket or object"):
        list(open_input(one))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("s3://nobody/a.jsonl", "no such"),
        ("s3://logs/nothing/*.jsonl", "no such object"),
        ("s3://logs/nothing/", "no such"),
        ("ftp://host/a.jsonl", "`ftp://` cannot be read"),
        ("s3://logs/**.jsonl", "is no address"),
    ],
)
def test_what_is_not_there_is_told(store: Store, name: str, words: str) -> None:
    store.put(a_jsonl=LINES)

    with pytest.raises(InputError, match=re.escape(words)) as raised:
        find_inputs([name], time_of)

    assert raised.value.where == name
    assert raised.value.hint


@pytest.mark.parametrize(("name", "extra"), [("s3://a/b", "s3"), ("gs://a/b", "gcs"), ("az://a/b", "azure")])
def test_an_extra_that_is_missing_is_named(name: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)

    with pytest.raises(InputError) as raised:
        find_objects(name)

    assert raised.value.hint == f"pip install 'log-to-span-translator[{extra}]'"


def test_a_store_that_is_missing_beside_others_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)

    with pytest.raises(InputError, match="without an extra"):
        find_objects("gs://a/b")


def test_without_credentials_it_is_said(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    store.put(a_jsonl=LINES)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("s3fs.core.S3FileSystem.cachable", False)

    with pytest.raises(InputError, match="credentials"):
        find_objects("s3://logs/a.jsonl")


def test_a_backfill_reads_objects_and_goes_on_where_it_was_stopped(store: Store, tmp_path: Path) -> None:
    older, newer = tmp_path / "older", tmp_path / "newer"
    spans = write_runs([older], 300, time.time() - 9_000) + write_runs([newer], 300, time.time() - 6_000)
    store.put(logs__older_jsonl_gz=gzip.compress(older.read_bytes()), logs__newer_jsonl=newer.read_bytes())
    with Server() as server:
        arguments = ["s3://logs/logs/", "--dsn", server.dsn, "--state-dir", str(tmp_path / "state")]
        planned = backfill(*arguments, "--dry-run")
        with subprocess.Popen(command(*arguments, "--max-rate", "200", "--shutdown-timeout", "0")) as process:
            server.wait_for(100)
            process.send_signal(signal.SIGINT)
            assert process.wait() == 130
        before = server.times.total()
        finished = backfill(*arguments)
        again = backfill(*arguments)

    assert "2 inputs" in planned.stdout
    assert finished.returncode == again.returncode == 0
    assert "already sent" in again.stderr
    assert len(server.spans) == spans > before
    assert server.changed == []
