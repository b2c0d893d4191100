"""PAdES by pyHanko with a key of the office: B-B, B-T with a timestamp service, B-LT with the authorities' own.

Where the key lies, in a PKCS#12 file or on a token (pkcs11_key.py), is the key's own affair. The signing time is the
signature's own claim, read by pyHanko from the system's clock; the record's time is that of the fact.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal, Protocol

from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers import Signer as CmsSigner
from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from server.documents.signing import Asks, Request, SignatureKeyError
from server.errors import Unavailable

TIMESTAMP_S = 10
WHOLE = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, margins=Margins())


class Key(Protocol):
    """A private key with its certificates."""

    def open(self) -> AbstractContextManager[CmsSigner]:
        """For one signature; called in a thread, never twice at once."""
        ...


@dataclass(frozen=True, slots=True)
class Trust:
    """`timestamp_url`: RFC 3161, "": none (B-B). `authorities`: certificates (asn1crypto) to which the key's and the
    timestamp's lead; with them what proves that none was revoked is fetched and put into the file (B-LT)."""

    timestamp_url: str = ""
    authorities: tuple[Any, ...] = ()

    def context(self) -> ValidationContext | None:
        """A new one each time: it keeps what it fetched."""
        if not self.authorities:
            return None
        known = list(self.authorities)
        roots = [one for one in known if one.self_issued]
        return ValidationContext(
            trust_roots=roots or known, other_certs=known, allow_fetching=True, revocation_mode="require"
        )


def read_authorities(path: str) -> tuple[Any, ...]:
    """Certificates of a PEM or DER file; () for "". SignatureKeyError("signature.authorities")."""
    if not path:
        return ()
    try:
        found = tuple(load_certs_from_pemder_data(Path(path).read_bytes()))
        known = all(one.subject.native and one.public_key.native for one in found)  # it is parsed when it is looked at
    except (OSError, ValueError, TypeError):
        found, known = (), False
    if not found or not known:
        raise SignatureKeyError("signature.authorities", path=path)
    return found


class Pkcs12Key:
    """A key and its certificates from a PKCS#12 file."""

    def __init__(self, path: Path, passphrase: bytes | None) -> None:
        """SignatureKeyError."""
        try:
            signer = SimpleSigner.load_pkcs12_data(path.read_bytes(), other_certs=(), passphrase=passphrase)
        except (OSError, ValueError, SigningError):
            raise SignatureKeyError(path=str(path)) from None
        if signer is None:
            raise SignatureKeyError(path=str(path))
        self._signer = signer

    @contextmanager
    def open(self) -> Iterator[CmsSigner]:
        yield self._signer


class PadesSigner:
    """Implements signing.Signer with a key of the office. One signature at a time: a token has one session."""

    def __init__(self, key: Key, trust: Trust = Trust()) -> None:
        self._key, self._trust = key, trust
        self._turn = asyncio.Lock()

    @property
    def manner(self) -> Literal["certificate", "service"]:
        return "certificate"

    @property
    def asks(self) -> Asks:
        return "nothing"

    async def sign(self, content: bytes, request: Request) -> bytes:
        async with self._turn:
            try:
                return await asyncio.to_thread(self._sign, content, request)
            except TimestampRequestError as fault:
                raise Unavailable("signature.timestamp") from fault
            except (PathError, ValidationError) as fault:
                raise Unavailable("signature.revocation") from fault
            except SigningError as fault:
                known = "signature.revocation" if isinstance(fault.__cause__, ValidationError | PathError) else ""
                raise Unavailable(known or "signature.failed") from fault
            except (PdfError, OSError, ValueError, KeyError, TypeError) as fault:  # what a service may answer, too
                raise Unavailable("signature.failed") from fault

    def _sign(self, content: bytes, request: Request) -> bytes:
        writer = IncrementalPdfFileWriter(BytesIO(content))
        if not list(enumerate_sig_fields(writer)):  # with the first signature come the fields of all
            for place in request.places:
                append_signature_field(writer, SigFieldSpec(place.field, on_page=place.page, box=place.box))
        context = self._trust.context()
        metadata = PdfSignatureMetadata(
            field_name=request.field,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            name=request.name,
            reason=request.reason,
            location=request.location or None,
            validation_context=context,
            embed_validation_info=context is not None,
        )
        url = self._trust.timestamp_url
        stamper = HTTPTimeStamper(url, timeout=TIMESTAMP_S) if url else None
        with self._key.open() as key, NamedTemporaryFile(suffix=".pdf") as file:
            file.write(request.appearance)  # pyHanko takes an appearance from a file only
            file.flush()
            page = ImportedPdfPage(file.name)  # type: ignore[no-untyped-call]
            look = StaticStampStyle(border_width=0, background=page, background_layout=WHOLE)
            signed = BytesIO()
            PdfSigner(metadata, key, timestamper=stamper, stamp_style=look).sign_pdf(writer, output=signed)
        return signed.getvalue()


def first_line(path: str) -> bytes | None:
    """A passphrase's or PIN's file: its first line; None for ""."""
    return Path(path).read_bytes().split(b"\n", 1)[0].rstrip(b"\r") or None if path else None
