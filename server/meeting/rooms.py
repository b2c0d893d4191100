"""All meetings of this process: each is taken up from its journal when somebody wants it and let go when it is idle.

Also the fan-in of what the media plane tells, by meeting. No rule and no wire lives here.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import structlog

from server.clock import Clock
from server.errors import BalaiError, NotFound, Refused, Unavailable
from server.meeting import commands, entering, rules, views
from server.meeting.commands import SERVER, Actor, Command
from server.meeting.facts import NumberedFact, Role, SecretBallot
from server.meeting.ports import (
    Audience,
    BallotBoxes,
    Hint,
    Journal,
    MediaPlane,
    Notebook,
    Producer,
    Recorder,
    Source,
)
from server.meeting.room import TAIL, Graces, House, Room
from server.meeting.room_box import NoBoxes
from server.meeting.room_media import is_on
from server.meeting.state import State, replay
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

SWEEP_S = 0.5
IDLE_MS = 10 * 60_000


class Rooms:
    """Every async verb raises NotFound("meeting.unknown") for an unknown meeting and Conflict("journal.leased") for one
    that another process holds. The synchronous questions are for meetings that are taken up (`ready`). Implements
    server.meeting.ports.MediaListener and signaling's Meetings."""

    def __init__(
        self,
        journal: Journal,
        plane: MediaPlane,
        audience: Audience,
        clock: Clock,
        graces: Graces | None = None,
        *,
        boxes: BallotBoxes | None = None,
        notebook: Notebook | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        """`boxes` None: no secret ballot can be opened here; `notebook` None: no notes are shared; `recorder` None:
        nothing can be recorded."""
        self._house = House(journal, plane, audience, clock, boxes or NoBoxes(), graces or Graces(), notebook, recorder)
        self._rooms: dict[str, Room] = {}
        self._loading: dict[str, asyncio.Future[Room]] = {}
        self._deadlines: dict[str, int] = {}  # meetings let go while comments were open -> Unix ms of their end
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks = TaskOwner("rooms")
        self._closed = False

    def start(self) -> None:
        """Look at the clock from now on."""
        self._tasks.start("sweep", self._keep_sweeping())

    async def take_up(self, meeting_ids: Iterable[str]) -> None:
        """After a start: the meetings that were on. What cannot be taken up is logged, and tried again when wanted."""
        for meeting_id in meeting_ids:
            try:
                await self.ready(meeting_id)
            except BalaiError as error:
                log.warning("meeting cannot be taken up", meeting=meeting_id, code=error.code)

    async def close(self, *, keep: bool = False) -> None:
        """Answer what was asked, then give every meeting back in order. keep: media that flow now go on without this
        process; their meetings stay its own, so that the next one takes them up and learns when this one ended."""
        self._closed = True
        await self._tasks.close()
        for meeting_id, room in list(self._rooms.items()):
            if keep and self._flows(meeting_id):
                await room.close(media_go_on=True)
            else:
                await self._let_go(meeting_id)

    def _flows(self, meeting_id: str) -> bool:
        return any(since_ms is not None for since_ms in self._house.plane.sessions(meeting_id).values())

    # ------------------------------------------------------------ wishes

    async def submit(self, meeting_id: str, actor: Actor, command: Command) -> int:
        """Carry it out: the meeting's last number, once what the wish led to is durable and told. Raises what the rules
        raise, Unavailable("room.busy" | "room.closed"). PlanMeeting makes a meeting that is not there yet."""
        makes = isinstance(command, commands.PlanMeeting)
        room = await self._room(meeting_id, makes)
        if isinstance(command, commands.OpenVote) and command.ballot == "secret":
            command = await self._with_box(room, command, actor)
        try:
            written = await room.submit(command, actor)
        finally:
            if makes and room.state.number == 0 and not self._closed:
                await self._let_go(meeting_id)
        return written[-1].number if written else room.state.number

    async def _with_box(self, room: Room, command: commands.OpenVote, actor: Actor) -> commands.OpenVote:
        """Whoever may open this secret ballot gets a box for it; a key is not made for anybody else."""
        if not rules.decide(room.state, replace(command, key="?"), actor, self._house.clock.now_ms()):
            return command  # said twice
        return replace(command, key=await self._house.boxes.make(room.meeting_id, command.motion_id))

    async def paper(
        self, meeting_id: str, actor: Actor, wish: commands.TakeBallot, blinded: bytes
    ) -> tuple[int, bytes]:
        """A secret ballot paper: the last number, and its blind signature. The same `blinded` may be asked for again.
        Raises what the rules raise, Invalid("vote.paper")."""
        paper = hashlib.sha256(blinded).hexdigest()
        number = await self.submit(meeting_id, actor, replace(wish, paper=paper))
        return number, await self._standing(meeting_id).box.paper(wish.motion_id, blinded)

    async def put_ballot(self, meeting_id: str, motion_id: str, ballot: SecretBallot) -> None:
        """Whose it is, nobody asks. NotFound("meeting.unknown") for a meeting that is not on, Refused, Invalid."""
        await self._standing(meeting_id).box.put(motion_id, ballot)

    async def plan(self, wish: commands.PlanMeeting, actor: Actor) -> str:
        """A new meeting; its id. Raises what the rules raise."""
        meeting_id = secrets.token_hex(8)
        await self.submit(meeting_id, actor, wish)
        return meeting_id

    async def ready(self, meeting_id: str) -> None:
        room = await self._room(meeting_id)
        room.used_ms = self._house.clock.monotonic_ms()

    async def state(self, meeting_id: str) -> State:
        return (await self._room(meeting_id)).state

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]:
        """All facts with a higher number; 0: the whole journal."""
        room = await self._room(meeting_id)
        kept = room.tail_after(number)
        return kept if kept is not None else await self._house.journal.read(meeting_id, number)

    async def settle(self, meeting_id: str) -> None:
        """The shared notes as they stand are in the record when this returns: before it is read out. Unavailable."""
        if self._house.notebook is not None:
            await self._house.notebook.settle(meeting_id)

    # ------------------------------------------------------------ questions

    def census(self) -> tuple[int, int, int]:
        """(meetings taken up, sessions in them, letters in their mailboxes)."""
        rooms = self._rooms.values()
        return len(rooms), sum(len(one.state.sessions) for one in rooms), sum(one.letters for one in rooms)

    def number(self, meeting_id: str) -> int:
        return self._standing(meeting_id).state.number

    def snapshot(self, meeting_id: str, person_id: str) -> Mapping[str, Any]:
        state = self._standing(meeting_id).state
        role = state.role(person_id)
        if role is None:
            raise NotFound("meeting.no_person")
        return views.snapshot(state, role)

    def role(self, meeting_id: str, person_id: str) -> Role | None:
        return self._standing(meeting_id).state.role(person_id)

    def person_of_session(self, meeting_id: str, session_id: str) -> str | None:
        return self._standing(meeting_id).person_of_session(session_id)

    def person_of_guest(self, meeting_id: str, waiting_id: str) -> str | None:
        return self._standing(meeting_id).state.admitted.get(waiting_id)

    def must_wait(self, meeting_id: str, person_id: str) -> bool:
        state = self._standing(meeting_id).state
        person = state.people.get(person_id)
        return person is not None and entering.must_wait(state, person)

    def told_waiting(self, meeting_id: str) -> str:
        return self._standing(meeting_id).state.told_waiting

    def is_on(self, meeting_id: str, session_id: str, source: Source) -> bool:
        session = self._standing(meeting_id).state.sessions.get(session_id)
        return session is not None and is_on(session, source)

    def loudness(self, meeting_id: str) -> Mapping[str, int]:
        return self._standing(meeting_id).loudness

    # ------------------------------------------------------------ connections

    def session_lost(self, meeting_id: str, session_id: str) -> None:
        if room := self._rooms.get(meeting_id):
            room.session_lost(session_id)

    def session_resumed(self, meeting_id: str, session_id: str) -> None:
        if room := self._rooms.get(meeting_id):
            room.session_resumed(session_id)

    # ------------------------------------------------------------ what the media plane tells

    def producer_opened(self, meeting_id: str, producer: Producer) -> None:
        self._told(meeting_id, "producer_opened", producer)

    def producer_changed(self, meeting_id: str, producer: Producer) -> None:
        self._told(meeting_id, "producer_changed", producer)

    def producer_closed(self, meeting_id: str, producer: Producer) -> None:
        self._told(meeting_id, "producer_closed", producer)

    def _told(self, meeting_id: str, kind: str, producer: Producer) -> None:
        if room := self._rooms.get(meeting_id):
            room.producer(kind, producer)

    def media_flows(self, meeting_id: str, session_id: str) -> None:
        if room := self._rooms.get(meeting_id):
            room.media_flows(session_id)

    def media_stopped(self, meeting_id: str, session_id: str, since_ms: int) -> None:
        if room := self._rooms.get(meeting_id):
            room.media_stopped(session_id, since_ms)

    def speakers(self, meeting_id: str, levels: Mapping[str, int]) -> None:
        if room := self._rooms.get(meeting_id):
            room.speakers(levels)

    def line_quality(self, meeting_id: str, session_id: str, level: str, reason: str) -> None:
        if room := self._rooms.get(meeting_id):
            room.hint(Hint("line", {"session_id": session_id, "level": level, "reason": reason}))

    def consumer_changed(self, session_id: str, consumer_id: str, paused: bool, reason: str, width_px: int) -> None:
        values = {"consumer_id": consumer_id, "paused": paused, "reason": reason, "width_px": width_px}
        for room in self._rooms.values():
            if session_id in room.state.sessions:
                room.hint(Hint("consumer", values), session_id)

    def plane_down(self, meeting_id: str, since_ms: int) -> None:
        if room := self._rooms.get(meeting_id):
            room.plane_down(since_ms)

    def plane_up(self, meeting_id: str, epoch: str) -> None:
        if room := self._rooms.get(meeting_id):
            room.plane_up(epoch)

    # ------------------------------------------------------------ taking up and letting go

    async def sweep(self) -> None:
        """Look at the clock once: graces that are over, rooms that are idle or whose mailbox died."""
        idle_since_ms = self._house.clock.monotonic_ms() - IDLE_MS
        for meeting_id, room in list(self._rooms.items()):
            if not room.alive:
                await self.take_up([meeting_id])
            elif room.is_quiet and room.used_ms <= idle_since_ms:
                await self._let_go(meeting_id)
            else:
                room.sweep()
        now_ms = self._house.clock.now_ms()
        over = [meeting_id for meeting_id, until_ms in self._deadlines.items() if until_ms <= now_ms]
        for meeting_id in over:
            del self._deadlines[meeting_id]
        await self.take_up(over)  # the next look at the clock closes the comments

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            await self.sweep()

    def _standing(self, meeting_id: str) -> Room:
        room = self._rooms.get(meeting_id)
        if room is None:
            raise NotFound("meeting.unknown")
        return room

    async def _room(self, meeting_id: str, makes: bool = False) -> Room:
        """Taken up once, however many ask; whoever stops waiting does not stop the others."""
        room = self._rooms.get(meeting_id)
        if room is not None and room.alive:
            return room
        if self._closed:
            raise Unavailable("room.closed")
        loading = self._loading.get(meeting_id)
        if loading is None:
            loading = asyncio.get_running_loop().create_future()
            loading.add_done_callback(_seen)
            self._loading[meeting_id] = loading
            self._tasks.start(f"take up {meeting_id}", self._load(meeting_id, makes, loading))
        return await asyncio.shield(loading)

    async def _load(self, meeting_id: str, makes: bool, loading: asyncio.Future[Room]) -> None:
        try:
            async with self._lock(meeting_id):
                room = await self._from_journal(meeting_id, makes)
                self._rooms[meeting_id] = room
        except BalaiError as error:
            loading.set_exception(error)
        else:
            loading.set_result(room)
        finally:
            del self._loading[meeting_id]
            if not loading.done():
                loading.set_exception(Unavailable("room.closed"))

    async def _from_journal(self, meeting_id: str, makes: bool) -> Room:
        journal, before = self._house.journal, self._rooms.get(meeting_id)
        alive_ms = await journal.take_lease(meeting_id)
        try:
            written = await journal.read(meeting_id)
        except NotFound:
            if not makes:
                await journal.give_lease(meeting_id)
                raise NotFound("meeting.unknown") from None
            written = ()
        room = Room(replay(meeting_id, written), written[-TAIL:], self._house)
        if before is not None:
            room.inherit(before)
            await before.close()
        elif room.state.sessions:
            # A writer that ended in order left a last fact when it did (Room.close).
            since_ms = max(alive_ms or 0, room.state.at_ms)
            flowing = self._house.plane.sessions(meeting_id)
            kept = tuple(one for one, from_ms in flowing.items() if from_ms is not None and from_ms <= since_ms)
            await room.submit(commands.ReportInterruption(since_ms, kept), SERVER)
            room.await_return(since_ms)
            room.find_media()
        return room

    async def _let_go(self, meeting_id: str) -> None:
        async with self._lock(meeting_id):
            room = self._rooms.get(meeting_id)
            if room is None or not (room.is_quiet or self._closed):
                return
            await room.close()
            if room.state.minutes.stage == "comments":
                self._deadlines[meeting_id] = room.state.minutes.until_ms
            del self._rooms[meeting_id]
            if self._house.notebook is not None:
                await self._house.notebook.forget(meeting_id)
            await self._house.journal.give_lease(meeting_id)

    @asynccontextmanager
    async def put_away(self, meeting_id: str) -> AsyncIterator[None]:
        """Nobody takes the meeting up while this is open. Refused("room.busy") while somebody is in its room."""
        async with self._lock(meeting_id):
            room = self._rooms.get(meeting_id)
            if room is not None:
                if not room.is_quiet:
                    raise Refused("room.busy")
                await room.close()
                del self._rooms[meeting_id]
                await self._house.journal.give_lease(meeting_id)
            yield

    def _lock(self, meeting_id: str) -> asyncio.Lock:
        lock = self._locks.get(meeting_id)
        if lock is None:
            lock = self._locks[meeting_id] = asyncio.Lock()
        return lock


def _seen(loading: asyncio.Future[Room]) -> None:
    """Everybody who asked may have gone; a failure is no surprise then."""
    if not loading.cancelled():
        loading.exception()
