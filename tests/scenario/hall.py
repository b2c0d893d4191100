"""A hall for scenarios: real rooms and rules on a fake clock, a journal in memory and a plane without packets.

People are spoken of in sentences (`await alice.joins()`); time passes when told (`await hall.passes(seconds=9)`), never
by waiting. No test lives here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from server.errors import BalaiError, Unavailable
from server.meeting import commands as c
from server.meeting.attendance import Attendance, Attendee, attendance
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact, Method, StatementKind
from server.meeting.ports import Kind, Producer, Source
from server.meeting.rooms import Rooms
from server.meeting.state import State
from server.notes.desk import NotesDesk
from tests.factories import ALICE, BUDI, CHAIR, OBSERVER, OFFICE, SECRETARY, plan
from tests.fakes import (
    FakeClock,
    FakeMediaPlane,
    MemoryBoxes,
    MemoryJournal,
    MemoryShelf,
    MemoryStore,
    NoReaders,
    RecordingAudience,
)
from tests.writer import Writer

MEETING = "m1"
_KINDS: dict[Source, Kind] = {"microphone": "audio", "camera": "video", "screen": "video", "screen_audio": "audio"}
_SWITCHES: dict[str, Callable[[str, bool], Command]] = {
    "microphone": c.SetMicrophone,
    "camera": c.SetCamera,
    "screen": c.SetScreen,
}


class Hall:
    """One planned meeting at nine o'clock, and the machine that serves it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore()
        self.audience = RecordingAudience()
        self.kept: dict[str, dict[str, list[tuple[int, bytes]]]] = {}
        self.readers = NoReaders()
        self.boxes = MemoryBoxes()
        self._begin()
        self.chair = Participant(self, CHAIR)
        self.secretary = Participant(self, SECRETARY)
        self.alice = Participant(self, ALICE)
        self.budi = Participant(self, BUDI)
        self.observer = Participant(self, OBSERVER)

    def _begin(self, plane: FakeMediaPlane | None = None) -> None:
        self.journal = MemoryJournal(self.store, self.clock)
        self.plane = plane or FakeMediaPlane()
        self.shelf = MemoryShelf(self.kept)
        self.notes = NotesDesk(self.shelf, self.readers, self.clock)
        self.rooms = Rooms(self.journal, self.plane, self.audience, self.clock, boxes=self.boxes, notebook=self.notes)
        self.notes.serve(self.rooms)

    async def plans_a_meeting(self) -> None:
        await self.rooms.submit(MEETING, OFFICE, plan())

    async def submit(self, who: Actor, command: Command) -> int:
        return await self.rooms.submit(MEETING, who, command)

    async def settles(self) -> None:
        """Everything that is under way comes to its end."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def passes(self, seconds: float = 0, minutes: float = 0) -> None:
        self.clock.advance(round((seconds + 60 * minutes) * 1_000))
        await self.rooms.sweep()
        await self.notes.sweep()
        await self.settles()

    async def is_killed(self) -> None:
        """As by SIGKILL: nothing more is written, leases stay behind; connections are gone with it."""
        self.journal.kill()
        self.journal.failing = AssertionError("the dead do not write")
        self.shelf.failing = Unavailable("store.closed")

    async def comes_back(self, plane: FakeMediaPlane | None = None) -> None:
        """plane: a media process that was not killed with it."""
        self._begin(plane)
        await self.rooms.take_up([MEETING])
        await self.settles()

    async def shuts_down_in_order(self, *, keep: bool = False) -> None:
        """keep: the media process goes on."""
        await self.rooms.close(keep=keep)
        self.journal.kill()  # what was not given back is known to be left behind

    async def media_process_dies(self) -> None:
        self.plane.die()
        self.rooms.plane_down(MEETING, self.clock.now_ms())
        await self.settles()

    async def media_process_is_back(self) -> None:
        self.rooms.plane_up(MEETING, self.plane.revive())
        await self.settles()

    # ------------------------------------------------------------ what is known

    async def state(self) -> State:
        return await self.rooms.state(MEETING)

    @property
    def record(self) -> list[Fact]:
        return [one.fact for one in self.store.facts[MEETING]]

    @property
    def told(self) -> list[Fact]:
        return [one.fact for one in self.audience.told.get(MEETING, [])]

    def attendance(self) -> Attendance:
        return attendance(self.store.facts[MEETING], self.clock.now_ms())

    def guest(self, waiting_id: str) -> Participant:
        return Participant(self, f"guest-{waiting_id}")


class Participant:
    """Somebody with a browser."""

    def __init__(self, hall: Hall, person_id: str) -> None:
        self.hall = hall
        self.person_id = person_id
        self.devices = 0
        self.session_id = ""

    def _is_me(self, session_id: str | None = None) -> Actor:
        return Actor(self.person_id, self.session_id if session_id is None else session_id)

    async def wants(self, command: Command) -> int:
        return await self.hall.submit(self._is_me(), command)

    # ------------------------------------------------------------ coming and going

    async def joins(self) -> None:
        """Comes in with a new device; its media path is not there yet."""
        session_id = f"{self.person_id}-{self.devices + 1}"
        await self.hall.submit(self._is_me(session_id), c.Join(session_id))
        self.devices += 1
        self.session_id = session_id
        if not self.hall.plane.down:
            await self.hall.plane.admit(MEETING, session_id)

    async def joins_with_media(self) -> None:
        await self.joins()
        await self.media_flows()

    async def media_flows(self) -> None:
        self.hall.rooms.media_flows(MEETING, self.session_id)
        await self.hall.settles()

    async def media_stops(self, seconds_ago: float = 0) -> None:
        since_ms = self.hall.clock.now_ms() - round(seconds_ago * 1_000)
        self.hall.rooms.media_stopped(MEETING, self.session_id, since_ms)
        await self.hall.settles()

    async def leaves(self) -> None:
        await self.wants(c.Leave(self.session_id, "left"))

    async def line_drops(self) -> None:
        self.hall.rooms.session_lost(MEETING, self.session_id)
        await self.hall.settles()

    async def line_is_back(self) -> bool:
        """Whether the session could be resumed."""
        await self.hall.rooms.ready(MEETING)
        if self.hall.rooms.person_of_session(MEETING, self.session_id) != self.person_id:
            return False
        self.hall.rooms.session_resumed(MEETING, self.session_id)
        return True

    async def says_i_am_here(self) -> None:
        await self.wants(c.ConfirmPresence(self.session_id, "act"))

    # ------------------------------------------------------------ in the room

    async def turns(self, what: str, on: bool = True) -> None:
        await self.wants(_SWITCHES[what](self.session_id, on))
        await self.hall.settles()

    async def turns_off(self, what: str, of: Participant) -> None:
        await self.wants(_SWITCHES[what](of.session_id, False))
        await self.hall.settles()

    async def sends(self, source: Source) -> Producer:
        producer = await self.hall.plane.produce(self.session_id, source, _KINDS[source], {})
        self.hall.rooms.producer_opened(MEETING, producer)
        await self.hall.settles()
        return producer

    async def says(self, text: str, chat_id: str = "") -> None:
        await self.wants(c.Say(chat_id or f"{self.person_id}:{text}", text))

    async def raises_a_hand(self) -> None:
        await self.wants(c.RaiseHand())

    async def removes(self, whom: Participant) -> None:
        await self.wants(c.RemovePerson(whom.person_id))
        await self.hall.settles()

    # ------------------------------------------------------------ leading

    async def opens_the_meeting(self) -> None:
        await self.wants(c.OpenMeeting())

    async def closes_the_meeting(self) -> None:
        await self.wants(c.CloseMeeting())
        await self.hall.settles()

    async def takes_up(self, item_id: str) -> None:
        await self.wants(c.OpenItem(item_id))

    async def locks_the_room(self, locked: bool = True) -> None:
        await self.wants(c.LockRoom(locked))

    async def admits(self, waiting_id: str) -> Participant:
        await self.wants(c.AdmitGuest(waiting_id))
        return self.hall.guest(waiting_id)

    async def refuses(self, waiting_id: str) -> None:
        await self.wants(c.RefuseGuest(waiting_id))

    # ------------------------------------------------------------ writing

    @property
    def actor(self) -> Actor:
        return Actor(self.person_id, self.session_id)

    def opens_notes(self, item_id: str) -> Writer:
        return Writer(self.hall.notes, MEETING, self.actor, item_id)

    async def writes_notes(self, item_id: str, text: str) -> None:
        """A paragraph at the end."""
        writer = self.opens_notes(item_id)
        await writer.synchronises()
        writer.types(text)
        await writer.sends()

    async def records_decision(self, text: str, item_id: str = "", method: Method = "mufakat") -> None:
        await self.wants(c.RecordDecision(f"d:{text}", item_id, text, method))

    async def records_action(self, what: str, who: str, due: str = "", item_id: str = "") -> None:
        await self.wants(c.RecordAction(f"a:{what}", item_id, what, who, due))

    async def records_statement(self, what: StatementKind, who: str, text: str, item_id: str = "") -> None:
        await self.wants(c.RecordStatement(f"q:{text}", what, item_id, who, text))

    # ------------------------------------------------------------ what is known of them

    @property
    def attended(self) -> Attendee:
        return next(one for one in self.hall.attendance().attendees if one.person_id == self.person_id)

    @property
    def seconds(self) -> list[tuple[float, float]]:
        """When they were there, in seconds after the opening."""
        opened_ms = self.hall.attendance().opened_ms
        return [((one.from_ms - opened_ms) / 1e3, (one.to_ms - opened_ms) / 1e3) for one in self.attended.intervals]

    async def is_in(self) -> bool:
        return (await self.hall.state()).session_of(self.person_id) is not None

    def sees(self) -> dict[str, Any]:
        return dict(self.hall.rooms.snapshot(MEETING, self.person_id))


async def code_of(wish: Awaitable[object]) -> str:
    """The code that this wish is refused with, "" if it is not."""
    try:
        await wish
    except BalaiError as error:
        return error.code
    return ""
