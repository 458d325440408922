"""The scan of the image finds each thing that it is there to find."""

from __future__ import annotations

import tarfile
from typing import Any

import pytest

from tests.image.scan import LABELS, USER, of_config, of_files

GOOD: dict[str, Any] = {
    "User": "65532:65532",
    "StopSignal": "SIGTERM",
    "Entrypoint": ["translator"],
    "Healthcheck": {"Test": ["CMD", "python", "-c", "pass"]},
    "Env": ["PATH=/opt/translator/bin", "TRANSLATOR_LISTEN=127.0.0.1:9464"],
    "Labels": {f"org.opencontainers.image.{name}": "said" for name in LABELS},
}


def member(name: str, mode: int = 0o644, owner: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.mode, made.uid, made.gid, made.type = mode, owner, owner, kind
    return made


def test_a_good_image_has_no_findings() -> None:
    files = [
        member("usr/bin/python3", 0o755), member("var/lib/translator", 0o700, USER, tarfile.DIRTYPE),
        member("tmp", 0o1777, 0, tarfile.DIRTYPE), member("bin", 0o777, 0, tarfile.SYMTYPE),
        member("dev/null", 0o666), member("usr/lib/python3/pipes.py"), member("usr/bin/make-ssl-cert", 0o755),
    ]  # fmt: skip

    assert [*of_config(GOOD), *of_files(files)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"User": ""}, {"User": "root"}, {"User": "0:0"}, {"User": "65532:0"}, {"User": "translator"},
        {"StopSignal": "SIGKILL"}, {"Entrypoint": ["/bin/sh", "-c", "translator run"]}, {"Entrypoint": None},
        {"Healthcheck": None}, {"Healthcheck": {"Test": ["CMD-SHELL", "curl localhost"]}},
        {"Env": ["PIP_NO_CACHE_DIR=1"]}, {"Env": ["SENTRY_DSN=https://key@example.com/1"]},
        {"Labels": {**GOOD["Labels"], "org.opencontainers.image.version": ""}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_with_its_config_is_found(wrong: dict[str, Any]) -> None:
    assert len(list(of_config({**GOOD, **wrong}))) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        member("usr/bin/su", 0o4755), member("usr/bin/expiry", 0o2755), member("opt/translator/x", 0o666),
        member("var/tmp", 0o1777, 0, tarfile.DIRTYPE), member("opt/translator", 0o755, USER, tarfile.DIRTYPE),
        member("usr/local/lib/python3.13/site-packages/pip", 0o755, 0, tarfile.DIRTYPE),
        member("usr/bin/gcc", 0o755), member("usr/local/bin/pip3.13", 0o755), member("opt/app/.env"),
        member("usr/bin/apt-get", 0o755), member("root/.ssh", 0o700, 0, tarfile.DIRTYPE),
        member("src/pyproject.toml"), member("tmp/wheel.whl"),
        member("usr/lib/python3.13/ensurepip", 0o755, 0, tarfile.DIRTYPE),
    ],
    ids=lambda wrong: wrong.name,
)  # fmt: skip
def test_a_file_that_must_not_be_in_it_is_found(wrong: tarfile.TarInfo) -> None:
    assert len(list(of_files([wrong]))) == 1
