"""All meetings that this process works on: taken up from the journal when they are needed, put down when idle.

It is what signaling and web ask, and where the media plane's news is sorted by meeting. No rule and no SQL here.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from server.errors import BalaiError, NotFound
from server.meeting import commands, views
from server.meeting.commands import SERVER, Actor, Command
from server.meeting.facts import NumberedFact, Role
from server.meeting.ports import Hint, Producer, Source
from server.meeting.room import Room, Surroundings
from server.meeting.state import State, replay
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

IDLE_MS = 10 * 60_000
SWEEP_S = 60.0


class Rooms:
    """One Room per meeting that is in use. Implements signaling's Meetings and the plane's MediaListener."""

    def __init__(self, surroundings: Surroundings, tasks: TaskOwner) -> None:
        self._around = surroundings
        self._tasks = tasks
        self._rooms: dict[str, Room] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._loudness: dict[str, Mapping[str, int]] = {}

    # ------------------------------------------------------------ taking up and putting down

    def start(self) -> None:
        self._tasks.start("sweep", self._sweep())

    async def take_up(self, meeting_ids: Iterable[str]) -> None:
        """After a start: sessions of meetings that were under way get their grace, even if nobody comes back."""
        for meeting_id in meeting_ids:
            try:
                await self.ready(meeting_id)
            except BalaiError as error:
                log.warning("meeting not taken up", meeting=meeting_id, code=error.code)

    async def ready(self, meeting_id: str) -> None:
        await self._room(meeting_id)

    async def close(self) -> None:
        """Put all meetings down. Where somebody is still connected the lease is kept, so that the next start knows
        when the service stopped, and writes it into the record."""
        for meeting_id in list(self._rooms):
            await self._put_down(meeting_id, give_lease=not self._rooms[meeting_id].state.sessions)

    async def _room(self, meeting_id: str) -> Room:
        room = self._rooms.get(meeting_id)
        if room is not None:
            return room
        async with self._opening.setdefault(meeting_id, asyncio.Lock()):
            room = self._rooms.get(meeting_id)
            return room if room is not None else await self._take_up(meeting_id)

    async def _take_up(self, meeting_id: str) -> Room:
        facts = await self._around.journal.read(meeting_id)  # first: an unknown meeting must not get a lease
        alive_ms = await self._around.journal.take_lease(meeting_id)
        facts = (*facts, *await self._around.journal.read(meeting_id, facts[-1].number if facts else 0))
        room = Room(replay(meeting_id, facts), self._around, self._tasks)
        self._rooms[meeting_id] = room
        if room.state.sessions:
            since_ms = alive_ms if alive_ms is not None else room.state.at_ms
            await room.submit(commands.ReportInterruption(since_ms), SERVER)
            for session_id in room.state.sessions:
                room.session_lost(session_id, after_restart=True)
        return room

    async def _put_down(self, meeting_id: str, give_lease: bool) -> None:
        room = self._rooms.pop(meeting_id)
        self._loudness.pop(meeting_id, None)
        self._opening.pop(meeting_id, None)
        await room.close()
        if give_lease:
            await self._around.journal.give_lease(meeting_id)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            before_ms = self._around.clock.monotonic_ms() - IDLE_MS
            for meeting_id, room in list(self._rooms.items()):
                if not room.state.sessions and room.used_ms < before_ms:
                    await self._put_down(meeting_id, give_lease=True)

    # ------------------------------------------------------------ wishes

    async def plan(self, wish: commands.PlanMeeting, actor: Actor) -> str:
        """A new meeting; its id."""
        meeting_id = secrets.token_hex(8)
        await self._around.journal.take_lease(meeting_id)
        room = Room(State(meeting_id), self._around, self._tasks)
        try:
            await room.submit(wish, actor)
        except BalaiError:
            await room.close()
            await self._around.journal.give_lease(meeting_id)
            raise
        self._rooms[meeting_id] = room
        return meeting_id

    async def submit(self, meeting_id: str, actor: Actor, command: Command) -> int:
        """Carry it out; the meeting's last number once what it led to is durable. Raises what the rules raise."""
        room = await self._room(meeting_id)
        return await room.submit(command, actor)

    # ------------------------------------------------------------ questions

    async def state(self, meeting_id: str) -> State:
        """The meeting as it stands. NotFound for an unknown one."""
        return (await self._room(meeting_id)).state

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]:
        return await self._around.journal.read(meeting_id, number)

    def number(self, meeting_id: str) -> int:
        return self._standing(meeting_id).number

    def snapshot(self, meeting_id: str, person_id: str) -> Mapping[str, Any]:
        state = self._standing(meeting_id)
        return views.snapshot(state, state.role(person_id) or "observer")

    def role(self, meeting_id: str, person_id: str) -> Role | None:
        return self._standing(meeting_id).role(person_id)

    def person_of_session(self, meeting_id: str, session_id: str) -> str | None:
        session = self._standing(meeting_id).sessions.get(session_id)
        return session.person_id if session else None

    def person_of_guest(self, meeting_id: str, waiting_id: str) -> str | None:
        return self._standing(meeting_id).admitted.get(waiting_id)

    def is_on(self, meeting_id: str, session_id: str, source: Source) -> bool:
        session = self._standing(meeting_id).sessions.get(session_id)
        if session is None:
            return False
        return {
            "microphone": session.microphone,
            "camera": session.camera,
            "screen": session.screen,
            "screen_audio": session.screen,
        }[source]

    def loudness(self, meeting_id: str) -> Mapping[str, int]:
        return self._loudness.get(meeting_id, {})

    def _standing(self, meeting_id: str) -> State:
        room = self._rooms.get(meeting_id)
        if room is None:
            raise NotFound("meeting.unknown")
        return room.state

    # ------------------------------------------------------------ connections

    def session_lost(self, meeting_id: str, session_id: str) -> None:
        if room := self._rooms.get(meeting_id):
            room.session_lost(session_id)

    def session_resumed(self, meeting_id: str, session_id: str) -> None:
        if room := self._rooms.get(meeting_id):
            room.session_resumed(session_id)

    # ------------------------------------------------------------ the media plane's news

    def producer_opened(self, meeting_id: str, producer: Producer) -> None:
        self._hint(meeting_id, "producer_opened", _producer(producer))

    def producer_changed(self, meeting_id: str, producer: Producer) -> None:
        self._hint(meeting_id, "producer_changed", _producer(producer))

    def producer_closed(self, meeting_id: str, producer: Producer) -> None:
        self._hint(meeting_id, "producer_closed", _producer(producer))

    def media_flows(self, meeting_id: str, session_id: str) -> None:
        if room := self._rooms.get(meeting_id):
            room.post(commands.ConfirmPresence(session_id, "media"))

    def media_stopped(self, meeting_id: str, session_id: str, since_ms: int) -> None:
        if room := self._rooms.get(meeting_id):
            room.post(commands.LosePresence(session_id, since_ms))

    def speakers(self, meeting_id: str, levels: Mapping[str, int]) -> None:
        self._loudness[meeting_id] = dict(levels)
        self._hint(meeting_id, "speakers", {"levels": dict(levels)})

    def consumer_changed(self, session_id: str, consumer_id: str, paused: bool, reason: str, width_px: int) -> None:
        values = {"consumer_id": consumer_id, "paused": paused, "reason": reason, "width_px": width_px}
        for meeting_id, room in self._rooms.items():
            if session_id in room.state.sessions:
                self._around.audience.hint(meeting_id, Hint("consumer", values), session_id)
                return

    def plane_down(self, since_ms: int) -> None:
        self._everywhere("plane_down", {}, commands.ReportMediaDown(since_ms))

    def plane_up(self, epoch: str) -> None:
        self._everywhere("plane_up", {"epoch": epoch}, commands.ReportMediaUp())

    def _everywhere(self, kind: str, values: Mapping[str, Any], command: Command) -> None:
        for meeting_id, room in self._rooms.items():
            if room.state.sessions:
                room.post(command)
                self._hint(meeting_id, kind, values)

    def _hint(self, meeting_id: str, kind: str, values: Mapping[str, Any]) -> None:
        self._around.audience.hint(meeting_id, Hint(kind, values))


def _producer(producer: Producer) -> Mapping[str, Any]:
    return {
        "producer_id": producer.producer_id,
        "session_id": producer.session_id,
        "source": producer.source,
        "kind": producer.kind,
        "paused": producer.paused,
    }
