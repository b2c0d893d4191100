"""A sheet as PDF/A-2a and PDF/UA-1, set by Typst: the same sheet gives the same bytes. No word is chosen here.

All text goes in as data, so nothing that anybody typed is ever read as markup.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import msgspec
import typst

from server.documents.profile import Logo
from server.documents.sheet import PAPER_MM, Sheet
from server.documents.signing import Place
from server.errors import Invalid

TEMPLATES = Path(__file__).parent / "templates"


def pdf(sheet: Sheet, logo: Logo | None = None) -> bytes:
    """Takes tenths of a second of pure CPU: call it in a thread."""
    try:
        return _compile(sheet, logo, archive=True)
    except typst.TypstError as fault:
        if not _lacks_a_glyph(fault):
            raise
        # The archive standards forbid a character without a glyph; a paper with an empty box is better than none.
        return _compile(sheet, logo, archive=False)


PREVIEW_PPI = 96.0


def first_page(sheet: Sheet, logo: Logo | None = None) -> bytes:
    """As PNG, to be looked at on a screen. Invalid("office.mark") for a mark that cannot be drawn."""
    try:
        made = typst.compile(
            TEMPLATES / "sheet.typ",
            root=TEMPLATES,
            sys_inputs=_inputs(sheet, logo),
            format="png",
            ppi=PREVIEW_PPI,
            ignore_system_fonts=True,
        )
    except typst.TypstError as fault:
        raise Invalid("office.mark", field="mark") from fault
    return made[0] if isinstance(made, list) else made


PT_PER_MM = 72 / 25.4
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
    height_pt = PAPER_MM[sheet.paper][0 if sheet.wide else 1] * PT_PER_MM
    return tuple(one.place(height_pt) for one in rooms)


class _Room(msgspec.Struct):
    side: str
    page: int
    x: float  # points from the left
    y: float  # points from the top, of the caption's base line

    def place(self, height_pt: float) -> Place:
        left, top = round(self.x), round(height_pt - self.y - 4)
        return Place(self.side, self.page - 1, (left, top - FIELD_PT[1], left + FIELD_PT[0], top))


def stamp(lines: tuple[str, ...], language: str) -> bytes:
    """A signature's looks, as a PDF of the field's size with its fonts in it."""
    data = msgspec.json.encode({"lines": lines, "language": language}).decode()
    return typst.compile(
        TEMPLATES / "stamp.typ", root=TEMPLATES, sys_inputs={"data": data}, format="pdf", ignore_system_fonts=True
    )


def _inputs(sheet: Sheet, logo: Logo | None) -> dict[str, str]:
    data = asdict(sheet)
    short, long = PAPER_MM[sheet.paper]
    data["size_mm"] = (long, short) if sheet.wide else (short, long)
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
