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
from server.documents.signing import Place

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


A4_HEIGHT_PT = 841.89
FIELD_PT = (210, 45)  # 7.4 by 1.6 cm: the room that blocks.typ leaves, and the size of stamp.typ


def signature_places(sheet: Sheet, logo: Logo | None = None) -> tuple[Place, ...]:
    """Where the sheet has room for signatures: fields `left` (secretary) and `right` (chair)."""
    found = typst.query(
        TEMPLATES / "sheet.typ",
        "<signature>",
        field="value",
        root=TEMPLATES,
        sys_inputs=_inputs(sheet, logo),
        ignore_system_fonts=True,
    )
    rooms = msgspec.json.decode(found, type=list[_Room])
    return tuple(one.place() for one in rooms)


class _Room(msgspec.Struct):
    side: str
    page: int
    x: float  # points from the left
    y: float  # points from the top, of the caption's base line

    def place(self) -> Place:
        left, top = round(self.x), round(A4_HEIGHT_PT - self.y - 4)
        return Place(self.side, self.page - 1, (left, top - FIELD_PT[1], left + FIELD_PT[0], top))


def stamp(lines: tuple[str, ...], language: str) -> bytes:
    """A signature's looks, as a PDF of the field's size with its fonts in it."""
    data = msgspec.json.encode({"lines": lines, "language": language}).decode()
    return typst.compile(
        TEMPLATES / "stamp.typ", root=TEMPLATES, sys_inputs={"data": data}, format="pdf", ignore_system_fonts=True
    )


def _inputs(sheet: Sheet, logo: Logo | None) -> dict[str, str]:
    data = asdict(sheet)
    data["logo"] = {"kind": logo.kind, "content": list(logo.content)} if logo else None
    return {"data": msgspec.json.encode(data).decode()}


def _lacks_a_glyph(fault: typst.TypstError) -> bool:
    return "could not be displayed" in f"{fault.message}"


def _compile(sheet: Sheet, logo: Logo | None, archive: bool) -> bytes:
    return typst.compile(
        TEMPLATES / "sheet.typ",
        root=TEMPLATES,
        sys_inputs=_inputs(sheet, logo),
        format="pdf",
        pdf_standards=["a-2a", "ua-1"] if archive else [],
        ignore_system_fonts=True,
        timestamp=sheet.dated_ms // 1000,
    )
