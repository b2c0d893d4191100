"""What was signed by hand comes back as one PDF, whatever it was called; hostile files are refused unopened."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pypdf
import pytest
from PIL import Image

from server.documents.scans import MOST_PAGES, SCAN_BYTES, read_scan
from server.errors import Invalid


def photograph(sort: str, size: tuple[int, int] = (300, 400)) -> bytes:
    stream = BytesIO()
    Image.linear_gradient("L").resize(size).save(stream, sort)
    return stream.getvalue()


def test_photographs_are_one_pdf_in_their_order_and_the_same_each_time() -> None:
    files = [photograph("JPEG"), photograph("PNG", (400, 300))]
    content = read_scan(files, "f4")
    assert content == read_scan(files, "f4")
    pages = pypdf.PdfReader(BytesIO(content)).pages
    assert len(pages) == 2
    assert [round(float(side) / 72 * 25.4) for side in pages[0].mediabox[2:]] == [215, 330]
    assert [page.images[0].image.size for page in pages] == [(300, 400), (400, 300)]
    assert pages[0].images[0].image.tobytes() == Image.open(BytesIO(files[0])).tobytes()  # no pixel was changed


def test_one_pdf_stays_as_it_is() -> None:
    content = read_scan([photograph("JPEG")], "a4")
    assert read_scan([content], "a4") is content


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large, with nothing in it."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def locked() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    writer.encrypt("rahasia", algorithm="RC4-128")
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([], "scan"),
        ([b""], "scan"),
        ([b"GIF89a"], "scan"),
        ([b"<svg xmlns='http://www.w3.org/2000/svg'/>"], "scan"),
        ([b"%PDF-1.7 and nothing else"], "scan"),
        ([locked()], "scan"),
        ([b"\xff\xd8\xff"], "scan"),
        ([photograph("JPEG")[:200]], "scan"),
        ([png_of(10, 10)], "scan"),
        ([png_of(100_000, 100_000)], "scan_pixels"),
        ([png_of(0, 10)], "scan_pixels"),
        ([b"%PDF-" + bytes(SCAN_BYTES)], "scan_size"),
        ([photograph("PNG")] * (MOST_PAGES + 1), "scan_pages"),
        ([photograph("PNG"), b"%PDF-1.7"], "scan"),
    ],
)
def test_what_is_no_scan_is_refused(files: list[bytes], code: str) -> None:
    with pytest.raises(Invalid, match=rf"minutes\.{code}$"):
        read_scan(files, "a4")
