"""Offices, a sheet of people, an invited post: as an administrator and a secretary do it, also on a phone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Office
from tests.browser.looking import LANGUAGES, PHONE, examine, sign_in, visitor

pytestmark = pytest.mark.browser

SHEET = """DAFTAR PEJABAT;;;;
No;Nama;NIP;Jabatan;Perangkat Daerah;TMT
1;Dra. Wulan Sari;198003122005012002;Kepala Dinas Sosial;Dinas Sosial;01-01-2026
2;Ahmad;12;Staf;Dinas Sosial;
3;Rahmat Hidayat, S.Sos.;;Kepala Dinas Perhubungan;Dinas Perhubungan;
"""


async def choose(page: Page, field: str, typed: str, wanted: str) -> None:
    """As one does with the keyboard: type, down, Enter."""
    box = page.locator(field)
    await box.fill("")
    await box.press_sequentially(typed)
    await page.get_by_role("option", name=wanted).first.wait_for()
    await box.press("ArrowDown")
    await box.press("Enter")
    await expect(box).to_have_value(wanted)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_tree_is_made_a_sheet_imported_and_a_post_invited(
    office: Office, chromium: Browser, language: str
) -> None:
    faults: list[str] = []
    async with visitor(chromium) as page:
        await sign_in(page, office.url, "admin")
        await page.goto(f"{office.url}/admin/offices/units/new?language={language}")
        await page.fill("#name", "Dinas Perhubungan")
        await page.locator("main form .button").first.click()
        await page.locator("a[href$='/posts/new']").click()
        await page.fill("#title", "Kepala Dinas Perhubungan")
        await page.check("[name=leads]")
        await page.locator("main form .button").first.click()
        await page.locator("#official").wait_for()
        faults += await examine(page, f"post, {language}")

        await page.goto(f"{office.url}/admin/offices/import")
        await page.set_input_files("#file", {"name": "p.csv", "mimeType": "text/csv", "buffer": SHEET.encode()})
        await page.locator("main form .button").first.click()
        await expect(page.locator(".counts .error strong")).to_have_text("1")
        await expect(page.locator(".counts .new strong")).to_have_text("2")
        faults += await examine(page, f"preview, {language}")
        await page.locator("form[action$='/apply'] button").click()
        await page.locator(".tree").wait_for()

    async with visitor(chromium) as page:
        await sign_in(page, office.url, "notulis")
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await page.goto(f"{office.url}/meetings/new?language={language}")
        await page.fill("#title", "Rapat Evaluasi")
        await choose(page, "#person-0-name", "sekretaris d", "Sekretaris Daerah")
        await choose(page, "#person-2-name", "kepala dinas sos", "Kepala Dinas Sosial")
        await expect(page.locator("li:has(#person-2-ref) [data-note]")).to_contain_text("Dra. Wulan Sari")
        await page.locator("[data-addressees] [data-add]").click()
        await choose(page, "#person-3-name", "forko", "Forkopimda")
        faults += await examine(page, f"plan, {language}")
        await page.locator(".form-end .button").first.click()
        await page.get_by_text("Dra. Wulan Sari").first.wait_for()
        await expect(page.get_by_text("Komandan Kodim Contoh").first).to_be_visible()
    assert not faults, "\n".join(faults)
