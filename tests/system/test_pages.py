"""A page of each paper, as an office gets it: its words are there, its fonts are in it, nothing runs out.

An ordinary run takes the pictures to build/pictures; `make pictures` keeps them.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from server.documents.papers import Kind, OfficePapers
from tests.fakes import FakeClock
from tests.system.held_meeting import OFFICE, ROOT, held
from tests.unit.documents.test_templates import WORDS, Rooms

FOLDER = ROOT / ("docs" if os.environ.get("KEEP_PICTURES") else "build") / "pictures"
DOTS_PER_INCH, MOST_BYTES = 80, 200_000
MARGIN_MM = 15  # nothing is printed nearer to the edge
TITLES: dict[Kind, str] = {
    "notula": "NOTULA", "risalah": "RISALAH", "report": "BERITA ACARA", "decision": "KUTIPAN KEPUTUSAN",
    "attendance": "DAFTAR HADIR", "invitation": "Yth.",
}  # fmt: skip
NUMBER = {"decision": 1}


async def made(kind: Kind) -> bytes:
    papers = OfficePapers(Rooms(held()), WORDS, OFFICE, FakeClock(), public_url="https://rapat.contoh.go.id")
    return await papers.paper("contoh00rapat001", kind, "pdf", "id", NUMBER.get(kind, 0))


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("kind", TITLES)
async def test_a_page_of_each_paper(tmp_path: Path, kind: Kind) -> None:
    file = tmp_path / f"{kind}.pdf"
    file.write_bytes(await made(kind))
    text = await asyncio.to_thread(run, "pdftotext", "-layout", str(file), "-")
    for said in ("PEMERINTAH KABUPATEN CONTOH", "Sekretariat Daerah", TITLES[kind], "Budi Santoso", "24 November 2026"):
        assert said.casefold() in re.sub(r"\s+", " ", text).casefold(), said
    FOLDER.mkdir(parents=True, exist_ok=True)
    picture = FOLDER / f"paper-{kind}"
    last = "1"
    await asyncio.to_thread(
        run,
        "pdftoppm",
        "-png",
        "-r",
        str(DOTS_PER_INCH),
        "-f",
        last,
        "-l",
        last,
        "-singlefile",
        str(file),
        str(picture),
    )
    with Image.open(picture.with_suffix(".png")) as drawn:
        page = drawn.convert("L")
        edge = round(MARGIN_MM / 25.4 * DOTS_PER_INCH)
        inside = page.point(lambda light: 255 if light < 128 else 0).getbbox()
        assert inside is not None
        assert inside[0] >= edge
        assert inside[1] >= edge
        assert inside[2] <= page.width - edge
        small = drawn.convert("P", palette=Image.Palette.ADAPTIVE, colors=32)
    small.save(picture.with_suffix(".png"), optimize=True)
    assert picture.with_suffix(".png").stat().st_size < MOST_BYTES


@pytest.mark.parametrize("kind", TITLES)
async def test_each_paper_is_what_an_archive_and_a_screen_reader_need(kind: Kind) -> None:
    """What can be read without a validator of its own: ISO 19005-2 (PDF/A-2a) and ISO 14289-1 (PDF/UA-1)."""
    reader = pypdf.PdfReader(BytesIO(await made(kind)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "id"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    about = root["/Metadata"].get_data()
    for said in (b"<pdfaid:part>2<", b"<pdfaid:conformance>A<", b"<pdfuaid:part>1<", b"<dc:title>"):
        assert said in re.sub(rb"\s+", b"", about), said
    assert root["/OutputIntents"][0]["/DestOutputProfile"].get_data()
    assert not {"/OpenAction", "/AA", "/Names"} & set(root) or "/JavaScript" not in root.get("/Names", {})
    assert not reader.is_encrypted
    kinds = set(_tags(root["/StructTreeRoot"]))
    assert {"/Document", "/P"} <= kinds
    assert "/Table" in kinds or kind in ("decision", "notula", "risalah")
    for page in reader.pages:
        assert page["/StructParents"] >= 0
        for font in page["/Resources"].get("/Font", {}).values():
            [inner] = font["/DescendantFonts"]
            described = inner["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(described), described["/FontName"]
            assert "/ToUnicode" in font
    assert all(one.get("/Alt") for one in _figures(root["/StructTreeRoot"]))


def _nodes(node: object) -> list[pypdf.generic.DictionaryObject]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [found for one in node for found in _nodes(one)]
    if not isinstance(node, pypdf.generic.DictionaryObject) or node.get("/Type") == "/MCR":
        return []
    return [node, *(_nodes(node["/K"]) if "/K" in node else [])]


def _tags(root: pypdf.generic.DictionaryObject) -> list[str]:
    return [str(one["/S"]) for one in _nodes(root) if "/S" in one]


def _figures(root: pypdf.generic.DictionaryObject) -> list[pypdf.generic.DictionaryObject]:
    return [one for one in _nodes(root) if one.get("/S") == "/Figure"]
