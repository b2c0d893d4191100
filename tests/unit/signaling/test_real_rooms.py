"""The same conversation with the real mailboxes behind it: Rooms is what signaling takes it for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from server.identity.ports import Admission
from server.meeting import commands
from server.meeting.facts import Left, ServiceInterrupted
from server.meeting.ports import Producer
from server.meeting.room import Handle, Surroundings
from server.meeting.rooms import Rooms
from server.tasks import TaskOwner
from signaling.watchers import Watchers
from tests.unit.signaling.conftest import PEOPLE, Browser, Server
from tests.unit.signaling.house import OFFICE, PLAN, MemoryJournal
from tests.unit.signaling.test_protocol import rows

Browsers = Callable[..., Browser]


class Timers:
    """Graces that end when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Alarm] = []

    def __call__(self, delay_s: float, act: Callable[[], None], /) -> Handle:
        self.waiting.append(Alarm(self, act))
        return self.waiting[-1]

    def ring(self) -> None:
        for alarm in self.waiting.copy():
            alarm.cancel()
            alarm.act()


class Alarm:
    def __init__(self, timers: Timers, act: Callable[[], None]) -> None:
        self.timers = timers
        self.act = act

    def cancel(self) -> None:
        if self in self.timers.waiting:
            self.timers.waiting.remove(self)


class RealServer(Server):
    """A server whose meetings are real; only the journal's disk and the clock are not."""

    rooms: Rooms

    def __init__(self) -> None:
        super().__init__()
        self.journal = MemoryJournal()
        self.timers = Timers()
        self.meeting_id = ""

    async def start(self) -> None:
        self.work = TaskOwner("rooms")
        around = Surroundings(self.journal, self.watchers, self.plane, self.clock, self.timers)
        self.rooms = Rooms(around, self.work)
        if not self.meeting_id:
            self.meeting_id = await self.rooms.plan(PLAN, OFFICE)
            for name, person_id in PEOPLE.items():
                self.door.issue(Admission(self.meeting_id, person_id=person_id), name, 0)
        await super().start()

    async def dies(self) -> None:
        """Without putting anything down."""
        await self.stop()
        self.timers.waiting.clear()
        self.journal.alive_ms = self.clock.now_ms()
        self.watchers = Watchers()

    async def stop(self) -> None:
        await super().stop()
        await self.work.close()

    def happened(self, kind: type) -> list[object]:
        return [one.fact for one in self.journal.rows[self.meeting_id] if isinstance(one.fact, kind)]


@pytest.fixture
async def server() -> AsyncIterator[RealServer]:
    server = RealServer()
    await server.start()
    yield server
    await server.stop()


async def test_a_line_comes_back_within_the_grace_without_a_trace(server: RealServer, browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    entered = await ani.joins()
    await sri.joins()
    await sri.command("say", chat_id="c1", text="Selamat pagi")
    server.watchers.watching(server.meeting_id, ani.session_id)
    await ani.socket.disconnect()
    await sri.command("say", chat_id="c2", text="Anda masih di sana?")
    assert len(server.timers.waiting) == 1
    resumed = await ani.returns(entered["number"])
    assert [fact["text"] for fact in resumed["facts"] if fact["kind"] == "ChatSaid"][-1] == "Anda masih di sana?"
    assert server.timers.waiting == []
    assert server.happened(Left) == []


async def test_a_line_that_stays_away_is_an_end(server: RealServer, browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    await ani.joins()
    await sri.joins()
    await ani.socket.disconnect()
    await sri.command("raise_hand")
    server.timers.ring()
    assert (await sri.told_fact("Left"))["reason"] == "lost"


async def test_a_killed_server_goes_on_where_it_was(server: RealServer, browsers: Browsers) -> None:
    ani = browsers("participant")
    entered = await ani.joins()
    await ani.command("say", chat_id="c1", text="Sebelum mati")
    await server.dies()
    server.clock.at_ms += 4_000
    await server.start()
    resumed = await ani.returns(entered["number"])
    assert resumed["you"] == entered["you"]
    assert [fact["kind"] for fact in resumed["facts"]] == ["ChatSaid", "ServiceInterrupted"]
    assert server.happened(ServiceInterrupted) == [ServiceInterrupted(server.clock.at_ms - 4_000)]
    assert server.timers.waiting == []


async def test_what_the_media_plane_tells_arrives_as_documented(server: RealServer, browsers: Browsers) -> None:
    ani = browsers("participant")
    await ani.joins()
    producer = Producer("p", ani.session_id, "camera", "video")
    rooms = server.rooms
    for tell in (rooms.producer_opened, rooms.producer_changed, rooms.producer_closed):
        tell(server.meeting_id, producer)
        await ani.command("raise_hand")  # so that the next hint about the same thing does not replace this one
    rooms.speakers(server.meeting_id, {ani.session_id: 70})
    rooms.consumer_changed(ani.session_id, "c", True, "bandwidth", 0)
    rooms.plane_down(server.clock.now_ms())
    await ani.told_fact("MediaInterrupted")
    rooms.plane_up("e2")
    await ani.told_fact("MediaRestored")
    await ani.command("lower_hand", person_id=PEOPLE["participant"])
    heard = {payload["kind"]: set(payload["values"]) for event, payload in ani.events if event == "hint"}
    assert set(heard) == set(rows("Hints"))
    whole = {"producer_id", "session_id", "source", "kind", "paused"}
    assert heard["producer_opened"] == heard["producer_changed"] == heard["producer_closed"] == whole
    assert heard["consumer"] == {"consumer_id", "paused", "reason", "width_px"}
    assert (heard["speakers"], heard["plane_down"], heard["plane_up"]) == ({"levels"}, set(), {"epoch"})


async def test_media_that_flow_confirm_presence(server: RealServer, browsers: Browsers) -> None:
    ani = browsers("participant")
    await ani.joins()
    server.rooms.media_flows(server.meeting_id, ani.session_id)
    assert (await ani.told_fact("PresenceConfirmed"))["evidence"] == "media"


async def test_the_meeting_that_is_not_there_is_not_found(server: RealServer, browsers: Browsers) -> None:
    server.door.issue(Admission("elsewhere", person_id="p1"), "lost", 0)
    lost = browsers("lost")
    await lost.connects()
    assert (await lost.enters())["error"]["code"] == "meeting.unknown"
    assert commands.Join.__name__ not in str(server.journal.rows)
