"""A meeting's secret ballots while they come in: the only way into the box, and the opening of it when it is sealed.

Whoever puts a ballot in is not asked who they are, and nothing here writes it down: no order, time or address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from server.clock import Clock
from server.errors import BalaiError, Refused
from server.meeting import deciding
from server.meeting.commands import ReportBallots
from server.meeting.deliberation import OPEN
from server.meeting.facts import SecretBallot
from server.meeting.ports import BallotBoxes
from server.meeting.state import State

log = structlog.get_logger(__name__)


class RoomBox:
    """`report`: posts the server's own wish to the room's mailbox."""

    def __init__(
        self, boxes: BallotBoxes, state: Callable[[], State], clock: Clock, report: Callable[[ReportBallots], None]
    ) -> None:
        self._boxes, self._state, self._clock, self._report = boxes, state, clock, report
        self._wake = asyncio.Event()
        self._emptied: set[str] = set()  # motion_ids whose box is gone

    async def paper(self, motion_id: str, blinded: bytes) -> bytes:
        """The blind signature for a paper that was granted. Refused("vote.closed"), Invalid("vote.paper")."""
        return await self._boxes.sign(self._state().meeting_id, motion_id, blinded)

    async def put(self, motion_id: str, ballot: SecretBallot) -> None:
        """Durable when it returns; the same one again changes nothing. Refused, Invalid("vote.ballot")."""
        motion = deciding.box_takes(self._state(), motion_id, self._clock.now_ms())
        boxed = await self._boxes.put(self._state().meeting_id, motion_id, motion.key, ballot)
        if boxed > len(motion.granted):  # cannot be, unless the key is in other hands
            log.error("more ballots than papers", meeting=self._state().meeting_id)
        self._wake.set()

    def look(self) -> None:
        """Time has passed, or the record moved."""
        motion = self._state().deliberation.open_motion
        if (motion is not None and motion.phase == "counting") or self._done():
            self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._open_box()
                await self._clear()
            except BalaiError as error:  # the store is away: the room looks again in a moment
                log.warning("ballots cannot be counted", meeting=self._state().meeting_id, code=error.code)

    async def _open_box(self) -> None:
        state = self._state()
        motion = state.deliberation.open_motion
        if motion is None or motion.phase != "counting":
            return
        boxed = await self._boxes.count(state.meeting_id, motion.motion_id)
        if deciding.countable(state, self._clock.now_ms(), boxed) is not None:
            box = await self._boxes.close(state.meeting_id, motion.motion_id)
            self._report(ReportBallots(motion.motion_id, box))

    def _done(self) -> tuple[str, ...]:
        """Secret ballots that are published or withdrawn: their boxes and keys have no business any more."""
        every = self._state().deliberation.motions.values()
        over = (one.motion_id for one in every if one.ballot == "secret" and one.phase not in OPEN)
        return tuple(one for one in over if one not in self._emptied)

    async def _clear(self) -> None:
        for motion_id in self._done():
            await self._boxes.drop(self._state().meeting_id, motion_id)
            self._emptied.add(motion_id)


class NoBoxes:
    """Where no secret ballots are kept (a hall without a store): none can be opened."""

    async def make(self, meeting_id: str, motion_id: str) -> str:
        raise Refused("vote.no_box")

    async def sign(self, meeting_id: str, motion_id: str, blinded: bytes) -> bytes:
        raise Refused("vote.closed")

    async def put(self, meeting_id: str, motion_id: str, key: str, ballot: SecretBallot) -> int:
        raise Refused("vote.closed")

    async def count(self, meeting_id: str, motion_id: str) -> int:
        return 0

    async def close(self, meeting_id: str, motion_id: str) -> tuple[SecretBallot, ...]:
        return ()

    async def drop(self, meeting_id: str, motion_id: str) -> None:
        return None
