"""One socket and what it stands for, and the two things that speak to it: its outbox and the waiting room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Protocol

from server.errors import Refused
from server.identity.ports import Admission
from server.meeting.commands import Actor
from signaling.limits import Bucket
from signaling.notes import Scribe
from signaling.watchers import Watcher


class Sockets(Protocol):
    """The namespace, as this file needs it."""

    def start(self, name: str, work: Coroutine[object, object, None]) -> None: ...

    async def tell(
        self, sid: str, event: str, payload: object, acknowledged: Callable[[], None] | None = None
    ) -> None: ...

    async def farewell(self, guest: Guest, code: str) -> None: ...

    async def cut(self, sid: str, *, hard: bool) -> None: ...


@dataclass(slots=True)
class Guest:
    """Whoever is at the other end: `watcher` and `actor` once inside, `waiter` while waiting to be let in."""

    sid: str
    ticket: str
    language: str
    admission: Admission
    buckets: Mapping[str, Bucket]
    turn: asyncio.Lock  # entering is one at a time
    watcher: Watcher | None = None
    actor: Actor | None = None
    waiter: GuestWaiter | None = None
    scribe: Scribe | None = None  # once it has opened notes
    gone: bool = False

    def entered(self) -> tuple[Watcher, Actor]:
        """Refused("session.not_entered") before that."""
        if self.watcher is None or self.actor is None:
            raise Refused("session.not_entered")
        return self.watcher, self.actor


class SocketChannel:
    """An outbox's way to one socket."""

    def __init__(self, sockets: Sockets, sid: str) -> None:
        self._sockets = sockets
        self._sid = sid

    async def emit(self, event: str, payload: object, acknowledged: Callable[[], None] | None) -> None:
        await self._sockets.tell(self._sid, event, payload, acknowledged)

    async def cut(self, *, hard: bool) -> None:
        await self._sockets.cut(self._sid, hard=hard)


class GuestWaiter:
    """A waiting guest's socket."""

    def __init__(self, sockets: Sockets, guest: Guest) -> None:
        self._sockets = sockets
        self._guest = guest

    def admitted(self) -> None:
        self._sockets.start("admitted", self._sockets.tell(self._guest.sid, "admitted", {}))

    def told(self, text: str) -> None:
        self._sockets.start("told", self._sockets.tell(self._guest.sid, "told", {"text": text}))

    def turned_away(self, code: str) -> None:
        self._sockets.start("turned away", self._sockets.farewell(self._guest, code))
