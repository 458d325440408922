"""Which files patterns name: links, loops, hidden files, what is left out."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.files.following import Sidecar, texts, write
from translator.errors import InputError
from translator.files.discover import Finder, find_files
from translator.files.names import source_of


def names(root: Path, *patterns: str | Path) -> list[str]:
    return sorted(
        str(path.relative_to(root)) for path in find_files([str(root / pattern) for pattern in patterns])
    )


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


def test_patterns(tmp_path: Path) -> None:
    make(
        tmp_path, "a.log", "b.jsonl", "x/a.log", "x/y/a.log", ".hidden/a.log", "x/.h.log", "x/s.db", "[z].log"
    )

    assert names(tmp_path, "*.log") == ["[z].log", "a.log"]
    assert names(tmp_path, "[z].log") == ["[z].log"]
    assert names(tmp_path, "**/*.log") == ["[z].log", "a.log", "x/a.log", "x/y/a.log"]
    assert names(tmp_path, "*/a.log") == ["x/a.log"]
    assert names(tmp_path, "x/**") == ["x/a.log", "x/y/a.log"]
    assert names(tmp_path, "**/y/*") == ["x/y/a.log"]
    assert names(tmp_path, "x/y/../a.log", "x/a.log") == ["x/y/../a.log"]
    assert names(tmp_path, "x") == ["x/a.log", "x/y/a.log"]
    assert names(tmp_path, ".") == ["[z].log", "a.log", "b.jsonl", "x/a.log", "x/y/a.log"]
    assert names(tmp_path, "none", "none/*.log", "*/none") == []


def test_relative_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.log", "x/a.log", "a.log.1")
    monkeypatch.chdir(tmp_path)

    assert list(map(str, find_files(["a.log"]))) == ["a.log"]
    assert sorted(map(str, find_files(["*"]))) == ["a.log", "a.log.1"]
    assert sorted(map(str, find_files(["."]))) == ["a.log", "a.log.1", "x/a.log"]
    assert sorted((one.path, one.beside) for one in Finder(["a.log"]).look()) == [
        ("a.log", False),
        ("a.log.1", True),
    ]


def test_what_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.log", "state/a.log", "out.jsonl")
    (tmp_path / "link.log").symlink_to(tmp_path / "state/a.log")

    found = find_files([str(tmp_path), str(tmp_path / "*")], [tmp_path / "state", tmp_path / "out.jsonl"])
    assert found == [tmp_path / "a.log"]


def test_links(tmp_path: Path) -> None:
    make(tmp_path, "in/a.log", "in/d/b.log", "out/c.log", "out/d/e.log")
    inner = tmp_path / "in"
    (inner / "a-again.log").symlink_to(inner / "a.log")
    (inner / "leads-out.log").symlink_to(tmp_path / "out/c.log")
    (inner / "directory").symlink_to(tmp_path / "out")
    (inner / "d/loop").symlink_to(inner)
    (inner / "self.log").symlink_to(inner / "self.log")
    (inner / "dangling.log").symlink_to(inner / "none.log")

    assert len(find_files([str(inner)])) == 2
    assert len(find_files([str(inner / "**/*.log")])) == 2
    assert names(tmp_path, "in/*.log") in (
        ["in/a-again.log", "in/leads-out.log"], ["in/a.log", "in/leads-out.log"],
    )  # fmt: skip
    assert names(tmp_path, "in/directory") == ["in/directory/c.log", "in/directory/d/e.log"]
    found = find_files([str(inner), str(tmp_path / "out")])
    assert len({path.resolve() for path in found}) == len(found) == 4


def test_a_link_and_its_target_are_one_file_and_a_link_that_is_set_anew_is_another(tmp_path: Path) -> None:
    first, second, link = tmp_path / "1.log", tmp_path / "2.log", tmp_path / "current.log"
    write(first, texts(0, 10))
    link.symlink_to(first)
    sidecar = Sidecar(tmp_path)
    only_link = Sidecar(link)
    sidecar.look()
    only_link.look()
    write(second, texts(10, 10))
    write(first, texts(20, 5))
    link.unlink()
    link.symlink_to(second)
    for one in (sidecar, only_link):
        one.look()
        assert sorted(one.data) == texts(0, 25)


def test_the_chain_of_links_to_the_logs_of_pods(tmp_path: Path) -> None:
    pods, containers, docker = tmp_path / "pods/ns_a/c", tmp_path / "containers", tmp_path / "docker"
    for directory in (pods, containers, docker):
        directory.mkdir(parents=True)
    line = b"2026-11-23T12:00:00.123456789Z stdout F %s"
    write(docker / "id-json.log", [line % text for text in texts(0, 5)])
    (pods / "0.log").symlink_to(docker / "id-json.log")
    (containers / "a_ns_c.log").symlink_to(pods / "0.log")
    sidecar = Sidecar(containers / "*.log")
    sidecar.look()
    (docker / "id-json.log").rename(docker / "id-json.log.1")
    write(docker / "id-json.log.1", [line % text for text in texts(5, 5)])
    write(docker / "id-json.log", [line % text for text in texts(10, 5)])
    sidecar.look()

    assert sidecar.data == texts(0, 15)


@pytest.mark.parametrize(("path", "source"), [
    ("app.log", "app.log"), ("/v/app.log.1", "/v/app.log"), ("app.log.2.gz", "app.log"),
    ("app.log.zst", "app.log"), ("app.jsonl-20261123.gz", "app.jsonl"),
    ("app.log.2026-11-23", "app.log"), ("app.log.2026-11-23_17", "app.log"),
    ("app.log-1795423737.bz2", "app.log"), ("app.log.20261123-101010", "app.log"),
    ("app.log.old", "app.log"), ("worker.1", "worker.1"), ("worker.1.log", "worker.1.log"),
    ("v1.2/app", "v1.2/app"), (".gz", ".gz"), ("app.log.2026-11-23.1.xz", "app.log"),
    ("dir.d/7", "dir.d/7"), ("app-2.0.log", "app-2.0.log"), ("-", "-"),
])  # fmt: skip
def test_the_marks_of_rotation(path: str, source: str) -> None:
    assert source_of(path) == source


def test_each_directory_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, *(f"{number}.log" for number in range(20)))
    listed: list[str] = []
    real = os.scandir

    def scandir(path: str) -> object:
        listed.append(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)

    list(Finder([*(str(tmp_path / f"{number}.log") for number in range(20)), str(tmp_path / "*.log")]).look())

    assert listed == [str(tmp_path)]


def lock(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the system deny to list a directory, also to root."""
    real = os.scandir

    def scandir(path: str) -> object:
        if Path(path) == directory:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)


def test_a_directory_below_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "logs" / "locked"
    locked.mkdir(parents=True)
    readable = tmp_path / "logs" / "a.log"
    readable.write_text("{}\n")
    lock(locked, monkeypatch)
    told: list[str] = []

    found = find_files([str(tmp_path / "logs")], on_problem=lambda path, _: told.append(path))

    assert (found, set(told)) == ([readable], {str(locked)})
    with pytest.raises(InputError, match="locked: cannot be read: Permission denied"):
        find_files([str(tmp_path / "logs")])


def test_a_file_that_is_named_needs_no_list_of_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "a.log"
    log.write_text("{}\n")
    lock(tmp_path, monkeypatch)

    assert find_files([str(log)]) == [log]
