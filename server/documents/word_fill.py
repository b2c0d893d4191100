"""A paper made with an office's Word template: its placeholders filled in, lists and tables put where they belong.

The template was checked when it was uploaded (word_check.py); it is filled in a sandbox all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from io import BytesIO
from typing import Any  # python-docx has no types

import docx
import segno
from docx.oxml.ns import qn
from docx.shared import Cm
from jinja2 import TemplateError

from server.documents.render_docx import about, write_block
from server.documents.sheet import Block, Grid, Heading, Items, Paragraph, Sheet, Verification, Words
from server.documents.word_check import Paper, Sandbox
from server.documents.word_context import OPEN, Templated, told_by
from server.documents.wording import Wording
from server.errors import Invalid

LISTS = tuple(f"List {name}{level}" for name in ("Bullet", "Number", "Continue") for level in ("", " 2", " 3"))
STYLES = ("Table Grid", *(f"Heading {level}" for level in range(1, 7)))


def filled(template: bytes, kind: Templated, sheet: Sheet, words: Wording) -> bytes:
    """Takes CPU: call it in a thread. Invalid("template.fill") for a template that cannot be filled in."""
    told = told_by(kind, sheet, words)
    paper = Paper(BytesIO(template))
    try:
        paper.render(told.values, Sandbox())
    except (TemplateError, ValueError, KeyError, TypeError) as fault:
        raise Invalid("template.fill", field="file", reason=str(fault)[:200]) from fault
    made = paper.docx  # get_docx() would begin anew
    about(made, sheet)
    _put(made, told.parts, sheet.wide)
    stream = BytesIO()
    made.save(stream)
    return stream.getvalue()


def _put(paper: Any, parts: Mapping[str, tuple[Block, ...]], wide: bool) -> None:
    """What is more than text takes the place of its name: whole where it stands alone on the page, as plain text in a
    cell or beside other words."""
    plain = _made_ready(paper)
    for paragraph in [one for one in paper.element.body.iter(qn("w:p")) if OPEN in "".join(one.itertext())]:
        said = "".join(one.text or "" for one in paragraph.iter(qn("w:t"))).strip()
        if said in parts and paragraph.getparent() is paper.element.body:
            _set(paper, paragraph, parts[said], wide, plain)
        else:
            for run in paragraph.iter(qn("w:t")):
                for name, blocks in parts.items():
                    run.text = (run.text or "").replace(name, " ".join(_said(one) for one in blocks))


def _set(paper: Any, paragraph: Any, blocks: tuple[Block, ...], wide: bool, plain: bool) -> None:
    body = paper.element.body
    before = set(body)
    for block in blocks:
        if isinstance(block, Verification):
            picture = BytesIO()
            segno.make(block.url, error="m", micro=False).save(picture, kind="png", scale=6, border=4)
            paper.add_picture(picture, width=Cm(2.8))
        elif plain and isinstance(block, Items):
            for text in _rows(block):
                paper.add_paragraph(text)
        else:
            write_block(paper, block, wide)
    for made in [one for one in body if one not in before]:
        paragraph.addprevious(made)
    body.remove(paragraph)


def _made_ready(paper: Any) -> bool:
    """Headings and tables get Word's own looks where the template has none; True: it has no lists, they become text."""
    known = {one.name for one in paper.styles}
    usual = docx.Document()
    for name in STYLES:
        if name not in known:
            paper.styles.element.append(deepcopy(usual.styles[name].element))
    numbered = all(name in known and _is_numbered(paper.styles[name]) for name in LISTS if "Continue" not in name)
    return not (numbered and {name for name in LISTS if "Continue" in name} <= known)


def _is_numbered(style: Any) -> bool:
    properties = style.element.pPr
    return properties is not None and properties.numPr is not None and properties.numPr.numId is not None


def _rows(block: Items, indent: str = "") -> list[str]:
    rows: list[str] = []
    for place, item in enumerate(block.items, 1):
        mark = f"{place}. " if block.ordered else "• "
        for at, one in enumerate(item):
            if isinstance(one, Items):
                rows += _rows(one, indent + "    ")
            else:
                rows.append(f"{indent}{mark if at == 0 else '    '}{_said(one)}")
    return rows


def _said(block: Block) -> str:
    match block:
        case Heading(text=text) | Paragraph(text=text):
            return text
        case Words(runs=runs):
            return "".join(one.text for one in runs)
        case Items():
            return "; ".join(_rows(block))
        case Grid(rows=rows):
            return "; ".join(" | ".join(" ".join(_said(one) for one in cell.blocks) for cell in row) for row in rows)
        case Verification(text=text, url=url):
            return f"{text} {url}"
        case _:
            return ""
