"""A real Chromium that looks at pages, driven as the tests of Spotlight drive it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.spotlight.spotlight import HERE, chromium, closed_environment, install, run_group

DRIVER = Path(__file__).with_name("look.mjs")
PLAYWRIGHT = HERE / "node_modules" / "playwright-core" / "index.mjs"
SECONDS = 90.0

WIDE, NARROW = (1400, 900), (400, 800)


class Seen(msgspec.Struct):
    """What `look.mjs` answers; it says what each of them is."""

    ready: float
    busy: float
    read: dict[str, Any]
    problems: list[str]


class Browser:
    """Looks at pages.

    Args:
        scratch: An empty directory for its working files.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        install()

    def look(
        self,
        page: Path | str,
        *steps: Sequence[str],
        size: tuple[int, int] = WIDE,
        scheme: str = "light",
    ) -> Seen:
        """Opens a page, takes the steps, and says what there was to see.

        Args:
            page: The file, with a fragment if need be.
            steps: As `look.mjs` describes them.
            size: Of the window, in pixels.
            scheme: "light" or "dark".
        """
        profile = self._scratch / f"browser-{uuid.uuid4().hex}"
        profile.mkdir()
        options = {
            "playwright": str(PLAYWRIGHT.resolve()), "chromium": chromium(), "profile": str(profile),
            "page": str(page), "width": size[0], "height": size[1], "scheme": scheme, "steps": steps,
        }  # fmt: skip
        done = run_group(
            ["node", str(DRIVER), json.dumps(options)],
            environment=closed_environment(self._scratch),
            limit=SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return msgspec.json.decode(done.stdout, type=Seen)
