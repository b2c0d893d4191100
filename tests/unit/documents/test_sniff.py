"""What may be attached is told by its bytes; names lose what could harm, and end as the bytes say."""

from __future__ import annotations

import zipfile
from io import BytesIO

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from server.documents.sniff import MOST_BYTES, NAME_LENGTH, TYPES, clean_name, sniff
from server.errors import Invalid


def saved(thing: object) -> bytes:
    stream = BytesIO()
    thing.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def picture(form: str) -> bytes:
    stream = BytesIO()
    Image.new("RGB", (3, 2)).save(stream, form)
    return stream.getvalue()


def packed(**files: bytes) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return stream.getvalue()


WITH_MACROS = {"[Content_Types].xml": b"x", "word/document.xml": b"x", "word/vbaProject.bin": b"x"}
ODT = packed(mimetype=b"application/vnd.oasis.opendocument.text", content_dot_xml=b"<x/>")


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"%PDF-1.7\n", "Bahan Rapat.PDF", "Bahan Rapat.pdf"),
        (picture("PNG"), "foto.exe", "foto.png"),
        (picture("JPEG"), "../../etc/passwd", "passwd.jpg"),
        (saved(docx.Document()), "C:\\Temp\\Notulen.doc", "Notulen.docx"),
        (saved(openpyxl.Workbook()), "Anggaran 2026.xlsx", "Anggaran 2026.xlsx"),
        (ODT, "surat", "surat.odt"),
        ("Nama;Jabatan\nSiti;Camat ✓\n".encode(), "daftar.csv", "daftar.txt"),
    ],
)
def test_what_is_taken_is_called_after_its_bytes(content: bytes, name: str, told: str) -> None:
    assert sniff(name, content).name == told


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "document.empty"),
        (b"x" * (MOST_BYTES + 1), "document.large"),
        (b"MZ\x90\x00", "document.kind"),
        (b"\x7fELF", "document.kind"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "document.kind"),
        (b" \n<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "document.kind"),
        (b"\xef\xbb\xbf<html>", "document.kind"),
        (b"GIF89a\x01\x00", "document.kind"),
        (packed(a_dot_txt=b"x"), "document.kind"),
        (packed(mimetype=b"application/vnd.oasis.opendocument.text-master"), "document.kind"),
        (packed(mimetype=b"text/html"), "document.kind"),
        (b"PK\x03\x04" + b"\0" * 50, "document.kind"),
        (
            packed(**{"[Content_Types].xml": b"x", "word/document.xml": b"x", "word/vbaProject.bin": b"x"}),
            "document.macros",
        ),
        (packed(mimetype=b"application/vnd.oasis.opendocument.text", Basic__x=b"x"), "document.macros"),
    ],
)
def test_what_could_run_or_is_a_page_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        sniff("bahan.pdf", content)
    assert raised.value.code == code


@given(st.text(max_size=300), st.sampled_from(sorted(TYPES.values())))
def test_every_name_becomes_one_that_harms_nobody(name: str, ending: str) -> None:
    cleaned = clean_name(name, ending)
    assert cleaned.endswith(f".{ending}")
    assert 0 < len(cleaned.removesuffix(f".{ending}")) <= NAME_LENGTH
    assert not set(cleaned) & set('/\\<>:"|?*\n\r\t\0\u202e\u200b')
    assert not cleaned.startswith((".", " "))


def test_a_name_that_systems_keep_for_themselves_gets_another() -> None:
    assert clean_name("CON.pdf", "pdf") == "dokumen CON.pdf"
    assert clean_name("...", "pdf") == "dokumen.pdf"
