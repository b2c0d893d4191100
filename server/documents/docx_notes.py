"""Words, lists and tables that somebody wrote, as parts of a DOCX: real lists, real links. No word is chosen here."""

from __future__ import annotations

import re
from typing import Any  # python-docx has no types

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from server.documents.sheet import Block, Cell, Grid, Items, Run, Words

NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 (section 2.2) has no way to write."""
LIST_STYLES = 3  # the default template has "List Bullet", "List Bullet 2" and "List Bullet 3"


def clean(text: str) -> str:
    return NOT_IN_XML.sub("", text)


def write(paper: Any, where: Any, block: Words | Items | Grid) -> None:
    """At the end of `where`: the paper itself, or a cell of it."""
    match block:
        case Words():
            _words(where.add_paragraph(), block.runs)
        case Items():
            _items(paper, where, block, 1)
        case Grid():
            _grid(paper, where, block)


def _words(paragraph: Any, runs: tuple[Run, ...]) -> None:
    for one in runs:
        parent = _link(paragraph, one.link) if one.link else paragraph._p
        run = paragraph.add_run()
        if one.text == "\n":
            run.add_break()
        else:
            run.text = clean(one.text)
        run.bold, run.italic = one.strong or None, one.emphasis or None
        if one.link:
            run.underline = True
            parent.append(run._r)


def _link(paragraph: Any, url: str) -> Any:
    """WordprocessingML 17.16.22: a hyperlink names its target by a relationship of the part."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    paragraph._p.append(link)
    return link


def _items(paper: Any, where: Any, block: Items, level: int) -> None:
    name = "List Number" if block.ordered else "List Bullet"
    style = f"{name} {level}" if level > 1 else name
    numbering = _restarted(paper, style) if block.ordered else None
    for item in block.items:
        for place, one in enumerate(item):
            if isinstance(one, Items):
                _items(paper, where, one, min(level + 1, LIST_STYLES))
            elif isinstance(one, Words):
                paragraph = where.add_paragraph(style=style if place == 0 else "List Continue")
                if place == 0 and numbering is not None:
                    _number(paragraph, numbering)
                _words(paragraph, one.runs)
            else:
                _other(paper, where, one)


def _restarted(paper: Any, style: str) -> int:
    """A numbering of its own from 1: else a second list would go on where the first one ended."""
    numbering = paper.part.numbering_part.element
    standing = paper.styles[style].element.pPr.numPr.numId.val
    abstract = next(one for one in numbering.num_lst if one.numId == standing).abstractNumId.val
    made = numbering.add_num(abstract)
    made.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(made.numId)


def _number(paragraph: Any, numbering: int) -> None:
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = 0
    properties.get_or_add_numId().val = numbering


def _grid(paper: Any, where: Any, block: Grid) -> None:
    table = where.add_table(rows=0, cols=len(block.rows[0]))
    table.style = paper.styles["Table Grid"]
    for row in block.rows:
        for place, cell in zip(table.add_row().cells, row, strict=True):
            _fill(paper, place, cell)
    if block.headed:
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _fill(paper: Any, place: Any, cell: Cell) -> None:
    first = place.paragraphs[0]
    for one in cell.blocks:
        _other(paper, place, one)
    if cell.blocks and isinstance(cell.blocks[-1], Words):
        first._p.getparent().remove(first._p)  # a cell comes with an empty paragraph, and must end with one
    if cell.header:
        for paragraph in place.paragraphs:
            for run in paragraph.runs:
                run.bold = True


def _other(paper: Any, where: Any, block: Block) -> None:
    if isinstance(block, (Words, Items, Grid)):
        write(paper, where, block)
