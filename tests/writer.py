"""Somebody with the notes of one item open: a Yjs document as a browser has it, on a line to the desk. No assertion."""

from __future__ import annotations

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

from server.meeting.commands import Actor
from server.meeting.richtext import Blocks, plain
from server.notes.desk import NotesDesk
from server.notes.fragment import FRAGMENT, blocks_of
from server.notes.shared import merged


class Writer:
    """What is typed waits until `sends`; what was sent and not acknowledged is sent again by `synchronises`."""

    def __init__(self, desk: NotesDesk, meeting_id: str, actor: Actor, item_id: str) -> None:
        self._desk, self._meeting_id, self._actor, self._item_id = desk, meeting_id, actor, item_id
        self.doc: Doc[XmlFragment] = Doc()
        self.waiting: list[bytes] = []
        self._typing = False
        self._watched = self.doc.observe(self._changed)

    def _changed(self, event: TransactionEvent) -> None:
        if self._typing:
            self.waiting.append(event.update)

    @property
    def root(self) -> XmlFragment:
        return self.doc.get(FRAGMENT, type=XmlFragment)

    @property
    def blocks(self) -> Blocks:
        return blocks_of(self.doc)

    @property
    def text(self) -> str:
        return plain(self.blocks)

    def types(self, text: str, place: int | None = None) -> None:
        """A paragraph of its own."""
        self._typing = True
        with self.doc.transaction():
            at = len(self.root.children) if place is None else min(place, len(self.root.children))
            self.root.children.insert(at, XmlElement("paragraph", {}, [XmlText(text)]))
        self._typing = False

    def erases(self, place: int) -> None:
        self._typing = True
        if len(self.root.children):
            del self.root.children[place % len(self.root.children)]
        self._typing = False

    async def sends(self) -> None:
        """All that waits, as one update; it waits on where that fails."""
        if self.waiting:
            update = merged(self.waiting)
            await self._desk.write(self._meeting_id, self._actor, self._item_id, update, str(id(self)))
            self.waiting.clear()

    def hears(self, update: bytes) -> None:
        self.doc.apply_update(update)

    async def synchronises(self) -> None:
        """As after a dropped line."""
        opened = await self._desk.open(self._meeting_id, self._actor, self._item_id, self.doc.get_state())
        self.hears(opened.update)
        if self.waiting:
            self.waiting = [self.doc.get_update(opened.state)]
            await self.sends()
