"""What the shared text needs of others, and the rows in which it is kept. No implementation lives here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.meeting.commands import Actor, Command
from server.meeting.state import State


@dataclass(frozen=True, slots=True)
class Written:
    """Something that one person wrote: a Yjs update (version 1 encoding)."""

    item_id: str
    person_id: str
    update: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything written of one item, in the order it came. `last`: the number of the last row."""

    updates: tuple[bytes, ...]
    last: int


class Shelf(Protocol):
    """Where updates are kept, sealed with the meeting's key. Conflict("journal.moved") without the meeting's lease,
    Refused("journal.key_destroyed") where retention erased it, Unavailable("store.unavailable")."""

    async def read(self, meeting_id: str) -> Mapping[str, Kept]:
        """item_id -> what is kept. Nothing for texts whose key was destroyed."""
        ...

    async def add(self, meeting_id: str, at_ms: int, rows: Sequence[Written]) -> None:
        """Returns when they would survive SIGKILL."""
        ...

    async def compact(self, meeting_id: str, at_ms: int, item_id: str, last: int, whole: bytes) -> None:
        """`whole` stands for the item's rows up to number `last` from now on."""
        ...


class Meetings(Protocol):
    """The meetings of this process, as rooms.py has them."""

    async def state(self, meeting_id: str) -> State: ...

    async def ready(self, meeting_id: str) -> None: ...

    async def submit(self, meeting_id: str, actor: Actor, command: Command) -> int: ...


class Readers(Protocol):
    """Whoever has a meeting's text open. Synchronous; nobody waits for a slow reader."""

    def written(self, meeting_id: str, item_id: str, update: bytes, writers: frozenset[str]) -> None:
        """Durable already. `writers`: the connections it came from; a single one has it already."""
        ...
