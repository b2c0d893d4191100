"""What the papers say, found again in the files themselves; the same facts give the same bytes."""

from __future__ import annotations

import csv
import re
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import docx
import openpyxl
import pypdf
import pytest
from pypdf.generic import StreamObject

from server.documents import compose
from server.documents.papers import Form, OfficePapers
from server.documents.render_pdf import pdf
from server.documents.render_table import csv_bytes, defused, xlsx_bytes
from server.documents.sheet import Kop, Paragraph, Sheet, Table
from server.errors import NotFound
from server.meeting import commands, facts
from server.meeting.facts import NumberedFact
from tests.factories import ALICE, CHAIR, SECRETARY, actor, planned
from tests.fakes import FakeClock
from tests.unit.documents.told import NASTY, OFFICE, deliberated, told
from web.i18n import Catalogues

WORDS = Catalogues().words
NAMES = ("Rahayu Chair", "Sari Secretary", "Alice Amalia", "Budi Santoso")


class Rooms:
    def __init__(self, journal: Sequence[NumberedFact]) -> None:
        self.journal = journal

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]:
        if meeting_id != "m1":
            raise NotFound("meeting.unknown")
        return self.journal[number:]


def papers(journal: Sequence[NumberedFact] = ()) -> OfficePapers:
    return OfficePapers(Rooms(journal or told()), WORDS, OFFICE, FakeClock())


def text_of(content: bytes) -> str:
    """As a reader sees it, words one space apart."""
    found = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True)
    return " ".join(found.stdout.decode().split())


def read_form(form: Form, content: bytes) -> str:
    """The words of a paper in any form, one space apart, without its markup."""
    if form == "pdf":
        return text_of(content)
    if form == "docx":
        return " ".join(" ".join(one.text for one in docx.Document(BytesIO(content)).paragraphs).split())
    if form == "odt":
        content = zipfile.ZipFile(BytesIO(content)).read("content.xml")
    return " ".join(re.sub(r"<[^>]*>|\\\\", " " if form == "html" else "", content.decode()).split())


def plain(text: str) -> Sheet:
    kop = Kop("", "", "Kantor", "")
    return Sheet("id", "Notula", "Rapat", "", 1_767_232_800_000, "2026-01-01", "{page}", False, kop, (Paragraph(text),))


async def test_notula_in_indonesian_says_everything() -> None:
    text = text_of(await papers().notula_pdf("m1", "id"))
    for said in (
        "PEMERINTAH KABUPATEN CONTOH",
        "NOTULA",
        "Kamis, 1 Januari 2026",
        "Nomor 005/17/Setda, tanggal 29 Desember 2025",
        "09.00–10.30 WIB",
        "diundang 5, hadir 4, tidak hadir 1",
        "tercapai pukul 09.00 WIB (sekurang-kurangnya 3 dari 4)",
        "Dibahas pukul 09.05–10.30 WIB",
        "Rapat dibuka.",
        "Anggaran tahap kedua disetujui",
        "Pemungutan suara",
        "3 dari 4 hadir",
        "ditarik kembali",
        "Menyusun rincian Budi Santoso 15 Januari 2026",
        "layanan terputus pada pukul 09.25–09.27 WIB",
        "Contoh, 1 Januari 2026",
        "Rahayu Chair",
        "Sari Secretary",
    ):
        assert said in text, said
    assert "Salah tulis" not in text
    assert "KONSEP: belum disahkan" in text
    assert "19850101" not in text


async def test_notula_in_english() -> None:
    text = text_of(await papers().notula_pdf("m1", "en"))
    for said in ("MINUTES", "Thursday, 1 January 2026", "09:00–10:30 WIB", "Vote", "Budi Santoso 15 January 2026"):
        assert said in text, said


@pytest.mark.parametrize("form", ["pdf", "docx", "odt", "html", "md"])
async def test_what_was_said_for_the_record_stands_in_its_agenda_item_in_every_form(form: Form) -> None:
    text = read_form(form, await papers().paper("m1", "notula", form, "id"))
    start, end = text.index("Menghasilkan keputusan"), text.index("Batas waktu diundur.")
    assert text.index("Dibahas pukul") < end < start
    for said in (
        "Pernyataan untuk dicatat dari Alice Amalia (09.05 WIB): Kecamatan belum menerima surat.",
        "Usul dari Camat Suka Maju (09.05 WIB): Batas waktu diundur.",
        "Keberatan dari Budi Santoso (09.05 WIB): Waktunya satu minggu saja.",
        "Keberatan dari Alice Amalia (09.05 WIB): (ditarik kembali)",
    ):
        assert said in text, said
    for gone in ("Keliru dicatat", "terlalu singkat"):
        assert gone not in text


