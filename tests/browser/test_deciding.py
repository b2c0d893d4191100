"""A question is put to the meeting in the room: consensus fails, a roll call decides, and the notula says how."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Office
from tests.browser.papers import papers_of, pdf_text
from tests.browser.people import Person

pytestmark = pytest.mark.browser

MOTION = "Rencana kerja dan anggaran tahun 2027 disetujui."
SILENT = "localStorage.setItem('balai.room', JSON.stringify({microphone: false, camera: false}))"


async def joined(chromium: Browser, office: Office, login: str) -> Person:
    """In the room with the panel of votes before them; pictures are of no matter here."""
    person = await Person.signs_in(chromium, office.url, login)
    await person.page.context.add_init_script(SILENT)
    await person.joins(office.meeting_id)
    await person.opens("Putusan")
    return person


async def test_an_objection_leads_to_a_roll_call_that_the_notula_tells(
    office: Office, chromium: Browser, tmp_path: Path
) -> None:
    chair = await joined(chromium, office, "sekda")
    secretary = await joined(chromium, office, "notulis")
    official = await joined(chromium, office, "dinkes")
    for person in (chair, secretary, official):
        await person.page.locator("balai-votes").get_by_text("Kuorum terpenuhi: hadir 3 dari 5").wait_for()

    await chair.presses("Ajukan usul")
    await chair.page.get_by_label("Usul", exact=True).fill(MOTION)
    await chair.presses("Tawarkan untuk mufakat")
    await official.presses("Saya keberatan")
    await official.page.get_by_label("Alasan").fill("belum dibahas di komisi")
    await official.page.locator("form").get_by_role("button", name="Saya keberatan").click()
    await chair.page.locator("balai-votes").get_by_text("belum dibahas di komisi").wait_for()
    await chair.presses("Tutup sekarang")

    await chair.presses("Lanjutkan dengan pemungutan suara")
    await chair.page.get_by_label(re.compile("Dipanggil satu per satu")).check()
    await chair.presses("Buka pemungutan suara")
    for person, choice in ((chair, "Setuju"), (secretary, "Setuju"), (official, "Tidak setuju")):
        await person.page.get_by_role("button", name=choice, exact=True).click()
    await chair.page.locator("balai-votes").get_by_text("3 dari 5 anggota sudah memberikan suara").wait_for()
    await chair.presses("Tutup sekarang")
    for person in (chair, secretary, official):
        await person.page.locator("balai-votes").get_by_text("Setuju 2, tidak setuju 1, abstain 0").wait_for()

    papers = await papers_of(secretary, office.meeting_id, tmp_path)
    said = " ".join(pdf_text(papers["notula.pdf"]).split())
    assert f"Usul 1: {MOTION}" in said
    assert "Keberatan: dr. Ratna Dewi, M.Kes." in said
    assert "Setuju: Drs. Hendra Wijaya, M.Si., Sri Rahayu, S.E." in said
    assert "Tidak setuju: dr. Ratna Dewi, M.Kes." in said
    assert "setuju 2, tidak setuju 1, abstain 0" in said
