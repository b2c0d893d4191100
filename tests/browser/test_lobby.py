"""Somebody without an invitation: the guests' door, the lobby, and what chair and secretary decide there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from server.meeting import facts
from tests.browser.conftest import Company, company
from tests.browser.people import Person
from tests.browser.pictures_of_people import Likeness

pytestmark = pytest.mark.browser

LOBBY = "balai-people .waiting"
EXPERT = Likeness("Prof. Bambang Sutrisno", (170, 60, 190), 1_700)
STRANGER = Likeness("Orang Tak Dikenal", (170, 60, 190), 1_700)


async def test_one_guest_is_admitted_and_one_is_refused(tmp_path: Path) -> None:
    async with company(tmp_path) as gathered:
        chair, secretary, official = await gathered.sign_in("sekda", "notulis", "dinkes")
        inside = [chair, secretary, official]
        for one in inside:
            await one.joins(gathered.office.meeting_id)
            await one.opens("Peserta")
        browser = await gathered.browser_of("tamu", EXPERT)
        expert = await Person.comes(browser, gathered.office.url, EXPERT)
        stranger = await Person.comes(browser, gathered.office.url, STRANGER)
        await asyncio.gather(*(knocks(gathered, one) for one in (expert, stranger)))

        for one in (chair, secretary):
            for guest in (expert, stranger):
                await one.page.locator(LOBBY).get_by_text(guest.name, exact=True).wait_for()
        assert await official.page.locator(LOBBY).count() == 0
        await asyncio.gather(*(one.sees_only(others(one, inside)) for one in inside))

        await secretary.presses(f"Tolak {stranger.name}")
        await stranger.page.get_by_role("heading", name="Permintaan Anda tidak disetujui").wait_for()
        await expert.page.get_by_role("heading", name="Menunggu pimpinan rapat").wait_for()
        await chair.presses(f"Persilakan {expert.name} masuk")
        inside.append(expert)
        for one in inside:
            await one.sees(others(one, inside))
            await one.hears(others(one, inside))
            await one.sees_only(others(one, inside))
        for one in (chair, secretary):
            await one.page.locator(LOBBY).wait_for(state="detached")

        told = [one.fact for one in await gathered.office.journal()]
        joined = {one.person_id for one in told if isinstance(one, facts.Joined)}
        guests = [one for one in told if isinstance(one, facts.Invited) and one.role == "guest"]
        assert [(one.name, one.office) for one in guests] == [(expert.name, "Universitas Contoh")]
        assert guests[0].person_id in joined
        assert len(joined) == len(inside)


def others(one: Person, inside: list[Person]) -> list[Person]:
    return [other for other in inside if other is not one]


async def knocks(gathered: Company, guest: Person) -> None:
    """By the one link that everybody may have, as far as the lobby."""
    page = guest.page
    await page.goto(f"{gathered.office.url}/g/{gathered.office.meeting_id}")
    await page.fill("input[name=name]", guest.name)
    await page.fill("input[name=function]", "Guru besar kesehatan masyarakat")
    await page.fill("input[name=office]", "Universitas Contoh")
    await page.locator("form .button.large").click()
    await guest.presses("Minta izin masuk")
    await page.get_by_role("heading", name="Menunggu pimpinan rapat").wait_for()


async def test_all_wait_are_told_and_let_in_together_and_the_public_only_watches(tmp_path: Path) -> None:
    async with company(tmp_path) as gathered:
        chair, official, head = await gathered.sign_in("sekda", "dinkes", "dindik")
        meeting = f"{gathered.office.url}/m/{gathered.office.meeting_id}"
        await chair.page.goto(f"{meeting}/entry")
        await chair.page.get_by_label("Semua menunggu sampai dipersilakan").check()
        await chair.page.get_by_label("Masyarakat boleh menonton").check()
        await chair.page.get_by_role("button", name="Simpan").click()
        await chair.page.get_by_text("Cara masuk sudah disimpan.").wait_for()
        await chair.joins(gathered.office.meeting_id)
        await chair.opens("Peserta")
        for one in (official, head):
            await one.page.goto(f"{meeting}/room")
            await one.presses("Masuk ke rapat")
            await one.page.get_by_role("heading", name="Menunggu pimpinan rapat").wait_for()
        lobby = chair.page.locator(LOBBY)
        await expect(lobby.get_by_text("Diundang, masuk dengan akun")).to_have_count(2)
        await lobby.get_by_label("Pesan untuk yang menunggu").fill("Kita mulai lima menit lagi.")
        await lobby.get_by_role("button", name="Sampaikan").click()
        for one in (official, head):
            await one.page.get_by_text("Kita mulai lima menit lagi.").wait_for()
        await lobby.get_by_role("button", name="Persilakan semua").click()
        for one in (chair, official, head):
            await one.sees(others(one, [chair, official, head]))
        await lobby.wait_for(state="detached")

        browser = await gathered.browser_of("publik", STRANGER)
        public = await Person.comes(browser, gathered.office.url, STRANGER)
        await public.page.goto(f"{gathered.office.url}/w/{gathered.office.meeting_id}")
        await public.presses("Tonton sidang")
        await public.presses("Masuk ke rapat")
        await public.sees([chair, official, head])
        await public.page.get_by_text("Anda menonton sidang terbuka ini.").wait_for()
        assert await public.page.get_by_role("tab").count() == len(("people", "agenda", "votes"))
        await chair.page.get_by_text("Penonton: 1").wait_for()
        for one in (chair, official, head):
            await one.sees_only(others(one, [chair, official, head]))
