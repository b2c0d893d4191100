"""What the secretary writes comes out of the office's papers, in the words and at the place where it was written."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from server.demo import PEOPLE
from server.meeting.facts import NotesAdopted
from tests.browser.conftest import Office
from tests.browser.papers import csv_rows, docx_text, papers_of, pdf_text, xlsx_rows
from tests.browser.people import Person

pytestmark = pytest.mark.browser

NOTES = "Dinas Kesehatan melaporkan stok obat untuk tiga bulan."
DECISION = "Puskesmas menambah jam layanan mulai Desember."
ACTION = "Menyusun jadwal jam layanan tambahan"


async def test_notes_decisions_and_action_items_stand_in_the_notula(
    office: Office, chromium: Browser, tmp_path: Path
) -> None:
    secretary = await Person.signs_in(chromium, office.url, "notulis")
    page, meeting = secretary.page, f"/m/{office.meeting_id}"
    item = page.locator("section.card", has=page.get_by_role("heading", name=re.compile("layanan kesehatan")))

    await page.goto(f"{office.url}{meeting}/record")
    text = item.get_by_role("textbox", name="Catatan pembahasan")
    await text.and_(page.locator("[contenteditable=true]")).wait_for()  # the shared text has come
    await text.fill(NOTES)
    await item.get_by_text(NOTES).first.wait_for()
    await item.locator(".standing.saved").wait_for()

    await item.locator("summary").nth(0).click()
    await item.locator("form:has(input[value=record_decision]) textarea[name=text]").fill(DECISION)
    await item.locator("form:has(input[value=record_decision]) button").click()
    await item.get_by_text(DECISION).first.wait_for()

    await item.locator("details", has=page.locator("input[value=record_action]")).locator("summary").click()
    form = item.locator("form:has(input[value=record_action])")
    await form.locator("textarea[name=what]").fill(ACTION)
    await form.locator("input[name=who]").fill("dr. Ratna Dewi, M.Kes.")
    await form.locator("input[name=due]").fill("2026-12-01")
    await form.locator("button").click()
    await item.get_by_text(ACTION).first.wait_for()

    await _adopted(office)
    papers = await papers_of(secretary, office.meeting_id, tmp_path)
    for text in (pdf_text(papers["notula.pdf"]), docx_text(papers["notula.docx"])):
        for wanted in (NOTES, DECISION, ACTION, "Sri Rahayu", "Hendra Wijaya", "PEMERINTAH KABUPATEN CONTOH"):
            assert wanted in text
    assert "Yuliana Kusuma" in pdf_text(papers["attendance.pdf"])
    rows = xlsx_rows(papers["attendance.xlsx"])
    assert [row[1] for row in rows[1:]] == [one.name for one in PEOPLE if one.login != "admin"]
    assert csv_rows(papers["attendance.csv"]) == rows


async def _adopted(office: Office) -> None:
    """Shared notes go into the record when they have rested: ten seconds, while the meeting is open."""
    for _ in range(60):
        told = [one.fact for one in await office.journal()]
        if any(isinstance(one, NotesAdopted) and NOTES in one.text for one in told):
            return
        await asyncio.sleep(0.5)
    raise AssertionError("the notes were not adopted")
