"""Word templates that an office edits: begun, changed, used; and what a hostile one cannot do."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn

from server.documents.kept import KeptPapers
from server.documents.papers import OfficePapers
from server.documents.saved_profiles import SavedProfiles
from server.documents.word_check import TEMPLATE_BYTES
from server.documents.word_context import COMMON, OWN, TEMPLATED, Templated
from server.errors import BalaiError, Invalid, NotFound
from server.meeting.facts import NumberedFact
from tests.fakes import FakeClock
from tests.unit.documents.told import NASTY, OFFICE, told
from web.i18n import Catalogues

WORDS = Catalogues().words


class Rooms:
    def __init__(self, facts: Sequence[NumberedFact]) -> None:
        self._facts = facts

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]:
        return self._facts[number:]


class Values:
    """Small values, as the store keeps them."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def get(self, key: str) -> Any:
        return self.kept.get(key)

    async def put(self, key: str, value: Any) -> None:
        self.kept[key] = value


@pytest.fixture
def papers(tmp_path: Path) -> OfficePapers:
    kept, profiles = KeptPapers(tmp_path / "templates", ".docx"), SavedProfiles(Values())
    return OfficePapers(
        Rooms(told()), WORDS, OFFICE, FakeClock(), public_url="https://rapat.contoh.go.id", profiles=profiles,
        templates=kept,
    )  # fmt: skip


def words_of(content: bytes) -> str:
    paper = docx.Document(BytesIO(content))
    said = {qn("w:t"): lambda one: one.text or "", qn("w:br"): lambda _: "\n"}
    rows = paper.element.body.iter(qn("w:p"))
    return "\n".join("".join(said[one.tag](one) for one in row.iter(*said)) for row in rows)


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    paper = docx.Document(BytesIO(content))
    change(paper)
    stream = BytesIO()
    paper.save(stream)
    return stream.getvalue()


def with_line(*lines: str) -> bytes:
    """A notula of nothing but these lines."""
    paper = docx.Document()
    for line in ("{{ konsep }}", *lines):
        paper.add_paragraph(line)
    stream = BytesIO()
    paper.save(stream)
    return stream.getvalue()


