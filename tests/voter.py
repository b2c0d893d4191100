"""A voter's browser, in Python: makes a secret ballot, blinds it, and finalizes what was signed (RFC 9474, sections
4.1, 4.2 and 4.4, RSABSSA-SHA384-PSS-Randomized). No assertion lives here.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from server.meeting import ballots
from server.meeting.facts import Choice, SecretBallot

HASH_BYTES = SALT_BYTES = 48


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1 with SHA-384 (RFC 8017, appendix B.2.1)."""
    parts = (hashlib.sha384(seed + number.to_bytes(4, "big")).digest() for number in range(-(-length // HASH_BYTES)))
    return b"".join(parts)[:length]


def _encoded(message: bytes, bits: int) -> int:
    """EMSA-PSS-ENCODE (RFC 8017, section 9.1.1)."""
    length, salt = -(-bits // 8), secrets.token_bytes(SALT_BYTES)
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    plain = bytes(length - SALT_BYTES - HASH_BYTES - 2) + b"\x01" + salt
    masked = int.from_bytes(plain, "big") ^ int.from_bytes(_mask(digest, len(plain)), "big")
    masked &= (1 << (8 * len(plain) - (8 * length - bits))) - 1
    return int.from_bytes(masked.to_bytes(len(plain), "big") + digest + b"\xbc", "big")


@dataclass(frozen=True, slots=True)
class Paper:
    """A ballot that is not signed yet. `blinded` is all that the server sees of it."""

    blinded: bytes
    modulus: int
    inverse: int
    receipt: str
    choice: Choice
    prefix: bytes

    def finalized(self, blind_signature: bytes) -> SecretBallot:
        signature = int.from_bytes(blind_signature, "big") * self.inverse % self.modulus
        length = len(self.blinded)
        return SecretBallot(self.receipt, self.choice, self.prefix.hex(), signature.to_bytes(length, "big").hex())


def paper(key: str, meeting_id: str, motion_id: str, choice: Choice) -> Paper:
    """`key`: as VoteOpened has it."""
    public = load_der_public_key(bytes.fromhex(key))
    assert isinstance(public, rsa.RSAPublicKey)
    numbers = public.public_numbers()
    receipt = "".join(secrets.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(16))
    prefix = secrets.token_bytes(ballots.PREFIX_BYTES)
    message = prefix + ballots.message(meeting_id, motion_id, choice, receipt)
    mask = secrets.randbelow(numbers.n - 2) + 2
    blinded = _encoded(message, numbers.n.bit_length() - 1) * pow(mask, numbers.e, numbers.n) % numbers.n
    length = (numbers.n.bit_length() + 7) // 8
    return Paper(blinded.to_bytes(length, "big"), numbers.n, pow(mask, -1, numbers.n), receipt, choice, prefix)
