"""What is begun on one page and finished on the next: kept under a random token's hash, sealed, expiring, once.

What it is about is for the callers; each names a kind, so that the token of one thing never finishes another.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from server.clock import Clock
from server.errors import Unauthenticated
from server.identity.keys import new_token, token_hash
from server.identity.records import Pending, PendingStore

TOKEN_LENGTH = 43
S = TypeVar("S", bound=msgspec.Struct)


class Begun:
    def __init__(self, store: PendingStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def start(self, kind: str, payload: msgspec.Struct, for_ms: int, account_id: str = "") -> str:
        """The token that finishes it."""
        token, now_ms = new_token(), self._clock.now_ms()
        sealed = msgspec.json.encode(payload)
        await self._store.add(Pending(token_hash(token), kind, sealed, now_ms, now_ms + for_ms, account_id))
        return token

    async def look(self, kind: str, token: str, shape: type[S]) -> S:
        """Without finishing it. Unauthenticated("begun.over")."""
        found = await self._store.by_id(token_hash(token)) if len(token) == TOKEN_LENGTH else None
        return self._opened(kind, found, shape)

    async def take(self, kind: str, token: str, shape: type[S]) -> S:
        """It is finished: nobody gets it again. Unauthenticated("begun.over")."""
        await self.look(kind, token, shape)  # another kind's token is not used up by mistake
        return self._opened(kind, await self._store.take(token_hash(token)), shape)

    async def once(self, kind: str, name: str, for_ms: int) -> bool:
        """The first time that `name` is seen within `for_ms`: what was sent before is not taken again."""
        now_ms = self._clock.now_ms()
        return await self._store.add(Pending(token_hash(f"{kind}|{name}"), kind, b"{}", now_ms, now_ms + for_ms))

    async def drop_of(self, account_id: str, kind: str) -> None:
        await self._store.drop_of(account_id, kind)

    async def sweep(self) -> None:
        await self._store.sweep(self._clock.now_ms())

    def _opened(self, kind: str, found: Pending | None, shape: type[S]) -> S:
        if found is None or found.kind != kind or found.expires_ms <= self._clock.now_ms():
            raise Unauthenticated("begun.over")
        return msgspec.json.decode(found.payload, type=shape)
