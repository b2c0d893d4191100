"""One writer per meeting; the next one learns when the last was alive, and waits only where it cannot know better."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from server.errors import Conflict
from server.meeting import facts
from server.store import lease, tables
from server.store.lease import LOST_MS, Leases, Process
from server.store.store import Store
from tests.unit.store.places import START_MS, Place, StandingClock, beginning

Opening = Callable[[Place], Awaitable[Store]]


async def holders(store: Store) -> int:
    async with store.database.read() as connection:
        return len((await connection.execute(select(tables.holders))).all())


async def test_the_first_writer_follows_nobody(store: Store) -> None:
    assert await store.journal.take_lease("m1") is None
    assert await store.journal.take_lease("m1") is None  # it is ours already


async def test_two_processes_never_hold_one_meeting(place: Place, opening: Opening, clock: StandingClock) -> None:
    first, second = await opening(place), await opening(place)
    await first.journal.take_lease("m1")
    for _ in range(2):
        with pytest.raises(Conflict) as raised:
            await second.journal.take_lease("m1")
        assert raised.value.code == "journal.leased"
        clock.at_ms += LOST_MS  # exactly so long is not too long
    await second.journal.take_lease("m2")
    clock.at_ms += 1
    await first.leases.renew()
    with pytest.raises(Conflict):
        await second.journal.take_lease("m1")


async def test_given_back_in_order_leaves_no_trace(place: Place, opening: Opening) -> None:
    first, second = await opening(place), await opening(place)
    await first.journal.take_lease("m1")
    await first.journal.append("m1", 0, START_MS, beginning())
    await first.journal.give_lease("m1")
    assert await second.journal.take_lease("m1") is None
    await second.journal.append("m1", 4, START_MS, [facts.MeetingOpened("p1")])


async def test_nobody_gives_back_what_another_holds(place: Place, opening: Opening) -> None:
    first, second = await opening(place), await opening(place)
    await first.journal.take_lease("m1")
    await second.journal.give_lease("m1")
    await first.journal.append("m1", 0, START_MS, beginning())


async def test_a_silent_writer_is_followed_and_writes_no_more(
    place: Place, opening: Opening, clock: StandingClock
) -> None:
    first, second = await opening(place), await opening(place)
    await first.journal.take_lease("m1")
    await first.journal.append("m1", 0, START_MS, beginning())
    clock.at_ms += LOST_MS + 1
    assert await second.journal.left_behind() == ("m1",)
    assert await second.journal.take_lease("m1") == START_MS
    assert await second.journal.left_behind() == ()
    with pytest.raises(Conflict) as raised:
        await first.journal.append("m1", 4, clock.at_ms, [facts.MeetingOpened("p1")])
    assert raised.value.code == "journal.moved"
    await second.journal.append("m1", 4, clock.at_ms, [facts.MeetingOpened("p1")])
    with pytest.raises(Conflict):  # the first is alive again: it cannot have it back meanwhile
        await first.journal.take_lease("m1")


async def test_the_last_fact_tells_more_than_an_older_heartbeat(
    place: Place, opening: Opening, clock: StandingClock
) -> None:
    first, second = await opening(place), await opening(place)
    await first.journal.take_lease("m1")
    await first.journal.append("m1", 0, START_MS + 1500, beginning())
    clock.at_ms += LOST_MS + 1
    assert await second.journal.take_lease("m1") == START_MS + 1500


async def test_a_process_that_ended_with_work_under_way_is_followed_at_once(
    place: Place, opening: Opening, clock: StandingClock
) -> None:
    first, second = await opening(place), await opening(place)
    for name in ("m1", "m2"):
        await first.journal.take_lease(name)
    await second.journal.take_lease("m3")
    clock.at_ms += 700
    await first.leases.close()
    assert await second.journal.left_behind() == ("m1", "m2")
    assert await second.journal.take_lease("m1") == START_MS + 700
    assert await second.journal.take_lease("m2") == START_MS + 700
    assert await holders(second) == 1  # nothing is left to take from the first: it is forgotten


def ended_process() -> int:
    """The pid of a process of this machine that is no more."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.parametrize("case", ["dead", "pid reused", "alive", "elsewhere"])
async def test_a_dead_process_of_this_machine_holds_nothing(store: Store, clock: StandingClock, case: str) -> None:
    own = Process.own()
    other = {
        "dead": Process("h2", own.place, ended_process(), 5),
        "pid reused": Process("h2", own.place, os.getpid(), own.start - 1),
        "alive": Process("h2", own.place, os.getpid(), own.start),
        "elsewhere": Process("h2", "another boot", ended_process(), 5),
    }[case]
    leases = Leases(store.database, clock, other)
    await leases.take("m1")
    clock.at_ms += 1000
    if case in ("dead", "pid reused"):
        assert await store.journal.take_lease("m1") == START_MS
    else:
        with pytest.raises(Conflict):
            await store.journal.take_lease("m1")
    await leases.close()


async def test_the_heartbeat_beats_by_itself(
    store: Store, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_S", 0.001)
    await store.journal.take_lease("m1")
    clock.at_ms += 5
    async with asyncio.timeout(10):
        while await renewed_ms(store) != START_MS + 5:
            pass  # asking is waiting


async def renewed_ms(store: Store) -> int:
    async with store.database.read() as connection:
        return int(await connection.scalar(select(tables.holders.c.renewed_at_ms)) or 0)


async def test_one_heartbeat_renews_all(place: Place, opening: Opening, clock: StandingClock) -> None:
    first, second = await opening(place), await opening(place)
    names = [f"m{n}" for n in range(5)]
    for name in names:
        await first.journal.take_lease(name)
    clock.at_ms += LOST_MS
    await first.leases.renew()
    clock.at_ms += LOST_MS
    for name in names:
        with pytest.raises(Conflict):
            await second.journal.take_lease(name)
