#!/usr/bin/env python3
"""Takes docs/images/preview-page.png: the page that `translator preview --html` makes of the Python sample.

It needs Chromium. Run it with the project's interpreter: .venv/bin/python docs/make_page_picture.py
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent
SAMPLE = DOCS.parent / "samples" / "python" / "agent.jsonl"
PICTURE = DOCS / "images" / "preview-page.png"
SIZE = "1400,900"
OPEN = "#f5dd5b797d2d4620863c7654fa6a3e25/d0ccb6fa6a998fdf"
"""The trace and the span that are open: a model call that has the answers of two tools."""


def take_picture() -> None:
    """Takes the picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no Chromium on this machine: apt-get install chromium")
    with tempfile.TemporaryDirectory() as name:
        page = Path(name) / "traces.html"
        made = [sys.executable, "-m", "translator", "preview", str(SAMPLE), "--html", str(page), "--quiet"]
        subprocess.run(made, check=True)  # noqa: S603 - our own program
        looked = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={name}/profile",
            f"--window-size={SIZE}", f"--screenshot={PICTURE}", page.as_uri() + OPEN,
        ]  # fmt: skip
        subprocess.run(looked, check=True, capture_output=True)  # noqa: S603 - the system's browser


if __name__ == "__main__":
    take_picture()
