"""Risalah, berita acara, kutipan keputusan and the votes; the notula in its other forms: what they say, no more."""

from __future__ import annotations

import csv
import re
import zipfile
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser
from io import BytesIO, StringIO

import docx
import openpyxl
import pypdf
import pytest

from server.documents.papers import FORMS, OfficePapers
from server.documents.profile import Logo, Profile, is_pattern, numbered
from server.documents.render_html import html_bytes
from server.documents.render_markdown import markdown_bytes, plain
from server.documents.render_odt import odt_bytes
from server.documents.saved_profiles import SavedProfiles
from server.documents.sheet import Paragraph, Sheet, Table
from server.documents.spelled import spelled
from server.errors import NotFound
from server.meeting import commands
from server.meeting.commands import SERVER
from server.meeting.facts import NumberedFact
from tests.factories import ALICE, CHAIR, MINUTE_MS, SECRETARY, actor, noted, planned
from tests.fakes import FakeClock
from tests.unit.documents.test_papers import Rooms, papers, text_of
from tests.unit.documents.test_papers import plain as sheet_of
from tests.unit.documents.told import OFFICE, comes, deliberated, told
from web.i18n import Catalogues

HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) **b** | c"
EVERY = [(kind, form) for kind, forms in FORMS.items() for form in forms]


def spoken() -> tuple[NumberedFact, ...]:
    """Alice has the floor for a minute and a half on the second item, and writes in the chat."""
    ledger = planned()
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    for number, person_id in enumerate((CHAIR, SECRETARY, ALICE), 1):
        comes(ledger, person_id, f"s{number}")
    ledger.wish(commands.OpenItem("i2"), actor(CHAIR))
    ledger.wish(commands.GiveFloor(ALICE), actor(CHAIR))
    ledger.after(MINUTE_MS + MINUTE_MS // 2).wish(commands.EndFloor(), actor(CHAIR))
    ledger.wish(commands.Say("c1", HOSTILE), actor(ALICE))
    ledger.wish(noted("i2", "Dibahas rincian."), SERVER)
    ledger.wish(noted("i1", "Disampaikan tertulis."), SERVER)
    ledger.after(MINUTE_MS).wish(commands.CloseMeeting(), actor(CHAIR))
    return tuple(replace(one, hash=sha256(str(one.number).encode()).hexdigest()) for one in ledger.facts)


@pytest.mark.parametrize(("kind", "form"), EVERY)
async def test_every_paper_can_be_had_in_every_form_that_is_offered(kind: str, form: str) -> None:
    content = await papers(deliberated()).paper("m1", kind, form, "en", number=1)  # type: ignore[arg-type]
    if form == "pdf":
        assert content == await papers(deliberated()).paper("m1", kind, form, "en", number=1)  # type: ignore[arg-type]
        read = pypdf.PdfReader(BytesIO(content))
        assert str(read.root_object["/Lang"]) == "en"
        assert read.root_object["/MarkInfo"]["/Marked"]
        about = read.root_object["/Metadata"].get_object().get_data()
        assert b"pdfaid:part" in about
        assert b"pdfuaid:part" in about
    assert content


async def test_the_risalah_tells_who_spoke_when_and_what_was_written() -> None:
    text = text_of(await papers(spoken()).paper("m1", "risalah", "pdf", "id"))
    for said in (
        "RISALAH RAPAT",
        "09.00 – Rapat dibuka.",
        "09.00 Alice Amalia Diberi kesempatan bicara.",
        "09.01 Alice Amalia Selesai bicara (1:30).",
        "Dibahas rincian.",
        "Disampaikan tertulis.",
        "Rapat ditutup.",
    ):
        assert said in text, said
    assert "<script>alert(1)</script>" in text
    assert text.index("2.") < text.index("Dibahas rincian.") < text.index("Disampaikan tertulis.")


async def test_the_risalah_follows_a_vote_by_its_moments_and_keeps_a_secret_one_secret() -> None:
    text = text_of(await papers(deliberated()).paper("m1", "risalah", "pdf", "id"))
    for said in (
        "Usul 1 ditawarkan untuk mufakat: Jadwal disetujui",
        "Usul 1 disepakati secara mufakat, 4 orang hadir.",
        "Keberatan atas usul 2: terlalu besar",
        "Kuorum tidak lagi terpenuhi: 2 hadir, diperlukan 3.",
        "Keputusan nomor 1: Jadwal disetujui",
    ):
        assert said in text, said
    assert "Hasil suara atas usul 3" in text


async def test_the_berita_acara_spells_its_date_and_has_room_to_sign_for_all_who_came() -> None:
    text = text_of(await papers().paper("m1", "report", "pdf", "id"))
    for said in (
        "Pada hari ini, Kamis, tanggal satu bulan Januari tahun dua ribu dua puluh enam (01-01-2026)",
        "dipimpin oleh Rahayu Chair",
        "dihadiri oleh 4 dari 5 undangan",
        "Anggaran tahap kedua disetujui",
        "Demikian berita acara ini dibuat",
    ):
        assert said in text, said
    assert "Salah tulis" not in text
    tables = docx.Document(BytesIO(await papers().paper("m1", "report", "docx", "id"))).tables
    names = [row.cells[1].text for row in tables[1].rows[1:]]
    assert names == ["Rahayu Chair", "Sari Secretary", "Alice Amalia", "Budi Santoso"]


async def test_an_excerpt_holds_one_decision_and_no_other() -> None:
    text = text_of(await papers().paper("m1", "decision", "pdf", "id", number=1))
    assert "Anggaran tahap kedua disetujui" in text
    assert "Kutipan ini sesuai dengan notula rapat." in text
    assert "Menyusun rincian" not in text
    for gone in (2, 3):
        with pytest.raises(NotFound, match=r"meeting\.no_decision"):
            await papers().paper("m1", "decision", "pdf", "id", number=gone)


async def test_votes_as_tables_name_voters_of_a_roll_call_only() -> None:
    content = await papers(deliberated()).paper("m1", "votes", "xlsx", "id")
    rows = [list(row) for row in openpyxl.load_workbook(BytesIO(content)).worksheets[0].values][1:]
    assert [row[:2] for row in rows if not row[7]] == [
        ["1", "Jadwal disetujui"],
        ["2", "Anggaran disetujui"],
        ["3", "Memilih ketua panitia"],
    ]
    assert [row[7:] for row in rows if row[7]] == [
        ["Rahayu Chair", "setuju"],
        ["Sari Secretary", "setuju"],
        ["Alice Amalia", "tidak setuju"],
        ["Budi Santoso", "abstain"],
    ]
    written = (await papers(deliberated()).paper("m1", "votes", "csv", "id")).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(StringIO(written))][1:] == [row[0] for row in rows]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def hostile() -> Sheet:
    table = Table((HOSTILE,), (1,), ((HOSTILE,),))
    return replace(
        sheet_of(HOSTILE), blocks=(Paragraph(HOSTILE), table, Paragraph("1. bukan daftar"), Paragraph("- x"))
    )


