"""Two write an item's notes at once, see each other's cursors, close the meeting and find the text in the papers."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page

from tests.browser.conftest import Office
from tests.browser.looking import sign_in, visitor
from tests.browser.papers import docx_text, papers_of, pdf_text
from tests.browser.people import Person

pytestmark = pytest.mark.browser

CHAIR_SAYS = " Pimpinan rapat menyampaikan bahwa anggaran tahap kedua harus terserap."
SECRETARY_SAYS = "Dinas Kesehatan melaporkan stok obat untuk tiga bulan."
AFTERWARDS = "Dilengkapi sesudah rapat oleh notulis."


def text_of(one: Person) -> Locator:
    return one.page.get_by_role("textbox", name="Catatan pembahasan").first


async def types(one: Person, words: str) -> None:
    for letter in words:
        await one.page.keyboard.type(letter)


async def adopted(page: Page, url: str, words: str) -> None:
    """What was written goes into the record when it has rested for a moment."""
    for _ in range(20):
        await page.goto(url)
        if await page.get_by_text(re.compile(re.escape(words))).count():
            return
        await page.wait_for_timeout(500)
    raise AssertionError("the text was not adopted")


async def comes_to_write(one: Person, office: Office) -> None:
    await one.joins(office.meeting_id)
    await one.opens("Catatan")
    await text_of(one).wait_for()


async def test_two_write_at_once_and_the_papers_say_what_both_wrote(
    office: Office, chromium: Browser, tmp_path: Path
) -> None:
    chair = await Person.signs_in(chromium, office.url, "sekda")
    secretary = await Person.signs_in(chromium, office.url, "notulis")
    await comes_to_write(chair, office)
    await comes_to_write(secretary, office)

    await secretary.page.get_by_role("button", name="Judul", exact=True).click()
    await types(secretary, "Laporan")
    await secretary.page.keyboard.press("Enter")
    await types(secretary, "Awal.")
    await secretary.page.keyboard.press("Enter")
    await text_of(chair).get_by_role("heading", name="Laporan").wait_for()
    await text_of(chair).get_by_text("Awal.").click()
    await chair.page.keyboard.press("End")
    await asyncio.gather(types(chair, CHAIR_SAYS), types(secretary, SECRETARY_SAYS))
    for one, other in ((chair, secretary), (secretary, chair)):
        await text_of(one).get_by_text(CHAIR_SAYS.strip()).wait_for()
        await text_of(one).get_by_text(SECRETARY_SAYS).wait_for()
        await text_of(one).locator(".caret .who", has_text=other.name).wait_for()

    await secretary.page.keyboard.press("Enter")
    await types(secretary, "/tabel")
    await secretary.page.keyboard.press("Enter")
    await types(secretary, "Kecamatan")
    await text_of(chair).locator("table th", has_text="Kecamatan").wait_for()
    await secretary.page.keyboard.press("Control+End")
    await types(secretary, "@Ratna")
    await secretary.page.keyboard.press("Enter")
    await text_of(chair).locator(".mention", has_text="Ratna Dewi").wait_for()
    await secretary.page.locator("balai-editor").get_by_text("Tersimpan", exact=True).wait_for()

    await chair.page.get_by_role("button", name="Rapat", exact=True).click()
    await chair.page.get_by_role("menuitem", name="Tutup rapat").click()
    await chair.page.get_by_role("button", name="Tutup rapat", exact=True).click()
    await secretary.page.get_by_role("heading", name="Rapat telah ditutup").wait_for()
    assert office.verify() == 0

    papers = await papers_of(secretary, office.meeting_id, tmp_path)
    for said in (pdf_text(papers["notula.pdf"]), docx_text(papers["notula.docx"])):
        for wanted in ("Laporan", f"Awal.{CHAIR_SAYS}", SECRETARY_SAYS, "Kecamatan", "Ratna Dewi"):
            assert wanted in said

    page = secretary.page
    await page.goto(f"{office.url}/m/{office.meeting_id}/record")
    await text_of(secretary).get_by_text(SECRETARY_SAYS).click()
    await page.keyboard.press("Home")
    await types(secretary, AFTERWARDS + " ")
    await page.locator("balai-editor").first.get_by_text("Tersimpan", exact=True).wait_for()
    await adopted(page, f"{office.url}/m/{office.meeting_id}/minutes", AFTERWARDS)


async def test_what_is_said_for_the_record_is_one_key_away_and_stands_in_the_papers(
    office: Office, chromium: Browser, tmp_path: Path
) -> None:
    secretary = await Person.signs_in(chromium, office.url, "notulis")
    chair = await Person.signs_in(chromium, office.url, "sekda")
    await comes_to_write(secretary, office)
    await comes_to_write(chair, office)
    panel, page = secretary.page.locator("balai-notes"), secretary.page
    await text_of(secretary).click()
    await types(secretary, "Batas waktu penyerapan diundur satu bulan.")
    await page.keyboard.press("Control+Alt+u")  # while typing: the paragraph becomes the motion's words
    assert await panel.get_by_label("Isi").input_value() == "Batas waktu penyerapan diundur satu bulan."
    await panel.get_by_role("button", name="Catat usul").click()
    await panel.get_by_text("Tuliskan atau pilih siapa yang menyampaikannya.").wait_for()
    await panel.get_by_label("Disampaikan oleh").fill("dr. Ratna Dewi, M.Kes.")
    await panel.get_by_role("button", name="Catat usul").click()
    await panel.get_by_role("button", name=re.compile("Perbaiki catatan 1")).focus()
    await page.keyboard.press("o")  # not typing: the letter alone
    await panel.get_by_label("Disampaikan oleh").fill("Camat Suka Maju")
    await panel.get_by_label("Isi").fill("Jalan ke tiga desa masih putus.")
    await panel.get_by_role("button", name="Catat keberatan").click()
    seen = chair.page.locator("balai-notes .entry", has_text="Jalan ke tiga desa masih putus.")
    await seen.get_by_text("Camat Suka Maju").wait_for()
    await seen.get_by_text("Keberatan", exact=True).wait_for()

    await page.keyboard.press("Escape")
    await page.locator("body").click(position={"x": 5, "y": 300})
    await page.keyboard.press("?")
    await page.get_by_text("Catat keberatan (di panel Catatan)").wait_for()
    await page.keyboard.press("Escape")
    papers = await papers_of(secretary, office.meeting_id, tmp_path)
    for said in (pdf_text(papers["notula.pdf"]), docx_text(papers["notula.docx"])):
        assert re.search(r"Usul dari dr\. Ratna Dewi, M\.Kes\. \(\d\d\.\d\d WIB\): Batas waktu penyerapan", said)
        assert re.search(r"Keberatan dari Camat Suka Maju \(\d\d\.\d\d WIB\): Jalan ke tiga desa", said)


async def test_a_paper_drawn_while_the_meeting_goes_on_holds_the_last_word(
    office: Office, chromium: Browser, tmp_path: Path
) -> None:
    secretary = await Person.signs_in(chromium, office.url, "notulis")
    await comes_to_write(secretary, office)
    await text_of(secretary).click()
    await types(secretary, AFTERWARDS)
    await secretary.page.locator("balai-editor").get_by_text("Tersimpan", exact=True).wait_for()
    page = await secretary.page.context.new_page()  # the meeting goes on in the other one
    await page.goto(f"{secretary.url}/m/{office.meeting_id}")
    async with page.expect_download() as coming:
        await page.locator(f"a[href='/m/{office.meeting_id}/notula.pdf']").click()
    await (await coming.value).save_as(tmp_path / "notula.pdf")
    assert AFTERWARDS in pdf_text(tmp_path / "notula.pdf")


async def selects(one: Person, words: str) -> None:
    """As with the mouse: these words of the notes."""
    await one.page.evaluate(
        """(words) => {
          const inner = (name, root) => root.querySelector(name)?.shadowRoot;
          const found = (root) => {
            for (const one of root.querySelectorAll("*")) {
              if (one.classList.contains("ProseMirror")) return one;
              const deeper = one.shadowRoot && found(one.shadowRoot);
              if (deeper) return deeper;
            }
            return null;
          };
          const page = found(document);
          const walker = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf(words);
            if (at < 0) continue;
            page.focus();
            getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + words.length);
            return;
          }
          throw new Error("no such words");
        }""",
        words,
    )


async def test_a_participant_suggests_and_comments_and_the_secretary_takes_it_over(
    office: Office, chromium: Browser, tmp_path: Path
) -> None:
    secretary = await Person.signs_in(chromium, office.url, "notulis")
    doctor = await Person.signs_in(chromium, office.url, "dinkes")
    await comes_to_write(secretary, office)
    await text_of(secretary).click()
    await types(secretary, "Stok obat cukup untuk tiga bulan di semua puskesmas.")
    await comes_to_write(doctor, office)
    seen = doctor.page.locator("balai-notes")
    await text_of(doctor).get_by_text("tiga bulan").wait_for()
    assert await seen.get_by_role("button", name="Komentari").count() == 0  # nobody may, until the rules say so

    await secretary.page.get_by_label("Tanggapan peserta atas catatan").select_option("suggest")
    await seen.get_by_text("Pilih bagian catatan untuk mengomentarinya atau mengusulkan perubahan.").wait_for()
    await selects(doctor, "tiga bulan")
    await seen.get_by_role("button", name="Usulkan perubahan").click()
    await seen.get_by_label("Usul kalimat pengganti").fill("enam minggu")
    await seen.get_by_role("button", name="Kirim").click()
    await text_of(secretary).locator(".struck", has_text="tiga bulan").wait_for()
    await text_of(secretary).locator("ins", has_text="enam minggu").wait_for()
    await selects(doctor, "semua puskesmas")
    await seen.get_by_role("button", name="Komentari").click()
    await seen.get_by_label("Komentar").fill("Kecuali Muara Enam.")
    await seen.get_by_role("button", name="Kirim").click()

    panel = secretary.page.locator("balai-notes")
    await panel.get_by_text("Kecuali Muara Enam.").wait_for()
    await panel.get_by_role("button", name=re.compile("^Terima usul dari")).click()
    await text_of(doctor).get_by_text("Stok obat cukup untuk enam minggu di semua puskesmas.").wait_for()
    await panel.get_by_role("button", name=re.compile("^Terima usul dari")).wait_for(state="detached")
    await seen.get_by_text("Usul perubahan dari").wait_for(state="detached")

    await secretary.page.goto(f"{office.url}/m/{office.meeting_id}/record")  # what is left is answered there
    await secretary.page.get_by_role("button", name=re.compile("^Selesai: komentar dari")).click()
    await seen.get_by_text("Kecuali Muara Enam.").wait_for(state="detached")
    async with secretary.page.expect_download() as coming:
        await secretary.page.evaluate(f"location.href = '/m/{office.meeting_id}/notula.pdf'")
    await (await coming.value).save_as(tmp_path / "notula.pdf")
    said = pdf_text(tmp_path / "notula.pdf")
    assert "Stok obat cukup untuk enam minggu di semua puskesmas." in said
    assert "Muara Enam." not in said.split("Stok obat cukup")[1].split("Keputusan")[0]  # a remark is no part of it
    assert office.verify() == 0


async def test_a_set_phrase_of_the_office_is_inserted_by_its_name(office: Office, chromium: Browser) -> None:
    async with visitor(chromium) as page:
        await sign_in(page, office.url, "admin")
        await page.goto(f"{office.url}/admin/phrases")
        await page.get_by_label("Nama singkat").first.fill("pembukaan")
        await page.get_by_label("Kalimat", exact=True).first.fill("{pimpinan} membuka pembahasan {butir}.")
        await page.get_by_role("button", name="Simpan").click()
        await page.wait_for_url(f"{office.url}/admin/phrases?done=saved")
    secretary = await Person.signs_in(chromium, office.url, "notulis")
    await comes_to_write(secretary, office)
    await text_of(secretary).click()
    await types(secretary, "/pembuk")
    await secretary.page.get_by_role("option", name=re.compile("pembukaan")).wait_for()
    await secretary.page.keyboard.press("Enter")
    filled = "Drs. Hendra Wijaya, M.Si. membuka pembahasan Pembukaan dan pengesahan acara."
    await text_of(secretary).get_by_text(filled).wait_for()
    assert "{" not in await text_of(secretary).inner_text()
