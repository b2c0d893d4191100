"""What was written of an agenda item, as a value: paragraphs, headings, lists, tables, and the bytes that stand for it
in the record. Pure: nothing here knows how several people write it at once, nor how it looks.

The canonical form is JSON without a blank; its SHA-256 is what a fact adopts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeAlias
from urllib.parse import urlsplit

from server.errors import Invalid

LONGEST = 200_000  # characters of the canonical form
DEEPEST = 6  # lists and tables within each other
LINK_CHARS = 2_000
COLUMNS, ROWS = 12, 200
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one dress. `link` "" or an http(s) address."""

    text: str
    strong: bool = False
    emphasis: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A person of the meeting, under the name that was shown when they were mentioned."""

    person_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Break:
    pass


Inline: TypeAlias = Span | Mention | Break


@dataclass(frozen=True, slots=True)
class Paragraph:
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 to 3 within the notes of one item."""

    level: int
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    ordered: bool
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    header: bool
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Every row has as many cells as the longest."""

    rows: tuple[tuple[Cell, ...], ...]


Block: TypeAlias = Paragraph | Heading | Listing | Table
Blocks: TypeAlias = tuple[Block, ...]


def clean(text: str) -> str:
    """What can be stored and printed of it, on one line."""
    return _UNPRINTABLE.sub("", text)


def safe_link(href: str) -> str:
    """The address if it leads to a page; "" for scripts, files and whatever else."""
    if len(href) > LINK_CHARS or _UNPRINTABLE.search(href) or " " in href:
        return ""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    return href if parts.scheme in ("http", "https") and parts.hostname else ""


def inlines(found: Iterable[Inline]) -> tuple[Inline, ...]:
    """Cleaned, without empty spans; neighbours in the same dress are one."""
    joined: list[Inline] = []
    for one in found:
        if isinstance(one, Span):
            text = clean(one.text)
            last = joined[-1] if joined else None
            if not text:
                continue
            if isinstance(last, Span) and replace(last, text="") == replace(one, text=""):
                joined[-1] = replace(last, text=last.text + text)
                continue
            joined.append(replace(one, text=text))
        else:
            joined.append(one)
    return tuple(joined)


def from_plain(text: str) -> Blocks:
    """A paragraph per line: what was written before notes had any form."""
    lines = (clean(line.strip()) for line in text.splitlines())
    return tuple(Paragraph((Span(line),)) for line in lines if line)


def trimmed(blocks: Sequence[Block]) -> Blocks:
    """Without the empty paragraphs that an editor leaves at both ends."""
    kept = list(blocks)
    for end in (-1, 0):
        while kept and isinstance(kept[end], Paragraph) and not _words(kept[end]).strip():
            kept.pop(end)
    return tuple(kept)


# ------------------------------------------------------------ as plain text


def plain(blocks: Sequence[Block]) -> str:
    """A line per paragraph, for search and for who cannot show more."""
    return "\n".join(_lines(blocks))


def _lines(blocks: Sequence[Block]) -> Iterator[str]:
    for one in blocks:
        match one:
            case Listing(items=items):
                for item in items:
                    yield from _lines(item)
            case Table(rows=rows):
                for row in rows:
                    yield " | ".join(" ".join(_lines(cell.blocks)) for cell in row)
            case _:
                yield _words(one)


def _words(block: Block) -> str:
    if not isinstance(block, (Paragraph, Heading)):
        return "\n".join(_lines((block,)))
    return "".join(map(_word, block.inlines))


def _word(one: Inline) -> str:
    match one:
        case Break():
            return " "
        case Mention(name=name):
            return name
        case Span(text=text):
            return text


# ------------------------------------------------------------ the canonical form


def canonical(blocks: Blocks) -> str:
    """ "" for nothing. Invalid("notes.too_long")."""
    if not blocks:
        return ""
    text = json.dumps([_said(one) for one in blocks], ensure_ascii=False, separators=(",", ":"))
    if len(text) > LONGEST:
        raise Invalid("notes.too_long", most=LONGEST)
    return text


def digest(text: str) -> str:
    """SHA-256 (hex) over the canonical form in UTF-8."""
    return sha256(text.encode()).hexdigest()


def _said(block: Block) -> list[object]:
    match block:
        case Paragraph(inlines=words):
            return ["p", [_inline(one) for one in words]]
        case Heading(level=level, inlines=words):
            return ["h", level, [_inline(one) for one in words]]
        case Listing(ordered=ordered, items=items):
            return ["ol" if ordered else "ul", [[_said(one) for one in item] for item in items]]
        case Table(rows=rows):
            cells = [[[int(cell.header), [_said(one) for one in cell.blocks]] for cell in row] for row in rows]
            return ["t", cells]


def _inline(one: Inline) -> list[object]:
    match one:
        case Break():
            return ["br"]
        case Mention(person_id=person_id, name=name):
            return ["m", person_id, name]
        case Span(text=text, strong=strong, emphasis=emphasis, link=link):
            dress = ("s" if strong else "") + ("e" if emphasis else "")
            return ["x", text, dress, link] if link else ["x", text, dress] if dress else ["x", text]


def read(text: str) -> Blocks:
    """The blocks of a canonical form; Invalid("notes.broken") for anything that `canonical` would not have written."""
    if not text:
        return ()
    try:
        if len(text) > LONGEST:
            raise ValueError
        blocks = _blocks(json.loads(text), 0)
        if canonical(blocks) != text:
            raise ValueError
    except (ValueError, TypeError, IndexError, RecursionError):
        raise Invalid("notes.broken") from None
    return blocks


def _blocks(value: list[object], depth: int) -> Blocks:
    if depth > DEEPEST:
        raise ValueError
    return tuple(_block(one, depth) for one in _list(value))


def _block(value: object, depth: int) -> Block:
    kind, *rest = _list(value)
    if kind == "p":
        return Paragraph(_read_inlines(rest[0]))
    if kind == "h" and rest[0] in (1, 2, 3):
        return Heading(int(str(rest[0])), _read_inlines(rest[1]))
    if kind in ("ul", "ol"):
        return Listing(kind == "ol", tuple(_blocks(_list(item), depth + 1) for item in _list(rest[0])))
    if kind == "t":
        rows = [[_list(cell) for cell in _list(row)] for row in _list(rest[0])]
        if len({len(row) for row in rows}) != 1:
            raise ValueError
        return Table(tuple(tuple(Cell(bool(one[0]), _blocks(_list(one[1]), depth + 1)) for one in row) for row in rows))
    raise ValueError


def _read_inlines(value: object) -> tuple[Inline, ...]:
    found = tuple(_read_inline(_list(one)) for one in _list(value))
    if inlines(found) != found:
        raise ValueError
    return found


def _read_inline(value: list[object]) -> Inline:
    kind, *rest = value
    if kind == "br":
        return Break()
    words = [_text(one) for one in rest]
    if kind == "m":
        return Mention(words[0], words[1])
    if kind == "x":
        text, dress, link = (*words, "", "")[:3]
        if link and safe_link(link) != link:
            raise ValueError
        return Span(text, "s" in dress, "e" in dress, link)
    raise ValueError


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
