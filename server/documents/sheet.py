"""A document with its words, ready for any renderer: blocks of text. No fact, no catalogue, no file format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Paper: TypeAlias = Literal["a4", "f4"]
PAPER_MM: dict[Paper, tuple[int, int]] = {"a4": (210, 297), "f4": (215, 330)}
"""Short and long side: ISO 216, and the folio that Indonesian offices call F4."""


@dataclass(frozen=True, slots=True)
class Heading:
    """`level`: 2 a part of the document, 3 what is in it; 1 is the title. `about`: whose part begins, of the
    agenda's items."""

    text: str
    level: int = 2
    about: str = ""
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Field:
    """A label and what stands behind its colon; several values are numbered if `numbered`."""

    label: str
    values: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    rows: tuple[Field, ...]
    kind: Literal["fields"] = "fields"


@dataclass(frozen=True, slots=True)
class Table:
    """`widths`: the columns' shares of the width. Every row has as many cells as there are headers. `drawings`: per row
    an SVG that stands in its last cell where there is one, "" where not; its text says what it is. (): none."""

    headers: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    drawings: tuple[str, ...] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Signer:
    """`caption` over the room for the signature, `below` under the name."""

    caption: str
    name: str
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    place_date: str
    left: Signer | None
    right: Signer | None
    kind: Literal["signatures"] = "signatures"


@dataclass(frozen=True, slots=True)
class Opening:
    """The head of a letter: place and date at the right, and below them whom it is for, a line each."""

    place_date: str
    fields: tuple[Field, ...]
    to: str
    addressees: tuple[str, ...]
    kind: Literal["opening"] = "opening"


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows stands on a page of its own (an annex)."""

    kind: Literal["page"] = "page"


@dataclass(frozen=True, slots=True)
class Verification:
    """A QR code (`svg`) that leads to `url`, where anybody learns whether the paper is genuine."""

    text: str
    url: str
    svg: str
    kind: Literal["verification"] = "verification"


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one dress; "\n" alone is a new line. `link` "" or an http(s) address."""

    text: str
    strong: bool = False
    emphasis: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph of several runs."""

    runs: tuple[Run, ...]
    kind: Literal["words"] = "words"


@dataclass(frozen=True, slots=True)
class Items:
    """A list; each item is what stands in it."""

    ordered: bool
    items: tuple[tuple[Block, ...], ...]
    kind: Literal["items"] = "items"


@dataclass(frozen=True, slots=True)
class Cell:
    header: bool
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table that somebody wrote. Every row has as many cells; `headed`: the first row names the columns."""

    rows: tuple[tuple[Cell, ...], ...]
    headed: bool
    kind: Literal["grid"] = "grid"


Block: TypeAlias = (
    Heading | Paragraph | Fields | Table | Signatures | Opening | PageBreak | Verification | Words | Items | Grid
)


@dataclass(frozen=True, slots=True)
class Kop:
    """The letterhead, from the top; the last line is the address."""

    government: str
    unit: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """`titled` False: a letter, which shows no title. `dated_ms` and `dated_day` (ISO, local): the document's own date.
    `draft` "" once it is final."""

    language: str
    title: str
    meeting: str
    draft: str
    dated_ms: int
    dated_day: str
    page_of: str  # with {page} and {pages}
    wide: bool
    kop: Kop
    blocks: tuple[Block, ...]
    titled: bool = True
    paper: Paper = "a4"
