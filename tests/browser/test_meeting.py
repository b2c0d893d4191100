"""A meeting as its people have it: real Chromium, the real server in its own processes, loopback only."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Office
from tests.browser.people import Person

pytestmark = pytest.mark.browser


async def test_three_people_see_and_hear_each_other_and_a_killed_server_loses_nothing(
    office: Office, chromium: Browser
) -> None:
    people = [await Person.signs_in(chromium, office.url, login) for login in ("sekda", "notulis", "dinkes")]
    for one in people:
        await one.joins(office.meeting_id)
    for one in people:
        await one.sees(3)
    for one in people:
        levels = await one.hears()
        assert len(levels) == 2
        assert min(levels) > 0.01

    chair, secretary, official = people
    for one in people:
        await one.opens("Obrolan")
    await official.says("Data stok obat sudah kami kirim.")
    await chair.reads("Data stok obat sudah kami kirim.")
    await secretary.reads("Data stok obat sudah kami kirim.")

    office.kill()
    office.start()
    for one in people:
        await one.sees(3)
        await one.reads("Data stok obat sudah kami kirim.")
    await secretary.says("Terima kasih, dicatat.")
    await official.reads("Terima kasih, dicatat.")

    await official.page.context.close()
    await chair.sees_only(2)
