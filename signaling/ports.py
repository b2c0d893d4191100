"""What signaling needs of the meetings, as it needs it. server/meeting/rooms.py is the adapter's other side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from server.meeting.commands import Actor, Command, TakeBallot
from server.meeting.facts import NumberedFact, Role
from server.meeting.ports import Source


class Meetings(Protocol):
    """All meetings of this process. Every verb raises NotFound for an unknown meeting, Conflict("journal.leased") for
    one that another process holds."""

    async def submit(self, meeting_id: str, actor: Actor, command: Command) -> int:
        """Carry it out; the last number once what it led to is durable. Raises Refused, Conflict, NotFound."""
        ...

    async def paper(self, meeting_id: str, actor: Actor, wish: TakeBallot, blinded: bytes) -> tuple[int, bytes]:
        """A secret ballot paper: the last number, and the blind signature. Raises what the rules raise, Invalid."""
        ...

    async def ready(self, meeting_id: str) -> None:
        """The meeting is taken up: the synchronous questions below may be asked."""
        ...

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]: ...

    def number(self, meeting_id: str) -> int: ...

    def snapshot(self, meeting_id: str, person_id: str) -> Mapping[str, Any]:
        """What this person sees of the meeting now, as plain values."""
        ...

    def role(self, meeting_id: str, person_id: str) -> Role | None: ...

    def person_of_session(self, meeting_id: str, session_id: str) -> str | None:
        """Whose session this is, None when it is over."""
        ...

    def person_of_guest(self, meeting_id: str, waiting_id: str) -> str | None:
        """Who a waiting guest has become, None while waiting."""
        ...

    def must_wait(self, meeting_id: str, person_id: str) -> bool:
        """Somebody who belongs to the meeting has to be let in first."""
        ...

    def told_waiting(self, meeting_id: str) -> str:
        """The last word to those who wait, "" if there was none."""
        ...

    def is_on(self, meeting_id: str, session_id: str, source: Source) -> bool: ...

    def loudness(self, meeting_id: str) -> Mapping[str, int]: ...

    def session_lost(self, meeting_id: str, session_id: str) -> None:
        """Its connection dropped: the grace begins."""
        ...

    def session_resumed(self, meeting_id: str, session_id: str) -> None:
        """Its connection is back within the grace."""
        ...


class OpenedNotes(Protocol):
    """`update`: what the reader lacks; `state`: what is known here (Yjs state vector)."""

    @property
    def update(self) -> bytes: ...

    @property
    def state(self) -> bytes: ...

    @property
    def writable(self) -> bool: ...


class Notes(Protocol):
    """The shared notes. server/notes/desk.py is the other side."""

    async def open(self, meeting_id: str, actor: Actor, item_id: str, state: bytes) -> OpenedNotes:
        """NotFound, Refused, Invalid("notes.invalid")."""
        ...

    async def write(self, meeting_id: str, actor: Actor, item_id: str, update: bytes, connection: str) -> None:
        """Returns when it would survive SIGKILL, and was told to the other readers. Refused,
        Invalid("notes.invalid" | "notes.too_long"), Conflict("notes.behind"), Unavailable."""
        ...
