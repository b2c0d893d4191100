"""Words, lists and tables that somebody wrote, as elements of an ODT. No word is chosen here."""

from __future__ import annotations

from odfdo import Document, Element, Style

from server.documents.docx_notes import clean
from server.documents.sheet import Block, Grid, Items, Run, Words

DRESSES = {(True, False): "Strong", (False, True): "Emphasis", (True, True): "StrongEmphasis"}


def note_styles(paper: Document) -> None:
    for (strong, emphasis), name in DRESSES.items():
        paper.insert_style(Style("text", name, area="text", bold=strong, italic=emphasis))
    for name, level in (("Bullets", "bullet"), ("Numbers", "number")):
        listing = Element.from_tag("text:list-style")
        listing.set_attribute("style:name", name)
        for depth in range(1, 7):
            one = Element.from_tag(f"text:list-level-style-{level}")
            one.set_attribute("text:level", str(depth))
            if level == "bullet":
                one.set_attribute("text:bullet-char", "\u2022")
            else:
                one.set_attribute("style:num-format", "1")
                one.set_attribute("style:num-suffix", ".")
            place = Element.from_tag("style:list-level-properties")
            place.set_attribute("text:space-before", f"{(depth - 1) * 6}mm")
            place.set_attribute("text:min-label-width", "6mm")
            one.append(place)
            listing.append(one)
        paper.insert_style(listing.serialize(with_ns=True), automatic=True)


def written(block: Block, name: str) -> list[Element]:
    """`name`: of the tables in it, each of which needs its own."""
    match block:
        case Words(runs=runs):
            return [_words(runs)]
        case Items():
            return [_items(block, name)]
        case Grid():
            return [_grid(block, name), Element.from_tag("text:p")]
        case _:
            return []


def _words(runs: tuple[Run, ...]) -> Element:
    paragraph = Element.from_tag("text:p")
    for one in runs:
        parent = _link(paragraph, one.link) if one.link else paragraph
        span = Element.from_tag("text:span")
        if one.text == "\n":
            span.append(Element.from_tag("text:line-break"))
        else:
            span.text = clean(one.text)
        if dress := DRESSES.get((one.strong, one.emphasis)):
            span.set_attribute("text:style-name", dress)
        parent.append(span)
    return paragraph


def _link(paragraph: Element, url: str) -> Element:
    link = Element.from_tag("text:a")
    link.set_attribute("xlink:type", "simple")
    link.set_attribute("xlink:href", url)
    paragraph.append(link)
    return link


def _items(block: Items, name: str) -> Element:
    made = Element.from_tag("text:list")
    made.set_attribute("text:style-name", "Numbers" if block.ordered else "Bullets")
    for number, item in enumerate(block.items):
        row = Element.from_tag("text:list-item")
        for place, one in enumerate(item):
            # ODF 1.3, 5.3.3: a list item holds paragraphs and lists, no tables; those follow in words.
            for element in written(one, f"{name}.{number}.{place}") if not isinstance(one, Grid) else _told(one):
                row.append(element)
        made.append(row)
    return made


def _told(block: Grid) -> list[Element]:
    return [element for row in block.rows for cell in row for one in cell.blocks for element in written(one, "")]


def _grid(block: Grid, name: str) -> Element:
    made = Element.from_tag("table:table")
    made.set_attribute("table:name", name)
    columns = Element.from_tag("table:table-column")
    columns.set_attribute("table:number-columns-repeated", str(len(block.rows[0])))
    made.append(columns)
    head = Element.from_tag("table:table-header-rows") if block.headed else None
    if head is not None:
        made.append(head)
    for number, row in enumerate(block.rows):
        line = Element.from_tag("table:table-row")
        for place, cell in enumerate(row):
            one = Element.from_tag("table:table-cell")
            one.set_attribute("table:style-name", "Ruled")
            for element in [
                element
                for part, block_in in enumerate(cell.blocks or (Words(()),))
                for element in written(block_in, f"{name}.{number}.{place}.{part}")
            ]:
                one.append(element)
            line.append(one)
        (head if head is not None and number == 0 else made).append(line)
    return made
