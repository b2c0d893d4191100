"""A synthetic participant in a running media plane, whose sockets the test's own loop reads; and process ends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import msgspec
from aiortc.rtcdtlstransport import RTCCertificate, certificate_digest

from server.meeting.ports import (
    Consumer,
    Direction,
    Kind,
    MediaTicket,
    Ortc,
    Producer,
    Source,
    TransportOffer,
    View,
)
from tests.load import announce
from tests.load.participant import Participant
from tests.load.transport import ServerTransport
from tests.unit.sfu.listener import WITHIN_S

PROFILE = "AEAD_AES_128_GCM"
FRAME_S = 0.04


async def until_gone(pid: int) -> None:
    """Waits on the process itself (pidfd_open), not on a clock."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, gone.set)
    try:
        async with asyncio.timeout(WITHIN_S):
            await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


class Plane(Protocol):
    """As much of a media plane as a guest needs."""

    async def admit(self, meeting_id: str, session_id: str) -> MediaTicket: ...

    async def connect(self, session_id: str, direction: Direction, dtls_parameters: Ortc) -> None: ...

    async def produce(self, session_id: str, source: Source, kind: Kind, rtp_parameters: Ortc) -> Producer: ...

    async def consume(self, session_id: str, producer_id: str, capabilities: Ortc) -> Consumer: ...

    async def view(self, session_id: str, views: Sequence[View]) -> None: ...


class Guest:
    """A synthetic participant whose sockets the test's own loop reads."""

    def __init__(self, plane: Plane, number: int, meeting_id: str = "rapat") -> None:
        self.plane = plane
        self.number = number
        self.meeting_id = meeting_id
        self.session_id = f"session-{number}"
        self.certificate = RTCCertificate.generateCertificate()
        self.participant = Participant(self.certificate, PROFILE, decrypt_every=1)
        self.changed = asyncio.Event()
        self.reachable: Callable[[TransportOffer], ServerTransport] = server_transport

    async def join(self) -> None:
        fingerprint = certificate_digest(self.certificate._cert, "sha-256")
        ticket = await self.plane.admit(self.meeting_id, self.session_id)
        self.epoch = ticket.epoch
        self.router_capabilities = ticket.router_capabilities
        for direction in ("send", "receive"):
            await self.plane.connect(self.session_id, direction, announce.dtls_parameters(fingerprint))
        loop = asyncio.get_running_loop()
        for transport in (
            self.participant.open_sending(self.reachable(ticket.send)),
            self.participant.open_receiving(self.reachable(ticket.receive)),
        ):
            loop.add_reader(transport.socket, self._drain)
        await self.until(lambda: self.participant.connected)

    def _drain(self) -> None:
        for transport in self.participant.transports:
            transport.drain()
        self.changed.set()

    async def until(self, condition: object) -> None:
        assert callable(condition)
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def speak(self) -> tuple[Producer, Producer]:
        video, audio = announce.camera_stream(self.number), announce.microphone_stream(self.number)
        self.participant.speak(video, audio)
        return (
            await self.plane.produce(self.session_id, "camera", "video", announce.video_parameters(video)),
            await self.plane.produce(self.session_id, "microphone", "audio", announce.audio_parameters(audio)),
        )

    async def watch(self, producer: Producer) -> Consumer:
        capabilities = announce.receive_capabilities(self.router_capabilities)
        consumer = await self.plane.consume(self.session_id, producer.producer_id, capabilities)
        await self.plane.view(self.session_id, [View(consumer.consumer_id, width_px=1280, height_px=720)])
        return consumer

    def leave(self) -> None:
        for transport in self.participant.transports:
            asyncio.get_running_loop().remove_reader(transport.socket)
        self.participant.close()


async def seen(speaker: Guest, viewer: Guest) -> None:
    """The speaker's picture and sound reach the viewer."""
    picture, sound = await speaker.speak()
    streams = []
    for producer in (picture, sound):
        consumer = await viewer.watch(producer)
        ssrc = int(consumer.rtp_parameters["encodings"][0]["ssrc"])
        streams.append(viewer.participant.expect(ssrc, video=producer.kind == "video"))

    def arrived() -> bool:
        return all(stream.count.received for stream in streams) and streams[0].first_key_frame_ns is not None

    async with asyncio.timeout(WITHIN_S):
        while not arrived():
            speaker.participant.send_frame()
            speaker.participant.send_audio()
            viewer.changed.clear()
            with suppress(TimeoutError):  # a viewer of a site waits for its share of the budget: a quarter of a second
                await asyncio.wait_for(viewer.changed.wait(), FRAME_S)
    assert streams[0].first_key_frame_ns is not None
    assert all(stream.count.received and not stream.undecryptable for stream in streams)


def server_transport(offer: TransportOffer, address: str = "") -> ServerTransport:
    """address: only the candidates that name it."""
    return msgspec.convert(
        {
            "id": offer.transport_id,
            "iceParameters": offer.ice_parameters,
            "iceCandidates": [one for one in offer.ice_candidates if address in {"", one["ip"]}],
            "dtlsParameters": offer.dtls_parameters,
        },
        ServerTransport,
    )
