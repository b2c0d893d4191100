"""The template that an office begins with: every placeholder where papers usually have it, to be changed in Word.

Labels are in the office's language; placeholders are the same in every language (word_context.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any  # python-docx has no types

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt

from server.documents.profile import Profile
from server.documents.sheet import PAPER_MM
from server.documents.word_context import Templated
from server.documents.wording import Wording

NOTULA = (
    ("document.meeting", "rapat"), ("document.day", "hari"), ("document.letter", "surat"),
    ("document.time.called", "waktu_undangan"), ("document.time", "waktu"), ("document.place", "tempat"),
    ("document.agenda", "acara"), ("document.chair", "pimpinan"), ("document.secretary", "notulis"),
    ("document.participants", "peserta"), ("document.quorum", "kuorum"),
)  # fmt: skip
ATTENDANCE = (
    ("document.meeting", "rapat"), ("document.day", "hari"), ("document.time", "waktu"),
    ("document.place", "tempat"), ("document.chair", "pimpinan"), ("document.participants", "peserta"),
)  # fmt: skip
DECISION = (
    ("document.excerpt.number", "nomor"), ("document.meeting", "rapat"), ("document.day", "hari"),
    ("document.place", "tempat"), ("document.chair", "pimpinan"), ("document.excerpt.item", "mata_acara"),
)  # fmt: skip
HEAD = (
    ("document.letter.number", "nomor"), ("document.letter.nature", "sifat"), ("document.letter.annex", "lampiran"),
    ("document.letter.about", "hal"),
)  # fmt: skip
BODY = (
    ("document.day", "hari"), ("document.time.planned", "waktu"), ("document.place", "tempat"),
    ("document.agenda", "acara"), ("document.chair", "pimpinan"),
)  # fmt: skip


def starter(kind: Templated, words: Wording, office: Profile) -> bytes:
    """A .docx that `word_check` takes as it is."""
    page = _Page(words, office, wide=kind == "attendance")
    page.letterhead()
    {
        "notula": _notula, "report": _report, "attendance": _attendance, "decision": _decision,
        "invitation": _invitation,
    }[kind](page)  # fmt: skip
    return page.saved()


class _Page:
    def __init__(self, words: Wording, office: Profile, *, wide: bool) -> None:
        self.words, self.office, self.wide, self.paper = words, office, wide, docx.Document()
        section, (short, long) = self.paper.sections[0], (Mm(side) for side in PAPER_MM[office.paper])
        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (long, short) if wide else (short, long)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
        self.width = section.page_width - section.left_margin - section.right_margin
        normal = self.paper.styles["Normal"]
        normal.font.name, normal.font.size = "Bookman Old Style", Pt(9 if wide else 11)
        normal.paragraph_format.space_after = Pt(3)
        for level in range(1, 4):
            style = self.paper.styles[f"Heading {level}"]
            style.font.name, style.font.size, style.font.color.rgb = "Bookman Old Style", Pt(11), None
            style.element.rPr.rFonts.attrib.clear()
            style.element.rPr.rFonts.set(qn("w:ascii"), "Bookman Old Style")
            style.element.rPr.rFonts.set(qn("w:hAnsi"), "Bookman Old Style")

    def line(self, text: str, size: int = 0, *, bold: bool = False, centred: bool = False) -> Any:
        made = self.paper.add_paragraph()
        run = made.add_run(text)
        run.bold = bold or None
        if size:
            run.font.size = Pt(size)
        if centred:
            made.alignment = WD_ALIGN_PARAGRAPH.CENTER
        return made

    def letterhead(self) -> None:
        logo = self.office.logo
        if logo is not None and logo.kind == "png":
            self.paper.add_picture(BytesIO(logo.content), height=Cm(1.9))
            self.paper.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
        for name, size, bold in (("pemerintah", 12, False), ("unit", 12, False), ("nama", 14, True)):
            self.line(f"{{%p if kop.{name} %}}")
            made = self.line(f"{{{{ kop.{name} }}}}", size, bold=bold, centred=True)
            made.paragraph_format.space_after = Pt(0)
            self.line("{%p endif %}")
        last = self.line("{{ kop.alamat }}", 9, centred=True)
        border = OxmlElement("w:pBdr")
        below = OxmlElement("w:bottom")
        for name, value in (("val", "single"), ("sz", "12"), ("space", "4"), ("color", "auto")):
            below.set(qn(f"w:{name}"), value)
        border.append(below)
        last._p.get_or_add_pPr().insert_element_before(border, "w:spacing", "w:jc")

    def title(self) -> None:
        self.line("{{ judul }}", 13, bold=True, centred=True)
        self.draft()

    def draft(self) -> None:
        self.line("{%p if konsep %}")
        self.line("{{ konsep }}", 9, centred=True)
        self.line("{%p endif %}")

    def heading(self, key: str) -> None:
        self.paper.add_heading(self.words(key), level=2)

    def fields(self, rows: Sequence[tuple[str, str]]) -> None:
        table = self.paper.add_table(rows=0, cols=3)
        table.autofit = False
        for key, name in rows:
            value = f"{{{{ {name} }}}}"
            if name == "acara":
                value = (
                    "{% for satu in acara %}{{ loop.index }}. {{ satu }}{% if not loop.last %}\n{% endif %}{% endfor %}"
                )
            cells = table.add_row().cells
            for cell, text in zip(cells, (self.words(key), ":", value), strict=True):
                cell.text = text
                cell.paragraphs[0].paragraph_format.space_after = Pt(1)
        self.shares(table, (27, 3, 70))

    def rows(self, source: str, columns: Sequence[tuple[str, str, int]]) -> None:
        """A table whose middle row comes once for each of `source`; its head comes again on every page."""
        table = self.paper.add_table(rows=1, cols=len(columns))
        table.style, table.autofit = "Table Grid", False
        for cell, (key, _, _) in zip(table.rows[0].cells, columns, strict=True):
            cell.paragraphs[0].add_run(self.words(f"document.column.{key}")).bold = True
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        first = table.add_row()
        middle = table.add_row()
        for cell, (_, name, _) in zip(middle.cells, columns, strict=True):
            cell.text = f"{{{{ satu.{name} }}}}"
        last = table.add_row()
        for made in table.rows:
            made._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        self.shares(table, [share for _, _, share in columns])
        _tag(first, f"{{%tr for satu in {source} %}}")
        _tag(last, "{%tr endfor %}")

    def shares(self, table: Any, shares: Sequence[int]) -> None:
        """Widths of the columns: Word reads those of the cells, others those of the columns."""
        for column, share in zip(table.columns, shares, strict=True):
            column.width = int(self.width * share / sum(shares))
            for cell in column.cells:
                cell.width = column.width

    def remarks(self) -> None:
        self.line("{%p if catatan %}")
        self.line("{{ catatan }}")
        self.line("{%p endif %}")

    def signatures(self, *, dated: bool = True) -> None:
        self.paper.add_paragraph()
        table = self.paper.add_table(rows=1, cols=2)
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        date = "{{ tempat_tanggal }}" if dated else ""
        for cell, side, place in zip(table.rows[0].cells, ("kiri", "kanan"), ("", date), strict=True):
            cell.text = place
            for text in (f"{{{{ {side}.sebagai }}}}", "", "", f"{{{{ {side}.nama }}}}", f"{{{{ {side}.keterangan }}}}"):
                cell.add_paragraph(text).paragraph_format.space_after = Pt(0)

    def proof(self) -> None:
        self.line("{%p if verifikasi.alamat %}")
        self.line("{{ verifikasi.kode }}").paragraph_format.keep_with_next = True
        self.line("{{ verifikasi.teks }} {{ verifikasi.alamat }}", 9)
        self.line("{%p endif %}")

    def saved(self) -> bytes:
        self.paper.core_properties.comments = ""
        stream = BytesIO()
        self.paper.save(stream)
        return stream.getvalue()


def _tag(row: Any, text: str) -> None:
    """Across the row, which is gone once the paper is made."""
    whole = row.cells[0].merge(row.cells[-1])
    for empty in whole.paragraphs[1:]:
        empty._p.getparent().remove(empty._p)
    whole.paragraphs[0].text = text


def _notula(page: _Page) -> None:
    page.title()
    page.fields(NOTULA)
    page.heading("document.proceedings")
    page.line("{%p for satu in pembahasan %}")
    page.paper.add_heading("{{ satu.judul }}", level=3)
    page.line("{{ satu.isi }}")
    page.line("{%p endfor %}")
    page.heading("document.decisions")
    page.rows("keputusan", (("number", "nomor", 12), ("decision", "isi", 46), ("method", "cara", 20),
                            ("standing", "kehadiran", 22)))  # fmt: skip
    page.heading("document.actions")
    page.rows("tindak_lanjut", (("number", "nomor", 7), ("what", "apa", 47), ("who", "siapa", 26),
                                ("due", "tenggat", 20)))  # fmt: skip
    page.remarks()
    page.signatures()
    page.proof()


def _report(page: _Page) -> None:
    page.title()
    page.line("{{ pembuka }}")
    page.rows("keputusan", (("number", "nomor", 18), ("decision", "isi", 54), ("method", "cara", 28)))
    page.line("{{ penutup }}")
    page.heading("document.report.attendees")
    page.rows("daftar", (("number", "nomor", 7), ("name", "nama", 36), ("function", "jabatan", 32),
                         ("signature", "tanda_tangan", 25)))  # fmt: skip
    page.signatures()
    page.proof()


def _attendance(page: _Page) -> None:
    page.title()
    page.fields(ATTENDANCE)
    page.rows("hadir", (
        ("number", "nomor", 4), ("name", "nama", 17), ("nip", "nip", 15), ("rank", "pangkat", 11),
        ("function", "jabatan", 13), ("office", "instansi", 13), ("stands_for", "mewakili", 11),
        ("mode", "cara_hadir", 9), ("in_out", "waktu", 13), ("signature", "tanda_tangan", 16),
    ))  # fmt: skip
    page.remarks()
    page.signatures()


def _decision(page: _Page) -> None:
    page.title()
    page.fields(DECISION)
    page.line("{{ putusan }}")
    page.signatures()
    page.proof()


def _invitation(page: _Page) -> None:
    page.line("{{ tempat_tanggal }}").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    page.fields(HEAD)
    page.paper.add_paragraph()
    page.line(page.words("document.letter.to"))
    page.line("{%p for satu in kepada %}")
    page.line("{{ satu }}")
    page.line("{%p endfor %}")
    page.paper.add_paragraph()
    page.line("{{ pembuka }}")
    page.fields(BODY)
    page.line("{{ penutup }}")
    page.signatures(dated=False)
    page.line("{%p if tembusan %}")
    page.line(f"{page.words('document.letter.copies')}:")
    page.line("{%p for satu in tembusan %}")
    page.line("{{ loop.index }}. {{ satu }}")
    page.line("{%p endfor %}")
    page.line("{%p endif %}")
    page.line("{%p if daftar %}")
    page.heading("document.letter.list")
    page.line("{%p endif %}")
    page.rows("daftar", (("number", "nomor", 6), ("function", "jabatan", 36), ("name", "nama", 32),
                         ("office", "instansi", 26)))  # fmt: skip
