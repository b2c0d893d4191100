"""A key on a token or in an HSM, through its maker's PKCS#11 library. The PIN is never told to anybody.

A wrong PIN is tried once in a process's life: three wrong ones lock most tokens for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pkcs11
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import NoSuchToken, PinIncorrect, PinInvalid, PinLenRange, PinLocked, PKCS11Error
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers import Signer as CmsSigner

from server.documents.signing import SignatureKeyError
from server.errors import Unavailable

WRONG_PIN = (PinIncorrect, PinInvalid, PinLenRange, PinLocked)


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """`module`: path of the library. `token` "": the only one there is. `key`: label of the key, and of its
    certificate unless `certificate` names another."""

    module: str
    token: str
    key: str
    certificate: str = ""
    pin: str = field(default="", repr=False)


class Pkcs11Key:
    """Implements pades.Key. The token is looked for at each signature, so that it may be taken out in between."""

    def __init__(self, place: TokenPlace) -> None:
        """SignatureKeyError for a library that cannot be loaded. The token may come later; see `look`."""
        self._place = place
        self._refused = False
        try:
            self._library = pkcs11.lib(place.module)
        except (PKCS11Error, RuntimeError, OSError):
            raise SignatureKeyError("signature.module", path=place.module) from None

    def look(self) -> None:
        """Is the token there? SignatureKeyError("signature.token" | "signature.pin_locked"). No PIN is tried."""
        try:
            token = self._token()
        except PKCS11Error:
            raise SignatureKeyError("signature.token", token=self._place.token) from None
        if token.flags & (pkcs11.TokenFlag.USER_PIN_LOCKED | pkcs11.TokenFlag.USER_PIN_FINAL_TRY):
            raise SignatureKeyError("signature.pin_locked", token=self._place.token)

    @contextmanager
    def open(self) -> Iterator[CmsSigner]:
        """Unavailable("signature.token" | "signature.pin" | "signature.no_key" | "signature.failed")."""
        if self._refused:
            raise Unavailable("signature.pin")
        try:
            token = self._token()
        except PKCS11Error as fault:
            raise Unavailable("signature.token") from fault
        try:
            with token.open(user_pin=self._place.pin) as session:
                yield self._signer(token, session)
        except WRONG_PIN as fault:
            self._refused = True
            raise Unavailable("signature.pin") from fault
        except PKCS11Error as fault:
            raise Unavailable("signature.failed") from fault

    def _token(self) -> Any:
        """NoSuchToken for none, or for several where none was named."""
        found = [
            token
            for slot in self._library.get_slots(token_present=True)
            if (token := slot.get_token()).flags & pkcs11.TokenFlag.TOKEN_INITIALIZED
            and (not self._place.token or token.label.strip() == self._place.token)
        ]
        if len(found) != 1:
            raise NoSuchToken
        return found[0]

    def _signer(self, token: Any, session: Any) -> CmsSigner:
        """Hash and signature in one where the token can; else it signs the hash that was made here (ECDSA only)."""
        place, able = self._place, token.slot.get_mechanisms()
        wanted = {ObjectClass.PRIVATE_KEY: place.key, ObjectClass.CERTIFICATE: place.certificate or place.key}
        for kind, label in wanted.items():
            if not list(session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: label})):
                raise Unavailable("signature.no_key")
        return PKCS11Signer(
            session,
            cert_label=place.certificate or place.key,
            key_label=place.key,
            other_certs_to_pull=None,
            use_raw_mechanism=pkcs11.Mechanism.ECDSA in able and pkcs11.Mechanism.ECDSA_SHA256 not in able,
        )
