"""The image, built and run: nothing in it that should not be, and it needs no more than it says."""

from __future__ import annotations

import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.field import FIGURES
from tests.image.podman import (
    BUILD_LIMIT,
    HARDENED,
    IMAGE,
    ROOT,
    STOP_LIMIT,
    free_port,
    inspect,
    podman,
    running,
)
from tests.image.scan import of_config, of_files
from tests.receiver import Receiver, SpotlightReceiver
from translator import __version__

pytestmark = [pytest.mark.image, pytest.mark.timeout(BUILD_LIMIT), pytest.mark.xdist_group("image")]
LOG = ROOT / "samples" / "javascript" / "agent.jsonl"
TRACES = 2
LIMIT_BYTES = 150_000_000


@pytest.fixture(scope="module", autouse=True)
def image() -> str:
    podman("build", "--quiet", "--tag", IMAGE, ".", limit=BUILD_LIMIT)
    return IMAGE


@pytest.fixture(scope="module")
def files(image: str, tmp_path_factory: pytest.TempPathFactory) -> list[tarfile.TarInfo]:
    """All that is in the image."""
    container = podman("create", image).stdout.split()[-1]
    archive = tmp_path_factory.mktemp("exported") / "image.tar"
    podman("export", "--output", str(archive), container)
    podman("rm", "--volumes", container)
    with tarfile.open(archive) as exported:
        members = exported.getmembers()
    archive.unlink()
    return members


@pytest.fixture
def spotlight() -> Iterator[SpotlightReceiver]:
    with SpotlightReceiver() as started:
        yield started


@pytest.fixture
def listen() -> str:
    return f"--env=TRANSLATOR_LISTEN=127.0.0.1:{free_port()}"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A directory that everybody may look into, as a volume of logs is."""
    for part in (tmp_path, *tmp_path.parents[:2]):
        part.chmod(0o755)
    made = tmp_path / "logs"
    made.mkdir()
    return made


def test_its_config_is_in_order() -> None:
    known = inspect(IMAGE, "image")
    config = {**known["Config"], "Healthcheck": known.get("HealthCheck", known.get("Healthcheck"))}

    assert list(of_config(config)) == []
    assert config["Labels"]["org.opencontainers.image.version"] == __version__


def test_its_files_are_in_order(files: list[tarfile.TarInfo]) -> None:
    assert list(of_files(files)) == []


def test_it_is_small(files: list[tarfile.TarInfo], record_property: Callable[[str, object], None]) -> None:
    size = inspect(IMAGE, "image")["Size"]
    ours = sum(member.size for member in files if member.name.startswith("opt/translator/"))
    what = "import platform; print(platform.freedesktop_os_release()['PRETTY_NAME'])"
    base = podman("run", "--rm", "--entrypoint=python", IMAGE, "-c", what).stdout.strip()

    record_property(FIGURES, f"the image: {size / 1e6:.0f} MB, {ours / 1e6:.0f} MB of it ours, on {base}")
    assert 0 < ours < size < LIMIT_BYTES


def test_a_sidecar_sends_answers_its_health_check_and_ends_on_sigterm(
    logs: Path, spotlight: SpotlightReceiver
) -> None:
    options = (
        *HARDENED,
        f"--volume={logs}:/var/log/agent:ro",
        f"--env=SENTRY_SPOTLIGHT={spotlight.stream_url}",
    )
    with running(*options, IMAGE) as sidecar:
        wait_until_healthy(sidecar)
        shutil.copy(LOG, logs / "agent.jsonl")
        spotlight.wait_for(lambda seen: len(traces(seen)) == TRACES, timeout=30)
        begun = time.monotonic()
        podman("stop", f"--time={STOP_LIMIT}", sidecar)

        assert time.monotonic() - begun < STOP_LIMIT
        assert inspect(sidecar)["State"]["ExitCode"] == 0


def test_its_health_check_fails_when_nothing_listens(listen: str) -> None:
    options = (*HARDENED, listen, "--entrypoint=python")
    with running(*options, IMAGE, "-c", "import signal; signal.pause()") as idle:
        assert podman("healthcheck", "run", idle, check=False).returncode == 1


def test_a_backfill_runs_on_a_read_only_root_with_workers(logs: Path, spotlight: SpotlightReceiver) -> None:
    shutil.copy(LOG, logs / "agent.jsonl")
    done = podman(
        "run", "--rm", "--network=host", *HARDENED, "--tmpfs=/tmp", f"--volume={logs}:/logs:ro",
        f"--env=SENTRY_SPOTLIGHT={spotlight.stream_url}", IMAGE,
        "backfill", "/logs", "--workers", "2", "--older-than-retention", "send",
    )  # fmt: skip

    assert len(traces(spotlight)) == TRACES, done.stderr


def traces(spotlight: Receiver) -> set[str]:
    return {sent["contexts"]["trace"]["trace_id"] for sent in spotlight.transactions}


def wait_until_healthy(container: str) -> None:
    deadline = time.monotonic() + 30
    while podman("healthcheck", "run", container, check=False).returncode:
        assert time.monotonic() < deadline, podman("logs", container).stderr
