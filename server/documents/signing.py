"""Signatures in PDF files: PAdES by a key of the office (pyHanko), behind an interface that a signing service can take.

Which paper is signed, by whom and when is decided elsewhere. The signing time is the signature's own claim, read by
pyHanko from the system's clock; the record's time is that of the fact.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal, Protocol

from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko.stamp import StaticStampStyle

from server.errors import BalaiError, Invalid, Unavailable

SCAN_BYTES = 20 * 1024 * 1024
TIMESTAMP_S = 10
WHOLE = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, margins=Margins())


class SignatureKeyError(BalaiError):
    """The configured key cannot be read: wrong passphrase, or no PKCS#12 file."""

    default_code = "signature.key"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visible field stands: page from 0, corners in points from the lower left (ISO 32000-2, 8.3.2.3)."""

    field: str
    page: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Request:
    """One signature: in which of the `places`, by whom, and how it looks (`appearance`: a PDF of the field's size)."""

    places: Sequence[Place]
    field: str
    name: str
    reason: str
    location: str
    appearance: bytes


class Signer(Protocol):
    """Whoever can sign a PDF: a key in a file, a token, or a service elsewhere (it is sent the file)."""

    @property
    def manner(self) -> Literal["certificate", "service"]: ...

    async def sign(self, content: bytes, request: Request) -> bytes:
        """The file with one more signature, everything before it unchanged. Unavailable("signature.failed")."""
        ...


class Pkcs12Signer:
    """A key and its certificates from a PKCS#12 file. PAdES B-B; B-T with the address of a timestamp service."""

    def __init__(self, path: Path, passphrase: bytes | None, timestamp_url: str = "") -> None:
        """SignatureKeyError."""
        try:
            signer = SimpleSigner.load_pkcs12_data(path.read_bytes(), other_certs=(), passphrase=passphrase)
        except (OSError, ValueError, SigningError):
            raise SignatureKeyError(path=str(path)) from None
        if signer is None:
            raise SignatureKeyError(path=str(path))
        self._signer = signer
        self._timestamp_url = timestamp_url

    @property
    def manner(self) -> Literal["certificate", "service"]:
        return "certificate"

    async def sign(self, content: bytes, request: Request) -> bytes:
        try:
            return await asyncio.to_thread(self._sign, content, request)
        except (SigningError, PdfError, OSError, TimeoutError) as fault:
            raise Unavailable("signature.failed") from fault

    def _sign(self, content: bytes, request: Request) -> bytes:
        writer = IncrementalPdfFileWriter(BytesIO(content))
        if not list(enumerate_sig_fields(writer)):  # with the first signature come the fields of all
            for place in request.places:
                append_signature_field(writer, SigFieldSpec(place.field, on_page=place.page, box=place.box))
        metadata = PdfSignatureMetadata(
            field_name=request.field,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            name=request.name,
            reason=request.reason,
            location=request.location or None,
        )
        stamper = HTTPTimeStamper(self._timestamp_url, timeout=TIMESTAMP_S) if self._timestamp_url else None
        with NamedTemporaryFile(suffix=".pdf") as file:  # pyHanko takes an appearance from a file only
            file.write(request.appearance)
            file.flush()
            page = ImportedPdfPage(file.name)  # type: ignore[no-untyped-call]
            look = StaticStampStyle(border_width=0, background=page, background_layout=WHOLE)
            signed = BytesIO()
            PdfSigner(metadata, self._signer, timestamper=stamper, stamp_style=look).sign_pdf(writer, output=signed)
        return signed.getvalue()


def read_passphrase(path: str) -> bytes | None:
    """The first line of the file; None for ""."""
    return Path(path).read_bytes().split(b"\n", 1)[0].rstrip(b"\r") or None if path else None


def check_scan(content: bytes) -> None:
    """Invalid("minutes.scan") for what is no readable PDF with a page or is encrypted, "minutes.scan_size" if longer
    than 20 MiB."""
    if len(content) > SCAN_BYTES:
        raise Invalid("minutes.scan_size")
    if not content.startswith(b"%PDF-"):
        raise Invalid("minutes.scan", field="scan")
    try:
        reader = PdfFileReader(BytesIO(content))
        pages = 0 if reader.encrypted else int(reader.root["/Pages"]["/Count"])
    except (PdfError, KeyError, TypeError, ValueError, RecursionError):
        pages = 0
    if pages < 1:
        raise Invalid("minutes.scan", field="scan")
