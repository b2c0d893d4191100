"""A browser of the office, as far as HTTPS goes: it trusts the office's authority, keeps cookies, and sends forms with
the token of the page it saw. No assertion lives here.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientConnectionError, ClientResponse, ClientSession, CookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from socketio import AsyncClient

PASSWORD = "kuda-nil-terbang-7"
CSRF = re.compile(r'name="csrf" value="([\w-]+)"')
NAMESPACE = "/room"


class Loopback(AbstractResolver):
    """Every name leads to this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return None


class Visitor:
    """`source`: the loopback address that it comes from (all of 127.0.0.0/8 is this machine)."""

    def __init__(self, url: str, authority: Path | None = None, source: str = "127.0.0.1") -> None:
        self.url, self._authority = url, authority
        connector = TCPConnector(
            resolver=Loopback(),
            use_dns_cache=False,
            ssl=ssl.create_default_context(cafile=str(authority)) if authority else True,
            local_addr=(source, 0),
        )
        self.session = ClientSession(connector=connector, cookie_jar=CookieJar(unsafe=True))
        self.page = ""
        self.response: ClientResponse

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> ClientResponse:
        async with self.session.get(self.url + path, headers=headers, allow_redirects=False) as self.response:
            self.page = (await self.response.read()).decode(errors="replace")
        return self.response

    async def post(
        self, path: str, fields: Mapping[str, str], *, csrf: str | None = None, headers: Mapping[str, str] | None = None
    ) -> ClientResponse:
        """With an Origin, as browsers send it, and the token of the page last seen, unless another is given."""
        found = CSRF.search(self.page)
        token = csrf if csrf is not None else found[1] if found else ""
        async with self.session.post(
            self.url + path,
            data={"csrf": token, **fields},
            headers={"Origin": self.url, **(headers or {})},
            allow_redirects=False,
        ) as self.response:
            self.page = (await self.response.read()).decode(errors="replace")
        return self.response

    async def pours(self, path: str, size: int) -> int:
        """A body in chunks, without Content-Length; the status, or 413 where the line is cut meanwhile."""

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(0, size, 65_536):
                yield b"x" * 65_536

        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url}
        try:
            async with self.session.post(self.url + path, data=chunks(), headers=kind) as response:
                return response.status
        except (ClientConnectionError, ConnectionError):
            return 413

    async def signs_in(self, password: str = PASSWORD, headers: Mapping[str, str] | None = None) -> ClientResponse:
        await self.get("/login", headers)
        return await self.post("/login", {"login": "admin", "password": password}, headers=headers)

    async def chooses_a_password(self, old: str) -> None:
        await self.get("/account")
        fields = {"old_password": old, "password": PASSWORD, "password_again": PASSWORD}
        await self.post("/account/password", fields)

    async def plans_a_meeting(self) -> str:
        """One that may be entered now; its path."""
        await self.get("/meetings/new")
        me = {"person-0-name": "Administrator (admin)", "person-0-role": "chair"}
        other = {"person-1-name": "Siti Aminah", "person-1-role": "secretary"}
        day = datetime.now(ZoneInfo("Asia/Jakarta")).date().isoformat()
        when = {"date": day, "start": "00:00", "end": "23:59", "zone": "WIB"}
        plan = {"title": "Rapat Uji", "place": "Aula", "item-0-title": "Pembukaan", "item-0-minutes": "5"}
        await self.post("/meetings/new", plan | when | me | other)
        return self.response.headers["Location"].partition("?")[0].removeprefix(self.url)

    async def ticket(self, meeting: str) -> str:
        await self.get(f"{meeting}/room")
        found = re.search(r'<script id="room" type="application/json">(.*?)</script>', self.page, re.DOTALL)
        return str(json.loads(found[1])["ticket"]) if found else ""

    async def line(self, ticket: str, transport: str, origin: str = "") -> AsyncClient:
        """A Socket.IO connection over `transport` ("websocket" or "polling") and nothing else."""
        client: Any = AsyncClient(http_session=self.session, reconnection=False)
        await client.connect(
            self.url,
            headers={"Origin": origin or self.url},
            auth={"ticket": ticket, "language": "id", "protocol": 1},
            transports=[transport],
            namespaces=[NAMESPACE],
        )
        return client

    async def hangs_up(self, line: AsyncClient) -> None:
        """As a tab that is closed: without waiting for what the server still has to say."""
        await line.eio.disconnect(abort=True)
        line.eio.read_loop_task.cancel()
