"""Our whole server, reached as a browser reaches it: a secretary plans a meeting on its pages, everybody opens a
personal link, and Socket.IO carries the rest. Web and media processes both count."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from server.demo import PASSWORD
from tests.load import announce
from tests.load.browsers import Browser, Entered, RoomLine
from tests.load.office import Office, open_office
from tests.load.stage import SHOWN_HEIGHT_PX, SHOWN_WIDTH_PX, Heard, Seat, Sent
from tests.load.transport import ServerTransport

CHAIR, SECRETARY = "Drs. Hendra Wijaya, M.Si. (sekda)", "Sri Rahayu, S.E. (notulis)"
SECRETARY_LOGIN = "notulis"


@dataclass(frozen=True)
class Invitee:
    """Somebody whose room page is open; "join" was not clicked yet."""

    number: int
    ticket: str


@dataclass
class Guest:
    """One participant inside."""

    line: RoomLine
    entered: Entered
    video_producer_id: str = ""
    audio_producer_id: str = ""

    @property
    def capabilities(self) -> announce.Ortc:
        return announce.receive_capabilities(self.entered.ticket["router_capabilities"])


class OfficeStage:
    """One `balai demo`, and a meeting planned for each room."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._numbers = itertools.count()
        self._inside: dict[int, Guest] = {}

    def server_pids(self) -> list[int]:
        return self._office.server_pids()

    def media_pids(self) -> list[int]:
        return self._office.media_pids()

    @property
    def web_pid(self) -> int:
        return self._office.pid

    # -- the way in

    async def invite(self, title: str, count: int) -> list[Invitee]:
        """A meeting that is on now, and so many people before its door."""
        async with Browser(self._office.url) as secretary:
            await secretary.signs_in(SECRETARY_LOGIN, PASSWORD)
            names = {f"Peserta {number:03}": "participant" for number in range(count)}
            meeting_id = await secretary.plans(title, {CHAIR: "chair", SECRETARY: "secretary", **names})
            _chair, _secretary, *links = await secretary.links(meeting_id)
            line = RoomLine()
            await line.open(self._office.url, await secretary.ticket(meeting_id))
            await line.command("open_meeting")
            await line.command("leave")
            await line.close()
        return [await self._before_the_door(meeting_id, link) for link in links]

    async def _before_the_door(self, meeting_id: str, link: str) -> Invitee:
        async with Browser(self._office.url) as browser:
            await browser.accepts(link)
            return Invitee(next(self._numbers), await browser.ticket(meeting_id))

    async def enter(self, invitee: Invitee) -> Seat:
        """The click on "join", until the server's answer."""
        line = RoomLine()
        entered = await line.open(self._office.url, invitee.ticket)
        self._inside[invitee.number] = Guest(line, entered)
        return Seat(invitee.number, entered.session_id)

    async def admit(self, room: str, count: int) -> list[Seat]:
        return [await self.enter(invitee) for invitee in await self.invite(room, count)]

    # -- media

    async def publish(self, seat: Seat, fingerprint: str) -> Sent:
        guest = self._inside[seat.number]
        video, audio = announce.camera_stream(seat.number), announce.microphone_stream(seat.number)
        await guest.line.media("connect", direction="send", dtls_parameters=announce.dtls_parameters(fingerprint))
        guest.video_producer_id = await self._produce(guest, "camera", "video", announce.video_parameters(video))
        guest.audio_producer_id = await self._produce(guest, "microphone", "audio", announce.audio_parameters(audio))
        return Sent(_transport(guest.entered.ticket["send"]), video, audio)

    async def _produce(self, guest: Guest, source: str, kind: str, parameters: announce.Ortc) -> str:
        await guest.line.command(f"set_{source}", session_id=guest.entered.session_id, on=True)
        producer = await guest.line.media("produce", source=source, kind=kind, rtp_parameters=parameters)
        return str(producer["producer_id"])

    async def subscribe(self, seat: Seat, speakers: Sequence[Seat], fingerprint: str) -> Heard:
        wanted = [self._inside[one.number] for one in speakers]
        producers = [each for one in wanted for each in (one.video_producer_id, one.audio_producer_id)]
        return await self._hear(self._inside[seat.number], producers, fingerprint)

    async def hear_everybody(self, seat: Seat, fingerprint: str) -> Heard:
        """All that the answer to entering named, as a browser asks for it."""
        guest = self._inside[seat.number]
        own = guest.entered.session_id
        producers = [one["producer_id"] for one in guest.entered.producers if one["session_id"] != own]
        return await self._hear(guest, producers, fingerprint)

    async def _hear(self, guest: Guest, producers: Sequence[str], fingerprint: str) -> Heard:
        """Everything is asked for at once, as a browser does."""
        line, capabilities = guest.line, guest.capabilities
        _, *consumers = await asyncio.gather(
            line.media("connect", direction="receive", dtls_parameters=announce.dtls_parameters(fingerprint)),
            *(line.media("consume", producer_id=one, capabilities=capabilities) for one in producers),
        )
        views = [
            {"consumer_id": one["consumer_id"], "width_px": SHOWN_WIDTH_PX, "height_px": SHOWN_HEIGHT_PX}
            for one in consumers
            if one["kind"] == "video"
        ]
        await line.media("view", views=views)
        streams = [(int(one["rtp_parameters"]["encodings"][0]["ssrc"]), one["kind"] == "video") for one in consumers]
        return Heard(_transport(guest.entered.ticket["receive"]), streams)

    async def leave(self, seat: Seat) -> None:
        guest = self._inside.pop(seat.number)
        await guest.line.command("leave")
        await guest.line.close()


@asynccontextmanager
async def office_stage() -> AsyncIterator[OfficeStage]:
    """An office of its own for each room, so that none pays for what another left behind."""
    async with open_office() as office:
        yield OfficeStage(office)


def _transport(offer: dict[str, Any]) -> ServerTransport:
    return msgspec.convert(offer, ServerTransport)
