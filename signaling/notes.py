"""Who has which notes open, and where their cursors stand: tells what is written, never what it means.

Synchronous throughout: every call only queues. Cursors are true only now; they travel with the next update, or soon.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from server.meeting.commands import Actor
from signaling.messages import Cursor
from signaling.outbox import Outbox, Wire, notes
from signaling.shared import Shared

Place: TypeAlias = tuple[str, str]  # meeting_id, item_id
CURSORS_AFTER_S = 0.12  # cursors that move without writing are told so often


@dataclass(eq=False, slots=True)
class Scribe:
    """One connection with notes open, in a room or on the page of the record. `cursors`: item_id -> where it stands."""

    connection: str
    meeting_id: str
    actor: Actor
    outbox: Outbox
    cursors: dict[str, Cursor | None] = field(default_factory=dict)

    def wire(self, client: int, cursor: Cursor | None) -> Wire:
        anchor, head = (cursor.anchor, cursor.head) if cursor else ("", "")
        return {"person_id": self.actor.person_id, "client": client, "anchor": anchor, "head": head}


class Scribes:
    """Implements server.notes.ports.Readers."""

    def __init__(self) -> None:
        self._open: dict[Place, dict[str, Scribe]] = {}
        self._moved: dict[Place, dict[int, Wire]] = {}  # not told yet, by client

    def open(self, scribe: Scribe, item_id: str) -> list[Wire]:
        """From now on; the cursors of the others."""
        place = (scribe.meeting_id, item_id)
        others = [one for one in self._open.get(place, {}).values() if one is not scribe]
        self._open.setdefault(place, {})[scribe.connection] = scribe
        scribe.cursors.setdefault(item_id, None)
        return [one.wire(cursor.client, cursor) for one in others if (cursor := one.cursors.get(item_id))]

    def close(self, scribe: Scribe, item_id: str) -> None:
        place = (scribe.meeting_id, item_id)
        readers = self._open.get(place, {})
        if readers.pop(scribe.connection, None) is None:
            return
        if (last := scribe.cursors.pop(item_id, None)) is not None:
            self._move(place, last.client, scribe.wire(last.client, None))
        if not readers:
            self._open.pop(place, None)
            self._moved.pop(place, None)

    def leave(self, scribe: Scribe) -> None:
        """Its connection is gone."""
        for item_id in list(scribe.cursors):
            self.close(scribe, item_id)

    def point(self, scribe: Scribe, item_id: str, cursor: Cursor | None) -> None:
        """Nothing for notes that it has not open."""
        if item_id not in scribe.cursors:
            return
        before = scribe.cursors[item_id]
        scribe.cursors[item_id] = cursor
        place = (scribe.meeting_id, item_id)
        if before is not None and (cursor is None or cursor.client != before.client):
            self._move(place, before.client, scribe.wire(before.client, None))
        if cursor is not None:
            self._move(place, cursor.client, scribe.wire(cursor.client, cursor))

    def _move(self, place: Place, client: int, wire: Wire) -> None:
        if place not in self._moved:
            self._moved[place] = {}
            asyncio.get_running_loop().call_later(CURSORS_AFTER_S, self._tell_cursors, place)
        self._moved[place][client] = wire

    def _tell_cursors(self, place: Place) -> None:
        cursors = self._moved.pop(place, {})
        if cursors:
            self._tell(place, (), list(cursors.values()), self._open.get(place, {}).values())

    # ------------------------------------------------------------ what the desk tells

    def written(self, meeting_id: str, item_id: str, update: bytes, writers: frozenset[str]) -> None:
        place = (meeting_id, item_id)
        readers = self._open.get(place, {}).values()
        alone = len(writers) == 1
        cursors = list(self._moved.pop(place, {}).values())
        self._tell(place, (update,), cursors, [one for one in readers if not (alone and one.connection in writers)])

    def _tell(self, place: Place, updates: tuple[bytes, ...], cursors: list[Wire], readers: Iterable[Scribe]) -> None:
        told: Shared[object] = Shared(notes(place[1], updates, cursors))
        for one in readers:
            one.outbox.put_notes(told)