async def test_attendance_names_everybody_with_their_times() -> None:
    text = text_of(await papers().paper("m1", "attendance", "pdf", "id"))
    for said in (*NAMES, "Oki Observer", "09.00–09.15 WIB", "09.25–10.30 WIB", "terlambat", "tidak hadir"):
        assert said in text, said
    assert "**************1001" in text
    assert "19850101" not in text


async def test_votes_quorum_and_objections_stand_in_the_notula() -> None:
    text = text_of(await papers(deliberated()).notula_pdf("m1", "id"))
    for said in (
        "Usul 1: Jadwal disetujui. Diterima.",
        "Usul 2: Anggaran disetujui. Keberatan: Alice Amalia.",
        "(dipanggil satu per satu): setuju 2, tidak setuju 1, abstain 1. Diterima.",
        "Setuju: Rahayu Chair, Sari Secretary.",
        "Tidak setuju: Alice Amalia.",
        "Abstain: Budi Santoso.",
        "Usul 3: Memilih ketua panitia. Pemungutan suara (rahasia): setuju 0, tidak setuju 1, abstain 0.",
        "tidak terpenuhi sejak pukul 09.07 WIB (hadir 2, diperlukan 3)",
        "terpenuhi kembali pukul 09.12 WIB",
        "diwakili 1; izin 1",
    ):
        assert said in text, said


async def test_the_daftar_hadir_says_who_stands_in_and_who_sat_in_the_room() -> None:
    content = await papers(deliberated()).paper("m1", "attendance", "xlsx", "id")
    rows = {row[1]: row for row in openpyxl.load_workbook(BytesIO(content)).worksheets[0].values}
    assert rows["Alice Amalia"][6:8] == ("Budi Santoso", "daring")
    assert rows["Budi Santoso"][7] == "diwakili Alice Amalia"
    assert rows["Oki Observer"][7] == "luring"
    assert rows["Citra Dewi"][7] == "izin (tugas luar)"


async def test_what_is_typed_is_never_markup() -> None:
    assert " ".join(NASTY.split()) in text_of(await papers().notula_pdf("m1", "id"))


async def test_same_facts_same_bytes_and_an_archive_file() -> None:
    first = await papers().notula_pdf("m1", "id")
    assert first == await papers().notula_pdf("m1", "id")
    read = pypdf.PdfReader(BytesIO(first))
    assert read.metadata is not None
    assert read.metadata.title == "Notula – Rapat koordinasi"
    assert str(read.root_object["/Lang"]) == "id"
    about = read.root_object["/Metadata"].get_object()
    assert isinstance(about, StreamObject)
    about_xml = about.get_data()
    assert b"pdfaid:part" in about_xml
    assert b"pdfuaid:part" in about_xml


async def test_who_signed_in_the_room_has_their_signature_in_the_row() -> None:
    ledger = planned()
    ledger.wish(commands.AddRoomDevice("Ruang Rapat Setda"), actor(SECRETARY))
    ledger.wish(commands.Join("s1"), actor(CHAIR))
    ledger.wish(commands.Join("s9"), actor("room-1"))
    ledger.wish(commands.OpenMeeting(), actor(CHAIR, "s1"))
    unsigned = await papers(tuple(ledger.facts)).paper("m1", "attendance", "pdf", "id")
    ledger.wish(commands.CheckIn("room-1", "M10 20L300 40L50 180"), actor(ALICE))
    ledger.after(60_000).wish(commands.CloseMeeting(), actor(CHAIR, "s1"))
    journal = tuple(ledger.facts)
    rows = list(
        csv.reader(StringIO((await papers(journal).paper("m1", "attendance", "csv", "id")).decode("utf-8-sig")))
    )
    (alice,) = [row for row in rows if "Alice Amalia" in row]
    assert alice[-3:] == ["Ditandatangani di ruangan", "0:01:00", "0:00:00"]
    assert not any("Ruang Rapat Setda" in cell for row in rows for cell in row)
    content = await papers(journal).paper("m1", "attendance", "pdf", "id")
    assert content == await papers(journal).paper("m1", "attendance", "pdf", "id")
    assert len(content) > len(unsigned)
    assert "Ditandatangani di ruangan" not in text_of(content)  # it is drawn


