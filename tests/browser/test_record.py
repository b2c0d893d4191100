"""What the secretary writes comes out of the office's papers, in the words and at the place where it was written."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Office
from tests.browser.people import Person

pytestmark = pytest.mark.browser

NOTES = "Dinas Kesehatan melaporkan stok obat untuk tiga bulan."
DECISION = "Puskesmas menambah jam layanan mulai Desember."
ACTION = "Menyusun jadwal jam layanan tambahan"


async def download(person: Person, path: str, folder: Path) -> Path:
    answer = await person.page.context.request.get(f"{person.url}{path}")
    assert answer.status == 200, await answer.text()
    file = folder / path.rsplit("/", 1)[1]
    file.write_bytes(await answer.body())
    return file


def text_of(pdf: Path) -> str:
    out = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    return re.sub(r"\s+", " ", out)


async def test_notes_decisions_and_action_items_stand_in_the_notula(
    office: Office, chromium: Browser, tmp_path: Path
) -> None:
    secretary = await Person.signs_in(chromium, office.url, "notulis")
    page, meeting = secretary.page, f"/m/{office.meeting_id}"
    item = page.locator("section.card", has=page.get_by_role("heading", name=re.compile("layanan kesehatan")))

    await page.goto(f"{office.url}{meeting}/record")
    await item.locator("textarea[name=text]").first.fill(NOTES)
    await item.get_by_role("button", name="Simpan catatan").click()
    await item.get_by_text(NOTES).first.wait_for()

    await item.locator("summary").nth(0).click()
    await item.locator("form:has(input[value=record_decision]) textarea[name=text]").fill(DECISION)
    await item.locator("form:has(input[value=record_decision]) button").click()
    await item.get_by_text(DECISION).first.wait_for()

    await item.locator("details").last.locator("summary").click()
    form = item.locator("form:has(input[value=record_action])")
    await form.locator("textarea[name=what]").fill(ACTION)
    await form.locator("input[name=who]").fill("dr. Ratna Dewi, M.Kes.")
    await form.locator("input[name=due]").fill("2026-12-01")
    await form.locator("button").click()
    await item.get_by_text(ACTION).first.wait_for()

    notula = text_of(await download(secretary, f"{meeting}/notula.pdf", tmp_path))
    for wanted in (NOTES, DECISION, ACTION, "Sri Rahayu", "Hendra Wijaya", "PEMERINTAH KABUPATEN CONTOH"):
        assert wanted in notula
    attendance = text_of(await download(secretary, f"{meeting}/attendance.pdf", tmp_path))
    assert "Yuliana Kusuma" in attendance
    for path in ("notula.docx", "attendance.xlsx", "attendance.csv"):
        assert (await download(secretary, f"{meeting}/{path}", tmp_path)).stat().st_size > 500
