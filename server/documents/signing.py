"""What signing a PDF means here: the port that a key, a token or a service fills, and what it is asked.

Which paper is signed, by whom and when is decided elsewhere; how, in pades.py and esign.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from server.errors import BalaiError

Asks: TypeAlias = Literal["nothing", "passphrase"]
"""What a person types to sign: nothing for the office's own key; the passphrase of their own certificate."""


class SignatureKeyError(BalaiError):
    """The configured key cannot be used: wrong passphrase or PIN, no PKCS#12 file, no such token or key on it."""

    default_code = "signature.key"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visible field stands: page from 0, corners in points from the lower left (ISO 32000-2, 8.3.2.3)."""

    field: str
    page: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the person who signs, for a service. Never stored, never logged: not even a repr shows them."""

    nik: str = field(repr=False)
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One signature: in which of the `places`, by whom, and how it looks (`appearance`: a PDF of the field's size).
    `field` that is none of the places: a signature without a picture."""

    places: Sequence[Place]
    field: str
    name: str
    reason: str
    location: str
    appearance: bytes
    credentials: Credentials | None = None


class Signer(Protocol):
    """Whoever can sign a PDF: a key in a file, a token, or a service elsewhere (it is sent the file)."""

    @property
    def manner(self) -> Literal["certificate", "service"]: ...

    @property
    def asks(self) -> Asks: ...

    async def sign(self, content: bytes, request: Request) -> bytes:
        """The file with one more signature, everything before it unchanged. Unavailable("signature.failed" |
        "signature.timestamp" | "signature.revocation" | "signature.pin" | "signature.token" | "signature.no_key" |
        "signature.service" | "signature.service_login"),
        Refused("signature.passphrase" | "signature.nik" | "signature.certificate")."""
        ...
