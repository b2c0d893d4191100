"""Debian's Janus as a Stage: the same participants in its videoroom, one connection to send and one to receive each,
all that the others send over it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.load import announce, janus_sdp
from tests.load.checks import IceCredentials
from tests.load.janus import MOST_PUBLISHERS, Api, Janus, open_janus
from tests.load.stage import Heard, Seat, Sent


class JanusStage:
    """One videoroom; a seat's number is also the id under which Janus knows what it publishes."""

    def __init__(self, server: Janus, api: Api) -> None:
        self._server = server
        self._api = api
        self._room = 0
        self._numbers = itertools.count(1)
        self._handles: dict[int, list[int]] = {}

    def server_pids(self) -> list[int]:
        return [self._server.pid]

    def media_pids(self) -> list[int]:
        return [self._server.pid]

    async def admit(self, room: str, count: int) -> list[Seat]:
        self._room = next(self._numbers)
        handle = await self._api.attach()
        wish = {
            "request": "create",
            "room": self._room,
            "description": room,
            "publishers": MOST_PUBLISHERS,
            "bitrate": 0,  # no limit
            "fir_freq": 0,
            "audiocodec": "opus",
            "videocodec": "vp8",
            "notify_joining": False,
        }
        await self._api.message(handle, wish)
        await self._api.detach(handle)
        return [Seat(number, "") for number in itertools.islice(self._numbers, count)]

    async def publish(self, seat: Seat, fingerprint: str) -> Sent:
        handle = await self._handle(seat)
        joining = {"request": "join", "ptype": "publisher", "room": self._room, "id": seat.number}
        await self._api.message(handle, joining)
        video, audio = announce.camera_stream(seat.number), announce.microphone_stream(seat.number)
        parameters = (("video", announce.video_parameters(video)), ("audio", announce.audio_parameters(audio)))
        own = IceCredentials.random()
        jsep = {"type": "offer", "sdp": janus_sdp.offer(parameters, fingerprint, own)}
        _, answered = await self._api.message(handle, {"request": "publish"}, jsep)
        return Sent(janus_sdp.parse(answered).transport(own), video, audio)

    async def subscribe(self, seat: Seat, speakers: Sequence[Seat], fingerprint: str) -> Heard:
        for one in speakers:
            await self._api.connected(self._handles[one.number][0])
        handle = await self._handle(seat)
        streams = [{"feed": one.number} for one in speakers]
        joining = {"request": "join", "ptype": "subscriber", "room": self._room, "streams": streams}
        _, offered = await self._api.message(handle, joining)
        description, own = janus_sdp.parse(offered), IceCredentials.random()
        jsep = {"type": "answer", "sdp": janus_sdp.answer(description, fingerprint, own)}
        await self._api.message(handle, {"request": "start"}, jsep)
        heard = [(int(str(one.value("ssrc")).split()[0]), one.kind == "video") for one in description.media]
        return Heard(description.transport(own), heard)

    async def _handle(self, seat: Seat) -> int:
        handle = await self._api.attach()
        self._handles.setdefault(seat.number, []).append(handle)
        return handle

    async def leave(self, seat: Seat) -> None:
        for handle in self._handles.pop(seat.number, []):
            await self._api.detach(handle)


@asynccontextmanager
async def janus_stage(event_loops: int = 0) -> AsyncIterator[JanusStage]:
    async with open_janus(event_loops) as server:
        api = await Api.open(server.port)
        try:
            yield JanusStage(server, api)
        finally:
            await api.close()
