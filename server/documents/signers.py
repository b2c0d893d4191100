"""Whoever signs here, as the configuration says. Nothing is signed while this is read."""

from __future__ import annotations

from pathlib import Path

from server.config import SignatureSection
from server.documents.esign import EsignService
from server.documents.pades import PadesSigner, Pkcs12Key, Trust, first_line, read_authorities
from server.documents.pkcs11_key import Pkcs11Key, TokenPlace
from server.documents.signing import Signer


def open_signer(section: SignatureSection) -> Signer | None:
    """None: minutes are signed on paper only. SignatureKeyError for what cannot be used: better at the start than when
    the chair wants to sign. A token need not be there yet, and no PIN is tried: a restarting service would lock it."""
    trust = Trust(section.timestamp_url, read_authorities(section.authorities))
    if section.pkcs11_module:
        return PadesSigner(Pkcs11Key(token_place(section)), trust)
    if section.pkcs12:
        return PadesSigner(Pkcs12Key(Path(section.pkcs12), first_line(section.passphrase_file)), trust)
    if section.service_url:
        password = section.service_password or (first_line(section.service_password_file) or b"").decode()
        return EsignService(section.service_url, section.service_username, password)
    return None


def token_place(section: SignatureSection) -> TokenPlace:
    pin = section.pkcs11_pin or (first_line(section.pkcs11_pin_file) or b"").decode()
    return TokenPlace(section.pkcs11_module, section.pkcs11_token, section.pkcs11_key, section.pkcs11_certificate, pin)
