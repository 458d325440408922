"""What the system denies: descriptors, permissions, disks; and what many files cost."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.files.following import Sidecar, open_files, texts, write
from translator.errors import InputError
from translator.files.descriptors import granted
from translator.files.inputs import Input, open_input

ROOT = Path(__file__).parents[2]
TRY_AGAIN = [errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EIO, errno.ESTALE]


def test_two_hundred_files_with_sixty_four_descriptors(tmp_path: Path) -> None:
    # A process of its own: what other tests have left open counts towards the limit.
    child = [sys.executable, "-m", "tests.files.few_descriptors", str(tmp_path)]
    done = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_eight_hundred_files_at_once(tmp_path: Path) -> None:
    banner = texts(0, 32, 40)
    for number in range(800):
        write(tmp_path / f"{number}.log", [*banner, *texts(number * 100, 20)])
    sidecar = Sidecar(tmp_path / "*.log", max_files=100)
    sidecar.look()
    sidecar.restart()
    sidecar.look()

    assert len(sidecar.data) == 800 * (32 + 20)
    assert sidecar.tailer.files == 800


@pytest.mark.parametrize("number", TRY_AGAIN)
@pytest.mark.parametrize("call", ["open", "pread"])
def test_what_cannot_be_read_now_is_tried_again_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    log = tmp_path / "app.log"
    write(log, texts(0, 10))
    sidecar = Sidecar(log, max_files=1)
    real = getattr(os, call)

    def failing(*arguments: object) -> object:
        if call == "pread" or arguments[0] == str(log):
            raise OSError(number, os.strerror(number), str(log))
        return real(*arguments)

    for count in (10, 20):
        sidecar.tailer._descriptors.close_all()
        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing)
            sidecar.wait()
            sidecar.tailer._descriptors.close_all()
            sidecar.wait()
        assert [(path, error.errno) for path, error in sidecar.problems] == [(str(log), number)]
        assert len(sidecar.data) == count - 10
        sidecar.look()
        assert sidecar.data == texts(0, count)
        sidecar.problems.clear()
        write(log, texts(count, 10))


def test_a_directory_that_cannot_be_listed_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    write(inner / "a.log", texts(0, 10))
    sidecar = Sidecar(tmp_path)
    sidecar.look()
    real = os.scandir

    def failing(path: str) -> object:
        if path == str(inner):
            raise PermissionError(errno.EACCES, "denied", path)
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", failing)
        sidecar.wait(2000)
        write(inner / "a.log", texts(10, 10))
        sidecar.wait()
    sidecar.wait()

    assert sidecar.data == texts(0, 20)
    assert len(sidecar.problems) == 1
    assert len(sidecar.known) == 1


def test_deleted_files_leave_descriptors_for_the_others(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, max_files=8)
    before = open_files()
    for wave in range(5):
        logs = [tmp_path / f"{wave}-{number}.log" for number in range(8)]
        for number, log in enumerate(logs):
            write(log, texts(wave * 100 + number * 10, 10))
        sidecar.look()
        for log in logs:
            log.unlink()
        sidecar.look()
        assert open_files() - before <= 4

    assert sorted(sidecar.data) == sorted(texts(wave * 100 + n, 1)[0] for wave in range(5) for n in range(80))
    assert not sidecar.problems


def test_deleted_files_that_have_not_been_read_stay_open_and_others_wait(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, max_files=4)
    before = open_files()
    for wave in range(3):
        logs = [tmp_path / f"{wave}-{number}.log" for number in range(4)]
        for number, log in enumerate(logs):
            write(log, texts(wave * 100 + number * 10, 10))
        sidecar.now += 1
        sidecar.tailer.scan()  # and nothing is read: there is no room for it
        assert open_files() - before <= 4
        if wave < 2:
            for log in logs:
                log.unlink()
    assert {error.errno for _, error in sidecar.problems} == {errno.EMFILE}
    sidecar.wait()

    # Of the second wave no file could be opened while it was there.
    assert sorted(sidecar.data) == sorted(texts(0, 40) + texts(200, 40))


def test_deleted_files_are_let_go_though_their_directory_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar = Sidecar(tmp_path)
    write(tmp_path / "a.log", texts(0, 10))
    sidecar.look()
    before = open_files()
    (tmp_path / "a.log").unlink()
    sidecar.look()

    def failing(path: str) -> object:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), path)

    monkeypatch.setattr(os, "scandir", failing)
    sidecar.now += 20
    sidecar.tailer.scan()
    monkeypatch.undo()

    assert open_files() == before - 1
    assert sidecar.tailer.files == 0


def test_many_idle_files_cost_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1000):
        write(tmp_path / f"{number}.log", texts(number * 10, 10, 1000))
    sidecar = Sidecar(tmp_path)
    sidecar.wait()
    assert len(sidecar.data) == 10_000

    calls: list[str] = []

    def counted(name: str) -> Callable[..., object]:
        real = getattr(os, name)

        def call(*given: object) -> object:
            calls.append(name)
            return real(*given)

        return call

    for name in ("open", "pread", "scandir"):
        monkeypatch.setattr(os, name, counted(name))
    started = time.process_time()
    for _ in range(10):
        sidecar.look()
    spent = (time.process_time() - started) / 10

    assert calls == ["scandir"] * 10
    assert spent < 0.05  # it is a tenth of that where nothing else runs


def test_a_growing_file_is_read_in_turn_with_others(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.log", texts(0 if name == "a" else 50_000, 50_000, 20))
    sidecar = Sidecar(tmp_path)
    sidecar.tailer.scan()
    order = [batch.lines[0].source[-5] for batch in sidecar.tailer.poll() if batch.lines]

    assert order[:8] in (list("abababab"), list("babababa"))


def test_where_it_stands(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    write(log, texts(0, 10))
    sidecar = Sidecar(log)
    sidecar.look()
    (position,) = sidecar.tailer.positions()
    size = log.stat().st_size
    assert (position.path, position.size, position.offset) == (str(log), size, size)
    assert (position.lag, position.behind) == (0, 0.0)
    write(log, texts(10, 10))
    sidecar.tailer.scan()
    sidecar.now += 7
    (position,) = sidecar.tailer.positions()
    assert (position.size, position.offset, position.lag, position.behind) == (2 * size, size, size, 7.0)
    sidecar.poll()
    (position,) = sidecar.tailer.positions()
    assert (position.lag, position.behind) == (0, 0.0)


def test_a_consumer_that_stops_in_the_middle_goes_on_later(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / f"{number}.log", texts(number * 100_000, 20_000))
    sidecar = Sidecar(tmp_path)
    sidecar.tailer.scan()
    while not sidecar.lines or sidecar.tailer.positions()[0].lag or len(sidecar.data) < 80_000:
        for batch in sidecar.tailer.poll():
            assert batch.checkpoint is not None
            sidecar.known[batch.checkpoint.file_id] = batch.checkpoint
            sidecar.lines += batch.lines
            break
        sidecar.now += 1
    sidecar.restart()
    sidecar.wait()

    assert len(sidecar.data) == len(set(sidecar.data)) == 80_000


def test_a_file_that_cannot_be_opened_besides_others_is_not_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "a.log"
    write(log, texts(0, 10))

    def failing(path: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "open", failing)
    number = errno.EMFILE
    with pytest.raises(OSError, match="Too many open files"):
        list(open_input(Input(str(log))))
    number = errno.EIO
    with pytest.raises(InputError, match="cannot be read"):
        list(open_input(Input(str(log))))


def test_at_most_half_of_what_the_process_may_open_is_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, found in ((64, 32), (1, 1), (1_000_000, 200), (resource.RLIM_INFINITY, 200)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert granted(200) == found
