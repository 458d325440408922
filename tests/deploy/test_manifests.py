"""What is in deploy/: valid for the tools that take it, and within the rules that keep agents running."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.monitor.test_monitor import BUSY
from translator.monitor.metrics import ZEROS, metrics_text
from translator.settings_options import BY_NAME

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
KUSTOMIZED = ("example", "daemonset", "backfill")
WHOLE = [
    KUBERNETES / "sidecar.yaml", KUBERNETES / "example" / "deployment.yaml",
    KUBERNETES / "daemonset" / "daemonset.yaml", KUBERNETES / "backfill" / "job.yaml",
]  # fmt: skip
METRICS = {
    re.sub(r"_(total|created)$", "", name)
    for name in re.findall(r"^(translator_\w+)", metrics_text(lambda: {"": BUSY}).decode(), re.MULTILINE)
}


def documents(text: str) -> list[Any]:
    return [document for document in yaml.safe_load_all(text) if document]


def pod_of(manifest: Any) -> Any:
    return manifest["spec"]["template"]["spec"]


def metrics_in(text: str) -> set[str]:
    return {re.sub(r"_(total|created)$", "", name) for name in re.findall(r"\btranslator_\w+", text)}


@pytest.mark.parametrize("version", ["1.29", "1.33"])
@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_manifests_are_valid(path: Path, version: str) -> None:
    for manifest in documents(path.read_text()):
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("path", [*WHOLE, KUBERNETES / "sidecar" / "patch.yaml"], ids=lambda path: path.name)
def test_containers_have_no_more_rights_than_they_need(path: Path) -> None:
    for manifest in documents(path.read_text()):
        pod = pod_of(manifest)
        around = pod.get("securityContext", {})
        for container in [*pod.get("initContainers", []), *pod.get("containers", [])]:
            if container["name"] != "translator":
                continue
            rights = container["securityContext"]
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["readOnlyRootFilesystem"] is True
            assert rights["capabilities"]["drop"] == ["ALL"]
            assert rights.get("runAsNonRoot", around.get("runAsNonRoot")) or manifest["kind"] == "DaemonSet"
            assert {**around, **rights}["seccompProfile"] == {"type": "RuntimeDefault"}
            assert container["resources"]["limits"]["memory"]
            assert "preStop" not in container.get("lifecycle", {})


def test_what_is_wrong_with_one_directory_does_not_end_the_job() -> None:
    (job,) = documents((KUBERNETES / "backfill" / "job.yaml").read_text())
    (rule,) = job["spec"]["podFailurePolicy"]["rules"]

    assert rule["action"] == "FailIndex"
    assert rule["onExitCodes"]["values"] == [1, 2]


def test_the_sidecar_cannot_take_the_agent_down() -> None:
    (patch,) = documents((KUBERNETES / "sidecar" / "patch.yaml").read_text())
    (sidecar,) = pod_of(patch)["initContainers"]

    assert sidecar["restartPolicy"] == "Always"
    assert not {"readinessProbe", "startupProbe", "lifecycle"} & sidecar.keys()
    assert sidecar["livenessProbe"]["httpGet"]["path"] == "/healthz"
    (logs,) = [mount for mount in sidecar["volumeMounts"] if mount["mountPath"] == "/var/log/agent"]
    assert logs["readOnly"] is True
    assert pod_of(patch)["terminationGracePeriodSeconds"] > 2 * BY_NAME["shutdown_timeout"].default
    assert all("sizeLimit" in volume["emptyDir"] for volume in pod_of(patch)["volumes"])


@pytest.mark.parametrize("path", ["grafana/dashboard.json", "prometheus/alerts.yaml"])
def test_dashboard_and_alerts_ask_for_metrics_that_there_are(path: str) -> None:
    asked = metrics_in(DEPLOY.joinpath(path).read_text())

    assert len(asked) >= 5
    assert asked - METRICS == set()


def test_the_dashboard_shows_every_metric() -> None:
    assert metrics_in(DEPLOY.joinpath("grafana/dashboard.json").read_text()) == METRICS


def test_a_series_that_an_alert_sees_rise_begins_at_zero() -> None:
    rules = yaml.safe_load(DEPLOY.joinpath("prometheus/alerts.yaml").read_text())["groups"][0]["rules"]
    rising = {name for rule in rules for name in re.findall(r"(?:increase|rate)\((\w+)_total", rule["expr"])}

    assert rising
    assert rising <= ZEROS.keys()


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    panels = json.loads(DEPLOY.joinpath("grafana/dashboard.json").read_text())["panels"]
    places = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]

    assert len(places) == len(set(places))
    assert all(panel["targets"] and panel["description"] for panel in panels)


def test_the_unit_waits_for_the_program_and_opens_no_port() -> None:
    unit = configparser.RawConfigParser(strict=False, allow_no_value=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # keys of systemd have capitals
    unit.read(DEPLOY / "systemd" / "translator.service")
    service = unit["Service"]

    assert service["Type"] == "notify"
    assert int(service["TimeoutStopSec"]) > BY_NAME["shutdown_timeout"].default
    assert "LISTEN" not in DEPLOY.joinpath("systemd/translator.service").read_text()


@pytest.mark.kubectl
@pytest.mark.parametrize("name", KUSTOMIZED)
def test_kustomize_makes_valid_manifests(name: str) -> None:
    made = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES / name)], capture_output=True, text=True, check=True
    )
    manifests = documents(made.stdout)

    assert manifests
    for manifest in manifests:
        kubernetes_validate.validate(manifest, "1.33", strict=True)


@pytest.mark.kubectl
def test_the_component_puts_the_sidecar_beside_somebodys_own_agent() -> None:
    made = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES / "example")], capture_output=True, text=True, check=True
    )
    (deployment,) = documents(made.stdout)
    (before,) = documents((KUBERNETES / "example" / "deployment.yaml").read_text())
    pod = pod_of(deployment)

    assert pod["containers"] == pod_of(before)["containers"]
    assert [container["name"] for container in pod["initContainers"]] == ["translator"]
    assert {volume["name"] for volume in pod["volumes"]} == {"agent-logs", "translator-state"}
    assert deployment["metadata"]["name"] == "weather-agent"


@pytest.mark.promtool
@pytest.mark.parametrize(
    "arguments", [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts.test.yaml")]
)
def test_promtool_takes_the_alerts(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["promtool", *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.systemd
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "translator"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "translator.service"
    text = DEPLOY.joinpath("systemd", "translator.service").read_text()
    unit.write_text(text.replace("/opt/translator/bin/translator", str(program)))

    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.systemd
def test_the_unit_is_as_closed_as_systemd_can_say() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", "translator.service"],
        cwd=DEPLOY / "systemd", capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