def repacked(content: bytes, parts: dict[str, bytes]) -> bytes:
    """With these parts in place of those of their name, or added."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.pop(name, None) or old.read(name))
        for name, part in parts.items():
            new.writestr(name, part)
    return stream.getvalue()


@pytest.mark.parametrize("kind", TEMPLATED)
async def test_what_an_office_begins_with_is_taken_and_says_what_the_built_in_paper_says(
    papers: OfficePapers, kind: Templated
) -> None:
    number = 1 if kind == "decision" else 0
    usual = words_of(await papers.paper("m1", kind, "docx", "id", number))
    begun = await papers.template(kind, new=True)
    assert "{{ kop.nama }}" in words_of(begun)
    await papers.take_template(kind, begun, "a1")
    made = words_of(await papers.paper("m1", kind, "docx", "id", number))
    assert "{{" not in made
    assert "{%" not in made
    left = {word.strip(".:,") for word in usual.split() if len(word) > 4} - {word.strip(".:,") for word in made.split()}
    assert not left, left  # every word of ours is in theirs
    assert words_of(await papers.paper("m1", kind, "docx", "en", number)) != made  # another language is as before


async def test_what_was_changed_in_word_is_on_the_paper_and_what_was_typed_stays_text(papers: OfficePapers) -> None:
    def change(paper: Any) -> None:
        paper.paragraphs[0].insert_paragraph_before("Tata naskah Kabupaten Contoh")
        paper.sections[0].footer.paragraphs[0].text = "Arsip {{ surat }}"
        paper.add_paragraph("Hadir: {{ pimpinan }}")

    await papers.take_template("notula", changed(await papers.template("notula", new=True), change), "a1")
    content = await papers.paper("m1", "notula", "docx", "id")
    made = words_of(content)
    assert made.startswith("Tata naskah Kabupaten Contoh")
    assert NASTY in made
    assert "Hadir: Rahayu Chair" in made
    footer = docx.Document(BytesIO(content)).sections[0].footer.paragraphs[0].text
    assert footer == "Arsip Nomor 005/17/Setda, tanggal 29 Desember 2025"


async def test_notes_keep_their_lists_and_tables_even_where_a_template_has_no_such_styles(
    papers: OfficePapers, tmp_path: Path
) -> None:
    def bare(paper: Any) -> None:
        for style in list(paper.styles):
            if style.name.startswith(("List", "Heading 2", "Table Grid")):
                style.element.getparent().remove(style.element)

    await papers.take_template("notula", changed(with_line("{{ isi }}"), bare), "a1")
    assert "Anggaran tahap kedua disetujui" in words_of(await papers.paper("m1", "notula", "docx", "id"))


async def test_a_meeting_keeps_the_template_it_was_approved_with(papers: OfficePapers) -> None:
    await papers.take_template("notula", with_line("Templat pertama"), "a1")
    first = await papers.profile()
    await papers.take_template("notula", with_line("Templat kedua"), "a1")
    second = await papers.profile()
    assert first.templates["notula"] != second.templates["notula"]
    assert papers._templates is not None
    assert "Templat pertama" in words_of(papers._templates.read("notula", first))
    assert "Templat kedua" in words_of(await papers.template("notula"))
    await papers.drop_template("notula", "a1")
    with pytest.raises(NotFound, match=r"template\.missing"):
        await papers.template("notula")
    assert "Templat" not in words_of(await papers.paper("m1", "notula", "docx", "id"))


async def test_a_damaged_template_is_told_and_never_used(papers: OfficePapers, tmp_path: Path) -> None:
    content = with_line("Asli")
    await papers.take_template("notula", content, "a1")
    kept = tmp_path / "templates" / "notula" / f"{sha256(content).hexdigest()}.docx"
    assert kept.stat().st_mode & 0o077 == 0
    kept.write_bytes(with_line("Palsu"))
    with pytest.raises(NotFound, match=r"template\.missing"):
        await papers.paper("m1", "notula", "docx", "id")


# ------------------------------------------------------------ what is refused


async def refused(papers: OfficePapers, content: bytes, kind: str = "notula") -> BalaiError:
    with pytest.raises(Invalid) as told:
        await papers.take_template(kind, content, "a1")
    assert (await papers.profile()).templates == {}
    return told.value


@pytest.mark.parametrize(
    "line",
    [
        "{{ ().__class__.__base__.__subclasses__() }}",
        "{{ kop.__class__ }}",
        "{{ konsep.format(1) }}",
        "{{ keputusan.append(1) }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self }}",
        "{{ kop['nama'] }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 10 }}",
        "{{ kop|attr('__class__') }}",
        "{{ kop|map(attribute='__class__')|list }}",
        "{{ ['a']|join }}",
        "{% set x = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{% for a in range(9) %}{% endfor %}",
        "{% for a in keputusan %}{% for b in keputusan %}{{ a.isi }}{% endfor %}{% endfor %}",
        "{% for a in keputusan recursive %}{{ loop(a) }}{% endfor %}",
        "{% for a in judul %}{{ a }}{% endfor %}",
        "{% for a in kop %}{{ a }}{% endfor %}",
        "{% call konsep() %}{% endcall %}",
        "{% filter upper %}x{% endfilter %}",
    ],
)
async def test_a_placeholder_can_read_nothing_and_run_nothing(papers: OfficePapers, line: str) -> None:
    told = await refused(papers, with_line(line))
    assert told.code in ("template.forbidden", "template.unknown", "template.syntax"), told.code


@pytest.mark.parametrize("where", ["header", "footer"])
async def test_headers_and_footers_are_read_as_well(papers: OfficePapers, where: str) -> None:
    def change(paper: Any) -> None:
        getattr(paper.sections[0], where).paragraphs[0].text = "{{ kop.__class__ }}"

    assert (await refused(papers, changed(with_line("x"), change))).code == "template.unknown"


async def test_the_files_own_properties_are_never_a_template(papers: OfficePapers) -> None:
    def change(paper: Any) -> None:
        paper.core_properties.title = "{{ ().__class__.__base__ }}"

    await papers.take_template("notula", changed(with_line("x"), change), "a1")
    made = docx.Document(BytesIO(await papers.paper("m1", "notula", "docx", "id")))
    assert made.core_properties.title.startswith("Notula – ")


async def test_unknown_placeholders_are_listed(papers: OfficePapers) -> None:
    lines = ("{{ rapt }}", "{{ kop.namaa }}", "{% for x in keputusan %}{{ x.isii }} {{ loop.indeks }}{% endfor %}")
    told = await refused(papers, with_line(*lines))
    assert (told.code, told.values["names"]) == ("template.unknown", "kop.namaa, loop.indeks, rapt, x.isii")
    said = WORDS("id").sentence(told.code, told.values)
    assert "kop.namaa, loop.indeks, rapt, x.isii" in said


async def test_a_loop_that_is_not_closed_and_a_paper_that_cannot_be_a_draft_are_named(papers: OfficePapers) -> None:
    told = await refused(papers, with_line("{% for x in keputusan %}{{ x.isi }}"))
    assert told.code == "template.syntax"
    plain = docx.Document()
    plain.add_paragraph("{{ rapat }}")
    stream = BytesIO()
    plain.save(stream)
    told = await refused(papers, stream.getvalue())
    assert (told.code, told.values["names"]) == ("template.needs", "{{ konsep }}")


RELS = "word/_rels/document.xml.rels"
LINKED = (
    b'<Relationship Id="r9" TargetMode="External" Target="https://contoh.example/x.png" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s"/></Relationships>'
)


def related(content: bytes, kind: bytes, target: bytes = b"https://contoh.example/x.png") -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as package:
        rels = package.read(RELS)
    new = (LINKED % kind).replace(b"https://contoh.example/x.png", target)
    return repacked(content, {RELS: rels.replace(b"</Relationships>", new)})


def with_field(instruction: str) -> bytes:
    """A field whose instruction is split over two runs, as Word likes to."""

    def change(paper: Any) -> None:
        paragraph = paper.add_paragraph()
        for part in (instruction[:4], instruction[4:]):
            run = paragraph.add_run()
            text = run._r.makeelement(qn("w:instrText"), {})
            text.text = part
            run._r.append(text)

    return changed(with_line("x"), change)


def bomb() -> bytes:
    return repacked(with_line("x"), {"word/media/large.xml": b"<a>" + b" " * (9 << 20) + b"</a>"})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: b"", "file"),
        (lambda: b"PK\x03\x04 and nothing else", "file"),
        (lambda: b"%PDF-1.7", "file"),
        (lambda: bytes(TEMPLATE_BYTES + 1), "size"),
        (bomb, "size"),
        (lambda: repacked(with_line("x"), {f"word/p{n}.xml": b"<a/>" for n in range(300)}), "size"),
        (lambda: repacked(with_line("x"), {"word/document.xml": b"<w:document"}), "file"),
        (lambda: repacked(with_line("x"), {"word/x.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "file"),
        (lambda: repacked(with_line("x"), {"word/x.xml": '<?xml version="1.0"?><a/>'.encode("utf-16")}), "file"),
        (lambda: repacked(with_line("x"), {"word/vbaProject.bin": b"x"}), "macros"),
        (lambda: repacked(with_line("x"), {"word/embeddings/oleObject1.bin": b"x"}), "macros"),
        (lambda: repacked(with_line("x"), {"word/activeX/activeX1.xml": b"<a/>"}), "macros"),
        (lambda: related(with_line("x"), b"aFChunk"), "macros"),
        (lambda: related(with_line("x"), b"image"), "elsewhere"),
        (lambda: related(with_line("x"), b"attachedTemplate"), "elsewhere"),
        (lambda: related(with_line("x"), b"hyperlink", b"file:///etc/passwd"), "elsewhere"),
        (lambda: related(with_line("x"), b"hyperlink", b"javascript:alert(1)"), "elsewhere"),
        (lambda: with_field(' INCLUDETEXT "/etc/passwd" '), "elsewhere"),
        (lambda: with_field(' DDEAUTO c:\\\\windows "x" '), "elsewhere"),
    ],
)
async def test_a_hostile_file_is_refused(papers: OfficePapers, content: Callable[[], bytes], code: str) -> None:
    assert (await refused(papers, content())).code == f"template.{code}"


async def test_a_macro_document_by_its_type_is_refused(papers: OfficePapers) -> None:
    content = with_line("x")
    with zipfile.ZipFile(BytesIO(content)) as package:
        types = package.read("[Content_Types].xml")
    macro = types.replace(b"wordprocessingml.document.main+xml", b"macroEnabled.main+xml")
    assert (await refused(papers, repacked(content, {"[Content_Types].xml": macro}))).code == "template.macros"


async def test_a_link_that_readers_click_is_theirs_to_have(papers: OfficePapers) -> None:
    await papers.take_template("notula", related(with_line("x"), b"hyperlink"), "a1")
    assert "notula" in (await papers.profile()).templates


async def test_only_papers_that_have_templates_have_one(papers: OfficePapers) -> None:
    for kind in ("votes", "risalah", "../x"):
        with pytest.raises(NotFound, match="not_found"):
            await papers.take_template(kind, with_line("x"), "a1")
    assert all(name in COMMON or name.isidentifier() for kind in TEMPLATED for name in OWN[kind])
