"""Secrets of this room: one key per purpose out of the server's secret, random tokens, and what is kept of them.

A token itself is never kept, only its hash. No store, no clock, no cookie here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN_BYTES = 32


class Signer:
    """HMAC-SHA-256 with a key that serves one purpose only (RFC 2104; the key by HKDF, RFC 5869)."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        if len(secret) < TOKEN_BYTES:
            raise ValueError("the server's secret has at least 32 bytes")
        self._key = HKDF(SHA256(), 32, salt=None, info=f"balai.identity.1.{purpose}".encode()).derive(secret)

    def sign(self, *parts: str) -> str:
        """43 characters, base64url. Each part's length is signed too, so that no two lists of parts look the same."""
        message = "".join(f"{len(part)}:{part}" for part in parts).encode()
        return _text(hmac.digest(self._key, message, "sha256"))

    def fits(self, signature: str, *parts: str) -> bool:
        """In constant time."""
        return hmac.compare_digest(signature.encode(), self.sign(*parts).encode())


def new_token() -> str:
    """256 random bits, base64url."""
    return _text(secrets.token_bytes(TOKEN_BYTES))


def new_id() -> str:
    """128 random bits, hexadecimal: nobody guesses it, but it is no secret either."""
    return secrets.token_hex(16)


def token_hash(token: str) -> str:
    """What is kept of a token. It is random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
