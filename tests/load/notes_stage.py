"""Many writers in one item's notes: from a key to the others' screens, over real Socket.IO against a real office.

Each writer is a Yjs document that types by itself, with one update on the way, as the browser's does. What arrives is
searched for the typed marks as bytes; nothing is drawn."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from statistics import quantiles

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText, merge_updates

from server.demo import PASSWORD
from tests.load.browsers import Browser, RoomLine
from tests.load.office import Office, open_office
from tests.load.office_stage import SECRETARY_LOGIN

KEY_EVERY_S = 0.2  # a fast typist; each at moments of their own
MARK = re.compile(rb"[0-9]{6}z")
ANSWERED_WITHIN_S = 20.0


@dataclass(frozen=True)
class NotesLatency:
    """Milliseconds from a key to one other screen, over all keys and screens. `unseen`: how many never came."""

    writers: int
    keys: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    unseen: int


@dataclass
class Board:
    """When each mark was typed, and how long it took to each of the others."""

    typed_ns: dict[bytes, int] = field(default_factory=dict)
    took_ms: list[float] = field(default_factory=list)
    awaited: int = -1  # so many are to come in all
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def seen(self, marks: set[bytes]) -> None:
        now_ns = time.perf_counter_ns()
        self.took_ms += [(now_ns - self.typed_ns[mark]) / 1e6 for mark in marks if mark in self.typed_ns]
        if len(self.took_ms) == self.awaited:
            self.complete.set()


class Writer:
    """`number` makes the marks this writer's own."""

    def __init__(self, number: int, line: RoomLine, board: Board) -> None:
        self.number, self._line, self._board = number, line, board
        self._doc: Doc[XmlFragment] = Doc()
        self._words = XmlText()
        self._waiting: list[bytes] = []
        self._told = asyncio.Event()
        self._watched = self._doc.observe(self._changed)
        self._keys = 0
        self._ends = False

    def _changed(self, event: TransactionEvent) -> None:
        self._waiting.append(event.update)
        self._told.set()

    def hears(self, payload: dict[str, object]) -> None:
        updates = payload["updates"]
        found = {mark for update in updates for mark in MARK.findall(update)} if isinstance(updates, list) else set()
        own = f"{self.number:02d}".encode()
        self._board.seen({mark for mark in found if not mark.startswith(own)})

    async def opens(self) -> None:
        self._line.listen("notes", self.hears)
        await self._line.notes("open", item_id="", state=b"")
        paragraph = XmlElement("paragraph")
        self._doc.get("notes", type=XmlFragment).children.append(paragraph)
        paragraph.children.append(self._words)
        await self._sends()

    async def types(self, until: float) -> None:
        """Until that moment of the loop's clock; returns when the last key was acknowledged."""
        sending = asyncio.create_task(self._keeps_sending())
        await asyncio.sleep(random.random() * KEY_EVERY_S)  # noqa: S311
        while asyncio.get_running_loop().time() < until:
            mark = f"{self.number:02d}{self._keys:04d}z"
            self._board.typed_ns[mark.encode()] = time.perf_counter_ns()
            self._words += mark
            self._keys += 1
            await asyncio.sleep(KEY_EVERY_S * (0.5 + random.random()))  # noqa: S311
        self._ends = True
        self._told.set()
        await sending

    async def _keeps_sending(self) -> None:
        while self._waiting or not self._ends:
            await self._told.wait()
            self._told.clear()
            while self._waiting:
                await self._sends()

    async def _sends(self) -> None:
        update = merge_updates(*self._waiting)
        self._waiting.clear()
        await self._line.notes("update", item_id="", update=update)


async def notes_latency(writers: int, seconds: float) -> NotesLatency:
    """An office of its own, a meeting of that many secretaries, and all of them typing at once."""
    async with open_office() as office:
        lines = await _enter(office, writers)
        board = Board()
        some = [Writer(number, line, board) for number, line in enumerate(lines)]
        for one in some:
            await one.opens()
        until = asyncio.get_running_loop().time() + seconds
        await asyncio.gather(*(one.types(until) for one in some))
        board.awaited = len(board.typed_ns) * (writers - 1)
        if len(board.took_ms) < board.awaited:
            await asyncio.wait_for(board.complete.wait(), ANSWERED_WITHIN_S)
        for line in lines:
            await line.close()
    return _result(writers, board)


def _result(writers: int, board: Board) -> NotesLatency:
    parts = quantiles(board.took_ms, n=100)
    missing = len(board.typed_ns) * (writers - 1) - len(board.took_ms)
    return NotesLatency(writers, len(board.typed_ns), parts[49], parts[94], max(board.took_ms), missing)


async def _enter(office: Office, writers: int) -> list[RoomLine]:
    async with Browser(office.url) as secretary:
        await secretary.signs_in(SECRETARY_LOGIN, PASSWORD)
        people = {"Pimpinan": "chair", **{f"Notulis {number}": "secretary" for number in range(writers)}}
        meeting_id = await secretary.plans("Rapat bersama", people)
        links = (await secretary.links(meeting_id))[1:]
    lines = []
    for link in links:
        async with Browser(office.url) as browser:
            await browser.accepts(link)
            ticket = await browser.ticket(meeting_id)
        lines.append(RoomLine())
        await lines[-1].open(office.url, ticket)
    return lines
