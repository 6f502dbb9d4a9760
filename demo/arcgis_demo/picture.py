"""Draws what a terminal shows at the end of the demo, as an SVG."""

import io
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

from arcgis_demo.story import Story
from arcgis_demo.view import WIDTH, scene

# rich fetches a font from a web host; the picture must not make anybody's browser do that.
_ADDRESSES = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)


def draw(story: Story, last_line: str, file: Path) -> None:
    """Writes the SVG; the folder is made if it is not there."""
    console = Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        no_color=False,
    )
    console.print(scene(story, rows=len(story.entries)))
    console.print(Text(last_line, overflow="ellipsis", no_wrap=True))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_ADDRESSES.sub("", console.export_svg(title="make demo", unique_id="demo")))
