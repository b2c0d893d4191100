"""A sheet as Markdown (CommonMark with tables). Whatever anybody typed is text: no mark-up, HTML or link."""

from __future__ import annotations

import re

from server.documents.sheet import (
    Block,
    Cell,
    Field,
    Fields,
    Grid,
    Heading,
    Items,
    PageBreak,
    Paragraph,
    Run,
    Sheet,
    Signatures,
    Signer,
    Table,
    Verification,
    Words,
)

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_ADDRESS = re.compile(r"[<>\\\s]")
_STARTS = re.compile(r"^(\s*)([=:]|[-+](?=\s|$|-)|\d{1,9}[.)](?=\s|$))")
"""What begins a list, a heading or a rule (CommonMark 0.31, sections 4 and 5)."""


def markdown_bytes(sheet: Sheet) -> bytes:
    kop = [one for one in (sheet.kop.government, sheet.kop.unit, sheet.kop.name, sheet.kop.address) if one]
    parts = ["  \n".join(plain(one) for one in kop), f"# {plain(sheet.title)}"]
    if sheet.draft:
        parts.append(f"*{plain(sheet.draft)}*")
    parts += [text for block in sheet.blocks if (text := _block(block))]
    return ("\n\n".join(parts) + "\n").encode()


def plain(text: str) -> str:
    """On one line, every mark escaped."""
    line = " ".join(text.split())
    return _STARTS.sub(_no_start, _MARKS.sub(r"\\\1", line))


def _no_start(found: re.Match[str]) -> str:
    mark = found[2]
    return f"{found[1]}{mark[:-1]}\\{mark[-1]}"


def _block(block: Block) -> str:
    match block:
        case Heading(text=text, level=level):
            said = f"{'#' * level} {plain(text)}"
        case Paragraph(text=text):
            said = plain(text)
        case Fields():
            said = "\n".join(_field(row) for row in block.rows)
        case Table():
            said = _table(block)
        case Signatures():
            signers = (("", block.left), (block.place_date, block.right))
            said = "\n\n".join(_signer(one, place) for place, one in signers if one is not None)
        case Verification(text=text, url=url):
            said = f"{plain(text)} <{url}>"
        case PageBreak():
            said = "---"
        case Words(runs=runs):
            said = _words(runs)
        case Items():
            said = "\n".join(_items(block, ""))
        case Grid():
            said = _grid(block)
        case _:
            said = ""
    return said


def _words(runs: tuple[Run, ...]) -> str:
    return _STARTS.sub(_no_start, "".join(map(_run, runs)).strip())


def _run(one: Run) -> str:
    """Blanks stay outside the marks, or they would be no marks (CommonMark 0.31, section 6.2)."""
    if one.text == "\n":
        return "\\\n"
    said = _MARKS.sub(r"\\\1", one.text)
    inner = said.strip()
    mark = "**" * one.strong + "*" * one.emphasis
    dressed = said.replace(inner, f"{mark}{inner}{mark[::-1]}", 1) if inner and mark else said
    return f"[{dressed}](<{_ADDRESS.sub(_escaped, one.link)}>)" if one.link else dressed


def _escaped(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def _items(block: Items, indent: str) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate(block.items, 1):
        mark = f"{number}. " if block.ordered else "- "
        for place, one in enumerate(item):
            inner = indent + " " * len(mark)
            if isinstance(one, Items):
                lines += _items(one, inner)
            else:
                said = _block(one).replace("\n", f"\n{inner}")
                lines.append(f"{indent}{mark}{said}" if place == 0 else f"\n{inner}{said}")
    return lines


def _grid(block: Grid) -> str:
    rows = [[_cell(cell) for cell in row] for row in block.rows]
    head, others = (rows[0], rows[1:]) if block.headed else ([""] * len(rows[0]), rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *others))


def _cell(cell: Cell) -> str:
    said = (_block(one).replace("\\\n", " ").replace("\n", " ") for one in cell.blocks)
    return " ".join(said)


def _field(row: Field) -> str:
    return f"- **{plain(row.label)}:** {'; '.join(plain(value) for value in row.values)}"


def _table(block: Table) -> str:
    head, *rows = ([plain(cell) for cell in row] for row in (block.headers, *block.rows))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _signer(one: Signer, place_date: str) -> str:
    lines = (place_date, f"{one.caption},", one.name, *one.below)
    return "  \n".join(plain(line) for line in lines if line)
