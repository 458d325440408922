"""The site of the documentation: built without a warning, whole, and with nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs import pages

LOADED = {"src", "srcset", "poster", "data", "action"}
ELSEWHERE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


class Loads(HTMLParser):
    """What a page loads by itself: all that it names but the targets of links.

    Attributes:
        found: The addresses.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is not None and (name in LOADED or (name == "href" and tag != "a")):
                self.found.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(built)],
        cwd=pages.ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return built


def test_every_page_is_in_it(site: Path) -> None:
    own = {page.relative_to(pages.DOCS).with_suffix(".html") for page in pages.DOCS.rglob("*.md")}
    others = {Path("index.html"), Path("CHANGELOG.html"), Path("samples/index.html")}

    assert {path for path in own | others if not (site / path).is_file()} == set()


def test_what_the_pages_link_to_in_the_repository_is_shown(site: Path) -> None:
    shown = (site / "deploy" / "compose" / "compose.yaml.html").read_text(encoding="utf-8")

    assert 'href="deploy/compose/compose.yaml.html"' in (site / "deployment.html").read_text(encoding="utf-8")
    assert "stop_grace_period" in shown


def test_its_pages_load_nothing_from_elsewhere(site: Path) -> None:
    loaded: dict[str, list[str]] = {}
    for path in site.rglob("*.html"):
        page = Loads()
        page.feed(path.read_text(encoding="utf-8"))
        loaded[path.name] = page.found
    elsewhere = [(name, link) for name, links in loaded.items() for link in links if ELSEWHERE.match(link)]

    assert all(loaded.values())
    assert elsewhere == []


def test_its_styles_load_nothing_from_elsewhere(site: Path) -> None:
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]

    assert styles
    assert [
        found for text in styles for found in re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//.*", text)
    ] == []
