"""A sheet as an editable ODT: headings, fields, tables. No word is chosen here, and no formula or field is made."""

from __future__ import annotations

from io import BytesIO

import odfdo
from odfdo import Document, Element, Style
from odfdo.style_base import StyleBase

from server.documents.docx_notes import clean as _clean
from server.documents.odt_notes import note_styles, written
from server.documents.sheet import (
    PAPER_MM,
    Block,
    Fields,
    Grid,
    Heading,
    Items,
    PageBreak,
    Paragraph,
    Sheet,
    Signatures,
    Signer,
    Table,
    Verification,
    Words,
)

MARGIN_MM = 20


def odt_bytes(sheet: Sheet) -> bytes:
    paper = Document("text")
    body = paper.body
    body.clear()
    _styles(paper, sheet)
    for text in (sheet.kop.government.upper(), sheet.kop.unit.upper(), sheet.kop.name, sheet.kop.address):
        if text:
            body.append(_paragraph(text, "Centred"))
    body.append(odfdo.Header(1, _clean(sheet.title.upper()), style="Title1", formatted=False, suppress_numbering=True))
    if sheet.draft:
        body.append(_paragraph(sheet.draft, "Centred"))
    for place, block in enumerate(sheet.blocks):
        for element in _block(paper, block, place):
            body.append(element)
    meta = paper.meta
    meta.title = _clean(f"{sheet.title} – {sheet.meeting}")
    meta.language = "id-ID" if sheet.language == "id" else "en-GB"
    meta.creator = _clean(sheet.kop.name)
    stream = BytesIO()
    paper.save(stream)
    return stream.getvalue()


def _styles(paper: Document, sheet: Sheet) -> None:
    short, long = PAPER_MM[sheet.paper]
    layout = paper.get_style("page-layout", "Mpm1")
    if isinstance(layout, StyleBase):
        turned = (long, short) if sheet.wide else (short, long)
        for name, side in zip(("page-width", "page-height"), turned, strict=True):
            layout.set_properties({f"fo:{name}": f"{side}mm"}, area="page-layout")
    paper.insert_style(Style("paragraph", "Title1", parent_style="Heading_20_1", area="paragraph", align="center"))
    paper.insert_style(Style("paragraph", "Centred", area="paragraph", align="center"))
    paper.insert_style(Style("paragraph", "Turned", area="paragraph", break_before="page"))
    note_styles(paper)
    head = Style("paragraph", "HeadCell", area="text", bold=True)
    paper.insert_style(head)
    whole = Style("table-row", "Whole", area="table-row")
    whole.set_properties({"fo:keep-together": "always"}, area="table-row")
    paper.insert_style(whole, automatic=True)
    paper.insert_style(Style("table-cell", "Ruled", area="table-cell", border="0.5pt solid #000000", padding="1mm"))
    paper.insert_style(Style("table-cell", "Bare", area="table-cell", padding="0.5mm"))


def _paragraph(text: str, style: str | None = None) -> Element:
    """Line ends stay line ends; nothing else in it is read as anything but text."""
    made = odfdo.Paragraph(style=style)
    made.append_plain_text(_clean(text))
    return made


def _block(paper: Document, block: Block, place: int) -> list[Element]:
    made: list[Element] = []
    match block:
        case Heading(text=text, level=level):
            style = f"Heading_20_{level}" if level > 1 else "Title1"
            made.append(odfdo.Header(level, _clean(text), style=style, formatted=False, suppress_numbering=True))
        case Paragraph(text=text):
            made.append(_paragraph(text))
        case Fields(rows=rows):
            cells = tuple((row.label, ": " + "\n".join(_numbered(row.values, row.numbered))) for row in rows)
            made.append(_table(paper, f"Fields{place}", (), (25, 75), cells))
        case Table():
            made += [_table(paper, f"Table{place}", block.headers, block.widths, block.rows), _paragraph("")]
        case Signatures():
            row = (_signer(block.left, " "), _signer(block.right, block.place_date))
            made += [_paragraph(""), _table(paper, f"Signatures{place}", (), (50, 50), (row,))]
        case Verification(text=text, url=url):
            made.append(_paragraph(f"{text} {url}"))
        case PageBreak():
            made.append(_paragraph("", "Turned"))
        case Words() | Items() | Grid():
            made += written(block, f"Notes{place}")
    return made


def _numbered(values: tuple[str, ...], numbered: bool) -> list[str]:
    if not numbered or len(values) < 2:
        return list(values)
    return [f"{place}. {value}" for place, value in enumerate(values, 1)]


def _table(
    paper: Document, name: str, headers: tuple[str, ...], widths: tuple[int, ...], rows: tuple[tuple[str, ...], ...]
) -> Element:
    """Without headers: no lines about it."""
    made = Element.from_tag("table:table")
    made.set_attribute("table:name", name)
    for column, share in enumerate(widths):
        style = f"{name}.{column}"
        wide = Style("table-column", style, area="table-column", width=f"{share}mm")
        wide.set_properties({"style:rel-column-width": f"{share * 100}*"}, area="table-column")
        paper.insert_style(wide, automatic=True)
        element = Element.from_tag("table:table-column")
        element.set_attribute("table:style-name", style)
        made.append(element)
    if headers:
        head = Element.from_tag("table:table-header-rows")
        head.append(_row(headers, "Ruled", "HeadCell"))
        made.append(head)
    for row in rows:
        made.append(_row(row, "Ruled" if headers else "Bare", None))
    return made


def _row(values: tuple[str, ...], style: str, text_style: str | None) -> Element:
    row = Element.from_tag("table:table-row")
    row.set_attribute("table:style-name", "Whole")
    for value in values:
        cell = Element.from_tag("table:table-cell")
        cell.set_attribute("table:style-name", style)
        cell.set_attribute("office:value-type", "string")
        cell.append(_paragraph(value, text_style))
        row.append(cell)
    return row


def _signer(one: Signer | None, place_date: str) -> str:
    return "" if one is None else "\n".join((place_date, f"{one.caption},", "", "", "", one.name, *one.below))
