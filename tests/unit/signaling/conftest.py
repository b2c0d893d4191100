"""A real aiohttp server on loopback, and clients that speak Socket.IO to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio
from aiohttp.web import Application, AppRunner, TCPSite

from server.identity.ports import Admission
from server.notes.desk import NotesDesk
from server.notes.ports import Meetings as AskedByNotes
from server.tasks import TaskOwner
from signaling.attach import Signaling, attach
from signaling.notes import Scribes
from signaling.ports import Meetings
from signaling.watchers import Watchers
from tests.fakes import FakeClock, MemoryShelf
from tests.unit.signaling.house import (
    CHAIR,
    MEETING,
    OBSERVER,
    PARTICIPANT,
    SECRETARY,
    START_MS,
    Door,
    House,
    Law,
    Plane,
    Words,
)

KEY = b"k" * 32
PEOPLE = {"chair": CHAIR, "secretary": SECRETARY, "participant": PARTICIPANT, "observer": OBSERVER}


class Server:
    """The house with a door to the network. It can be started anew: the facts stay, everything else is forgotten."""

    rooms: Meetings

    def __init__(self) -> None:
        self.clock = FakeClock(START_MS)
        self.door = Door()
        self.plane = Plane()
        self.watchers = Watchers()
        self.house = House(self.watchers, self.clock)
        self.rooms = self.house
        self.shelf = MemoryShelf()
        self.port = 0
        for name, person_id in PEOPLE.items():
            self.door.issue(Admission(MEETING, person_id=person_id), name, 0)
        guest = Admission(MEETING, waiting_id="w1", guest_name="Tamu", guest_office="Kecamatan", guest_function="Camat")
        self.door.issue(guest, "guest", 0)

    async def start(self) -> None:
        app = Application()
        self.scribes = Scribes()
        self.notes = NotesDesk(self.shelf, self.scribes, self.clock)
        self.notes.serve(self.law())
        self.tasks = TaskOwner("signaling")
        self.signaling: Signaling = attach(
            app,
            rooms=self.rooms,
            audience=self.watchers,
            plane=self.plane,
            doorkeeper=self.door,
            sentences=Words(),
            clock=self.clock,
            secret_key=KEY,
            tasks=self.tasks,
            notes=self.notes,
            scribes=self.scribes,
            waiting_grace_s=0,
        )
        self.runner = AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        site = TCPSite(self.runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self.runner.addresses[0][1]

    def law(self) -> AskedByNotes:
        return Law(self.house)

    async def stop(self) -> None:
        await self.signaling.close()
        await self.notes.close()
        await self.tasks.close()
        await self.runner.cleanup()

    async def restart(self) -> None:
        await self.stop()
        self.watchers = Watchers()
        self.house.audience = self.watchers
        await self.start()


class Browser:
    """One Socket.IO client; what it was told is kept in order."""

    def __init__(self, server: Server, ticket: str, language: str = "id") -> None:
        self._server = server
        self.auth: dict[str, Any] = {"ticket": ticket, "language": language}
        self.entered: dict[str, Any] = {}
        self.events: list[tuple[str, Any]] = []
        self._news = asyncio.Condition()
        self.acknowledges = True
        self._never = asyncio.Event()
        self._new_socket()

    def _new_socket(self) -> None:
        self.socket = socketio.AsyncClient(reconnection=False)
        for event in ("facts", "hint", "notes", "admitted", "told", "bye", "disconnect"):
            self.socket.on(event, self._hears(event), namespace="/room")

    def _hears(self, event: str) -> Any:
        async def hear(payload: Any = None) -> None:
            if event in ("facts", "hint") and not self.acknowledges:
                await self._never.wait()
            async with self._news:
                self.events.append((event, payload))
                self._news.notify_all()

        return hear

    async def connects(self) -> None:
        self._new_socket()
        url = f"http://127.0.0.1:{self._server.port}"
        await self.socket.connect(url, auth=self.auth, namespaces=["/room"], transports=["websocket"])

    async def ask(self, event: str, payload: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self.socket.call(event, payload, namespace="/room", timeout=5)
        return answer

    async def enters(self, **resume: Any) -> dict[str, Any]:
        answer = await self.ask("enter", {"resume": resume} if resume else {})
        if "ok" in answer and "you" in answer["ok"]:
            self.entered = answer["ok"]
        return answer

    async def joins(self) -> dict[str, Any]:
        await self.connects()
        answer = await self.enters()
        assert "ok" in answer, answer
        return self.entered

    async def returns(self, after: int, epoch: str = "") -> dict[str, Any]:
        you = self.entered["you"]
        await self.connects()
        await self.enters(session_id=you["session_id"], secret=you["secret"], after=after, epoch=epoch)
        return self.entered

    async def drops(self) -> None:
        """The line, without a word; returns when the server has noticed."""
        noticed = self._server.house.noticed
        noticed.clear()
        await self.socket.eio.http.close()
        await self.told("disconnect")
        if self.entered:
            await asyncio.wait_for(noticed.wait(), 5)
        self.events = [event for event in self.events if event[0] != "disconnect"]

    async def command(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        return await self.ask("command", {"type": kind, **fields})

    async def media(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        return await self.ask("media", {"type": kind, **fields})

    @property
    def session_id(self) -> str:
        return str(self.entered["you"]["session_id"])

    def facts(self) -> list[dict[str, Any]]:
        return [fact for event, payload in self.events if event == "facts" for fact in payload]

    async def told(self, event: str) -> Any:
        """The first payload of this event, waited for."""
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: any(name == event for name, _ in self.events))
        return next(payload for name, payload in self.events if name == event)

    async def told_fact(self, kind: str) -> dict[str, Any]:
        def found() -> list[dict[str, Any]]:
            return [fact for fact in self.facts() if fact["kind"] == kind]

        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(found)
        return found()[0]

    async def closes(self) -> None:
        self._never.set()
        with contextlib.suppress(socketio.exceptions.SocketIOError):
            await self.socket.disconnect()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def browsers(server: Server) -> AsyncIterator[Any]:
    """browsers(ticket) -> Browser, closed at the end."""
    opened: list[Browser] = []

    def open_one(ticket: str, **more: Any) -> Browser:
        opened.append(Browser(server, ticket, **more))
        return opened[-1]

    yield open_one
    for browser in opened:
        await browser.closes()
