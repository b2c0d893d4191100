"""What signaling and web need of identity, and what identity needs of the store, as Protocols and plain records.

Adapters are the neighbours of this file (for the Doorkeeper) and server/store/archive.py (for what is kept).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

OfficeRole: TypeAlias = Literal["administrator", "secretary", "official"]


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom a ticket lets into which room. Exactly one of `person_id` and `waiting_id` is set: a guest who waits becomes
    a person only through the meeting's state (GuestAdmitted), under the same waiting_id."""

    meeting_id: str
    person_id: str = ""
    waiting_id: str = ""
    account_id: str = ""
    office_role: str = ""
    language: str = "id"
    guest_name: str = ""
    guest_office: str = ""
    guest_function: str = ""


class Doorkeeper(Protocol):
    """Issues and checks tickets into rooms (signed, expiring, bound to one meeting and one person)."""

    def issue(self, admission: Admission, credential: str, now_ms: int) -> str:
        """`credential` names what the ticket stands on, so that revoking that ends it: "session:<id>" (an account's
        browser session), "link:<id>" (a personal link) or "guest:<waiting_id>"."""
        ...

    async def check(self, ticket: str, now_ms: int) -> Admission:
        """Unauthenticated("ticket.invalid" | "ticket.expired" | "ticket.revoked")."""
        ...


# ------------------------------------------------------- what is kept (server/store/archive.py: the same shapes)


@dataclass(frozen=True, slots=True)
class Account:
    """`password_hash` "": cannot sign in with a password."""

    account_id: str
    login: str
    name: str
    office_role: OfficeRole
    function: str = ""
    office: str = ""
    rank: str = ""
    nip: str = ""
    email: str = ""
    password_hash: str = ""
    active: bool = True
    language: str = "id"
    created_ms: int = 0
    nik: str = ""


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """`session_id` is the hash of the cookie's token; revoked_ms 0: not revoked."""

    session_id: str
    account_id: str
    created_ms: int
    last_seen_ms: int
    expires_ms: int
    revoked_ms: int = 0
    address: str = ""
    agent: str = ""
    method: str = "password"


@dataclass(frozen=True, slots=True)
class JoinLink:
    """`bound_hash` names the first browser that used it ("" : none yet)."""

    link_id: str
    meeting_id: str
    person_id: str
    secret_hash: str
    created_ms: int
    expires_ms: int
    revoked_ms: int = 0
    bound_hash: str = ""
    bound_ms: int = 0


@dataclass(frozen=True, slots=True)
class Guest:
    """A browser that asked to come in without an invitation of its own."""

    waiting_id: str
    meeting_id: str
    secret_hash: str
    name: str
    created_ms: int
    expires_ms: int
    office: str = ""
    function: str = ""
    revoked_ms: int = 0


class AccountStore(Protocol):
    async def add(self, account: Account) -> None:
        """Conflict("account.login_taken")."""
        ...

    async def add_first(self, account: Account) -> bool:
        """Only if there is no account at all yet."""
        ...

    async def change(self, account: Account) -> None:
        """The whole row as it should stand. NotFound("account"), Conflict("account.login_taken")."""
        ...

    async def by_id(self, account_id: str) -> Account | None: ...

    async def by_login(self, login: str) -> Account | None:
        """Whatever its case."""
        ...

    async def by_email(self, email: str) -> tuple[Account, ...]:
        """Whatever its case; several people may share a mailbox."""
        ...

    async def all(self, *, active_only: bool = False) -> tuple[Account, ...]:
        """By name."""
        ...


class BrowserSessionStore(Protocol):
    async def add(self, session: BrowserSession) -> None: ...

    async def by_id(self, session_id: str) -> BrowserSession | None: ...

    async def of_account(self, account_id: str, now_ms: int) -> tuple[BrowserSession, ...]:
        """Those that are neither revoked nor over, the last used first."""
        ...

    async def every(self, now_ms: int, limit: int, offset: int) -> tuple[BrowserSession, ...]:
        """Of all accounts, the last used first."""
        ...

    async def touch(self, session_id: str, last_seen_ms: int, expires_ms: int) -> None: ...

    async def revoke(self, session_id: str, at_ms: int) -> bool: ...

    async def revoke_all(self, account_id: str, at_ms: int, *, but: str = "") -> int: ...

    async def sweep(self, before_ms: int) -> int: ...


class AttemptStore(Protocol):
    async def add(self, key: str, window_start_ms: int) -> int:
        """One more; the count with this one. Atomic: parallel guesses all count."""
        ...

    async def count(self, key: str, window_start_ms: int) -> int: ...

    async def forget(self, key: str) -> None: ...

    async def sweep(self, before_ms: int) -> int: ...


class JoinLinkStore(Protocol):
    async def add(self, link: JoinLink) -> None: ...

    async def by_id(self, link_id: str) -> JoinLink | None: ...

    async def of_meeting(self, meeting_id: str) -> tuple[JoinLink, ...]:
        """All, the newest last."""
        ...

    async def bind(self, link_id: str, bound_hash: str, at_ms: int) -> bool:
        """Belong to this browser from now on; False if it belongs to another one. One of two at once wins."""
        ...

    async def revoke_person(self, meeting_id: str, person_id: str, at_ms: int) -> int: ...


class GuestStore(Protocol):
    async def add(self, guest: Guest) -> None: ...

    async def by_id(self, waiting_id: str) -> Guest | None: ...

    async def by_secret(self, secret_hash: str) -> Guest | None: ...

    async def revoke(self, waiting_id: str, at_ms: int) -> bool: ...

    async def sweep(self, before_ms: int) -> int: ...
