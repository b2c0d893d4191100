"""How the benchmark gets its participants into a room. `Stage` is the seam: today's way is the MediaPlane port itself;
another may go through the signaling a browser uses. Only transports and stream numbers come out of it, never media."""

from __future__ import annotations

import importlib
import itertools
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import msgspec

from server.meeting.ports import Consumer, Direction, MediaListener, MediaPlane, Ortc, Producer, TransportOffer, View
from tests.load import announce
from tests.load.participant import OutgoingStream
from tests.load.processes import descendants
from tests.load.transport import ServerTransport

# What a viewer says it shows; the synthetic camera claims to be of this size.
SHOWN_WIDTH_PX, SHOWN_HEIGHT_PX = 1280, 720


@dataclass(frozen=True)
class Seat:
    """A participant that the server has admitted; nothing is connected yet."""

    number: int
    session_id: str
    sending: ServerTransport
    receiving: ServerTransport
    capabilities: Ortc


@dataclass(frozen=True)
class Speaker:
    """What a participant now sends, and under which ids the others may ask for it."""

    seat: Seat
    video: OutgoingStream
    audio: OutgoingStream
    video_producer_id: str
    audio_producer_id: str


class Stage(Protocol):
    """The server under test, as a participant's signaling sees it."""

    def server_pids(self) -> list[int]:
        """Every process that is the server's, for processor time."""
        ...

    def media_pids(self) -> list[int]:
        """Those that hold the media plane, for memory."""
        ...

    async def admit(self, room: str) -> Seat: ...

    async def connect(self, seat: Seat, direction: Direction, fingerprint: str) -> None: ...

    async def speak(self, seat: Seat) -> Speaker: ...

    async def listen(self, seat: Seat, speaker: Speaker) -> tuple[int, int]:
        """Ask for a speaker's picture and sound; the SSRCs under which they will come."""
        ...

    async def leave(self, seat: Seat) -> None: ...


class PlaneStage:
    """Through the MediaPlane port. The near end of the plane runs in this very process, which therefore counts as one
    of the server's: while a room is measured it does nothing of its own."""

    def __init__(self, plane: MediaPlane, media_pids: list[int]) -> None:
        self._plane = plane
        self._media_pids = media_pids
        self._numbers = itertools.count()

    def server_pids(self) -> list[int]:
        return [os.getpid(), *self._media_pids]

    def media_pids(self) -> list[int]:
        return self._media_pids

    async def admit(self, room: str) -> Seat:
        number = next(self._numbers)
        session_id = f"session-{number}"
        ticket = await self._plane.admit(room, session_id)
        return Seat(
            number=number,
            session_id=session_id,
            sending=server_transport(ticket.send),
            receiving=server_transport(ticket.receive),
            capabilities=announce.receive_capabilities(ticket.router_capabilities),
        )

    async def connect(self, seat: Seat, direction: Direction, fingerprint: str) -> None:
        await self._plane.connect(seat.session_id, direction, announce.dtls_parameters(fingerprint))

    async def speak(self, seat: Seat) -> Speaker:
        video, audio = announce.camera_stream(seat.number), announce.microphone_stream(seat.number)
        picture = await self._plane.produce(seat.session_id, "camera", "video", announce.video_parameters(video))
        sound = await self._plane.produce(seat.session_id, "microphone", "audio", announce.audio_parameters(audio))
        return Speaker(seat, video, audio, picture.producer_id, sound.producer_id)

    async def listen(self, seat: Seat, speaker: Speaker) -> tuple[int, int]:
        picture = await self._plane.consume(seat.session_id, speaker.video_producer_id, seat.capabilities)
        await self._plane.view(
            seat.session_id,
            [View(picture.consumer_id, width_px=SHOWN_WIDTH_PX, height_px=SHOWN_HEIGHT_PX)],
        )
        sound = await self._plane.consume(seat.session_id, speaker.audio_producer_id, seat.capabilities)
        return _ssrc(picture), _ssrc(sound)

    async def leave(self, seat: Seat) -> None:
        await self._plane.dismiss(seat.session_id)


class SilentListener:
    """A MediaListener for nobody: what the plane tells of its own accord is taken and forgotten."""

    def producer_opened(self, meeting_id: str, producer: Producer) -> None: ...

    def producer_changed(self, meeting_id: str, producer: Producer) -> None: ...

    def producer_closed(self, meeting_id: str, producer: Producer) -> None: ...

    def media_flows(self, meeting_id: str, session_id: str) -> None: ...

    def media_stopped(self, meeting_id: str, session_id: str, since_ms: int) -> None: ...

    def speakers(self, meeting_id: str, levels: Mapping[str, int]) -> None: ...

    def consumer_changed(self, session_id: str, consumer_id: str, paused: bool, reason: str, width_px: int) -> None: ...

    def plane_down(self, since_ms: int) -> None: ...

    def plane_up(self, epoch: str) -> None: ...


PlaneOpener: TypeAlias = Callable[[MediaListener], AbstractAsyncContextManager[MediaPlane]]


def plane_opener(name: str) -> PlaneOpener:
    """`module:function`, a function that takes a MediaListener and gives a context in which a MediaPlane runs with all
    its processes. LookupError when there is none of that name."""
    module, _, function = name.partition(":")
    try:
        opener: PlaneOpener = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"no media plane at {name}: {error}") from error
    return opener


@asynccontextmanager
async def plane_stage(opener: PlaneOpener) -> AsyncIterator[PlaneStage]:
    """A media plane of its own, with the processes that it started and no others."""
    before = set(descendants(os.getpid()))
    async with opener(SilentListener()) as plane:
        yield PlaneStage(plane, [pid for pid in descendants(os.getpid()) if pid not in before])


def server_transport(offer: TransportOffer) -> ServerTransport:
    return msgspec.convert(
        {
            "id": offer.transport_id,
            "iceParameters": offer.ice_parameters,
            "iceCandidates": list(offer.ice_candidates),
            "dtlsParameters": offer.dtls_parameters,
        },
        ServerTransport,
    )


def _ssrc(consumer: Consumer) -> int:
    return int(consumer.rtp_parameters["encodings"][0]["ssrc"])
