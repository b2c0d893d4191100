"""Browsers that ask to come in without an invitation: one request per browser and meeting, revocable like a link.

Whether a guest is let in is for the meeting to decide, under the waiting_id made here.
"""

from __future__ import annotations

import hmac

from server.clock import Clock
from server.errors import Invalid
from server.identity.attempts import Attempts
from server.identity.keys import new_id, token_hash
from server.identity.ports import Guest, GuestStore

AFTER_ASKING_MS = 36 * 3_600_000
NAME_LENGTH = 120


class Guests:
    def __init__(self, store: GuestStore, attempts: Attempts, clock: Clock) -> None:
        self._store, self._attempts, self._clock = store, attempts, clock

    async def ask(self, meeting_id: str, visitor: str, name: str, function: str, office: str, *, address: str) -> Guest:
        """This browser's request to this meeting; asking again gives the first one. Invalid("guest.name"), Refused."""
        standing = await self.find(meeting_id, visitor)
        if standing is not None:
            return standing
        name, function, office = (" ".join(text.split())[:NAME_LENGTH] for text in (name, function, office))
        if len(name) < 3:
            raise Invalid("guest.name", field="name")
        await self._attempts.count_guest(address)
        now_ms = self._clock.now_ms()
        guest = Guest(
            new_id(), meeting_id, _secret(meeting_id, visitor), name, now_ms, now_ms + AFTER_ASKING_MS,
            office=office, function=function,
        )  # fmt: skip
        await self._store.add(guest)
        return guest

    async def knows_code(self, code: str, given: str, *, address: str) -> bool:
        """Whether somebody knows the code of the door. Guesses are counted: Refused("login.too_many")."""
        await self._attempts.count_address(address)
        right = hmac.compare_digest(code.casefold().encode(), given.strip().casefold().encode())
        if right:
            await self._attempts.address_succeeded(address)
        return right

    async def find(self, meeting_id: str, visitor: str) -> Guest | None:
        guest = await self._store.by_secret(_secret(meeting_id, visitor)) if visitor else None
        return guest if guest is not None and self._holds(guest) else None

    async def stands(self, waiting_id: str) -> Guest | None:
        guest = await self._store.by_id(waiting_id)
        return guest if guest is not None and self._holds(guest) else None

    def _holds(self, guest: Guest) -> bool:
        return not guest.revoked_ms and guest.expires_ms > self._clock.now_ms()

    async def sweep(self) -> None:
        await self._store.sweep(self._clock.now_ms())


def _secret(meeting_id: str, visitor: str) -> str:
    """What is kept of a browser's visitor token, apart for each meeting."""
    return token_hash(f"{meeting_id}|{visitor}")
