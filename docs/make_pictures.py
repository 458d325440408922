#!/usr/bin/env python3
"""Draws docs/images/preview.svg: what `translator preview` shows of the Python sample.

Run it from anywhere, with the project's interpreter: .venv/bin/python docs/make_pictures.py
"""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from rich.text import Text

from translator.cli.tree import print_traces
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.errors import InputError
from translator.pipeline.translation import Translation, Windows
from translator.pipeline.whole import read_all
from translator.report.traces import traces_of

DOCS = Path(__file__).parent
SAMPLE = "samples/python/agent.jsonl"
PICTURE = DOCS / "images" / "preview.svg"
COLUMNS = 136
LONGEST_LINE = 1 << 20
ENCODER = SpanEncoder(Identity("docs", "0"), Privacy(content=True))

FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
  <style>
    .{unique_id}-matrix {{
      font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
      font-size: {char_height}px;
      line-height: {line_height}px;
      font-variant-east-asian: full-width;
    }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
  </defs>
  {chrome}
  <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
  </g>
</svg>
"""
"""Rich's frame without fonts from elsewhere: a picture must not fetch anything."""


def preview_svg() -> str:
    """The terminal picture."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    damaged: list[InputError] = []
    translation = Translation(Windows().of_whole_input())
    spans = read_all([str(DOCS.parent / SAMPLE)], translation, LONGEST_LINE, damaged.append)
    if damaged:
        raise damaged[0]
    console.print(Text.assemble(("$ ", "dim"), f"translator preview {SAMPLE}"))
    console.print()
    print_traces(console, traces_of(ENCODER.encode(span).data for span in spans))
    return console.export_svg(title="translator", code_format=FRAME, unique_id="preview")


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(preview_svg(), encoding="utf-8")
