"""The mailbox and the house of rooms: bounds, batches, taking up and letting go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import NotFound, Refused, Unavailable
from server.meeting import commands
from server.meeting.facts import Fact, NumberedFact
from server.meeting.room import MAILBOX, TAIL
from server.meeting.rooms import IDLE_MS, Rooms
from tests.factories import ALICE, BUDI, CHAIR, OFFICE, STRANGER, actor, plan
from tests.fakes import FakeClock, FakeMediaPlane, MemoryJournal, MemoryStore, RecordingAudience


class GatedJournal(MemoryJournal):
    """Holds every append back until the gate is open."""

    def __init__(self, store: MemoryStore, clock: FakeClock) -> None:
        super().__init__(store, clock)
        self.gate = asyncio.Event()
        self.gate.set()

    async def append(self, meeting_id: str, after: int, at_ms: int, facts: Sequence[Fact]) -> tuple[NumberedFact, ...]:
        await self.gate.wait()
        return await super().append(meeting_id, after, at_ms, facts)


class House:
    def __init__(self) -> None:
        self.clock, self.store = FakeClock(), MemoryStore()
        self.journal = GatedJournal(self.store, self.clock)
        self.audience, self.plane = RecordingAudience(), FakeMediaPlane()
        self.rooms = Rooms(self.journal, self.plane, self.audience, self.clock)

    async def plan(self) -> House:
        await self.rooms.submit("m1", OFFICE, plan())
        return self

    async def turns(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    one = await House().plan()
    yield one
    one.journal.gate.set()
    await one.rooms.close()


async def test_nothing_is_seen_before_it_is_durable(house: House) -> None:
    told = len(house.audience.told["m1"])
    house.journal.gate.clear()
    joining = asyncio.ensure_future(house.rooms.submit("m1", actor(ALICE), commands.Join("s1")))
    await house.turns()
    assert not joining.done()
    assert house.rooms.person_of_session("m1", "s1") is None
    assert len(house.audience.told["m1"]) == told
    house.journal.gate.set()
    assert await joining == house.rooms.number("m1")
    assert house.rooms.person_of_session("m1", "s1") == ALICE
    assert len(house.audience.told["m1"]) == told + 1


async def test_a_full_mailbox_refuses_and_what_was_taken_is_done(house: House) -> None:
    await house.rooms.submit("m1", actor(ALICE), commands.Join("s1"))
    house.journal.gate.clear()
    first = asyncio.ensure_future(house.rooms.submit("m1", actor(ALICE), commands.Say("first", "x")))
    await house.turns()
    waiting = [
        asyncio.ensure_future(house.rooms.submit("m1", actor(ALICE), commands.Say(f"c{number}", "x")))
        for number in range(MAILBOX)
    ]
    await house.turns()
    with pytest.raises(Unavailable) as caught:
        await house.rooms.submit("m1", actor(ALICE), commands.Say("too much", "x"))
    assert caught.value.code == "room.busy"
    appends = house.journal.appends
    house.journal.gate.set()
    numbers = [await one for one in (first, *waiting)]
    assert numbers == sorted(numbers)
    assert house.journal.appends - appends <= 2 + MAILBOX // 64  # many letters, few durable writes
    assert len((await house.rooms.state("m1")).chat) == MAILBOX + 1


async def test_the_servers_own_reports_find_room_in_a_full_mailbox(house: House) -> None:
    await house.rooms.submit("m1", actor(ALICE), commands.Join("s1"))
    house.journal.gate.clear()
    say = [commands.Say(f"c{number}", "x") for number in range(MAILBOX)]
    waiting = [asyncio.ensure_future(house.rooms.submit("m1", actor(ALICE), one)) for one in say]
    await house.turns()
    house.rooms.media_flows("m1", "s1")
    house.journal.gate.set()
    await asyncio.gather(*waiting)
    assert (await house.rooms.state("m1")).present() == {ALICE}


async def test_one_refusal_in_a_batch_harms_no_other(house: House) -> None:
    wishes = [
        house.rooms.submit("m1", actor(ALICE), commands.Join("s1")),
        house.rooms.submit("m1", actor(BUDI), commands.OpenMeeting()),
        house.rooms.submit("m1", actor(BUDI), commands.Join("s2")),
    ]
    answers = await asyncio.gather(*wishes, return_exceptions=True)
    assert isinstance(answers[1], Refused)
    assert set((await house.rooms.state("m1")).sessions) == {"s1", "s2"}


async def test_an_asker_who_goes_away_changes_nothing(house: House) -> None:
    house.journal.gate.clear()
    joining = asyncio.ensure_future(house.rooms.submit("m1", actor(ALICE), commands.Join("s1")))
    await house.turns()
    joining.cancel()
    house.journal.gate.set()
    assert await house.rooms.submit("m1", actor(BUDI), commands.Join("s2"))
    assert set((await house.rooms.state("m1")).sessions) == {"s1", "s2"}


async def test_times_never_run_back_though_the_clock_does(house: House) -> None:
    house.clock.wall_ms -= 3_600_000
    await house.rooms.submit("m1", actor(CHAIR), commands.Join("s1"))
    times = [one.at_ms for one in house.store.facts["m1"]]
    assert times == sorted(times)


async def test_an_unknown_meeting_is_not_found_and_not_held(house: House) -> None:
    for asking in (house.rooms.ready("m9"), house.rooms.submit("m9", actor(ALICE), commands.Join("s1"))):
        with pytest.raises(NotFound):
            await asking
    with pytest.raises(Refused):
        await house.rooms.submit("m9", STRANGER, plan())
    with pytest.raises(NotFound):
        await house.rooms.ready("m9")
    with pytest.raises(NotFound):
        house.rooms.number("m9")
    assert set(house.store.holders) == {"m1"}


async def test_an_idle_meeting_is_let_go_and_taken_up_again(house: House) -> None:
    house.clock.advance(IDLE_MS - 1)
    await house.rooms.sweep()
    assert "m1" in house.store.holders
    house.clock.advance(1)
    await house.rooms.sweep()
    assert "m1" not in house.store.holders
    await house.rooms.submit("m1", actor(ALICE), commands.Join("s1"))
    house.clock.advance(2 * IDLE_MS)
    await house.rooms.sweep()
    assert "m1" in house.store.holders  # somebody is in it


async def test_many_who_ask_at_once_take_up_one_meeting(house: House) -> None:
    house.clock.advance(IDLE_MS)
    await house.rooms.sweep()
    joining = [house.rooms.submit("m1", actor(who), commands.Join(f"s-{who}")) for who in (CHAIR, ALICE, BUDI)]
    numbers = await asyncio.gather(*joining)
    assert max(numbers) == len(house.store.facts["m1"])
    assert len((await house.rooms.state("m1")).sessions) == 3


async def test_those_who_come_back_late_are_told_from_the_journal(house: House) -> None:
    await house.rooms.submit("m1", actor(ALICE), commands.Join("s1"))
    for number in range(TAIL + 10):
        await house.rooms.submit("m1", actor(ALICE), commands.Say(f"c{number}", "x"))
    told = house.store.facts["m1"]
    for after in (0, 5, len(told) - TAIL, len(told) - 1, len(told), len(told) + 5):
        assert list(await house.rooms.facts_after("m1", after)) == told[after:]


async def test_after_closing_nothing_is_taken_any_more(house: House) -> None:
    await house.rooms.close()
    with pytest.raises(Unavailable):
        await house.rooms.submit("m1", actor(ALICE), commands.Join("s1"))
    assert house.store.holders == {}


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from((CHAIR, ALICE, BUDI)), st.sampled_from("jlsmxh"), st.booleans()), max_size=40)
)
def test_whatever_is_wanted_at_once_the_record_has_no_gap_and_the_room_tells_it_in_order(
    wanted: list[tuple[str, str, bool]],
) -> None:
    async def go() -> None:
        house = await House().plan()
        wishes: list[asyncio.Future[int]] = []
        for at, (who, what, turn) in enumerate(wanted):
            command: dict[str, commands.Command] = {
                "j": commands.Join(f"{who}-{at % 3}"),
                "l": commands.Leave(f"{who}-{at % 3}", "left"),
                "s": commands.Say(f"c{at % 5}", "x"),
                "m": commands.SetMicrophone(f"{who}-{at % 3}", turn),
                "h": commands.RaiseHand(),
            }
            if what == "x":
                house.rooms.session_lost("m1", f"{who}-{at % 3}")
                house.rooms.media_flows("m1", f"{who}-{at % 2}")
                house.clock.advance(5_000)
                await house.rooms.sweep()
            else:
                wishes.append(asyncio.ensure_future(house.rooms.submit("m1", actor(who), command[what])))
            if turn:
                await asyncio.sleep(0)
        await asyncio.gather(*wishes, return_exceptions=True)
        await house.turns()
        kept = house.store.facts["m1"]
        assert [one.number for one in kept] == list(range(1, len(kept) + 1))
        assert house.audience.told["m1"] == kept
        live = await house.rooms.state("m1")
        await house.rooms.close()
        again = House()
        again.store.facts = house.store.facts
        again.rooms = Rooms(MemoryJournal(again.store, again.clock), again.plane, again.audience, again.clock)
        assert (await again.rooms.state("m1")).chat == live.chat
        await again.rooms.close()

    asyncio.run(go())
