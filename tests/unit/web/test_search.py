"""The search page, and the lists of all meetings: what the reader may see, in pages, and nothing else."""

from __future__ import annotations

import re

from server.meeting import commands
from server.meeting.commands import Invitee
from tests.fakes import FakeClock
from tests.unit.web.office import DAY_MS, PLANNER, TheOffice, invited
from tests.unit.web.test_meetings import NewBrowser, SignIn, people

TITLES = re.compile(r'<div class="row-main">\s*<a href="/m/[0-9a-f]{16}">(.*?)</a>')


def titles(page: str) -> list[str]:
    return [re.sub("<.*?>", "", one) for one in TITLES.findall(page)]


async def test_a_word_is_found_and_marked_for_those_who_belong(office: TheOffice, signed_in: SignIn) -> None:
    chair, secretary, other = await people(office)
    rina = await office.account("rina", "Rina Marlina")
    meeting_id = await office.meeting(
        chair, secretary, other, title="Rapat <i>Inflasi</i> Daerah", items=("Harga beras",)
    )
    one = await signed_in("siti")
    await one.get("/search?q=inflasi+beras&page=x")
    assert f'<a href="/m/{meeting_id}">Rapat &lt;i&gt;<mark>Inflasi</mark>&lt;/i&gt; Daerah</a>' in one.page
    assert "Harga <mark>beras</mark>" in one.page
    await one.get("/search?q=inflasi&kind=agenda")
    assert titles(one.page) == []
    await one.get("/search?q=inflasi&from=2026-13-01&to=9999-12-31&who=budi")
    assert titles(one.page) == ["Rapat &lt;i&gt;Inflasi&lt;/i&gt; Daerah"]
    await one.get("/search?q=inflasi&from=2999-01-01")
    assert titles(one.page) == []
    outside = await signed_in("rina")
    await outside.get("/search?q=inflasi")
    assert titles(outside.page) == []
    await office.meeting(chair, secretary, invited(rina), title="Rapat Inflasi Kedua")
    await outside.get("/search?q=inflasi")
    assert titles(outside.page) == ["Rapat Inflasi Kedua"]


async def test_who_is_not_signed_in_searches_nothing(browser: NewBrowser) -> None:
    one = browser()
    response = await one.get("/search?q=rapat")
    assert response.status == 303
    assert response.headers["Location"].startswith("/login")


async def test_all_results_and_all_coming_meetings_come_in_pages(office: TheOffice, signed_in: SignIn) -> None:
    chair, secretary, _ = await people(office)
    for number in range(27):
        await office.meeting(chair, secretary, title=f"Rapat {number:02}", in_ms=(number + 1) * DAY_MS)
    one = await signed_in("budi")
    await one.get("/search?q=rapat")
    assert titles(one.page) == [f"Rapat {number:02}" for number in range(26, 6, -1)]
    await one.get("/search?q=rapat&page=2")
    assert titles(one.page) == [f"Rapat {number:02}" for number in range(6, -1, -1)]
    await one.get("/meetings/coming?page=2")
    assert titles(one.page) == ["Rapat 25", "Rapat 26"]
    await one.get("/meetings/coming?page=3")
    assert one.response.status == 303


async def test_a_cancelled_meeting_stays_among_those_to_come_until_its_time(
    office: TheOffice, signed_in: SignIn, clock: FakeClock
) -> None:
    chair, secretary, _ = await people(office)
    meeting_id = await office.meeting(chair, secretary, Invitee("Rina", "participant"), in_ms=DAY_MS)
    await office.rooms.submit(meeting_id, PLANNER, commands.CancelMeeting("Banjir"))
    one = await signed_in("budi")
    await one.get("/meetings/past")
    assert titles(one.page) == []
    await one.get("/")
    assert titles(one.page) == ["Rapat Koordinasi"]
    assert "/room" not in one.page
    clock.advance(3 * DAY_MS)
    one = await signed_in("budi")
    await one.get("/meetings/past")
    assert titles(one.page) == ["Rapat Koordinasi"]
