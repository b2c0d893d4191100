"""Tickets into rooms: a signed statement of who may enter which meeting, and on what that stands. The Doorkeeper."""

from __future__ import annotations

import base64
import binascii

import msgspec

from server.errors import Unauthenticated
from server.identity.guests import Guests
from server.identity.keys import Signer
from server.identity.links import Links
from server.identity.ports import Admission
from server.identity.sessions import Sessions

VALID_MS = 12 * 3_600_000
"""A page left open comes back into its room for so long; what the ticket stands on is looked at each time anyway."""

LONGEST = 4096


class _Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    admission: Admission
    credential: str
    until_ms: int


class Tickets:
    """Implements Doorkeeper."""

    def __init__(self, sessions: Sessions, links: Links, guests: Guests, secret: bytes) -> None:
        self._sessions, self._links, self._guests = sessions, links, guests
        self._signer = Signer(secret, "ticket")

    def issue(self, admission: Admission, credential: str, now_ms: int) -> str:
        if bool(admission.person_id) == bool(admission.waiting_id):
            raise ValueError("a ticket is for a person or for a waiting guest")
        raw = msgspec.json.encode(_Ticket(admission, credential, now_ms + VALID_MS))
        body = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return f"{body}.{self._signer.sign(body)}"

    async def check(self, ticket: str, now_ms: int) -> Admission:
        body, _, signature = ticket.partition(".")
        if len(ticket) > LONGEST or not ticket.isascii() or not self._signer.fits(signature, body):
            raise Unauthenticated("ticket.invalid")
        try:
            opened = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=_Ticket)
        except (msgspec.DecodeError, binascii.Error):
            raise Unauthenticated("ticket.invalid") from None
        if opened.until_ms <= now_ms:
            raise Unauthenticated("ticket.expired")
        if not await self._stands(opened):
            raise Unauthenticated("ticket.revoked")
        return opened.admission

    async def _stands(self, opened: _Ticket) -> bool:
        kind, _, which = opened.credential.partition(":")
        if kind == "session":
            account = await self._sessions.carries(which)
            return account is not None and account.account_id == opened.admission.account_id
        if kind == "link":
            return await self._links.stands(which)
        return kind == "guest" and await self._guests.stands(which) is not None
