"""A paper that was printed, signed by hand and scanned or photographed: read what it is, whatever it is called.

Photographs become one PDF, a page each, their pixels unchanged: what is kept is always one PDF.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

import msgspec
import typst
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from server.documents.sheet import PAPER_MM, Paper
from server.errors import Invalid

SCAN_BYTES = 20 * 1024 * 1024
MOST_PAGES = 40  # photographs; a PDF may have more
MOST_PIXELS = 60_000_000  # of one photograph: above what telephones take, below what fills the memory
TEMPLATES = Path(__file__).parent / "templates"
PNG, JPEG, PDF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%PDF-"
_Sort: TypeAlias = Literal["png", "jpg"]


def read_scan(files: Sequence[bytes], paper: Paper) -> bytes:
    """One PDF from one PDF, or from the pages' photographs (JPEG, PNG) in their order. Takes CPU: call it in a thread.
    Invalid("minutes.scan") for anything else, "minutes.scan_size" above 20 MiB together, "minutes.scan_pixels",
    "minutes.scan_pages"."""
    if sum(map(len, files)) > SCAN_BYTES:
        raise Invalid("minutes.scan_size", field="scan")
    if len(files) == 1 and files[0].startswith(PDF):
        _check_pdf(files[0])
        return files[0]
    if not files:
        raise Invalid("minutes.scan", field="scan")
    if len(files) > MOST_PAGES:
        raise Invalid("minutes.scan_pages", field="scan", most=MOST_PAGES)
    return _pages([(_sort(one), one) for one in files], paper)


def _check_pdf(content: bytes) -> None:
    try:
        reader = PdfFileReader(BytesIO(content), strict=False)
        pages = 0 if reader.encrypted else int(reader.root["/Pages"]["/Count"])
    except (PdfError, KeyError, TypeError, ValueError, RecursionError):
        pages = 0
    if pages < 1:
        raise Invalid("minutes.scan", field="scan")


def _sort(content: bytes) -> _Sort:
    if content.startswith(PNG) and content[12:16] == b"IHDR":
        _bounded(*struct.unpack(">II", content[16:24]))
        return "png"
    if content.startswith(JPEG):
        _bounded(*_jpeg_size(content))
        return "jpg"
    raise Invalid("minutes.scan", field="scan")


def _bounded(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise Invalid("minutes.scan_pixels", field="scan")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """From the frame's header (ITU T.81, B.2.2). Invalid for a file without one."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + max(length, 2)
    raise Invalid("minutes.scan", field="scan")


def _pages(pictures: Sequence[tuple[_Sort, bytes]], paper: Paper) -> bytes:
    names = [f"{place}.{sort}" for place, (sort, _) in enumerate(pictures, 1)]
    data = {"size_mm": PAPER_MM[paper], "pages": names, "title": "Scan"}
    with TemporaryDirectory(prefix="balai-scan-") as aside:
        folder = Path(aside)
        for name, (_, content) in zip(names, pictures, strict=True):
            (folder / name).write_bytes(content)
        shutil.copy(TEMPLATES / "scan.typ", folder)
        try:
            return typst.compile(
                folder / "scan.typ",
                root=folder,
                sys_inputs={"data": msgspec.json.encode(data).decode()},
                format="pdf",
                ignore_system_fonts=True,
                timestamp=0,
            )
        except typst.TypstError as fault:
            raise Invalid("minutes.scan", field="scan") from fault
