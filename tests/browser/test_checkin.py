"""A meeting room joins as one device; somebody there scans its code, signs on a phone and is in the list."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from server.demo import PASSWORD
from server.documents import qr
from server.identity.keys import Signer
from server.store.vault import open_vault
from tests.browser.conftest import Office
from tests.browser.looking import examine
from tests.browser.papers import csv_rows, papers_of
from tests.browser.people import WAIT_MS, Person
from tests.browser.test_deciding import SILENT, joined
from web.views.checkin import MARK, WINDOW_MS

pytestmark = pytest.mark.browser

ROOM = "Ruang Rapat Setda"
STROKES = (((0.1, 0.6), (0.3, 0.2), (0.4, 0.8), (0.6, 0.3)), ((0.5, 0.7), (0.9, 0.6)))


def addresses(office: Office, folder: Path, windows_ago: int = 0) -> str:
    """What the code on the room's screen says now, or said so many half minutes ago."""
    window = int(time.time() * 1_000) // WINDOW_MS - windows_ago
    signer = Signer(open_vault(folder, create=False).secret("web"), "checkin code")
    mark = signer.sign(office.meeting_id, "room-1", str(window))[:MARK]
    return f"{office.url}/c/{office.meeting_id}.room-1.{window}.{mark}"


async def fresh(browser: Browser, width: int, height: int) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="id-ID", has_touch=width < 500, reduced_motion="reduce"
    )
    await context.add_init_script(SILENT)
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    return page


async def device_of(browser: Browser, secretary: Person, office: Office) -> Page:
    """The secretary makes the room and opens its link on the device there."""
    page = secretary.page
    await page.goto(f"{office.url}/m/{office.meeting_id}")
    await page.get_by_label("Nama ruang").fill(ROOM)
    await page.get_by_role("button", name="Tambah ruang").click()
    button = page.get_by_role("button", name=f"Salin tautan perangkat untuk {ROOM}")
    link = await button.get_attribute("data-copy")
    assert link
    device = await fresh(browser, 1440, 900)
    await device.goto(link)
    await device.get_by_role("button", name="Lanjutkan").click()
    await device.goto(f"{office.url}/m/{office.meeting_id}/room")
    await device.get_by_role("button", name="Masuk ke rapat").click()
    await device.locator("balai-check-in img").wait_for()
    return device


async def signs(phone: Page) -> None:
    box = await phone.locator("[data-pad]").bounding_box()
    assert box
    for stroke in STROKES:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        await phone.mouse.move(*points[0])
        await phone.mouse.down()
        for point in points[1:]:
            await phone.mouse.move(*point, steps=6)
        await phone.mouse.up()


async def test_a_room_joins_and_its_people_check_in_on_their_phones(
    office: Office, chromium: Browser, tmp_path: Path
) -> None:
    secretary = await joined(chromium, office, "notulis")
    device = await device_of(chromium, secretary, office)
    await secretary.joins(office.meeting_id)
    shown = await device.evaluate(
        "() => fetch(location.pathname.replace('room', 'checkin.svg')).then((one) => one.text())"
    )
    expected = [qr.svg(addresses(office, tmp_path / "data", ago)) for ago in (0, 1)]
    assert shown in expected

    phone = await fresh(chromium, 390, 844)
    await phone.goto(addresses(office, tmp_path / "data", 2))
    await phone.get_by_text("Kode ini sudah tidak berlaku").wait_for()
    await phone.goto(addresses(office, tmp_path / "data"))
    await phone.get_by_text(ROOM).wait_for()  # of whom this phone knows nothing: how they may say who they are
    assert not await examine(phone, "check-in, nobody known yet")
    await phone.set_viewport_size({"width": 390, "height": 844})
    await phone.screenshot(path=tmp_path / "who.png")
    await phone.get_by_role("main").get_by_role("link", name="Masuk", exact=True).click()
    await phone.fill("input[name=login]", "dinkes")
    await phone.fill("input[name=password]", PASSWORD)
    await phone.press("input[name=password]", "Enter")
    await phone.get_by_text(ROOM).wait_for()
    assert not await examine(phone, "check-in")
    await phone.set_viewport_size({"width": 390, "height": 844})
    await signs(phone)
    await phone.screenshot(path=tmp_path / "phone.png")
    await phone.get_by_role("button", name="Saya hadir di ruangan ini").click()
    await phone.get_by_text("Anda tercatat hadir di ruangan ini").wait_for()
    await device.locator("balai-check-in").get_by_text("dr. Ratna Dewi, M.Kes.").wait_for()
    await device.screenshot(path=tmp_path / "device.png")
    await phone.get_by_role("button", name="Saya meninggalkan ruangan").click()
    await device.locator("balai-check-in").get_by_text("Belum ada yang tercatat").wait_for()

    papers = await papers_of(secretary, office.meeting_id, tmp_path)
    (row,) = [one for one in csv_rows(papers["attendance.csv"]) if "dr. Ratna Dewi, M.Kes." in one]
    assert "Ditandatangani di ruangan" in row
    assert not any(ROOM in cell for one in csv_rows(papers["attendance.csv"]) for cell in one)
