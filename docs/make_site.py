"""Brings into the site what lies outside of docs/: the README as its first page, and what pages link to.

The pages are written for a code host: their links lead through the repository. In the site docs/ is the root,
and every other file keeps its place in the repository, as a page that shows it. mkdocs.yml names this file as
a hook.
"""  # noqa: INP001 - no module of a package: MkDocs loads it by its path

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
FIRST = "README.md"
OUTSIDE = (FIRST, "CHANGELOG.md", "samples/README.md")
"""Pages that do not lie in docs/."""

LANGUAGES = {".mjs": "js", ".service": "ini"}
"""How files are colored whose suffix is not the name of their language."""

LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that lie elsewhere, and a page for each file that is linked to and is none."""
    shown = set(OUTSIDE)
    for file in files.documentation_pages():
        shown |= _linked(_origin(file.src_uri))
    for page in OUTSIDE:
        shown |= _linked(page)
    for path in sorted(shown):
        if path.startswith("docs/"):
            continue
        content = (ROOT / path).read_text(encoding="utf-8")
        level = InclusionLevel.INCLUDED
        if not path.endswith(".md"):
            suffix = Path(path).suffix
            content = f"# {path}\n\n```{LANGUAGES.get(suffix, suffix[1:])}\n{content}```\n"
            level = InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, _place(path), content=content, inclusion=level))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Makes links through the repository links through the site."""
    place = page.file.src_uri
    origin = _origin(place)

    def moved(link: re.Match[str]) -> str:
        return posixpath.relpath(_place(_target(origin, link[1])), posixpath.dirname(place) or ".")

    return LINK.sub(moved, markdown) if (ROOT / origin).is_file() else markdown


def _linked(path: str) -> set[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    targets = {_target(path, link) for link in LINK.findall(text)}
    return {target for target in targets if (ROOT / target).is_file()}


def _target(origin: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))


def _origin(place: str) -> str:
    """Where in the repository a page of the site comes from."""
    return next((path for path in OUTSIDE if _place(path) == place), f"docs/{place}")


def _place(path: str) -> str:
    """Where in the site a file of the repository is."""
    if path == FIRST:
        return "index.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return path if path.endswith(".md") else f"{path}.md"
