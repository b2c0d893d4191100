"""The files that docs/install.md tells an office to write, as they stand there: what is tested is what is printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "install.md"
NAME = "rapat.kabupaten.example"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`(/etc/[^`]+)`[^`]*:\Z")


@cache
def files() -> dict[str, tuple[str, ...]]:
    """Path -> the blocks that are printed for it, in order; a block belongs to the path that its sentence ends with."""
    text = GUIDE.read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for block in BLOCK.finditer(text):
        before = text[: block.start()].rstrip().rpartition("\n\n")[2]
        if named := FILE.search(before):
            found[named[1]] = (*found.get(named[1], ()), block[2])
    return found


def block(path: str, number: int = 0) -> str:
    return files()[path][number]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with this machine's ports and folders. What is to be replaced must stand there."""
    for old, new in values.items():
        assert old in text, f"docs/install.md no longer says {old!r}"
        text = text.replace(old, new)
    return text
