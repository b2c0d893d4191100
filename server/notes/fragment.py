"""Between the XML fragment that an editor's binding keeps (y-prosemirror) and the blocks of the record.

Whatever a hostile client put in: only what the blocks know comes out, and addresses that lead to pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from server.errors import Invalid
from server.meeting.richtext import (
    COLUMNS,
    DEEPEST,
    ROWS,
    Block,
    Blocks,
    Break,
    Cell,
    Heading,
    Inline,
    Listing,
    Mention,
    Paragraph,
    Span,
    Table,
    clean,
    inlines,
    safe_link,
    trimmed,
)

FRAGMENT = "notes"  # the name of the editor's root in the document
SEED_CLIENT = 1  # writes what stood there before; the same bytes whoever does it
NODES = 6_000  # elements and texts; a long discussion has a few hundred
NESTED = 3 * DEEPEST + 4  # a list in a table's cell: table, row, cell, list, item, paragraph
NAME_CHARS = 200
EMPTY = (Paragraph(()),)
_TAGS = frozenset(
    {"paragraph", "heading", "bullet_list", "ordered_list", "list_item", "hard_break", "mention"}
    | {"table", "table_row", "table_cell", "table_header"}
)


def fragment_of(doc: Doc[XmlFragment]) -> XmlFragment:
    return doc.get(FRAGMENT, type=XmlFragment)


def check(doc: Doc[XmlFragment]) -> None:
    """Invalid("notes.invalid") for nodes that no editor of ours makes, for too many, and for too deep ones. What is
    not seen here (addresses, dresses) is left out when the text is read."""
    with doc.transaction():
        _check(fragment_of(doc))


def _check(root: XmlFragment) -> None:
    level: list[XmlFragment | XmlElement] = [root]
    seen = 0
    for _ in range(NESTED):
        below: list[XmlFragment | XmlElement] = []
        for parent in level:
            for child in parent.children:
                seen += 1
                if isinstance(child, XmlElement):
                    if child.tag not in _TAGS:
                        raise Invalid("notes.invalid")
                    below.append(child)
        if seen > NODES:
            raise Invalid("notes.too_long", most=NODES)
        if not below:
            return
        level = below
    raise Invalid("notes.invalid")


# ------------------------------------------------------------ reading


def blocks_of(doc: Doc[XmlFragment]) -> Blocks:
    """The text as it stands."""
    with doc.transaction():
        return trimmed(tuple(_blocks(fragment_of(doc), 0)))


def _blocks(parent: XmlFragment | XmlElement, depth: int) -> Iterator[Block]:
    for child in parent.children:
        if not isinstance(child, XmlElement):
            if words := inlines(_dressed(child)) if isinstance(child, XmlText) else ():
                yield Paragraph(words)
            continue
        yield from _block(child, depth)


def _block(one: XmlElement, depth: int) -> Iterator[Block]:
    match one.tag:
        case "paragraph":
            yield Paragraph(inlines(_inlines(one)))
        case "heading":
            yield Heading(_level(one), inlines(_inlines(one)))
        case "bullet_list" | "ordered_list" if depth < DEEPEST:
            items = tuple(tuple(_blocks(item, depth + 1)) for item in _elements(one))
            if items:
                yield Listing(one.tag == "ordered_list", items)
        case "table" if depth < DEEPEST:
            if rows := _rows(one, depth + 1):
                yield Table(rows)
        case _ if depth < DEEPEST:
            yield from _blocks(one, depth + 1)
        case _:
            pass


def _level(one: XmlElement) -> int:
    level = one.attributes.get("level")
    return int(level) if isinstance(level, (int, float)) and level in (1, 2, 3) else 1


def _elements(parent: XmlElement) -> Iterator[XmlElement]:
    return (child for child in parent.children if isinstance(child, XmlElement))


def _rows(table: XmlElement, depth: int) -> tuple[tuple[Cell, ...], ...]:
    rows = [[_cell(cell, depth) for cell in _elements(row)][:COLUMNS] for row in _elements(table)][:ROWS]
    width = max((len(row) for row in rows), default=0)
    return tuple(tuple(row + [Cell(False, ())] * (width - len(row))) for row in rows) if width else ()


def _cell(one: XmlElement, depth: int) -> Cell:
    return Cell(one.tag == "table_header", trimmed(tuple(_blocks(one, depth))))


def _inlines(parent: XmlElement) -> Iterator[Inline]:
    for child in parent.children:
        if isinstance(child, XmlText):
            yield from _dressed(child)
        elif isinstance(child, XmlElement) and child.tag == "hard_break":
            yield Break()
        elif isinstance(child, XmlElement) and child.tag == "mention":
            person, name = child.attributes.get("person"), child.attributes.get("name")
            if isinstance(person, str) and isinstance(name, str):
                yield Mention(clean(person)[:64], clean(name)[:NAME_CHARS])


def _dressed(text: XmlText) -> Iterator[Inline]:
    for part, dress in text.diff():
        if not isinstance(part, str):
            continue
        said = dress or {}
        link = said.get("link")
        href = link.get("href") if isinstance(link, dict) else None
        yield Span(part, "strong" in said, "em" in said, safe_link(href) if isinstance(href, str) else "")


# ------------------------------------------------------------ writing what stood there before


def seed(blocks: Sequence[Block]) -> bytes:
    """The update that makes an empty document say this: the same bytes every time."""
    doc: Doc[XmlFragment] = Doc(client_id=SEED_CLIENT)
    with doc.transaction():
        _put(fragment_of(doc), blocks)
    return doc.get_update()


def _put(parent: XmlFragment | XmlElement, blocks: Sequence[Block]) -> None:
    for one in blocks:
        match one:
            case Paragraph(inlines=words):
                _write(_under(parent, "paragraph"), words)
            case Heading(level=level, inlines=words):
                _write(_under(parent, "heading", level=level), words)
            case Listing(ordered=ordered, items=items):
                listing = _under(parent, "ordered_list" if ordered else "bullet_list")
                for item in items:
                    _put(_under(listing, "list_item"), item)
            case Table(rows=rows):
                table = _under(parent, "table")
                for row in rows:
                    made = _under(table, "table_row")
                    for cell in row:
                        _put(_under(made, "table_header" if cell.header else "table_cell"), cell.blocks or EMPTY)


def _under(parent: XmlFragment | XmlElement, tag: str, **attributes: object) -> XmlElement:
    one = XmlElement(tag)
    parent.children.append(one)
    for name, value in attributes.items():
        one.attributes[name] = value
    return one


def _write(parent: XmlElement, words: Sequence[Inline]) -> None:
    for one in words:
        match one:
            case Break():
                _under(parent, "hard_break")
            case Mention(person_id=person_id, name=name):
                _under(parent, "mention", person=person_id, name=name)
            case Span(text=text):
                made = XmlText()
                parent.children.append(made)
                made.insert(0, text, _dress(one) or None)


def _dress(one: Span) -> dict[str, object]:
    dress: dict[str, object] = {"strong": {}} if one.strong else {}
    if one.emphasis:
        dress["em"] = {}
    if one.link:
        dress["link"] = {"href": one.link}
    return dress
