"""What an uploaded file is, by its own bytes, never by its name; and a name that harms nobody. Nothing is unpacked."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from io import BytesIO

from server.errors import Invalid

MOST_BYTES = 20 * 1024 * 1024
NAME_LENGTH = 120
OFFICE = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
TYPES = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    f"{OFFICE}wordprocessingml.document": "docx",
    f"{OFFICE}spreadsheetml.sheet": "xlsx",
    f"{OFFICE}presentationml.presentation": "pptx",
    f"{ODF}text": "odt",
    f"{ODF}spreadsheet": "ods",
    f"{ODF}presentation": "odp",
    "text/plain": "txt",
}
"""What may be attached, and how such a file's name ends. Nothing in it runs by itself, or is a page of ours."""
_PARTS = (
    ("word/document.xml", "wordprocessingml.document"),
    ("xl/workbook.xml", "spreadsheetml.sheet"),
    ("ppt/presentation.xml", "presentationml.presentation"),
)
_MACROS = ("vbaproject.bin", "scripts/", "basic/")
_HARMFUL = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sniffed:
    name: str
    media_type: str


def sniff(name: str, content: bytes) -> Sniffed:
    """Invalid("document.empty" | "document.large" | "document.kind" | "document.macros")."""
    if not content:
        raise Invalid("document.empty", field="file")
    if len(content) > MOST_BYTES:
        raise Invalid("document.large", field="file", megabytes=MOST_BYTES >> 20)
    media_type = _media_type(content)
    if media_type is None:
        raise Invalid("document.kind", field="file")
    return Sniffed(clean_name(name, TYPES[media_type]), media_type)


def _media_type(content: bytes) -> str | None:
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"PK\x03\x04"):
        return _packed(content)
    return "text/plain" if _is_text(content) else None


def _packed(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = {one.filename for one in archive.infolist()[:10_000]}
            kind = _odf(archive, names)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        return None
    if any(mark in name.lower() for name in names for mark in _MACROS):
        raise Invalid("document.macros", field="file")
    if kind:
        return kind if kind in TYPES else None
    found = next((f"{OFFICE}{kind}" for part, kind in _PARTS if part in names), None)
    return found if "[Content_Types].xml" in names else None


def _odf(archive: zipfile.ZipFile, names: set[str]) -> str:
    """The first entry says it, stored as it is (OpenDocument 1.3, part 2, 3.3)."""
    if "mimetype" not in names or archive.getinfo("mimetype").file_size > 100:
        return ""
    return archive.read("mimetype").decode("ascii", "replace").strip()


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if any(unicodedata.category(one) == "Cc" and one not in "\t\r\n\f" for one in text):
        return False
    return not re.match(r"\s*<(!doctype|html|svg|\?xml|script)", text, re.IGNORECASE)  # never a page


def clean_name(name: str, ending: str) -> str:
    """The last part of a path, as one line without what systems or readers take for something else; it ends as its
    bytes say, whatever it was called."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    bare = " ".join(_HARMFUL.sub(" ", last).split()).strip(". ")
    stem, dot, said = bare.rpartition(".")
    if dot and re.fullmatch(r"[A-Za-z0-9]{1,5}", said):
        bare = stem.strip(". ")
    if not bare or _RESERVED.fullmatch(bare):
        bare = f"dokumen {bare}".strip()
    return f"{bare[: NAME_LENGTH - 6].strip()}.{ending}"
