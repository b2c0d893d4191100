"""A MediaListener that remembers, and lets a test wait for what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from server.meeting.ports import Producer

WITHIN_S = 20.0


class Ear:
    """heard: (verb, arguments), in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self._changed = asyncio.Event()

    def _hear(self, verb: str, *what: Any) -> None:
        self.heard.append((verb, what))
        self._changed.set()

    def verbs(self, verb: str) -> list[tuple[Any, ...]]:
        return [what for heard, what in self.heard if heard == verb]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def hears(self, verb: str, times: int = 1) -> tuple[Any, ...]:
        """The arguments of the call that completes `times`."""
        await self.until(lambda: len(self.verbs(verb)) >= times)
        return self.verbs(verb)[times - 1]

    def producer_opened(self, meeting_id: str, producer: Producer) -> None:
        self._hear("producer_opened", meeting_id, producer)

    def producer_changed(self, meeting_id: str, producer: Producer) -> None:
        self._hear("producer_changed", meeting_id, producer)

    def producer_closed(self, meeting_id: str, producer: Producer) -> None:
        self._hear("producer_closed", meeting_id, producer)

    def media_flows(self, meeting_id: str, session_id: str) -> None:
        self._hear("media_flows", meeting_id, session_id)

    def media_stopped(self, meeting_id: str, session_id: str, since_ms: int) -> None:
        self._hear("media_stopped", meeting_id, session_id, since_ms)

    def speakers(self, meeting_id: str, levels: Mapping[str, int]) -> None:
        self._hear("speakers", meeting_id, levels)

    def line_quality(self, meeting_id: str, session_id: str, level: str, reason: str) -> None:
        self._hear("line_quality", meeting_id, session_id, level, reason)

    def consumer_changed(self, session_id: str, consumer_id: str, paused: bool, reason: str, width_px: int) -> None:
        self._hear("consumer_changed", session_id, consumer_id, paused, reason, width_px)

    def plane_down(self, meeting_id: str, since_ms: int) -> None:
        self._hear("plane_down", meeting_id, since_ms)

    def plane_up(self, meeting_id: str, epoch: str) -> None:
        self._hear("plane_up", meeting_id, epoch)
