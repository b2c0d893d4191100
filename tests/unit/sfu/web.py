"""A web process that can be killed: its media plane, driven line by line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from server.meeting.ports import Consumer, Direction, Kind, MediaTicket, Ortc, Producer, Source, View
from tests.unit.sfu.listener import WITHIN_S

ROOT = Path(__file__).parents[3]

WEB = """
import asyncio, sys
from pathlib import Path
import msgspec
from server.clock import SystemClock
from server.meeting.ports import View
from server.sfu.config import MediaConfig
from server.sfu.plane import MediaPlaneProcess

async def main():
    folder, orphan_s = Path(sys.argv[1]), float(sys.argv[2])
    plane = MediaPlaneProcess(
        MediaConfig(), SystemClock(), log_level="ERROR", workers=2, folder=folder, orphan_s=orphan_s
    )
    await plane.start()
    print(msgspec.json.encode(plane.pids).decode(), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        verb, *arguments = msgspec.json.decode(line)
        if verb == "view":
            arguments[1] = msgspec.convert(arguments[1], list[View])
        answer = getattr(plane, verb)(*arguments)
        if asyncio.iscoroutine(answer):
            answer = await answer
        print(msgspec.json.encode(answer).decode(), flush=True)

asyncio.run(main())
"""


class Web:
    """Another process that has a media plane, and does with it what it is told: as much of a plane as a Guest needs."""

    async def start(self, folder: Path, orphan_s: float) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WEB, str(folder), str(orphan_s),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, limit=1 << 20,
        )  # fmt: skip
        self.pids = msgspec.convert(await self._line(), list[int])

    async def is_killed(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def _line(self) -> Any:
        assert self.process.stdout is not None
        return msgspec.json.decode(await asyncio.wait_for(self.process.stdout.readline(), WITHIN_S))

    async def _ask(self, *what: object) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(what) + b"\n")
        return await self._line()

    async def flowing(self, meeting_id: str) -> None:
        """Returns when the plane has heard that everybody's media flow."""
        async with asyncio.timeout(WITHIN_S):
            while None in (await self._ask("sessions", meeting_id)).values():
                pass

    async def admit(self, meeting_id: str, session_id: str) -> MediaTicket:
        return msgspec.convert(await self._ask("admit", meeting_id, session_id), MediaTicket)

    async def connect(self, session_id: str, direction: Direction, dtls_parameters: Ortc) -> None:
        await self._ask("connect", session_id, direction, dtls_parameters)

    async def produce(self, session_id: str, source: Source, kind: Kind, rtp_parameters: Ortc) -> Producer:
        return msgspec.convert(await self._ask("produce", session_id, source, kind, rtp_parameters), Producer)

    async def consume(self, session_id: str, producer_id: str, capabilities: Ortc) -> Consumer:
        return msgspec.convert(await self._ask("consume", session_id, producer_id, capabilities), Consumer)

    async def view(self, session_id: str, views: Sequence[View]) -> None:
        await self._ask("view", session_id, views)
