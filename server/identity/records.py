"""What signing in keeps beside accounts: second factors, what is begun and finished once, identities elsewhere, and the
audit log; as plain records and Protocols. Adapters are in server/store; no rule lives here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

FactorKind: TypeAlias = Literal["totp", "passkey"]
Method: TypeAlias = Literal["password", "totp", "code", "passkey", "oidc", "ldap"]
"""How a session was signed in. "password" and "ldap" are one factor; "totp", "code" and "passkey" stand for two."""
Setting: TypeAlias = "bool | int | float | str | list[Setting] | dict[str, Setting] | None"


@dataclass(frozen=True, slots=True)
class Authenticator:
    """`secret`: the TOTP secret, or a passkey's public key (COSE). `counter`: the last TOTP step that was used, or the
    passkey's sign count."""

    authenticator_id: str
    account_id: str
    kind: FactorKind
    name: str
    secret: bytes
    credential_id: str = ""
    counter: int = 0
    created_ms: int = 0
    used_ms: int = 0


class FactorStore(Protocol):
    async def add(self, one: Authenticator) -> None:
        """Conflict("passkey.known")."""
        ...

    async def of_account(self, account_id: str) -> tuple[Authenticator, ...]:
        """The oldest first."""
        ...

    async def by_credential(self, credential_id: str) -> Authenticator | None: ...

    async def use(self, authenticator_id: str, counter: int, at_ms: int, *, rising: bool) -> bool:
        """Used now, with this counter. `rising`: False unless it is above the kept one; one of two at once wins."""
        ...

    async def remove(self, account_id: str, authenticator_id: str) -> bool: ...

    async def remove_all(self, account_id: str) -> int:
        """Recovery codes too."""
        ...

    async def put_codes(self, account_id: str, hashes: Sequence[str]) -> None:
        """Instead of all that were there."""
        ...

    async def codes_left(self, account_id: str) -> int: ...

    async def use_code(self, account_id: str, code_hash: str, at_ms: int) -> bool:
        """Once."""
        ...


@dataclass(frozen=True, slots=True)
class Pending:
    """What was begun. `payload` lies sealed in the store."""

    token_hash: str
    kind: str
    payload: bytes
    created_ms: int
    expires_ms: int
    account_id: str = ""


class PendingStore(Protocol):
    async def add(self, one: Pending) -> bool:
        """False: that token is there already."""
        ...

    async def by_id(self, token_hash: str) -> Pending | None: ...

    async def take(self, token_hash: str) -> Pending | None:
        """Gone afterwards; one of two at once gets it."""
        ...

    async def drop_of(self, account_id: str, kind: str) -> None: ...

    async def sweep(self, before_ms: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an account is at a provider ("ldap": the directory)."""

    provider: str
    subject: str
    account_id: str
    created_ms: int


class IdentityStore(Protocol):
    async def add(self, one: Identity) -> bool:
        """False: that subject belongs to an account already."""
        ...

    async def find(self, provider: str, subject: str) -> Identity | None: ...

    async def of_account(self, account_id: str) -> tuple[Identity, ...]: ...

    async def of_provider(self, provider: str) -> tuple[Identity, ...]: ...

    async def remove(self, account_id: str, provider: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class ProviderSession:
    session_id: str
    provider: str
    subject: str
    sid: str
    id_token: str
    created_ms: int


class ProviderSessionStore(Protocol):
    async def add(self, one: ProviderSession) -> None: ...

    async def by_id(self, session_id: str) -> ProviderSession | None: ...

    async def of_subject(self, provider: str, subject: str) -> tuple[ProviderSession, ...]: ...

    async def of_sid(self, provider: str, sid: str) -> tuple[ProviderSession, ...]: ...

    async def sweep(self, before_ms: int) -> int: ...


class SettingStore(Protocol):
    async def get(self, key: str) -> Setting: ...

    async def put(self, key: str, value: Setting) -> None: ...


# ------------------------------------------------------------ the audit log


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`actor_id`: who did it ("": nobody signed in, or the machine). `account_id`: whom it concerns. `details` None:
    their key was destroyed by retention. `hash`: hexadecimal."""

    number: int
    at_ms: int
    act: str
    actor_id: str
    account_id: str
    details: Mapping[str, str] | None
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """`account_id`: who did it or whom it concerns; `until_ms` 0: no end."""

    act: str = ""
    account_id: str = ""
    from_ms: int = 0
    until_ms: int = 0


class AuditStore(Protocol):
    async def append(self, at_ms: int, act: str, actor_id: str, account_id: str, details: Mapping[str, str]) -> int:
        """The number it got; durable when this returns."""
        ...

    async def page(self, wanted: AuditFilter, limit: int, offset: int) -> tuple[AuditEntry, ...]:
        """The last first."""
        ...

    async def count(self, wanted: AuditFilter) -> int: ...

    def every(self, wanted: AuditFilter) -> AsyncIterator[AuditEntry]:
        """The first first, a few at a time."""
        ...
