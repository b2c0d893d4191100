"""A meeting that was recorded, watched afterwards: the picture plays by ranges, and the record moves along with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import company
from tests.browser.looking import LANGUAGES, PHONE, examine
from tests.browser.people import WAIT_MS
from tests.browser.test_recording import _begins, _has_files, _menu, _sealed

pytestmark = pytest.mark.browser

COMPOSED_MS = 120_000
SAID = "Dana siaga cukup untuk dua pekan."
NOW_MS = "() => document.querySelector('video').currentTime * 1000"


async def test_the_record_moves_along_with_the_picture(tmp_path: Path) -> None:
    async with company(tmp_path) as gathered:
        chair, official = people = await gathered.sign_in("sekda", "dinkes")
        for one in people:
            await one.joins(gathered.office.meeting_id)
        await chair.sees([official])
        await _begins(chair)
        await official.presses("Saya setuju direkam")
        await _has_files(gathered.office, 4)
        await asyncio.sleep(4)  # of film: what is said is said at its fourth second or later
        await official.opens("Obrolan")
        await official.says(SAID)
        await asyncio.sleep(2)
        await _menu(chair, "Hentikan rekaman…")
        await chair.page.get_by_role("button", name="Hentikan", exact=True).click()
        await _sealed(gathered.office)
        await _menu(chair, "Tutup rapat")
        await chair.page.locator("balai-question").get_by_role("button", name="Tutup rapat", exact=True).click()
        await chair.page.get_by_role("heading", name="Rapat telah ditutup").wait_for()

        page, place = chair.page, f"{gathered.office.url}/m/{gathered.office.meeting_id}/recordings"
        await page.goto(place)
        order = page.get_by_role("button", name="Siapkan sekarang")
        if await order.count():
            await order.click()
        watch = page.get_by_role("link", name="Tonton rekaman")
        await watch.wait_for(timeout=COMPOSED_MS)
        await watch.click()
        await _moves_along(page)
        faults: list[str] = []
        await page.emulate_media(reduced_motion="reduce")  # or axe sees colours half-way from one theme to the other
        for language in LANGUAGES:
            await page.goto(f"{place}/play?language={language}")
            faults += await examine(page, f"recording, {language}")
        assert not faults, "\n".join(faults)
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await page.goto(f"{place}/play?language=id&t=3")
        await expect(page.locator("video")).to_be_in_viewport()
        await page.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 3) < 0.5")
        await page.locator("[data-cue]").last.scroll_into_view_if_needed()
        await expect(page.locator("video")).to_be_in_viewport()


async def _moves_along(page: Page) -> None:
    cue = page.locator("[data-cue]").filter(has_text=SAID)
    await cue.wait_for()
    at_ms = int(await cue.get_attribute("data-cue") or 0)
    assert at_ms >= 3_000
    await page.wait_for_function("() => document.querySelector('video').readyState >= 1")
    await cue.locator("[data-seek]").click()
    await page.wait_for_function(f"() => Math.abs(document.querySelector('video').currentTime * 1000 - {at_ms}) < 300")
    await expect(cue).to_have_attribute("aria-current", "true")
    await expect(page.get_by_text("Hadir pada detik ini: 2")).to_be_visible()
    await page.keyboard.press("j")
    await page.wait_for_function("() => document.querySelector('video').currentTime < 0.5")
    await expect(cue).not_to_have_attribute("aria-current", "true")
    await page.keyboard.press("k")
    await page.wait_for_function("() => document.querySelector('video').currentTime > 0.3", timeout=WAIT_MS)
    await page.keyboard.press("k")
    await page.get_by_label("Cari kata").fill("tidak ada kata ini")
    await expect(cue).to_be_hidden()
    await page.get_by_text("Kata itu tidak ada.").wait_for()
    await page.get_by_label("Cari kata").fill("siaga")
    await expect(cue).to_be_visible()
    await page.goto(f"{page.url.split('?')[0].split('#')[0]}#{await cue.get_attribute('id')}")
    await page.wait_for_function(f"() => Math.abs(document.querySelector('video').currentTime * 1000 - {at_ms}) < 300")
