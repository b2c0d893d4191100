"""Our media plane alone, through the MediaPlane port: no web process, no signaling. For comparing two states of the
code that forwards; its near end runs in this very process, which therefore counts as one of the server's."""

from __future__ import annotations

import importlib
import itertools
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import msgspec

from server.meeting.ports import Consumer, MediaListener, MediaPlane, MediaTicket, Producer, TransportOffer, View
from tests.load import announce
from tests.load.processes import descendants
from tests.load.stage import SHOWN_HEIGHT_PX, SHOWN_WIDTH_PX, Heard, Seat, Sent
from tests.load.transport import ServerTransport

PlaneOpener: TypeAlias = Callable[[MediaListener], AbstractAsyncContextManager[MediaPlane]]
OWN = "tests.load.own_plane:open_plane"


class PlaneStage:
    """While a room is measured the near end does nothing of its own."""

    def __init__(self, plane: MediaPlane, media_pids: list[int]) -> None:
        self._plane = plane
        self._media_pids = media_pids
        self._numbers = itertools.count()
        self._tickets: dict[int, MediaTicket] = {}
        self._producers: dict[int, tuple[Producer, Producer]] = {}

    def server_pids(self) -> list[int]:
        return [os.getpid(), *self._media_pids]

    def media_pids(self) -> list[int]:
        return self._media_pids

    async def admit(self, room: str, count: int) -> list[Seat]:
        return [await self._admit(room) for _ in range(count)]

    async def _admit(self, room: str) -> Seat:
        number = next(self._numbers)
        seat = Seat(number, f"session-{number}")
        self._tickets[number] = await self._plane.admit(room, seat.session_id)
        return seat

    async def publish(self, seat: Seat, fingerprint: str) -> Sent:
        await self._plane.connect(seat.session_id, "send", announce.dtls_parameters(fingerprint))
        video, audio = announce.camera_stream(seat.number), announce.microphone_stream(seat.number)
        self._producers[seat.number] = (
            await self._plane.produce(seat.session_id, "camera", "video", announce.video_parameters(video)),
            await self._plane.produce(seat.session_id, "microphone", "audio", announce.audio_parameters(audio)),
        )
        return Sent(server_transport(self._tickets[seat.number].send), video, audio)

    async def subscribe(self, seat: Seat, speakers: Sequence[Seat], fingerprint: str) -> Heard:
        ticket = self._tickets[seat.number]
        await self._plane.connect(seat.session_id, "receive", announce.dtls_parameters(fingerprint))
        capabilities = announce.receive_capabilities(ticket.router_capabilities)
        streams: list[tuple[int, bool]] = []
        views: list[View] = []
        for speaker in speakers:
            for producer in self._producers[speaker.number]:
                consumer = await self._plane.consume(seat.session_id, producer.producer_id, capabilities)
                is_video = consumer.kind == "video"
                streams.append((_ssrc(consumer), is_video))
                if is_video:
                    views.append(View(consumer.consumer_id, width_px=SHOWN_WIDTH_PX, height_px=SHOWN_HEIGHT_PX))
        await self._plane.view(seat.session_id, views)
        return Heard(server_transport(ticket.receive), streams)

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

    def line_quality(self, meeting_id: str, session_id: str, level: str, reason: str) -> None: ...

    def consumer_changed(self, session_id: str, consumer_id: str, paused: bool, reason: str, width_px: int) -> None: ...

    def plane_down(self, meeting_id: str, since_ms: int) -> None: ...

    def plane_up(self, meeting_id: str, epoch: str) -> None: ...


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
