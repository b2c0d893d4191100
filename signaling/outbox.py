"""What waits to be sent to one watcher. Facts keep their order and are never dropped, hints of one kind replace older
ones, and all of it is bounded: a watcher who does not keep up is cut off and resumes. It never makes anybody wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Wire: TypeAlias = dict[str, Any]  # JSON as it travels

MAX_FACTS = 2_000
MAX_FACT_CHARS = 4_000_000  # text in waiting facts: adopted notes are told whole, up to 200,000 characters each
MAX_HINTS = 500
MAX_NOTES_BYTES = 1_048_576  # of one item; a reader who lacks more synchronises anew
FACTS_PER_EVENT = 200
LAST_WORDS_S = 3.0  # how long a goodbye waits for a slow watcher
WINDOW = 4  # events on the way that the watcher has not acknowledged
NOTES_PER_ANSWER = 4  # notes are told often: only each fourth event of them asks to be acknowledged


class Channel(Protocol):
    """One connection, as the outbox needs it."""

    async def emit(self, event: str, payload: object, acknowledged: Callable[[], None] | None) -> None:
        """Hand on for sending; `acknowledged` is called when the other side has it."""
        ...

    async def cut(self, *, hard: bool) -> None:
        """End the connection; it may come back and resume. `hard`: it does not read, so do not wait for it."""
        ...


@dataclass(slots=True)
class _Pages:
    """What waits of one item's notes. `stale`: too much did; only that is told. `told`: the only thing that waits, as
    all readers get it."""

    told: Wire | None = None
    updates: list[bytes] = field(default_factory=list)
    cursors: dict[object, Wire] = field(default_factory=dict)  # by client
    bytes: int = 0
    stale: bool = False


def notes(item_id: str, updates: Sequence[bytes], cursors: Sequence[Wire], *, stale: bool = False) -> Wire:
    """As it travels; `stale`: too much was written for this reader, who synchronises anew."""
    return {"item_id": item_id, "updates": list(updates), "cursors": list(cursors), "stale": stale}


class Outbox:
    """One watcher's queue, and the only one who sends to it once it has entered."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._facts: deque[tuple[Wire, int]] = deque()
        self._fact_chars = 0
        self._hints: dict[str, Wire] = {}
        self._notes: dict[str, _Pages] = {}
        self._in_flight = 0
        self._unanswered = 0  # events of notes since one asked to be acknowledged
        self._wake = asyncio.Event()
        self._last: Wire | None = None
        self.overflowed = False

    def put_facts(self, facts: Sequence[Wire]) -> None:
        """Queue facts in order. Synchronous, never blocks."""
        if self._ending:
            return
        for fact in facts:
            chars = sum(len(value) for value in fact.values() if isinstance(value, str))
            self._facts.append((fact, chars))
            self._fact_chars += chars
        if len(self._facts) > MAX_FACTS or self._fact_chars > MAX_FACT_CHARS:
            self._overflow()
        self._wake.set()

    def put_hint(self, key: str, hint: Wire) -> None:
        """Queue a hint; one with the same key that still waits is replaced, and the newer one goes to the end."""
        if self._ending:
            return
        self._hints.pop(key, None)
        self._hints[key] = hint
        if len(self._hints) > MAX_HINTS:
            self._overflow()
        self._wake.set()

    def put_notes(self, told: Wire) -> None:
        """Queue what was written and where cursors stand (see `notes`); what waits of an item travels as one."""
        if self._ending:
            return
        pages = self._notes.get(told["item_id"])
        if pages is None:
            pages = self._notes[told["item_id"]] = _Pages(told)
        else:
            pages.told = None
        pages.bytes += sum(len(update) for update in told["updates"])
        if pages.stale or pages.bytes > MAX_NOTES_BYTES:
            pages.stale, pages.told = True, None
            pages.updates.clear()
        else:
            pages.updates.extend(told["updates"])
        for cursor in told["cursors"]:
            pages.cursors[cursor["client"]] = cursor
        self._wake.set()

    def put_bye(self, bye: Wire) -> None:
        """The last thing that is sent, after the facts that wait; nothing is queued any more."""
        if self._ending:
            return
        self._last = bye
        self._hints.clear()
        self._notes.clear()
        self._wake.set()

    def abandon(self) -> None:
        """Another connection has taken over: cut this one, without a word."""
        self._overflow()
        self._wake.set()

    @property
    def _ending(self) -> bool:
        return self.overflowed or self._last is not None

    def _overflow(self) -> None:
        self.overflowed = True
        self._facts.clear()
        self._hints.clear()
        self._notes.clear()

    async def pump(self) -> None:
        """Send until there was a goodbye or an overflow, then cut the connection. One task per watcher runs this."""
        while not self._ending:
            await self._step()
        if self._last is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    while self._facts:
                        await self._step()
                    await self._channel.emit("bye", self._last, None)
        await self._channel.cut(hard=bool(self._facts) or self.overflowed)

    async def _step(self) -> None:
        """Send what the window allows; wait for more of either when there is nothing to do."""
        while self._in_flight < WINDOW and (self._facts or self._notes or self._hints):
            await self._send_next()
        if not (self._last is not None and not self._facts):
            await self._wake.wait()
            self._wake.clear()

    async def _send_next(self) -> None:
        event: str
        payload: object
        if self._facts:
            batch = [self._facts.popleft() for _ in range(min(FACTS_PER_EVENT, len(self._facts)))]
            self._fact_chars -= sum(chars for _, chars in batch)
            event, payload = "facts", [fact for fact, _ in batch]
        elif self._notes:
            item_id = next(iter(self._notes))
            pages = self._notes.pop(item_id)
            event = "notes"
            payload = pages.told or notes(item_id, pages.updates, list(pages.cursors.values()), stale=pages.stale)
            self._unanswered = (self._unanswered + 1) % NOTES_PER_ANSWER
            if self._unanswered:
                await self._channel.emit(event, payload, None)
                return
        else:
            key = next(iter(self._hints))
            event, payload = "hint", self._hints.pop(key)
        self._in_flight += 1
        await self._channel.emit(event, payload, self._acknowledged)

    def _acknowledged(self) -> None:
        self._in_flight -= 1
        self._wake.set()
