"""What a browser does besides media, without a browser: pages and forms over HTTP, then the room over Socket.IO, as
signaling/PROTOCOL.md says. No server code is imported: this is another client, written from that page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from html import unescape
from types import TracebackType
from typing import Any

import aiohttp
import socketio

ANSWER_WITHIN_S = 30.0
NAMESPACE = "/room"
WIB = timezone(timedelta(hours=7))
_CSRF = re.compile(r'name="csrf" value="([^"]*)"')
_ROOM = re.compile(r'<script id="room" type="application/json">(.*?)</script>', re.DOTALL)
_LINK = re.compile(r'data-copy="[^"]*?(/j/[\w.-]+)"')


class Browser:
    """Cookies, pages and forms of one person."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = aiohttp.ClientSession(base_url=url, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._page = ""

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.close()

    async def get(self, path: str) -> str:
        async with self._http.get(path) as answer:
            return await self._read(answer)

    async def post(self, path: str, fields: dict[str, str]) -> str:
        """Sends a form with the token of the page that was read last; the path it leads to."""
        csrf = _CSRF.search(self._page)
        typed = {**fields, "csrf": unescape(csrf[1])} if csrf else fields
        async with self._http.post(path, data=typed) as answer:
            await self._read(answer)
            return answer.url.path

    async def _read(self, answer: aiohttp.ClientResponse) -> str:
        self._page = await answer.text()
        if answer.status != 200:
            raise ConnectionError(f"{answer.method} {answer.url.path}: {answer.status}")
        return self._page

    async def signs_in(self, login: str, password: str) -> None:
        await self.get("/login")
        await self.post("/login", {"login": login, "password": password, "next": "/"})

    async def accepts(self, link: str) -> None:
        """Opens a personal link and makes it this browser's own."""
        await self.get(link)
        await self.post(link, {})

    async def ticket(self, meeting_id: str) -> str:
        """The room page's ticket: the page is open, "join" was not clicked yet."""
        room = _ROOM.search(await self.get(f"/m/{meeting_id}/room"))
        if room is None:
            raise ConnectionError("the room page has no ticket")
        return str(json.loads(room[1])["ticket"])

    async def plans(self, title: str, people: dict[str, str]) -> str:
        """Plans a meeting that lasts all day, with these names and roles; its id."""
        today = datetime.now(WIB).date().isoformat()
        await self.get("/meetings/new")
        form = {"title": title, "date": today, "start": "00:00", "end": "23:59", "zone": "WIB"}
        for number, (name, role) in enumerate(people.items()):
            form[f"person-{number}-name"], form[f"person-{number}-role"] = name, role
        return (await self.post("/meetings/new", form)).removeprefix("/m/")

    async def links(self, meeting_id: str) -> list[str]:
        """Everybody's personal link, in the order of the plan."""
        return _LINK.findall(await self.get(f"/m/{meeting_id}"))


@dataclass(frozen=True)
class Entered:
    """What entering the room told, as far as media need it."""

    session_id: str
    ticket: dict[str, Any]
    producers: list[dict[str, Any]]


class RoomLine:
    """One connection into a room. Refused: ConnectionError with the server's code."""

    def __init__(self) -> None:
        self._client = socketio.AsyncClient(reconnection=False)
        for event in ("facts", "hint", "notes", "admitted", "bye"):
            self._client.on(event, _taken, namespace=NAMESPACE)

    async def open(self, url: str, ticket: str) -> Entered:
        """Connects and enters: what happens between a click on "join" and the first question about media."""
        auth = {"ticket": ticket, "language": "en", "protocol": 1}
        await self._client.connect(url, auth=auth, namespaces=[NAMESPACE], transports=["websocket"])
        told = await self._ask("enter", {})
        return Entered(told["you"]["session_id"], told["media"], told["producers"])

    async def command(self, kind: str, /, **fields: object) -> None:
        await self._ask("command", {"type": kind, **fields})

    async def media(self, kind: str, /, **fields: object) -> Any:
        return await self._ask("media", {"type": kind, **fields})

    async def notes(self, kind: str, /, **fields: object) -> Any:
        return await self._ask("notes", {"type": kind, **fields})

    def listen(self, event: str, hear: Callable[[dict[str, Any]], None]) -> None:
        """Instead of only acknowledging it."""

        async def heard(told: dict[str, Any]) -> None:
            hear(told)

        self._client.on(event, heard, namespace=NAMESPACE)

    async def _ask(self, event: str, payload: dict[str, object]) -> Any:
        answer = await self._client.call(event, payload, namespace=NAMESPACE, timeout=ANSWER_WITHIN_S)
        if "error" in answer:
            raise ConnectionError(f"{event} {payload.get('type', '')}: {answer['error']}")
        return answer["ok"]

    async def close(self) -> None:
        await self._client.disconnect()


async def _taken(*_told: object) -> None:
    """Facts and hints must be acknowledged; a participant without a face has no other use for them."""
