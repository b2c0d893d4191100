"""Adopted notes as blocks of a sheet: the headings go below that of their agenda item. Pure; no word is chosen here."""

from __future__ import annotations

from collections.abc import Sequence

from server.documents.sheet import Block, Cell, Grid, Heading, Items, Run, Words
from server.meeting import richtext
from server.meeting.richtext import Break, Inline, Mention, Span

ITEM_LEVEL = 3  # of the agenda item that the notes stand under


def note_blocks(blocks: Sequence[richtext.Block]) -> tuple[Block, ...]:
    """No level of headings is skipped, whatever the writers chose: who reads by headings would miss it."""
    found: list[Block] = []
    last = 0
    for one in blocks:
        if isinstance(one, richtext.Heading):
            last = min(one.level, last + 1)
            found.append(Heading(richtext.plain((one,)).strip(), ITEM_LEVEL + last))
        else:
            found.append(_block(one))
    return tuple(found)


def _block(one: richtext.Block) -> Block:
    match one:
        case richtext.Paragraph(inlines=words):
            return Words(_runs(words))
        case richtext.Heading(inlines=words):  # within a list or a table: no part of the document begins there
            return Words(tuple(Run(run.text, True, run.emphasis, run.link) for run in _runs(words)))
        case richtext.Listing(ordered=ordered, items=items):
            return Items(ordered, tuple(tuple(_block(each) for each in item) for item in items))
        case richtext.Table(rows=rows):
            cells = tuple(tuple(Cell(cell.header, tuple(map(_block, cell.blocks))) for cell in row) for row in rows)
            return Grid(cells, headed=bool(rows) and all(cell.header for cell in rows[0]))


def _runs(words: Sequence[Inline]) -> tuple[Run, ...]:
    return tuple(map(_run, words))


def _run(one: Inline) -> Run:
    match one:
        case Break():
            return Run("\n")
        case Mention(name=name):
            return Run(name)
        case Span(text=text, strong=strong, emphasis=emphasis, link=link):
            return Run(text, strong, emphasis, link)
