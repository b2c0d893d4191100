"""Browser sessions of accounts: begun on signing in; over when idle, too old or revoked.

Only the token's hash is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.clock import Clock
from server.identity.keys import new_token, token_hash
from server.identity.ports import Account, AccountStore, BrowserSession, BrowserSessionStore

TOUCH_MS = 60_000  # being seen is written at most this often
AGENT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Lifetimes:
    idle_ms: int = 120 * 60_000
    absolute_ms: int = 12 * 3_600_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    account: Account
    session: BrowserSession


class Sessions:
    def __init__(self, store: BrowserSessionStore, accounts: AccountStore, clock: Clock, lifetimes: Lifetimes) -> None:
        self._store, self._accounts, self._clock, self._lifetimes = store, accounts, clock, lifetimes

    async def begin(self, account: Account, address: str, agent: str, method: str = "password") -> str:
        """The new session's token, for the cookie; whatever the browser had before means nothing for it."""
        token, now_ms = new_token(), self._clock.now_ms()
        session = BrowserSession(
            token_hash(token),
            account.account_id,
            now_ms,
            now_ms,
            now_ms + min(self._lifetimes.idle_ms, self._lifetimes.absolute_ms),
            address=address,
            agent=agent[:AGENT_LENGTH],
            method=method,
        )
        await self._store.add(session)
        return token

    async def find(self, token: str) -> SignedIn | None:
        """Whose token this is, and that it is in use now; None if it stands for nobody (any more)."""
        now_ms = self._clock.now_ms()
        session = await self._store.by_id(token_hash(token))
        if session is None or session.revoked_ms or session.expires_ms <= now_ms:
            return None
        account = await self._accounts.by_id(session.account_id)
        if account is None or not account.active:
            return None
        if now_ms - session.last_seen_ms >= TOUCH_MS:
            until_ms = min(now_ms + self._lifetimes.idle_ms, session.created_ms + self._lifetimes.absolute_ms)
            await self._store.touch(session.session_id, now_ms, until_ms)
        return SignedIn(account, session)

    async def carries(self, session_id: str) -> Account | None:
        """Whom a room's ticket stands for. Sitting in a meeting is not idleness: only revoking and age end it."""
        session = await self._store.by_id(session_id)
        if session is None or session.revoked_ms:
            return None
        if session.created_ms + self._lifetimes.absolute_ms <= self._clock.now_ms():
            return None
        account = await self._accounts.by_id(session.account_id)
        return account if account is not None and account.active else None

    async def of_account(self, account_id: str) -> tuple[BrowserSession, ...]:
        return await self._store.of_account(account_id, self._clock.now_ms())

    async def every(self, limit: int, offset: int) -> tuple[BrowserSession, ...]:
        """Of all accounts, the last used first."""
        return await self._store.every(self._clock.now_ms(), limit, offset)

    async def end(self, session_id: str) -> bool:
        return await self._store.revoke(session_id, self._clock.now_ms())

    async def end_one_of(self, account_id: str, session_id: str) -> bool:
        """Only if it belongs to that account."""
        session = await self._store.by_id(session_id)
        if session is None or session.account_id != account_id:
            return False
        return await self.end(session_id)

    async def end_all(self, account_id: str, *, but: str = "") -> int:
        return await self._store.revoke_all(account_id, self._clock.now_ms(), but=but)

    @property
    def oldest_ms(self) -> int:
        """What began before then is over."""
        return self._clock.now_ms() - self._lifetimes.absolute_ms

    async def sweep(self) -> None:
        """Rows are kept as long as a ticket could stand on them."""
        await self._store.sweep(self.oldest_ms)