def test_html_needs_nothing_else_and_runs_nothing() -> None:
    tags = Tags()
    tags.feed(html_bytes(hostile()).decode())
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in tags.seen}
    assert [one for tag, one in tags.seen if tag == "html"] == [{"lang": "id"}]
    assert all(str(one["src"]).startswith("data:") for tag, one in tags.seen if tag == "img")
    assert all(one == {"scope": "col"} for tag, one in tags.seen if tag == "th")


def test_markdown_keeps_typed_marks_as_text() -> None:
    text = markdown_bytes(hostile()).decode()
    assert "<script" not in re.sub(r"\\<", "", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "1\\. bukan daftar" in text
    assert "\\- x" in text
    assert plain("a|b\n# c") == "a\\|b \\# c"


async def test_the_notula_as_odt_is_a_package_that_says_the_same() -> None:
    content = await papers().paper("m1", "notula", "odt", "id")
    with zipfile.ZipFile(BytesIO(content)) as package:
        assert package.namelist()[0] == "mimetype"
        assert package.read("mimetype") == b"application/vnd.oasis.opendocument.text"
        body = package.read("content.xml").decode()
    assert "Anggaran tahap kedua disetujui" in body
    assert "Menyusun rincian" in body
    assert "text:h" in body


def test_characters_that_xml_cannot_hold_do_not_cost_the_odt() -> None:
    assert odt_bytes(sheet_of("a\x00b\x0bc\ufffe"))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "nol"),
        (11, "sebelas"),
        (12, "dua belas"),
        (24, "dua puluh empat"),
        (100, "seratus"),
        (115, "seratus lima belas"),
        (1000, "seribu"),
        (1945, "seribu sembilan ratus empat puluh lima"),
        (2026, "dua ribu dua puluh enam"),
    ],
)
def test_numbers_in_words(number: int, said: str) -> None:
    assert spelled(number) == said


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{no}", "7"),
        ("{no:03}/KEP/{bulan}/{tahun}", "007/KEP/VIII/2026"),
        ("{surat}-{no:02}/{bln}", "005/17-07/08"),
    ],
)
def test_a_decisions_number_is_written_as_the_office_does(pattern: str, said: str) -> None:
    assert is_pattern(pattern)
    assert numbered(pattern, 7, "005/17", date(2026, 8, 17)) == said


@pytest.mark.parametrize("pattern", ["", "KEP", "{tahun}", "{no} {x}", "{no", "{no}}", "{no.real}", "{no!r}"])
def test_what_is_no_pattern(pattern: str) -> None:
    assert not is_pattern(pattern)


async def test_every_paper_follows_the_profile() -> None:
    profile = replace(Profile.configured(OFFICE, None), paper="f4", decision_number="{no:03}/KEP/{bulan}/{tahun}")
    kept = SavedProfiles(Shelf())
    await kept.save(profile, "a1", 0)
    made = OfficePapers(Rooms(told()), Catalogues().words, OFFICE, FakeClock(), profiles=kept)
    for kind in ("notula", "report", "decision"):
        content = await made.paper("m1", kind, "pdf", "id", number=1)  # type: ignore[arg-type]
        assert "001/KEP/I/2026" in text_of(content)
        box = pypdf.PdfReader(BytesIO(content)).pages[0].mediabox
        assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (215, 330)


class Shelf:
    def __init__(self) -> None:
        self.kept: dict[str, object] = {}

    async def get(self, key: str) -> object:
        return self.kept.get(key)

    async def put(self, key: str, value: object) -> None:
        self.kept[key] = value


async def test_profiles_are_kept_with_their_moments() -> None:
    kept = SavedProfiles(Shelf())
    assert await kept.at(None) is None
    mark = Logo("png", b"\x89PNG\x00\xff")
    for at_ms, name in ((10, "A"), (20, "B"), (20, "C")):
        await kept.save(Profile(name, logo=mark), "a1", at_ms)
    assert await kept.at(9) is None
    found = [await kept.at(at_ms) for at_ms in (10, 19, 20, 21, None)]
    assert [one.name if one else "" for one in found] == ["A", "A", "B", "C", "C"]
    assert found[0] == Profile("A", logo=mark)
