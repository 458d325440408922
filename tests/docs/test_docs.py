"""The documents hang together: links, pictures, deployment files, layers, words."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs import pages

yaml = pytest.importorskip("yaml")

COMPOSE = pages.ROOT / "deploy" / "compose" / "compose.yaml"
KUBERNETES = pages.ROOT / "deploy" / "kubernetes" / "sidecar.yaml"
README = pages.ROOT / "README.md"
WRITTEN = [
    *pages.PAGES,
    *sorted(path for path in (pages.ROOT / "deploy").rglob("*") if path.is_file()),
    *sorted(pages.DOCS.rglob("*.svg")),
]
FORBIDDEN = re.compile(
    r"/work/|/root/|/home/\w|pypi|npmjs|jsdelivr|cloudflare|unpkg|TODO|FIXME|XXX",
    re.IGNORECASE,
)


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {anchor(found) for found in re.findall(r"^#+ (.+)$", pages.prose(page), re.MULTILINE)}


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in pages.links(page):
        if link.startswith(("http://", "https://")):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if fragment:
            assert fragment in anchors(target), link


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_nothing_is_said_that_is_no_reader_s_business(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_every_fence_is_closed_and_says_what_it_holds(page: Path) -> None:
    fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(fences) % 2 == 0
    assert all(fences[::2])
    assert not any(fences[1::2])


def test_the_readme_shows_a_command_soon() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    picture = next(number for number, line in enumerate(lines) if line.startswith("!["))
    command = next(number for number, line in enumerate(lines) if line.startswith("$ "))

    assert picture < command <= picture + 15


def test_the_readme_s_log_calls_are_those_of_the_samples() -> None:
    languages = ("python", "js", "go", "java", "bash")
    shown = {block.language: block.text for block in pages.blocks(README, *languages)}
    samples = [block.text for block in pages.blocks(pages.ROOT / "samples" / "README.md", *languages)]

    assert set(shown) == set(languages)
    assert [language for language, text in shown.items() if text not in samples] == []


def test_the_terminal_picture_shows_what_the_preview_shows() -> None:
    made = runpy.run_path(str(pages.DOCS / "make_pictures.py"))

    assert words(made["preview_svg"]()) == words(made["PICTURE"].read_text(encoding="utf-8"))


def words(svg: str) -> str:
    return " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))


def test_pictures_fetch_nothing() -> None:
    for path in pages.DOCS.rglob("*.svg"):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text, path.name


def contained(part: Any, whole: Any, at: str = "") -> list[str]:
    """Where a part says something else than the whole; named items of lists are found by name."""
    if isinstance(part, dict):
        if not isinstance(whole, dict):
            return [at]
        return [bad for key, value in part.items() for bad in contained(value, whole.get(key), f"{at}.{key}")]
    if isinstance(part, list) and part and isinstance(part[0], dict):
        by_name = {item.get("name"): item for item in whole or []}
        return [
            bad for item in part for bad in contained(item, by_name.get(item["name"]), f"{at}.{item['name']}")
        ]
    return [] if part == whole else [at]


def readme_yaml(first: str) -> Any:
    return next(
        yaml.safe_load(block.text) for block in pages.blocks(README, "yaml") if block.text.startswith(first)
    )


def test_the_readme_s_sidecar_is_that_of_the_whole_file() -> None:
    whole = yaml.safe_load(KUBERNETES.read_text(encoding="utf-8"))["spec"]["template"]["spec"]

    assert contained(readme_yaml("initContainers"), whole) == []


def test_the_readme_s_compose_is_that_of_the_whole_file_but_for_the_destination() -> None:
    whole = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    part = readme_yaml("services")
    del part["services"]["translator"]["environment"]

    assert contained(part, whole) == []


def test_the_sidecar_may_do_what_it_must_and_no_more() -> None:
    pod = yaml.safe_load(KUBERNETES.read_text(encoding="utf-8"))["spec"]["template"]["spec"]
    (sidecar,) = pod["initContainers"]
    mounts = {mount["name"]: mount for mount in sidecar["volumeMounts"]}
    rights = sidecar["securityContext"]

    assert sidecar["restartPolicy"] == "Always"
    assert mounts["logs"]["readOnly"] is True
    assert "readOnly" not in mounts["state"]
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["allowPrivilegeEscalation"] is False
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["terminationGracePeriodSeconds"] > 10
    assert not {"lifecycle", "readinessProbe", "startupProbe", "ports"} & sidecar.keys()
    assert all("value" not in entry for entry in sidecar["env"] if entry["name"] == "SENTRY_DSN")
    assert {volume["name"] for volume in pod["volumes"] if "emptyDir" in volume} == {"logs", "state"}


def test_spotlight_is_published_under_its_own_port_on_loopback() -> None:
    whole = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))

    assert whole["services"]["spotlight"]["ports"] == ["127.0.0.1:8969:8969"]
    assert "logs:/var/log/agent:ro" in whole["services"]["translator"]["volumes"]


def test_spotlight_is_pinned_to_the_versions_that_are_tested() -> None:
    def pins(text: str) -> tuple[Any, Any]:
        said = json.loads(text)
        return said["dependencies"]["@spotlightjs/spotlight"], said["overrides"]["hono"]

    (told,) = pages.blocks(pages.DOCS / "operations.md", "json")
    files = (
        COMPOSE.parent / "spotlight" / "package.json",
        pages.ROOT / "tests" / "spotlight" / "package.json",
    )

    assert {pins(told.text), *(pins(file.read_text(encoding="utf-8")) for file in files)} == {pins(told.text)}


def test_the_layers_are_those_of_the_import_contracts() -> None:
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (c for c in project["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    layers = [re.findall(r"translator\.(\w+)", layer) for layer in contract["layers"]]

    assert [
        pages.codes(row["packages"]) for row in pages.table(pages.DOCS / "architecture.md", "layer")
    ] == layers


def test_the_picture_of_the_architecture_names_every_package() -> None:
    packages = {path.parent.name for path in (pages.ROOT / "translator").glob("*/__init__.py")}
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", (pages.DOCS / "images" / "architecture.svg").read_text())

    assert packages - set(re.findall(r"\w+", " ".join(drawn))) == set()


def test_the_places_to_change_exist() -> None:
    named = [
        path
        for row in pages.table(pages.DOCS / "architecture.md", "to change")
        for path in pages.codes(row["go to"])
    ]

    assert [path for path in named if not (pages.ROOT / "translator" / path).exists()] == []
