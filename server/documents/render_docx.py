"""A sheet as an editable DOCX: headings, fields, tables. No word is chosen here, and no formula or field is made."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any  # python-docx has no types

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt

from server.documents.docx_notes import clean, write
from server.documents.profile import Logo
from server.documents.sheet import (
    PAPER_MM,
    Block,
    Field,
    Fields,
    Grid,
    Heading,
    Items,
    Opening,
    PageBreak,
    Paragraph,
    Sheet,
    Signatures,
    Signer,
    Table,
    Verification,
    Words,
)


def docx_bytes(sheet: Sheet, logo: Logo | None = None) -> bytes:
    """An SVG mark is left out: the format wants a bitmap."""
    paper = docx.Document()
    _page(paper, sheet)
    if logo is not None and logo.kind == "png":
        paper.add_picture(BytesIO(logo.content), height=Cm(1.9))
        paper.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in (sheet.kop.government.upper(), sheet.kop.unit.upper(), sheet.kop.name, sheet.kop.address):
        if text:
            _centred(paper.add_paragraph(clean(text)))
    if sheet.titled:
        _centred(paper.add_heading(clean(sheet.title.upper()), level=1))
    if sheet.draft:
        _centred(paper.add_paragraph(sheet.draft))
    for block in sheet.blocks:
        write_block(paper, block, sheet.wide)
    stream = BytesIO()
    paper.save(stream)
    return stream.getvalue()


def _page(paper: Any, sheet: Sheet) -> None:
    section = paper.sections[0]
    short, long = (Mm(side) for side in PAPER_MM[sheet.paper])
    section.orientation = WD_ORIENT.LANDSCAPE if sheet.wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if sheet.wide else (short, long)
    section.left_margin = section.right_margin = Cm(2)
    style = paper.styles["Normal"]
    style.font.size = Pt(9 if sheet.wide else 11)
    style.paragraph_format.space_after = Pt(3)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "id-ID" if sheet.language == "id" else "en-GB")
    style.element.get_or_add_rPr().append(language)
    about(paper, sheet)


def about(paper: Any, sheet: Sheet) -> None:
    """What the file says of itself."""
    dated = datetime.fromtimestamp(sheet.dated_ms / 1000, UTC).replace(tzinfo=None)
    said = paper.core_properties
    said.title = clean(f"{sheet.title} – {sheet.meeting}")[:255]  # the property's own limit
    said.author = said.last_modified_by = clean(sheet.kop.name)[:255]
    said.language = sheet.language
    said.comments = ""
    said.created = said.modified = dated


def _centred(paragraph: Any) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def write_block(paper: Any, block: Block, wide: bool) -> None:
    """At the end of the paper."""
    match block:
        case Opening():
            _opening(paper, block)
        case PageBreak():
            paper.add_page_break()
        case Heading(text=text, level=level):
            paper.add_heading(clean(text), level=level)
        case Paragraph(text=text):
            paper.add_paragraph(clean(text))
        case Fields(rows=rows):
            _fields(paper, rows)
        case Table():
            _table(paper, block, wide)
        case Words() | Items() | Grid():
            write(paper, paper, block)
        case Signatures():
            _signatures(paper, block)
        case Verification(text=text, url=url):  # the format wants a bitmap; the address does as well
            paper.add_paragraph(clean(f"{text} {url}"))


def _opening(paper: Any, block: Opening) -> None:
    paper.add_paragraph(clean(block.place_date)).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _fields(paper, block.fields)
    paper.add_paragraph()
    paper.add_paragraph(clean("\n".join((block.to, *block.addressees))))


def _fields(paper: Any, rows: tuple[Field, ...]) -> None:
    table = paper.add_table(rows=0, cols=2)
    for row in rows:
        label, value = table.add_row().cells
        label.width, value.width = Cm(4.5), Cm(12.5)
        label.text = clean(row.label)
        numbered = row.numbered and len(row.values) > 1
        values = [f"{place}. {one}" for place, one in enumerate(row.values, 1)] if numbered else row.values
        value.text = clean(": " + "\n".join(values))


def _table(paper: Any, block: Table, wide: bool) -> None:
    table = paper.add_table(rows=1, cols=len(block.headers))
    table.style = "Table Grid"
    table.autofit = False
    for cell, name in zip(table.rows[0].cells, block.headers, strict=True):
        cell.paragraphs[0].add_run(clean(name)).bold = True
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row in block.rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = clean(value)
    whole = sum(block.widths)
    for column, share in zip(table.columns, block.widths, strict=True):
        column.width = int(Cm(25.7 if wide else 17) * share / whole)
    for made in table.rows:
        for cell, column in zip(made.cells, table.columns, strict=True):
            cell.width = column.width
        made._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _signatures(paper: Any, block: Signatures) -> None:
    paper.add_paragraph()
    table = paper.add_table(rows=1, cols=2)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    left, right = table.rows[0].cells
    left.text = _signer(block.left, "")
    right.text = _signer(block.right, block.place_date)


def _signer(one: Signer | None, place_date: str) -> str:
    if one is None:
        return ""
    return clean("\n".join((place_date, f"{one.caption},", "", "", "", one.name, *one.below)))
