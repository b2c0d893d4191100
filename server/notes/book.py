"""One meeting's shared texts in memory, and what waits to be written into them. It stores and tells nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from server.errors import BalaiError
from server.meeting.commands import Actor
from server.notes.ports import Kept
from server.notes.shared import SharedText


@dataclass(frozen=True, slots=True)
class Letter:
    """One update that waits. `connection`: which of the readers wrote it."""

    item_id: str
    actor: Actor
    update: bytes
    connection: str
    done: asyncio.Future[None]

    def reply(self, error: BalaiError | None = None) -> None:
        """The writer may have gone; what they wrote is kept nevertheless."""
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


@dataclass(slots=True)
class Page:
    """One item's text, and the number of the last row that is kept of it. `rows`: how many there are."""

    text: SharedText
    last: int = 0
    rows: int = 0
    rests: bool = True  # nothing was written since it was last adopted or looked at
    touched_ms: int = 0  # monotonic


@dataclass(slots=True)
class Book:
    """`turn` is held by whoever writes, adopts or compacts: one at a time."""

    meeting_id: str
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    pages: dict[str, Page] | None = None  # None: not read yet, or no longer what is kept
    waiting: list[Letter] = field(default_factory=list)
    taken: list[Letter] = field(default_factory=list)  # being carried out
    held: dict[str, str] = field(default_factory=dict)  # item_id -> what was given to be adopted
    next_ms: int = 0  # monotonic: when the next batch may be written
    works: bool = False

    def fill(self, kept: Mapping[str, Kept]) -> dict[str, Page]:
        """What was written before this process took the meeting up may never have been adopted."""
        self.pages = {
            item_id: Page(SharedText(one.updates), one.last, len(one.updates), rests=False)
            for item_id, one in kept.items()
        }
        return self.pages

    def take(self, most: int) -> Sequence[Letter]:
        self.taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return self.taken

    def refuse_all(self, error: BalaiError) -> None:
        """Those that wait, and those whose batch broke off."""
        for letter in (*self.taken, *self.waiting):
            letter.reply(error)
        self.taken, self.waiting = [], []
