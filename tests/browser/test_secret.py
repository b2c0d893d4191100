"""A secret ballot in three browsers: one is reloaded between paper and box, each finds the own line in the list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.conftest import Office
from tests.browser.papers import papers_of, pdf_text
from tests.browser.people import Person
from tests.browser.test_deciding import joined

pytestmark = pytest.mark.browser

MOTION = "Drs. Hendra Wijaya dipilih sebagai ketua panitia."
RECEIPT = re.compile(r"^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$")


async def votes(person: Person, choice: str) -> None:
    slip = person.page.locator("balai-secret-vote")
    await slip.get_by_role("button", name=choice, exact=True).click()
    await slip.get_by_role("button", name="Masukkan surat suara").click()


async def receipt_of(person: Person) -> str:
    slip = person.page.locator("balai-secret-vote")
    await slip.get_by_text("Surat suara sudah masuk").wait_for()
    receipt = await slip.locator("code").inner_text()
    assert RECEIPT.fullmatch(receipt)
    return receipt


async def test_three_vote_in_secret_and_one_reloads_between_paper_and_box(
    office: Office, chromium: Browser, tmp_path: Path
) -> None:
    chair = await joined(chromium, office, "sekda")
    secretary = await joined(chromium, office, "notulis")
    official = await joined(chromium, office, "dinkes")
    bare: list[dict[str, str]] = []

    async def cut_off(route: Route) -> None:
        bare.append(await route.request.all_headers())
        await route.abort()

    await chair.presses("Ajukan usul")
    await chair.page.get_by_label("Usul", exact=True).fill(MOTION)
    await chair.page.get_by_label("Pemungutan suara").first.check()
    await chair.page.get_by_label(re.compile("Tertutup")).check()
    await chair.presses("Buka pemungutan suara")

    await votes(chair, "Setuju")
    await votes(secretary, "Setuju")
    await official.page.route("**/ballot", cut_off)
    await votes(official, "Tidak setuju")
    await official.page.locator("balai-secret-vote").get_by_text("Memasukkan surat suara").wait_for()
    await chair.page.locator("balai-votes").get_by_text("Surat suara diambil oleh 3 dari 5 anggota").wait_for()
    await official.page.unroute("**/ballot")
    await official.page.reload()
    await official.presses("Masuk ke rapat")
    await official.opens("Putusan")
    receipts = {person.name: await receipt_of(person) for person in (chair, secretary, official)}
    assert len(set(receipts.values())) == 3
    assert bare
    assert not any("cookie" in headers for headers in bare)

    await chair.presses("Tutup sekarang")
    for person, choice in ((chair, "Setuju"), (secretary, "Setuju"), (official, "Tidak setuju")):
        panel = person.page.locator("balai-votes")
        await panel.get_by_text("Setuju 2, tidak setuju 1, abstain 0").wait_for()
        await panel.get_by_text(f"Surat suara Anda ada dalam daftar: {choice}").wait_for()
        await panel.get_by_text("Daftar surat suara (3)").click()
        await expect(panel.locator("balai-receipts .own code")).to_have_text(receipts[person.name])

    papers = await papers_of(secretary, office.meeting_id, tmp_path)
    said = " ".join(pdf_text(papers["notula.pdf"]).split())
    assert f"Usul 1: {MOTION}" in said
    assert "setuju 2, tidak setuju 1, abstain 0" in said
    assert not any(receipt.replace("-", "") in said for receipt in receipts.values())
