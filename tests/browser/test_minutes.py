"""The minutes in Chromium: handed in, reviewed, commented on and answered; axe-core finds nothing at any stage."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Office
from tests.browser.held import Held
from tests.browser.looking import LANGUAGES, examine, office_with_a_past, sign_in, visitor

pytestmark = pytest.mark.browser
COMMENT = "Jumlah pengungsi di Sungai Raya seharusnya 1.240 jiwa."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[Office, Held]]:
    async with office_with_a_past(tmp_path / "data") as opened:
        yield opened


async def looked_at(page: Page, address: str, name: str) -> list[str]:
    faults: list[str] = []
    for language in reversed(LANGUAGES):  # Indonesian last: the buttons below are called by their Indonesian names
        await page.goto(f"{address}?language={language}")
        faults += await examine(page, f"{name}, {language}")
    return faults


async def test_from_konsep_to_an_answered_comment(house: tuple[Office, Held], chromium: Browser) -> None:
    office, past = house
    minutes = f"{office.url}/m/{past.meeting_id}/minutes"
    faults: list[str] = []
    async with visitor(chromium) as secretary, visitor(chromium) as chair, visitor(chromium) as guest:
        await sign_in(secretary, office.url, "notulis")
        await sign_in(chair, office.url, "sekda")
        faults += await looked_at(secretary, minutes, "konsep")
        await expect(secretary.get_by_role("listitem").filter(has_text="Konsep").first).to_have_attribute(
            "aria-current", "step"
        )
        await secretary.get_by_role("button", name="Serahkan untuk diperiksa").click()
        await expect(secretary.get_by_text("Notula diserahkan untuk diperiksa.")).to_be_visible()

        faults += await looked_at(chair, f"{office.url}/", "home, with what waits")
        await chair.get_by_role("region", name="Menunggu Anda").get_by_role("link").first.click()
        faults += await looked_at(chair, minutes, "review")
        await chair.get_by_label("Sudah benar").check()
        await chair.get_by_role("button", name="Simpan hasil pemeriksaan").click()

        await secretary.goto(minutes)
        until = datetime.now(UTC) + timedelta(days=5)
        await secretary.get_by_label("Batas akhir tanggapan").fill(until.date().isoformat())
        await secretary.get_by_role("button", name="Buka masa tanggapan").click()
        await expect(secretary.get_by_text("Masa tanggapan dibuka.")).to_be_visible()

        await chair.goto(minutes)
        item = chair.locator("section.card", has=chair.get_by_role("heading", name=re.compile("keadaan banjir")))
        await item.get_by_text("Tanggapi mata acara ini").click()
        await item.get_by_label("Tanggapan", exact=True).fill(COMMENT)
        await item.get_by_role("button", name="Kirim tanggapan").click()
        await expect(chair.get_by_text(COMMENT)).to_be_visible()
        faults += await looked_at(chair, minutes, "comments")

        await secretary.goto(minutes)
        await secretary.locator("summary", has_text="Jawab tanggapan").click()
        faults += await examine(secretary, "answering")
        await secretary.get_by_label("Diterima", exact=True).check()
        await secretary.locator("article").get_by_label("Alasan").fill("Angka diperbaiki.")
        await secretary.locator("article").get_by_role("button", name="Jawab tanggapan").click()
        await expect(secretary.get_by_text("Alasan: Angka diperbaiki.")).to_be_visible()
        faults += await looked_at(secretary, f"{office.url}/m/{past.meeting_id}", "closed, with the minutes' state")
        faults += await looked_at(guest, f"{office.url}/verify/{'0' * 16}-{'0' * 16}", "not genuine")
    assert not faults, "\n".join(faults)
