"""A sheet as PDF/A-2a and PDF/UA-1, set by Typst: the same sheet gives the same bytes. No word is chosen here.

All text goes in as data, so nothing that anybody typed is ever read as markup.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import msgspec
import typst

from server.documents.sheet import Sheet

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Logo:
    kind: Literal["svg", "png"]
    content: bytes


def read_logo(path: str) -> Logo | None:
    """The office's mark; None for "". OSError for a file that is not there."""
    if not path:
        return None
    content = Path(path).read_bytes()
    return Logo("png" if content.startswith(b"\x89PNG") else "svg", content)


def pdf(sheet: Sheet, logo: Logo | None = None) -> bytes:
    """Takes tenths of a second of pure CPU: call it in a thread."""
    try:
        return _compile(sheet, logo, archive=True)
    except typst.TypstError as fault:
        if not _lacks_a_glyph(fault):
            raise
        # The archive standards forbid a character without a glyph; a paper with an empty box is better than none.
        return _compile(sheet, logo, archive=False)


def _lacks_a_glyph(fault: typst.TypstError) -> bool:
    return "could not be displayed" in f"{fault.message}"


def _compile(sheet: Sheet, logo: Logo | None, archive: bool) -> bytes:
    data = asdict(sheet)
    data["logo"] = {"kind": logo.kind, "content": list(logo.content)} if logo else None
    return typst.compile(
        TEMPLATES / "sheet.typ",
        root=TEMPLATES,
        sys_inputs={"data": msgspec.json.encode(data).decode()},
        format="pdf",
        pdf_standards=["a-2a", "ua-1"] if archive else [],
        ignore_system_fonts=True,
        timestamp=sheet.dated_ms // 1000,
    )
