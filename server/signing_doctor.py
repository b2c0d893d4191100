"""The doctor's look at what minutes are signed with: a trial signature on an empty page, kept nowhere.

A PIN is tried once, and not at all where one wrong try would lock the token.
"""

from __future__ import annotations

import asyncio

from server.clock import Clock
from server.config import SignatureSection
from server.documents.esign import EsignService
from server.documents.pkcs11_key import Pkcs11Key
from server.documents.render_pdf import stamp
from server.documents.signatures_seen import Level, signatures_in
from server.documents.signers import open_signer, token_place
from server.documents.signing import Request
from server.errors import BalaiError, Value
from server.findings import DAY_MS, SOON_DAYS, Finding


async def signature(section: SignatureSection, clock: Clock) -> Finding:
    """One line: whether minutes could be signed now, up to which PAdES level, and how long the certificate lasts."""
    try:
        if section.pkcs11_module:
            await asyncio.to_thread(Pkcs11Key(token_place(section)).look)
        signer = open_signer(section)
        if signer is None:
            return Finding("ok", "signature.none")
        if isinstance(signer, EsignService):
            await signer.answers()
            return Finding("ok", "signature.service", {"url": section.service_url})
        page = await asyncio.to_thread(stamp, ("Balai",), "en")
        signed = await signer.sign(page, Request((), "trial", "Balai", "trial", "", page))
    except BalaiError as error:
        return _fault(section, error)
    [found] = await asyncio.to_thread(signatures_in, signed)
    left = (found.until_ms - clock.now_ms()) // DAY_MS
    values: dict[str, Value] = {"name": found.subject, "level": LEVELS[found.level], "days": left}
    if left < 0:
        return Finding("fault", "signature.over", values)
    return Finding("warning", "signature.soon", values) if left < SOON_DAYS else Finding("ok", "signature", values)


LEVELS: dict[Level, str] = {"b": "B-B", "t": "B-T", "lt": "B-LT"}


def _fault(section: SignatureSection, error: BalaiError) -> Finding:
    values: dict[str, Value] = {
        "path": section.pkcs11_module or section.pkcs12,
        "token": section.pkcs11_token,
        "key": section.pkcs11_key,
        "url": section.service_url or section.timestamp_url,
        "code": error.code,
    }
    return Finding("fault", FAULTS.get(error.code, "signature.cannot"), values)


FAULTS = {
    "signature.key": "signature.key",
    "signature.module": "signature.module",
    "signature.token": "signature.token",
    "signature.pin": "signature.pin",
    "signature.pin_locked": "signature.pin",
    "signature.no_key": "signature.no_key",
    "signature.timestamp": "signature.timestamp",
    "signature.revocation": "signature.revocation",
    "signature.authorities": "signature.revocation",
    "signature.service": "signature.service_away",
    "signature.service_login": "signature.service_login",
}
"""What an error's code is as a finding; any other one is `signature.cannot`."""
