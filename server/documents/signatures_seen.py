"""What the signatures in a PDF are, read from the file alone: whole or not, and of which PAdES level.

Whether a certificate is one to trust is not judged here: every reader's own program does that, and nothing is fetched.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, TypeAlias

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext

Level: TypeAlias = Literal["b", "t", "lt"]
"""PAdES B-B, B-T (a trusted time), B-LT (and proof in the file that nothing was revoked); ETSI EN 319 142-1."""


@dataclass(frozen=True, slots=True)
class SignatureSeen:
    """`whole`: the bytes that were signed are in the file unchanged, the signature over them holds, and what came
    after it only added signatures. `subject`: the common name in the certificate, `until_ms`: the end of its time."""

    field: str
    subject: str
    level: Level
    whole: bool
    until_ms: int = 0


def signatures_in(content: bytes) -> tuple[SignatureSeen, ...]:
    """In the order in which they were made; () for a PDF without any, or what is no PDF. Blocking; call it in a
    thread."""
    try:
        reader = PdfFileReader(BytesIO(content), strict=False)
        found = reader.embedded_regular_signatures
    except (PdfError, ValueError, KeyError, TypeError, RecursionError):
        return ()
    proven = _proven(reader)
    return tuple(asyncio.run(_seen(one, proven)) for one in found)


def _proven(reader: PdfFileReader) -> frozenset[str]:
    """Signatures of which the file says that nothing was revoked, by the hash that names them in its DSS
    (ISO 32000-2, 12.8.4.3)."""
    try:
        entries = reader.root["/DSS"]["/VRI"]
        return frozenset(name for name in entries if {"/OCSP", "/CRL"} & set(entries[name]))
    except (PdfError, ValueError, KeyError, TypeError):
        return frozenset()


async def _seen(one: EmbeddedPdfSignature, proven: frozenset[str]) -> SignatureSeen:
    nobody = ValidationContext(trust_roots=[], allow_fetching=False)
    try:
        status = await async_validate_pdf_signature(one, signer_validation_context=nobody)
    except (SignatureValidationError, CMSExtractionError, CMSStructuralError, PdfError, ValueError, KeyError):
        return SignatureSeen(str(one.field_name), "", "b", whole=False)
    timed = status.timestamp_validity
    level: Level = "b"
    if timed is not None and timed.valid and timed.intact:
        level = "lt" if DocumentSecurityStore.sig_content_identifier(one.pkcs7_content) in proven else "t"
    subject = str(one.signer_cert.subject.native.get("common_name", ""))
    whole = status.intact and status.valid and status.docmdp_ok is not False
    until_ms = int(one.signer_cert.not_valid_after.timestamp() * 1000)
    return SignatureSeen(str(one.field_name), subject, level, whole, until_ms)
