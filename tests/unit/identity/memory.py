"""Short stand-ins for what identity keeps: in memory, with the promises of the archive. No assertion lives here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from server.errors import Conflict, NotFound
from server.identity.ports import Account, BrowserSession, Guest, JoinLink


@dataclass
class MemoryAccounts:
    rows: dict[str, Account] = field(default_factory=dict)

    async def add(self, account: Account) -> None:
        if await self.by_login(account.login) is not None:
            raise Conflict("account.login_taken", login=account.login)
        self.rows[account.account_id] = account

    async def add_first(self, account: Account) -> bool:
        if self.rows:
            return False
        self.rows[account.account_id] = account
        return True

    async def change(self, account: Account) -> None:
        if account.account_id not in self.rows:
            raise NotFound("account")
        standing = await self.by_login(account.login)
        if standing is not None and standing.account_id != account.account_id:
            raise Conflict("account.login_taken", login=account.login)
        self.rows[account.account_id] = account

    async def by_id(self, account_id: str) -> Account | None:
        return self.rows.get(account_id)

    async def by_login(self, login: str) -> Account | None:
        return next((one for one in self.rows.values() if one.login.casefold() == login.strip().casefold()), None)

    async def all(self, *, active_only: bool = False) -> tuple[Account, ...]:
        rows = (one for one in self.rows.values() if one.active or not active_only)
        return tuple(sorted(rows, key=lambda one: one.name))


@dataclass
class MemorySessions:
    rows: dict[str, BrowserSession] = field(default_factory=dict)

    async def add(self, session: BrowserSession) -> None:
        self.rows[session.session_id] = session

    async def by_id(self, session_id: str) -> BrowserSession | None:
        return self.rows.get(session_id)

    async def of_account(self, account_id: str, now_ms: int) -> tuple[BrowserSession, ...]:
        rows = (one for one in self.rows.values() if one.account_id == account_id)
        return tuple(one for one in rows if not one.revoked_ms and one.expires_ms > now_ms)

    async def touch(self, session_id: str, last_seen_ms: int, expires_ms: int) -> None:
        row = self.rows[session_id]
        if not row.revoked_ms:
            self.rows[session_id] = replace(row, last_seen_ms=last_seen_ms, expires_ms=expires_ms)

    async def revoke(self, session_id: str, at_ms: int) -> bool:
        row = self.rows.get(session_id)
        if row is None or row.revoked_ms:
            return False
        self.rows[session_id] = replace(row, revoked_ms=at_ms)
        return True

    async def revoke_all(self, account_id: str, at_ms: int, *, but: str = "") -> int:
        own = [key for key, one in self.rows.items() if one.account_id == account_id and key != but]
        return sum([await self.revoke(key, at_ms) for key in own])

    async def sweep(self, before_ms: int) -> int:
        before = len(self.rows)
        self.rows = {key: one for key, one in self.rows.items() if one.expires_ms >= before_ms}
        return before - len(self.rows)


@dataclass
class MemoryAttempts:
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    async def add(self, key: str, window_start_ms: int) -> int:
        self.counts[key, window_start_ms] = self.counts.get((key, window_start_ms), 0) + 1
        return self.counts[key, window_start_ms]

    async def count(self, key: str, window_start_ms: int) -> int:
        return self.counts.get((key, window_start_ms), 0)

    async def forget(self, key: str) -> None:
        self.counts = {one: count for one, count in self.counts.items() if one[0] != key}

    async def sweep(self, before_ms: int) -> int:
        before = len(self.counts)
        self.counts = {one: count for one, count in self.counts.items() if one[1] >= before_ms}
        return before - len(self.counts)


@dataclass
class MemoryLinks:
    rows: dict[str, JoinLink] = field(default_factory=dict)

    async def add(self, link: JoinLink) -> None:
        self.rows[link.link_id] = link

    async def by_id(self, link_id: str) -> JoinLink | None:
        return self.rows.get(link_id)

    async def of_meeting(self, meeting_id: str) -> tuple[JoinLink, ...]:
        return tuple(one for one in self.rows.values() if one.meeting_id == meeting_id)

    async def bind(self, link_id: str, bound_hash: str, at_ms: int) -> bool:
        row = self.rows[link_id]
        if row.revoked_ms or row.bound_hash not in ("", bound_hash):
            return False
        self.rows[link_id] = replace(row, bound_hash=bound_hash, bound_ms=row.bound_ms or at_ms)
        return True

    async def revoke_person(self, meeting_id: str, person_id: str, at_ms: int) -> int:
        own = [one for one in await self.of_meeting(meeting_id) if one.person_id == person_id and not one.revoked_ms]
        self.rows.update({one.link_id: replace(one, revoked_ms=at_ms) for one in own})
        return len(own)


@dataclass
class MemoryGuests:
    rows: dict[str, Guest] = field(default_factory=dict)

    async def add(self, guest: Guest) -> None:
        self.rows[guest.waiting_id] = guest

    async def by_id(self, waiting_id: str) -> Guest | None:
        return self.rows.get(waiting_id)

    async def by_secret(self, secret_hash: str) -> Guest | None:
        return next((one for one in self.rows.values() if one.secret_hash == secret_hash), None)

    async def revoke(self, waiting_id: str, at_ms: int) -> bool:
        self.rows[waiting_id] = replace(self.rows[waiting_id], revoked_ms=at_ms)
        return True

    async def sweep(self, before_ms: int) -> int:
        before = len(self.rows)
        self.rows = {key: one for key, one in self.rows.items() if one.expires_ms >= before_ms}
        return before - len(self.rows)