async def test_the_header_row_is_on_every_page() -> None:
    content = await papers(told(extra=80)).paper("m1", "attendance", "pdf", "id")
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages]
    assert len(pages) > 2
    assert all("Pangkat/Gol." in page for page in pages if "Peserta Nomor" in page)
    assert "Peserta Nomor79" in pages[-1]


def test_a_character_without_a_glyph_does_not_cost_the_paper() -> None:
    assert "sebelum" in text_of(pdf(plain("sebelum 😀 王小明 sesudah")))


def test_a_row_higher_than_a_page_keeps_its_end() -> None:
    table = Table(("No.", "Keputusan"), (1, 9), (("1", "kata " * 4_000 + "tamat"),))
    assert "tamat" in text_of(pdf(replace(plain(""), blocks=(table,))))


async def test_notula_as_docx() -> None:
    paper = docx.Document(BytesIO(await papers().paper("m1", "notula", "docx", "id")))
    assert "NOTULA" in [one.text for one in paper.paragraphs if one.style and one.style.name == "Heading 1"]
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    assert "Anggaran tahap kedua disetujui" in cells
    assert "Budi Santoso" in cells
    assert any("Rahayu Chair" in cell and "Pimpinan rapat" in cell for cell in cells)
    assert any(one.text == NASTY for one in paper.paragraphs)


@pytest.mark.parametrize(("language", "name", "here"), [("id", "Nama", "daring"), ("en", "Name", "online")])
async def test_attendance_as_tables(language: str, name: str, here: str) -> None:
    content = await papers().paper("m1", "attendance", "xlsx", language)
    rows = [list(row) for row in openpyxl.load_workbook(BytesIO(content)).worksheets[0].values]
    assert rows[0][1] == name
    assert [row[1] for row in rows[1:5]] == list(NAMES)
    assert {row[7] for row in rows[1:5]} == {here}
    content = await papers().paper("m1", "attendance", "csv", language)
    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(StringIO(content.decode("utf-8-sig")))) == rows


@pytest.mark.parametrize("attack", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("http://a")'])
def test_nothing_typed_becomes_a_formula(attack: str) -> None:
    table = Table(("a",), (1,), ((attack,),))
    assert defused(attack) == f"'{attack}"
    written = csv_bytes(table).decode("utf-8-sig")
    assert list(csv.reader(StringIO(written, newline="")))[1] == [f"'{attack}"]
    cell = openpyxl.load_workbook(BytesIO(xlsx_bytes(plain(""), table))).worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert cell.hyperlink is None


async def test_before_the_closing_it_is_a_draft() -> None:
    text = text_of(await papers(tuple(planned().facts)).notula_pdf("m1", "id"))
    assert "KONSEP" in text
    assert "direncanakan 09.00–11.00 WIB" in text
    assert "tidak tercapai (sekurang-kurangnya 3 dari 4)" in text


async def test_an_unknown_meeting_has_no_papers() -> None:
    with pytest.raises(NotFound):
        await papers().notula_pdf("m2", "id")


async def test_the_office_mark_is_in_the_paper(tmp_path: Path) -> None:
    mark = tmp_path / "mark.svg"
    mark.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>')
    with_mark = OfficePapers(Rooms(told()), WORDS, replace(OFFICE, logo=str(mark)), FakeClock())
    assert await with_mark.notula_pdf("m1", "id") != await papers().notula_pdf("m1", "id")


def test_lines_point_at_the_facts_that_say_them() -> None:
    journal = told()
    paper = compose.notula("m1", journal, 0)
    decision, action = paper.of("decision")[0], paper.of("action")[0]
    assert isinstance(journal[decision.fact_number - 1].fact, facts.DecisionCorrected)
    assert isinstance(journal[action.fact_number - 1].fact, facts.ActionRecorded)
    for line in compose.attendance_list("m1", journal, 0).of("attendee"):
        source = journal[line.fact_number - 1]
        if line.text("status") == "absent":
            assert isinstance(source.fact, facts.Invited)
        else:
            assert line.text("code") == compose.code(source.hash)


@pytest.mark.parametrize(("nip", "shown"), [("198501012010011001", "*" * 14 + "1001"), ("123", "***"), ("", "")])
def test_nip_is_masked(nip: str, shown: str) -> None:
    assert compose.masked(nip) == shown


def test_both_languages_have_every_text() -> None:
    indonesian, english = (set(WORDS(one).starting("document.")) for one in ("id", "en"))
    assert indonesian == english
