"""The web process is started anew in order, as at an update of the machine: pictures and sound never stop, everything
else is back by itself, and the record has no gap."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from server.meeting import facts
from server.meeting.attendance import attendance
from tests.browser.conftest import Company, company, measured
from tests.browser.people import Person, Watch
from tests.browser.pictures_of_people import FRAMES_A_SECOND

pytestmark = pytest.mark.browser

TICKS_A_FRAME = 90_000 // FRAMES_A_SECOND
MOST_LOST = 10  # frames in a row that a picture may skip
ENOUGH = 20  # frames that must have come after the new server was there
FRAMES = """
(least) => {
  const seen = witness.framesSeen();
  return seen.length > 0 && seen.every((one) => one.frames >= least) && seen;
}
"""


async def frames(one: Person, least: int) -> list[dict[str, int]]:
    """What has been seen of each watched picture, once it has had so many frames."""
    seen: list[dict[str, int]] = await one._wait(FRAMES, least, "witness.framesSeen()")
    return seen


async def test_pictures_go_on_through_a_restart_and_the_record_has_no_gap(tmp_path: Path) -> None:
    async with company(tmp_path) as gathered:
        chair, other = people = await gathered.sign_in("sekda", "dinkes")
        for one in people:
            await one.joins(gathered.office.meeting_id)
        await chair.sees([other])
        await other.sees([chair])
        for one in people:
            await one.opens("Obrolan")
            await one.page.evaluate("witness.watchFrames()")
            await frames(one, ENOUGH)
        await restart(gathered, people)

        for one, reader in ((chair, other), (other, chair)):
            await one.hears([reader])
            await one.says(f"Masih di sini: {one.name}")
            await reader.has_said(f"Masih di sini: {one.name}")
        told = await gathered.office.journal()
        assert not [one for one in told if isinstance(one.fact, facts.ServiceInterrupted | facts.MediaInterrupted)]
        here = attendance(told, told[-1].at_ms)
        assert not here.gaps
        assert [len(one.intervals) for one in here.attendees if one.name in {chair.name, other.name}] == [1, 1]


async def restart(gathered: Company, people: list[Person]) -> None:
    watch = Watch()
    await asyncio.to_thread(gathered.office.restart)
    measured(orderly_restart_ms=watch.ms())
    for one in people:
        [now] = [picture["frames"] for picture in await frames(one, 1)]
        [picture] = await frames(one, now + ENOUGH)
        assert picture["same"]
        assert picture["longest"] <= MOST_LOST * TICKS_A_FRAME, picture
        await one.page.get_by_text("Sambungan terputus").wait_for(state="detached")
    measured(orderly_restart_to_back_ms=watch.ms())
