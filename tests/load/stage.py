"""How the load tests get their participants into a room. `Stage` is the seam between a server and those who measure it:
only transports and stream numbers come out of it, never media."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tests.load.participant import OutgoingStream
from tests.load.transport import ServerTransport

# What a viewer says it shows; the synthetic camera claims to be of this size.
SHOWN_WIDTH_PX, SHOWN_HEIGHT_PX = 1280, 720


@dataclass(frozen=True)
class Seat:
    """A participant whom the server let in; no media are connected yet."""

    number: int
    session_id: str


@dataclass(frozen=True)
class Sent:
    """What a participant sends, and over which transport."""

    transport: ServerTransport
    video: OutgoingStream
    audio: OutgoingStream


@dataclass(frozen=True)
class Heard:
    """What a participant will hear: (SSRC, is it video) of each stream, over one transport."""

    transport: ServerTransport
    streams: Sequence[tuple[int, bool]]


class Stage(Protocol):
    """The server under test, as a participant's signaling sees it."""

    def server_pids(self) -> list[int]:
        """Every process that is the server's, for processor time."""
        ...

    def media_pids(self) -> list[int]:
        """Those that hold the media plane, for memory and for their share of the processor time."""
        ...

    async def admit(self, room: str, count: int) -> list[Seat]:
        """Fill a room of its own with so many participants."""
        ...

    async def publish(self, seat: Seat, fingerprint: str) -> Sent:
        """Announce a camera and a microphone."""
        ...

    async def subscribe(self, seat: Seat, speakers: Sequence[Seat], fingerprint: str) -> Heard:
        """Ask for the pictures and sounds of others, who have published."""
        ...

    async def leave(self, seat: Seat) -> None: ...


StageOpener: TypeAlias = Callable[[], AbstractAsyncContextManager[Stage]]
