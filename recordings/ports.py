"""What taking and keeping recordings needs from the rest of the house, as small Protocols. No implementation here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.meeting.commands import Actor, Command
from server.meeting.facts import NumberedFact
from server.meeting.ports import Consumer, Ortc, Producer, View
from server.meeting.state import State


class Hearing(Protocol):
    """The media plane, for one who only listens. Raises what MediaPlane raises."""

    async def listen_in(self, meeting_id: str, session_id: str, address: str, keys: bytes) -> None: ...

    async def consume(self, session_id: str, producer_id: str, capabilities: Ortc) -> Consumer: ...

    async def unconsume(self, session_id: str, consumer_id: str) -> None: ...

    async def view(self, session_id: str, views: Sequence[View]) -> None: ...

    async def dismiss(self, session_id: str) -> None: ...

    def producers(self, meeting_id: str) -> tuple[Producer, ...]: ...


class Keys(Protocol):
    """The key of a meeting's recordings, 32 bytes."""

    async def for_writing(self, meeting_id: str) -> bytes: ...

    async def for_reading(self, meeting_id: str) -> bytes | None: ...


class Book(Protocol):
    """Where what became of a recording is written down."""

    async def submit(self, meeting_id: str, actor: Actor, command: Command) -> int: ...


class Record(Book, Protocol):
    """The meetings as they stand, and what happened in them. Raises NotFound, Unavailable."""

    async def state(self, meeting_id: str) -> State: ...

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]: ...
