"""The same conversation with the real mailboxes behind it: Rooms is what signaling takes it for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from server.identity.ports import Admission
from server.meeting import commands
from server.meeting.facts import BallotGranted, Left, ServiceInterrupted, VoteOpened
from server.meeting.ports import Producer
from server.meeting.rooms import Rooms
from signaling.watchers import Watchers
from tests import voter
from tests.fakes import MemoryBoxes, MemoryJournal, MemoryStore
from tests.unit.signaling.conftest import PEOPLE, Browser, Server
from tests.unit.signaling.house import OFFICE, PLAN
from tests.unit.signaling.test_protocol import rows

Browsers = Callable[..., Browser]


class RealServer(Server):
    """A server whose meetings are real; only the journal's disk and the clock are not."""

    rooms: Rooms

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore()
        self.meeting_id = "real"
        for name, person_id in PEOPLE.items():
            self.door.issue(Admission(self.meeting_id, person_id=person_id), name, 0)

    async def start(self) -> None:
        self.journal = MemoryJournal(self.store, self.clock)
        self.rooms = Rooms(self.journal, self.plane, self.watchers, self.clock, boxes=MemoryBoxes())
        if not self.store.facts:
            await self.rooms.submit(self.meeting_id, OFFICE, PLAN)
        await super().start()

    def law(self) -> Rooms:
        return self.rooms

    async def stop(self) -> None:
        await super().stop()
        await self.rooms.close()

    async def dies(self) -> None:
        """Nothing is put down in order: the facts and the lease are as they were."""
        facts, holders = {key: list(rows) for key, rows in self.store.facts.items()}, dict(self.store.holders)
        self.journal.kill()
        await self.stop()
        self.store.facts, self.store.holders = facts, holders
        self.watchers = Watchers()

    def happened(self, kind: type) -> list[object]:
        return [one.fact for one in self.store.facts[self.meeting_id] if isinstance(one.fact, kind)]


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
    await ani.socket.disconnect()
    await sri.command("say", chat_id="c2", text="Anda masih di sana?")
    resumed = await ani.returns(entered["number"])
    assert [fact["text"] for fact in resumed["facts"] if fact["kind"] == "ChatSaid"][-1] == "Anda masih di sana?"
    server.clock.advance(60_000)
    await server.rooms.sweep()
    await sri.command("say", chat_id="c3", text="Baik")
    assert server.happened(Left) == []


async def test_a_line_that_stays_away_is_an_end(server: RealServer, browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    await ani.joins()
    await sri.joins()
    await ani.socket.disconnect()
    await sri.command("raise_hand")
    server.clock.advance(60_000)
    await server.rooms.sweep()
    assert (await sri.told_fact("Left"))["reason"] == "lost"


async def test_a_killed_server_goes_on_where_it_was(server: RealServer, browsers: Browsers) -> None:
    ani = browsers("participant")
    entered = await ani.joins()
    await ani.command("say", chat_id="c1", text="Sebelum mati")
    await server.dies()
    server.clock.advance(4_000)
    await server.start()
    resumed = await ani.returns(entered["number"])
    assert resumed["you"] == entered["you"]
    assert [fact["kind"] for fact in resumed["facts"]] == ["ChatSaid", "ServiceInterrupted"]
    assert server.happened(ServiceInterrupted) == [ServiceInterrupted(server.clock.now_ms() - 4_000)]


async def test_what_the_media_plane_tells_arrives_as_documented(server: RealServer, browsers: Browsers) -> None:
    ani, sri = browsers("participant"), browsers("chair")
    await sri.joins()
    await sri.command("open_meeting")
    await ani.joins()
    producer = Producer("p", ani.session_id, "camera", "video")
    rooms = server.rooms
    for tell in (rooms.producer_opened, rooms.producer_changed, rooms.producer_closed):
        tell(server.meeting_id, producer)
        await ani.command("raise_hand")  # so that the next hint about the same thing does not replace this one
    rooms.speakers(server.meeting_id, {ani.session_id: 70})
    server.clock.advance(5_000)
    await rooms.sweep()
    rooms.line_quality(server.meeting_id, ani.session_id, "poor", "loss")
    await ani.command("raise_hand")
    rooms.consumer_changed(ani.session_id, "c", True, "bandwidth", 0)
    rooms.plane_down(server.meeting_id, server.clock.now_ms())
    await ani.told_fact("MediaInterrupted")
    rooms.plane_up(server.meeting_id, "e2")
    await ani.told_fact("MediaRestored")
    await ani.command("lower_hand", person_id=PEOPLE["participant"])
    heard = {payload["kind"]: set(payload["values"]) for event, payload in ani.events if event == "hint"}
    assert set(heard) == set(rows("Hints")) - {"spoken"}
    await sri.command("raise_hand")  # so that whatever was told before is there
    led = {payload["kind"]: payload["values"] for event, payload in sri.events if event == "hint"}
    assert led["spoken"] == {"times": {PEOPLE["participant"]: 5_000}}
    whole = {"producer_id", "session_id", "source", "kind", "paused"}
    assert heard["producer_opened"] == heard["producer_changed"] == heard["producer_closed"] == whole
    assert heard["line"] == {"session_id", "level", "reason"}
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
    assert commands.Join.__name__ not in str(server.store.facts)


async def test_a_secret_ballot_paper_is_signed_over_the_line_once(server: RealServer, browsers: Browsers) -> None:
    ani, sri, budi = browsers("participant"), browsers("chair"), browsers("secretary")
    for one in (ani, sri, budi):
        await one.joins()
        await one.command("confirm_presence")
    await sri.command("open_meeting")
    await sri.command("open_vote", motion_id="v1", item_id="", text="Ketua panitia", ballot="secret", seconds=60)
    (opened,) = server.happened(VoteOpened)
    assert isinstance(opened, VoteOpened)
    paper = voter.paper(opened.key, server.meeting_id, "v1", "yes")
    for _ in range(2):  # the answer was lost
        answer = await ani.command("take_ballot", motion_id="v1", blinded=paper.blinded.hex())
    ballot = paper.finalized(bytes.fromhex(answer["ok"]["signature"]))
    await server.rooms.put_ballot(server.meeting_id, "v1", ballot)
    assert len(server.happened(BallotGranted)) == 1
    other = voter.paper(opened.key, server.meeting_id, "v1", "no").blinded.hex()
    refused = await ani.command("take_ballot", motion_id="v1", blinded=other)
    assert refused["error"]["code"] == "vote.already"
