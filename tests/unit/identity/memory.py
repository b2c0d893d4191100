"""Short stand-ins for what identity keeps: in memory, with the promises of the archive. No assertion lives here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.errors import Conflict, NotFound
from server.identity.offices.records import Change, Directory
from server.identity.ports import Account, BrowserSession, Guest, JoinLink
from server.identity.records import AuditEntry, AuditFilter, Authenticator, Identity, Pending, ProviderSession, Setting


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

    async def by_email(self, email: str) -> tuple[Account, ...]:
        return tuple(one for one in self.rows.values() if one.email.casefold() == email.strip().casefold())

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

    async def every(self, now_ms: int, limit: int, offset: int) -> tuple[BrowserSession, ...]:
        rows = [one for one in self.rows.values() if not one.revoked_ms and one.expires_ms > now_ms]
        return tuple(rows[offset : offset + limit])

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


@dataclass
class MemoryFactors:
    rows: dict[str, Authenticator] = field(default_factory=dict)
    codes: dict[tuple[str, str], bool] = field(default_factory=dict)

    async def add(self, one: Authenticator) -> None:
        if one.credential_id and await self.by_credential(one.credential_id):
            raise Conflict("passkey.known")
        self.rows[one.authenticator_id] = one

    async def of_account(self, account_id: str) -> tuple[Authenticator, ...]:
        return tuple(one for one in self.rows.values() if one.account_id == account_id)

    async def by_credential(self, credential_id: str) -> Authenticator | None:
        return next((one for one in self.rows.values() if one.credential_id == credential_id), None)

    async def use(self, authenticator_id: str, counter: int, at_ms: int, *, rising: bool) -> bool:
        row = self.rows[authenticator_id]
        if rising and counter <= row.counter:
            return False
        self.rows[authenticator_id] = replace(row, counter=counter, used_ms=at_ms)
        return True

    async def remove(self, account_id: str, authenticator_id: str) -> bool:
        return self.rows.pop(authenticator_id, None) is not None

    async def remove_all(self, account_id: str) -> int:
        own = await self.of_account(account_id)
        for one in own:
            del self.rows[one.authenticator_id]
        await self.put_codes(account_id, ())
        return len(own)

    async def put_codes(self, account_id: str, hashes: Sequence[str]) -> None:
        self.codes = {key: used for key, used in self.codes.items() if key[0] != account_id}
        self.codes |= {(account_id, one): False for one in hashes}

    async def codes_left(self, account_id: str) -> int:
        return sum(key[0] == account_id and not used for key, used in self.codes.items())

    async def use_code(self, account_id: str, code_hash: str, at_ms: int) -> bool:
        if self.codes.get((account_id, code_hash), True):
            return False
        self.codes[account_id, code_hash] = True
        return True


@dataclass
class MemoryPending:
    rows: dict[str, Pending] = field(default_factory=dict)

    async def add(self, one: Pending) -> bool:
        return self.rows.setdefault(one.token_hash, one) is one

    async def by_id(self, token_hash: str) -> Pending | None:
        return self.rows.get(token_hash)

    async def take(self, token_hash: str) -> Pending | None:
        return self.rows.pop(token_hash, None)

    async def drop_of(self, account_id: str, kind: str) -> None:
        self.rows = {key: one for key, one in self.rows.items() if (one.account_id, one.kind) != (account_id, kind)}

    async def sweep(self, before_ms: int) -> int:
        before = len(self.rows)
        self.rows = {key: one for key, one in self.rows.items() if one.expires_ms >= before_ms}
        return before - len(self.rows)


@dataclass
class MemoryIdentities:
    rows: dict[tuple[str, str], Identity] = field(default_factory=dict)

    async def add(self, one: Identity) -> bool:
        return self.rows.setdefault((one.provider, one.subject), one) is one

    async def find(self, provider: str, subject: str) -> Identity | None:
        return self.rows.get((provider, subject))

    async def of_account(self, account_id: str) -> tuple[Identity, ...]:
        return tuple(one for one in self.rows.values() if one.account_id == account_id)

    async def of_provider(self, provider: str) -> tuple[Identity, ...]:
        return tuple(one for one in self.rows.values() if one.provider == provider)

    async def remove(self, account_id: str, provider: str) -> bool:
        before = len(self.rows)
        own = (account_id, provider)
        self.rows = {key: one for key, one in self.rows.items() if (one.account_id, one.provider) != own}
        return len(self.rows) < before


@dataclass
class MemoryProviderSessions:
    rows: dict[str, ProviderSession] = field(default_factory=dict)

    async def add(self, one: ProviderSession) -> None:
        self.rows[one.session_id] = one

    async def by_id(self, session_id: str) -> ProviderSession | None:
        return self.rows.get(session_id)

    async def of_subject(self, provider: str, subject: str) -> tuple[ProviderSession, ...]:
        return tuple(one for one in self.rows.values() if (one.provider, one.subject) == (provider, subject))

    async def of_sid(self, provider: str, sid: str) -> tuple[ProviderSession, ...]:
        return tuple(one for one in self.rows.values() if (one.provider, one.sid) == (provider, sid))

    async def sweep(self, before_ms: int) -> int:
        return 0


@dataclass
class MemorySettings:
    rows: dict[str, Setting] = field(default_factory=dict)

    async def get(self, key: str) -> Setting:
        return self.rows.get(key)

    async def put(self, key: str, value: Setting) -> None:
        self.rows[key] = value


@dataclass
class MemoryAudit:
    rows: list[AuditEntry] = field(default_factory=list)

    async def append(self, at_ms: int, act: str, actor_id: str, account_id: str, details: Mapping[str, str]) -> int:
        self.rows.append(AuditEntry(len(self.rows) + 1, at_ms, act, actor_id, account_id, dict(details), "", ""))
        return len(self.rows)

    async def page(self, wanted: AuditFilter, limit: int, offset: int) -> tuple[AuditEntry, ...]:
        return tuple(self.rows[::-1][offset : offset + limit])

    async def count(self, wanted: AuditFilter) -> int:
        return len(self.rows)

    async def every(self, wanted: AuditFilter) -> AsyncIterator[AuditEntry]:
        for one in self.rows:
            yield one


@dataclass
class MemoryOffices:
    """Changes one after the other, as the archive has it."""

    kept: Directory = field(default_factory=Directory)
    photos: dict[str, bytes] = field(default_factory=dict)

    async def directory(self) -> Directory:
        return self.kept

    async def change(self, work: Change, *, version: int | None = None) -> Directory:
        if version is not None and version != self.kept.version:
            raise Conflict("offices.changed")
        after = work(self.kept)
        if after != self.kept:
            self.kept = replace(after, version=self.kept.version + 1)
        return self.kept

    async def put_photo(self, digest: str, content: bytes) -> None:
        self.photos[digest] = content

    async def photo(self, digest: str) -> bytes | None:
        return self.photos.get(digest)
