"""Blind RSA signatures: RFC 9474, RSABSSA-SHA384-PSS-Randomized, the signer's and the verifier's side. Nothing is kept.

The browser blinds and finalizes; what is signed here is a number that says nothing of the ballot.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from server.errors import Invalid

KEY_BITS = 2048  # RFC 9474, section 7.1: at least; a key lives as long as one vote
PUBLIC_EXPONENT = 65_537
SALT_BYTES = 48  # as long as the hash


def new_key() -> tuple[bytes, bytes]:
    """(private, public) as DER: PKCS #8 and SubjectPublicKeyInfo. Takes some tenths of a second."""
    key = rsa.generate_private_key(PUBLIC_EXPONENT, KEY_BITS)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def blind_sign(private_key: bytes, blinded: bytes) -> bytes:
    """RFC 9474, section 4.3 (BlindSign). Invalid("vote.paper") for what is no blinded message of this key."""
    key = load_der_private_key(private_key, None)
    assert isinstance(key, rsa.RSAPrivateKey)  # made by new_key  # noqa: S101
    numbers = key.private_numbers()
    modulus, exponent = numbers.public_numbers.n, numbers.public_numbers.e
    length = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(blinded, "big")
    if len(blinded) != length or not 0 < number < modulus:
        raise Invalid("vote.paper")
    signed = _private(numbers, number)
    if pow(signed, exponent, modulus) != number:  # a faulty exponentiation would give the key away
        raise Invalid("vote.paper")
    return signed.to_bytes(length, "big")


def _private(numbers: rsa.RSAPrivateNumbers, number: int) -> int:
    """number ** d mod n by the Chinese remainders (RFC 8017, section 5.1.2), of a number that nobody chose: how long it
    takes tells nothing of the key."""
    modulus, exponent = numbers.public_numbers.n, numbers.public_numbers.e
    mask = secrets.randbelow(modulus - 2) + 2
    masked = number * pow(mask, exponent, modulus) % modulus
    first, second = pow(masked, numbers.dmp1, numbers.p), pow(masked, numbers.dmq1, numbers.q)
    result = second + numbers.q * ((first - second) * numbers.iqmp % numbers.p)
    return result * pow(mask, -1, modulus) % modulus


def holds(public_key: str, message: bytes, signature: str) -> bool:
    """Whether this key (hex) has signed this; False also for what is no key or no signature."""
    try:
        key = load_der_public_key(bytes.fromhex(public_key))
        scheme = padding.PSS(padding.MGF1(SHA384()), SALT_BYTES)
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        key.verify(bytes.fromhex(signature), message, scheme, SHA384())
    except (InvalidSignature, ValueError):
        return False
    return True
