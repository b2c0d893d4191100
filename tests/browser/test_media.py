"""Four people, each with a camera and a microphone of their own: everybody sees and hears the right others, and no
longer than these want to be seen and heard. Real Chromium, our own SFU, loopback only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from server.meeting.attendance import attendance
from tests.browser.conftest import Office, company, kill, measured
from tests.browser.people import Person, Watch

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PICTURE_MS = 15_000
SILENCE_MS = 5_000
GONE_MS = 10_000


@dataclass
class Room:
    office: Office
    people: list[Person]

    def others(self, one: Person) -> list[Person]:
        return [other for other in self.people if other is not one]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    """Four people in the room, everybody there for everybody; each test leaves it so, but for the last one."""
    async with company(tmp_path_factory.mktemp("office")) as gathered:
        people = await gathered.sign_in("sekda", "notulis", "dinkes", "dindik")
        yield Room(gathered.office, people)


async def test_everybody_sees_the_right_others(room: Room) -> None:
    *first, last = room.people
    for one in first:
        await one.joins(room.office.meeting_id)
    await last.joins(room.office.meeting_id)
    watch = Watch()
    await last.sees(first, PICTURE_MS)
    measured(first_picture_ms=watch.ms())
    for one in room.people:
        await one.sees(room.others(one), PICTURE_MS)
        await one.sees_only(room.others(one))


async def test_everybody_hears_the_right_others(room: Room) -> None:
    for one in room.people:
        await one.hears(room.others(one))


async def test_who_is_muted_is_silent_for_all_and_heard_again_afterwards(room: Room) -> None:
    speaker = room.people[2]
    others = room.others(speaker)
    for one in others:
        await one.hears([speaker])
        await one.listens_for(speaker)
    await speaker.presses("Matikan mikrofon")
    muted_ms = await speaker.clicked_ms()
    heard_ms = [await one.heard_last_ms() for one in others]
    mute_ms = max(0, max(heard_ms) - muted_ms)
    measured(mute_ms=mute_ms)
    assert mute_ms < SILENCE_MS
    await others[0].hears(others[1:])
    await speaker.presses("Nyalakan mikrofon")
    for one in others:
        await one.hears([speaker])


async def test_without_a_camera_there_is_a_name_card(room: Room) -> None:
    shy = room.people[3]
    others = room.others(shy)
    await shy.presses("Matikan kamera")
    for one in others:
        await one.sees_name_card(shy, "Kamera mati")
        await one.hears([shy])
    await shy.presses("Nyalakan kamera")
    for one in others:
        await one.sees(room.others(one))


async def test_a_shared_screen_arrives_and_goes(room: Room) -> None:
    sharer = room.people[1]
    others = room.others(sharer)
    await sharer.presses("Bagikan layar")
    for one in others:
        await one.sees_screen(sharer, 1920, 1080)
        await one.sees(room.others(one))
    await sharer.presses("Hentikan berbagi layar")
    for one in others:
        await one.sees_no_screen()
        await one.sees(room.others(one))


async def test_who_is_killed_goes_for_all_and_from_the_record(room: Room) -> None:
    gone = room.people.pop()
    watch = Watch()
    killed_ms = time.time_ns() // 1_000_000
    await kill(gone.browser)
    await asyncio.gather(*(one.sees_only(room.others(one), watch.left_ms(GONE_MS)) for one in room.people))
    measured(tile_gone_ms=watch.ms())
    for one in room.people:
        await one.sees(room.others(one))
        await one.hears(room.others(one))

    now_ms = time.time_ns() // 1_000_000
    here = {one.name: one for one in attendance(await room.office.journal(), now_ms).attendees}
    assert not here[gone.name].here_now
    assert abs(here[gone.name].last_out_ms - killed_ms) < GONE_MS
    for one in room.people:
        assert here[one.name].here_now
        assert len(here[one.name].intervals) == 1
