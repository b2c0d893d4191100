"""One meeting's mailbox: wishes are decided one after the other, journalled, and only then seen by anybody.

Holds the graces of sessions whose line dropped. It decides nothing itself (rules.py) and reads time from its Clock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from server.clock import Clock
from server.errors import BalaiError, Conflict, Unavailable
from server.meeting import commands, facts, procedure
from server.meeting.batch import Batch
from server.meeting.commands import SERVER, Actor, Command
from server.meeting.facts import NumberedFact
from server.meeting.ports import Audience, BallotBoxes, Hint, Journal, MediaPlane, Notebook, Producer, Recorder
from server.meeting.room_box import RoomBox
from server.meeting.room_media import RoomMedia
from server.meeting.room_voices import RoomVoices
from server.meeting.state import State, apply
from server.meeting.writing import ADOPTING
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

MAILBOX = 512  # letters; what comes on top is refused with room.busy and kept by its sender
BATCH = 64  # letters that share one durable write
TAIL = 2_048  # facts kept for those who come back; older ones are read from the journal
PROVE_MS = 20_000  # after the media process is back: until then a session's media must flow again

GOODBYES = ("removed", "replaced", "closed")


@dataclass(frozen=True, slots=True)
class Graces:
    """How long a session is kept whose connection dropped: in general, and after the server was started anew."""

    lost_ms: int = 8_000
    restart_ms: int = 15_000


@dataclass(frozen=True, slots=True)
class House:
    """What every room works with."""

    journal: Journal
    plane: MediaPlane
    audience: Audience
    clock: Clock
    boxes: BallotBoxes
    graces: Graces = Graces()
    notebook: Notebook | None = None
    recorder: Recorder | None = None


@dataclass(frozen=True, slots=True)
class _Letter:
    command: Command
    actor: Actor
    answer: asyncio.Future[tuple[NumberedFact, ...]]

    def reply(self, answer: tuple[NumberedFact, ...] | BalaiError) -> None:
        """The asker may have gone away; what they wanted is done nevertheless."""
        if self.answer.done():
            return
        if isinstance(answer, BalaiError):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


@dataclass(frozen=True, slots=True)
class _Grace:
    until_ms: int  # monotonic
    since_ms: int  # wall clock: when the line dropped


class Room:
    """The one owner of one meeting's state. Made by rooms.py, which holds the meeting's lease."""

    def __init__(self, state: State, tail: Sequence[NumberedFact], house: House) -> None:
        self.meeting_id = state.meeting_id
        self.state = state
        self.loudness: Mapping[str, int] = {}
        self.used_ms = house.clock.monotonic_ms()
        self._house = house
        self._clock = house.clock
        self._tail: deque[NumberedFact] = deque(tail, maxlen=TAIL)
        self._letters: deque[_Letter] = deque()
        self._batch: list[_Letter] = []  # being carried out
        self._own: dict[tuple[str, str], Command] = {}  # the server's own wishes: the newest of each kind and session
        self._leaving: frozenset[str] = frozenset()  # sessions whose end is being written
        self._graces: dict[str, _Grace] = {}
        self._unproven: dict[str, int] = {}  # session_id -> media gone since; must flow again in the new process
        self._prove_by_ms: int | None = None
        self._wake = asyncio.Event()
        self._closing = False
        self._voices = RoomVoices(lambda: self.state, self._clock, self.hint)
        self._media = RoomMedia(self.meeting_id, house.plane, lambda: self.state)
        self.box = RoomBox(
            house.boxes, lambda: self.state, house.clock, lambda wish: self._post("ballots", wish.motion_id, wish)
        )
        self._tasks = TaskOwner(f"room {self.meeting_id}")
        self._worker = self._tasks.start("mailbox", self._work())
        self._tasks.start("media", self._media.run())
        self._tasks.start("ballots", self.box.run())
        self._look_at_recording()

    # ------------------------------------------------------------ asking

    @property
    def alive(self) -> bool:
        return not self._closing and not self._worker.done()

    @property
    def letters(self) -> int:
        """Wishes that wait."""
        return len(self._letters)

    @property
    def is_quiet(self) -> bool:
        """Nobody is in it, waits before it, or wants anything."""
        return not (self.state.sessions or self.state.waiting or self._letters or self._own)

    async def submit(self, command: Command, actor: Actor) -> tuple[NumberedFact, ...]:
        """What it led to, once durable and told; () if all of it was so already. Raises what the rules raise,
        Unavailable("room.busy") when the mailbox is full, Unavailable("room.closed") when the room ends."""
        if not self.alive:
            raise Unavailable("room.closed")
        if len(self._letters) >= MAILBOX:
            raise Unavailable("room.busy")
        self.used_ms = self._clock.monotonic_ms()
        answer: asyncio.Future[tuple[NumberedFact, ...]] = asyncio.get_running_loop().create_future()
        self._letters.append(_Letter(command, actor, answer))
        self._wake.set()
        return await answer

    def tail_after(self, number: int) -> tuple[NumberedFact, ...] | None:
        """The facts after `number`, None if they reach further back than what is kept here."""
        if number >= self.state.number:
            return ()
        if not self._tail or self._tail[0].number > number + 1:
            return None
        return tuple(one for one in self._tail if one.number > number)

    def person_of_session(self, session_id: str) -> str | None:
        """None when it is over, or is ending."""
        session = self.state.sessions.get(session_id)
        return None if session is None or session_id in self._leaving else session.person_id

    # ------------------------------------------------------------ connections

    def session_lost(self, session_id: str) -> None:
        """Its line dropped: the grace begins."""
        if session_id in self.state.sessions:
            self._keep(session_id, self._house.graces.lost_ms, self._clock.now_ms())

    def session_resumed(self, session_id: str) -> None:
        self.used_ms = self._clock.monotonic_ms()
        self._graces.pop(session_id, None)
        self._own.pop(("leave", session_id), None)

    def await_return(self, since_ms: int) -> None:
        """The server was started anew: every session may come back for a while."""
        for session_id in self.state.sessions:
            self._keep(session_id, self._house.graces.restart_ms, since_ms)

    def _keep(self, session_id: str, grace_ms: int, since_ms: int) -> None:
        self._graces[session_id] = _Grace(self._clock.monotonic_ms() + grace_ms, since_ms)

    def sweep(self) -> None:
        """Look at the clock: whose grace is over, and whose media did not come back. Called a few times a second."""
        now_ms = self._clock.monotonic_ms()
        for session_id, grace in list(self._graces.items()):
            if now_ms >= grace.until_ms:
                del self._graces[session_id]
                self._post("leave", session_id, commands.Leave(session_id, "lost", grace.since_ms))
        if (wish := procedure.due(self.state, self._clock.now_ms())) is not None:
            self._post("due", "", wish)
        self.box.look()
        self._voices.tell()
        if self._prove_by_ms is not None and now_ms >= self._prove_by_ms:
            for session_id, since_ms in self._unproven.items():
                self._post("presence", session_id, commands.LosePresence(session_id, since_ms))
            self._unproven, self._prove_by_ms = {}, None
        if self._own:
            self._wake.set()  # what could not be written is tried again

    # ------------------------------------------------------------ the media plane

    def media_flows(self, session_id: str) -> None:
        self._unproven.pop(session_id, None)
        self._post("presence", session_id, commands.ConfirmPresence(session_id, "media"))

    def media_stopped(self, session_id: str, since_ms: int) -> None:
        self._unproven.pop(session_id, None)
        self._post("presence", session_id, commands.LosePresence(session_id, since_ms))

    def find_media(self) -> None:
        """After a start: what the media plane kept for this meeting is brought to what the state says."""
        for session_id, from_ms in self._house.plane.sessions(self.meeting_id).items():
            if from_ms is not None and session_id in self.state.sessions:
                self.media_flows(session_id)
                self._post("plane_up", "", commands.ReportMediaUp())
        self._media.look()

    def plane_down(self, since_ms: int) -> None:
        sessions = self.state.sessions.values()
        self._unproven = {one.session_id: since_ms for one in sessions if one.evidence == "media"}
        self._prove_by_ms = None
        self.speakers({})
        if self.state.status == "open" and self.state.sessions:
            self._post("plane_down", "", commands.ReportMediaDown(since_ms))
        self.hint(Hint("plane_down"))

    def plane_up(self, epoch: str) -> None:
        self._prove_by_ms = self._clock.monotonic_ms() + PROVE_MS
        self._post("plane_up", "", commands.ReportMediaUp())  # gives nothing where nothing was interrupted
        self._media.look()
        self._look_at_recording()
        self.hint(Hint("plane_up", {"epoch": epoch}))

    def producer(self, kind: str, producer: Producer) -> None:
        """`kind`: producer_opened, producer_changed or producer_closed."""
        values = {name: getattr(producer, name) for name in ("producer_id", "session_id", "source", "kind", "paused")}
        self.hint(Hint(kind, values))
        self._media.look()
        self._look_at_recording()

    def _look_at_recording(self) -> None:
        if self._house.recorder is not None and self.state.recording.taken:
            self._house.recorder.look(self.state)

    def speakers(self, levels: Mapping[str, int]) -> None:
        self.loudness = dict(levels)
        self._voices.hear(self.loudness)
        self.hint(Hint("speakers", {"levels": self.loudness}))

    def hint(self, hint: Hint, session_id: str | None = None) -> None:
        self._house.audience.hint(self.meeting_id, hint, session_id)

    # ------------------------------------------------------------ ending

    async def close(self, *, media_go_on: bool = False) -> None:
        """Answer what was asked, then stop. A meeting whose media end with it is marked: the gap has a beginning."""
        if self.alive:
            self._measure_speaking()
        if not media_go_on and self.alive and self.state.status == "open" and self.state.sessions:
            self._post("plane_down", "", commands.ReportMediaDown(self._clock.now_ms()))
        self._closing = True
        self._wake.set()
        await asyncio.wait([self._worker])
        await self._tasks.close()

    def inherit(self, before: Room) -> None:
        """Take over from a room whose mailbox died in this process: nobody's line dropped, so nothing was lost."""
        self._graces = {key: grace for key, grace in before._graces.items() if key in self.state.sessions}
        self._own = dict(before._own)
        self._unproven, self._prove_by_ms = before._unproven, before._prove_by_ms
        self.loudness = before.loudness
        missed = [one for one in self._tail if one.number > before.state.number]
        self._tell(missed)
        self._wake.set()

    # ------------------------------------------------------------ the mailbox

    def _post(self, kind: str, session_id: str, command: Command) -> None:
        """The server's own wish: never refused, at most one of each kind and session, the newest wins."""
        self._own.pop((kind, session_id), None)
        self._own[kind, session_id] = command
        self._wake.set()

    async def _work(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._letters or self._own:
                    if not await self._carry_out():
                        break
                if self._closing:
                    return
        except Conflict as moved:  # another process writes this meeting now; what we know is no longer the record
            log.warning("room lost its meeting", meeting=self.meeting_id, code=moved.code)
            self._refuse_all(moved)
        finally:
            self._refuse_all(Unavailable("room.closed"))

    def _refuse_all(self, error: BalaiError) -> None:
        for letter in (*self._batch, *self._letters):
            letter.reply(error)
        self._letters.clear()

    async def _carry_out(self) -> bool:
        """One batch; False if the journal could not write just now."""
        self._batch = [self._letters.popleft() for _ in range(min(BATCH, len(self._letters)))]
        if any(self._voices.ends(letter.command, letter.actor) for letter in self._batch):
            self._measure_speaking()
        own, self._own = self._own, {}
        notebook = self._house.notebook
        wanted = (*own.values(), *(letter.command for letter in self._batch))
        if notebook is None or not any(type(command) in ADOPTING for command in wanted):
            return await self._decide(own, {})
        try:
            texts = await notebook.hold(self.meeting_id)
        except BalaiError as error:
            return self._put_off(own, error)
        written = False
        try:
            written = await self._decide(own, texts)
        finally:
            notebook.release(self.meeting_id, adopted=written)
        return written

    def _put_off(self, own: dict[tuple[str, str], Command], error: BalaiError) -> bool:
        """Nothing of this batch was written: what others wished is refused, the server's own is tried again."""
        self._own = own | self._own
        for letter in self._batch:
            letter.reply(error)
        return False

    async def _decide(self, own: dict[tuple[str, str], Command], texts: Mapping[str, str]) -> bool:
        """`texts`: of the shared notes, as they go into the record before anything else."""
        now_ms = max(self._clock.now_ms(), self.state.at_ms)  # facts' times never run back, even if the clock does
        batch = Batch(self.state, now_ms)
        for item_id, text in texts.items():
            batch.take(commands.AdoptNotes(item_id, text), SERVER)  # refused once the minutes are approved
        for command in own.values():
            batch.take(command, SERVER)  # a report of a session that is over meanwhile is of no consequence
        outcomes = [batch.take(letter.command, letter.actor) for letter in self._batch]
        self._leaving = frozenset(fact.session_id for fact in batch.led_to if isinstance(fact, facts.Left))
        try:
            written = await self._write(batch, now_ms)
        except BalaiError as error:
            put_off = self._put_off(own, error)
            if isinstance(error, Conflict):
                raise
            return put_off
        finally:
            self._leaving = frozenset()
        self._tell(written)
        for letter, outcome in zip(self._batch, outcomes, strict=True):
            letter.reply(outcome.error or written[outcome.first : outcome.end])
        self._batch = []
        return True

    def _measure_speaking(self) -> None:
        """What was heard so far is written with the next batch, together with what could not be written before."""
        before = self._own.get(("speaking", ""))
        if (wish := self._voices.report(before)) is not None:
            self._post("speaking", "", wish)

    async def _write(self, batch: Batch, now_ms: int) -> tuple[NumberedFact, ...]:
        if not batch.led_to:
            return ()
        written = await self._house.journal.append(self.meeting_id, self.state.number, now_ms, batch.led_to)
        if tuple(one.fact for one in written) == tuple(batch.led_to):
            self.state = batch.state
        else:  # the journal wrote into some of them what only it knows: the number of a letter
            for one in written:
                self.state = apply(self.state, one)
        self._tail.extend(written)
        return written

    def _tell(self, written: Sequence[NumberedFact]) -> None:
        if not written:
            return
        self._house.audience.facts(self.meeting_id, written)
        for numbered in written:
            fact = numbered.fact
            if isinstance(fact, facts.Left):
                self._graces.pop(fact.session_id, None)
                self._unproven.pop(fact.session_id, None)
                if fact.reason in GOODBYES:
                    self._house.audience.dismissed(self.meeting_id, fact.session_id, fact.reason)
        self._media.note(written)
        self.box.look()
        self._look_at_recording()
