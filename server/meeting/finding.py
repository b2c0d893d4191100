"""What may be asked of the record of all meetings, and what such an answer is made of. Values only; the store answers.

`account_id` None, wherever it stands: whoever asks may see every meeting of the office.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Part: TypeAlias = Literal["title", "agenda", "people", "notes", "decisions", "actions"]
PARTS: tuple[Part, ...] = ("title", "agenda", "people", "notes", "decisions", "actions")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. `words` all in the meeting, `who` all among its people; `parts`: where the words must stand,
    () anywhere; [from_ms, to_ms) the start, 0 no bound."""

    account_id: str | None
    words: str
    who: str = ""
    parts: tuple[Part, ...] = ()
    from_ms: int = 0
    to_ms: int = 0
    offset: int = 0
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of a text; `found`: it is a word that was looked for."""

    text: str
    found: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A line in which a word was found."""

    part: Part
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A meeting in which everything was found."""

    meeting_id: str
    status: str
    starts_ms: int
    ends_ms: int
    zone: str
    title: tuple[Piece, ...]
    hits: tuple[Hit, ...]
