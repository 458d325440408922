"""What stands in the documents: fenced blocks, tables, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (
    ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "samples" / "README.md", *sorted(DOCS.rglob("*.md")),
)  # fmt: skip

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`` (.+?) ``|`([^`]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        page: The file it stands in.
        line: The number of its first line.
        language: What stands after the fence.
        text: What stands between the fences.
    """

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page; of these languages only, where some are named."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 2, found[1], found[2])
        for found in FENCE.finditer(text)
        if not languages or found[1] in languages
    ]


def examples(page: Path) -> list[tuple[Block, list[Block]]]:
    """Each block of log lines, and the results stated right after it."""
    found: list[tuple[Block, list[Block]]] = []
    for block in blocks(page):
        if block.language == "jsonl":
            found.append((block, []))
        elif block.language in ("tree", "attributes") and found:
            found[-1][1].append(block)
    return found


def table(page: Path, first: str) -> list[dict[str, str]]:
    """The rows of the tables whose first column is headed so, by the heads of the columns."""
    rows: list[dict[str, str]] = []
    heads: list[str] = []
    for line in prose(page).splitlines():
        if not line.startswith("|"):
            heads = []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not heads:
            heads = cells
        elif heads[0] == first and not set(line) <= set("|-: "):
            rows.append(dict(zip(heads, cells, strict=True)))
    return rows


def codes(text: str) -> list[str]:
    """What stands in the text in the font of code."""
    return [wide or narrow for wide, narrow in _CODE.findall(text)]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """Where the links and pictures of a page point to."""
    yield from _LINK.findall(prose(page))
