"""Rich notes in every paper: headings below their item, lists, tables, dresses, links; nothing read as mark-up."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest

from server.documents.docx_notes import clean
from server.documents.notes import note_blocks
from server.documents.render_docx import docx_bytes
from server.documents.render_html import html_bytes
from server.documents.render_markdown import markdown_bytes
from server.documents.render_odt import odt_bytes
from server.documents.render_pdf import pdf
from server.documents.sheet import Heading, Kop, Sheet
from server.meeting.richtext import (
    Block,
    Break,
    Cell,
    Listing,
    Mention,
    Paragraph,
    Span,
    Table,
    canonical,
    from_plain,
    plain,
    read,
    safe_link,
    trimmed,
)
from server.meeting.richtext import Heading as Title
from tests.unit.documents.told import NASTY

TEXT: tuple[Block, ...] = (
    Title(2, (Span("Laporan"),)),
    Paragraph((Span("Stok "), Span("obat", strong=True), Span(" cukup", emphasis=True), Break(), Span(NASTY))),
    Paragraph((Mention("p2", "Siti"), Span(" membuka "), Span("laman", link="https://contoh.go.id/?a=1&b=2"))),
    Listing(True, ((Paragraph((Span("satu"),)), Listing(False, ((Paragraph((Span("butir"),)),),))),)),
    Listing(True, ((Paragraph((Span("lagi"),)),),)),
    Table(
        (
            (Cell(True, from_plain("Desa")), Cell(True, from_plain("Jumlah"))),
            (Cell(False, from_plain("Kuala")), Cell(False, ())),
        )
    ),
    Title(3, (Span("Rincian"),)),
    Table(((Cell(True, from_plain("Baris")), Cell(False, (Listing(False, ((Paragraph((Span("isi"),)),),)),))),)),
)


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    item = (Heading("Pembahasan"), Heading("1. Laporan", 3, "i1"))
    return Sheet(
        language="id",
        title="Notula",
        meeting="Rapat",
        draft="",
        dated_ms=1_767_232_800_000,
        dated_day="2026-01-01",
        page_of="{page}/{pages}",
        wide=False,
        kop=Kop("", "", "Kabupaten Contoh", ""),
        blocks=(*item, *note_blocks(read(canonical(TEXT)))),
    )


def test_the_canonical_form_says_the_same_and_only_it_is_read() -> None:
    assert read(canonical(TEXT)) == TEXT
    assert "Siti membuka laman" in plain(TEXT)
    assert trimmed((Paragraph(()), *TEXT, Paragraph(()), Paragraph((Span(" "),)))) == TEXT


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", "https:///x", "ftp://a.id", "https://a b.id", "https://[", "x\ny"]
)
def test_a_link_leads_to_a_page_or_nowhere(bad: str) -> None:
    assert safe_link(bad) == ""
    assert safe_link("http://a.id/x?y#z") == "http://a.id/x?y#z"


def test_no_level_of_headings_is_skipped(sheet: Sheet) -> None:
    assert [one.level for one in sheet.blocks if isinstance(one, Heading)] == [2, 3, 4, 5]


def test_the_pdf_is_an_accessible_archive_with_all_of_it(sheet: Sheet, tmp_path: Path) -> None:
    file = tmp_path / "notula.pdf"
    file.write_bytes(pdf(sheet))
    content = file.read_bytes()
    assert content == pdf(sheet)
    assert b"pdfuaid:part" in content
    said = subprocess.run(["pdftotext", "-raw", str(file), "-"], check=True, capture_output=True, text=True).stdout
    for wanted in (
        "Laporan",
        "Stok obat cukup",
        NASTY,
        "Siti membuka laman",
        "1. satu",
        "butir",
        "1. lagi",
        "Kuala",
        "isi",
    ):
        assert wanted in " ".join(said.split()), wanted
    structure = subprocess.run(["pdfinfo", "-struct", str(file)], check=True, capture_output=True, text=True).stdout
    for tag in ("H4", "H5", "L", "LI", "Table", "TH", "Link"):
        assert f" {tag}" in structure or f"\n{tag}" in structure, tag


def test_the_docx_has_real_lists_links_and_headed_tables(sheet: Sheet) -> None:
    paper = docx.Document(BytesIO(docx_bytes(sheet)))
    styles = {one.text: one.style.name for one in paper.paragraphs if one.style is not None}
    assert (styles["Laporan"], styles["satu"], styles["butir"]) == ("Heading 4", "List Number", "List Bullet 2")
    bold = [run.text for one in paper.paragraphs for run in one.runs if run.bold]
    assert bold == ["obat"]
    (link,) = [link for one in paper.paragraphs for link in one.hyperlinks]
    assert (link.text, link.address) == ("laman", "https://contoh.go.id/?a=1&b=2")
    numbers = [one._p.pPr.numPr.numId.val for one in paper.paragraphs if one.text in ("satu", "lagi")]
    assert len(set(numbers)) == 2  # each list begins at 1
    assert paper.tables[-2].rows[1].cells[0].text == "Kuala"
    assert "w:tblHeader" in paper.tables[-2].rows[0]._tr.xml


def test_html_and_markdown_say_it_with_their_own_means(sheet: Sheet) -> None:
    page = html_bytes(sheet).decode()
    for wanted in (
        "<h4>Laporan</h4>",
        "<strong>obat</strong>",
        '<a href="https://contoh.go.id/?a=1&amp;b=2">laman</a>',
    ):
        assert wanted in page
    assert '<th scope="col">' in page
    text = markdown_bytes(sheet).decode()
    for wanted in (
        "#### Laporan",
        "**obat**",
        "[laman](<https://contoh.go.id/?a=1&b=2>)",
        "1. satu\n   - butir",
        "| Desa | Jumlah |",
    ):
        assert wanted in text, text
    assert "\\*tebal\\*" in text


def test_the_odt_is_opened_by_an_office(sheet: Sheet, tmp_path: Path) -> None:
    file = tmp_path / "notula.odt"
    file.write_bytes(odt_bytes(sheet))
    said = ZipFile(file).read("content.xml").decode()
    for wanted in (
        "Laporan",
        "obat",
        'xlink:href="https://contoh.go.id/?a=1&amp;b=2"',
        "text:list-item",
        "table:table-header-rows",
    ):
        assert wanted in said, wanted


def test_what_xml_cannot_write_is_left_out() -> None:
    assert clean("a\x00b\x0bc") == "abc"
