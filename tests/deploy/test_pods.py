"""The manifests as a cluster takes them: what is asked, allowed and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.deploy.test_manifests import KUBERNETES, WHOLE, documents, pod_of
from translator.cli.app import COMMANDS, command_of
from translator.files.discover import find_files

EVERY = [*WHOLE, KUBERNETES / "sidecar" / "patch.yaml"]
RESTRICTED = [path for path in WHOLE if path.stem != "daemonset"]


def containers(manifest: Any) -> list[Any]:
    pod = pod_of(manifest)
    return [*pod.get("initContainers", []), *pod.get("containers", [])]


def translator_of(path: Path) -> Any:
    (manifest,) = documents(path.read_text())
    (found,) = [container for container in containers(manifest) if container["name"] == "translator"]
    return found


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_kubelet_can_ask_what_it_is_told_to_ask(path: Path) -> None:
    (manifest,) = documents(path.read_text())
    asked = [container for container in containers(manifest) if "livenessProbe" in container]
    for container in asked:
        variables = {entry["name"]: entry.get("value") for entry in container["env"]}
        probe = container["livenessProbe"]
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        port = probe["httpGet"]["port"]

        assert variables["TRANSLATOR_LISTEN"] == f"0.0.0.0:{ports.get(port, port)}"
        assert probe["httpGet"]["path"] == "/healthz"

    assert asked or path.stem in ("job", "deployment")


@pytest.mark.parametrize("path", RESTRICTED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_pods_are_allowed_in_a_restricted_namespace(path: Path) -> None:
    (manifest,) = documents(path.read_text())
    pod = pod_of(manifest)

    assert not any("hostPath" in volume for volume in pod.get("volumes", []))
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    for container in containers(manifest):
        rights = {**pod["securityContext"], **container["securityContext"]}
        assert rights["runAsNonRoot"] is True
        assert rights["runAsUser"] != 0
        assert rights["allowPrivilegeEscalation"] is False
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert rights["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not any("hostPort" in port for port in container.get("ports", []))


def test_the_daemonset_reads_the_logs_of_agents_and_not_its_own(tmp_path: Path) -> None:
    for pod in ("agents_weather-1_5e1f", "kube-system_proxy-1_77aa", "translator_translator-x_90cc"):
        log = tmp_path / pod / "main" / "0.log"
        log.parent.mkdir(parents=True)
        log.touch()
    args = [
        word.replace("/var/log/pods", str(tmp_path))
        for word in translator_of(KUBERNETES / "daemonset" / "daemonset.yaml")["args"]
    ]
    excluded = [args[at + 1] for at, word in enumerate(args) if word == "--exclude"]

    assert find_files([args[1]], exclude=excluded) == [tmp_path / "agents_weather-1_5e1f" / "main" / "0.log"]


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_arguments_are_those_of_the_program(path: Path) -> None:
    manifests = documents(path.read_text())
    for container in (one for manifest in manifests for one in containers(manifest)):
        if container["name"] != "translator":
            continue
        name, *rest = container["args"]
        command = command_of(next(one for one in COMMANDS if one.name == name))
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert [word for word in rest if word.startswith("-") and word not in flags] == []


def test_each_pod_of_the_job_reads_its_share_and_keeps_its_own_state() -> None:
    container = translator_of(KUBERNETES / "backfill" / "job.yaml")
    index = next(entry for entry in container["env"] if entry["name"] == "INDEX")
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}

    assert index["valueFrom"]["fieldRef"]["fieldPath"].endswith(
        "['batch.kubernetes.io/job-completion-index']"
    )
    assert container["args"][:2] == ["backfill", "/logs/$(INDEX)"]
    assert mounts["/var/lib/translator"]["subPathExpr"] == "$(INDEX)"
    assert mounts["/logs"]["readOnly"] is True
    assert "/tmp" in mounts  # noqa: S108
