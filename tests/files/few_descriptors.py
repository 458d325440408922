"""Follows two hundred files with sixty-four descriptors, in a process that has opened nothing else.

python -m tests.files.few_descriptors DIRECTORY
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from tests.files.following import Sidecar, open_files, texts, write

DESCRIPTORS = 64


def main(directory: Path) -> None:
    """Fails where lines are missing, or more files are open than the program should need."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    before = open_files()
    sidecar = Sidecar(directory)
    for turn in range(3):
        for number in range(200):
            write(directory / f"{number}.log", texts(number * 1000 + turn * 20, 20, 500))
        sidecar.look()
        assert open_files() - before <= 32
    (directory / "7.log").rename(directory / "7.log.1")
    write(directory / "7.log", texts(500_000, 20))
    sidecar.look()

    assert not sidecar.problems
    assert len(sidecar.data) == len(set(sidecar.data)) == 200 * 60 + 20


if __name__ == "__main__":
    main(Path(sys.argv[1]))
