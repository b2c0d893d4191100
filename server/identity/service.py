"""Identity put together: what the roof builds once and hands to signaling (tickets) and web (everything)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from server.clock import Clock
from server.identity.accounts import Accounts
from server.identity.attempts import Attempts, Limits
from server.identity.audit import Audit
from server.identity.begun import Begun
from server.identity.entrance import Entrance
from server.identity.factors import Factors
from server.identity.guests import Guests
from server.identity.links import Links
from server.identity.offices.records import OfficeStore
from server.identity.offices.service import Offices
from server.identity.passkeys import Passkeys
from server.identity.passwords import Passwords
from server.identity.ports import AccountStore, AttemptStore, BrowserSessionStore, GuestStore, JoinLinkStore
from server.identity.records import (
    AuditStore,
    FactorStore,
    IdentityStore,
    PendingStore,
    ProviderSessionStore,
    SettingStore,
)
from server.identity.recovery import Recovery
from server.identity.sessions import Lifetimes, Sessions
from server.identity.tickets import Tickets

SWEEP_S = 3600.0


@dataclass(frozen=True, slots=True)
class Stores:
    accounts: AccountStore
    sessions: BrowserSessionStore
    attempts: AttemptStore
    links: JoinLinkStore
    guests: GuestStore
    factors: FactorStore
    pending: PendingStore
    identities: IdentityStore
    provider_sessions: ProviderSessionStore
    settings: SettingStore
    audit: AuditStore
    offices: OfficeStore


@dataclass(frozen=True, slots=True)
class Identity:
    accounts: Accounts
    sessions: Sessions
    links: Links
    guests: Guests
    tickets: Tickets
    attempts: Attempts
    entrance: Entrance
    factors: Factors
    passkeys: Passkeys
    begun: Begun
    audit: Audit
    stores: Stores
    recovery: Recovery
    offices: Offices

    async def keep_tidy(self) -> None:
        """Forget what is over, hourly, until cancelled: a task for the roof to own."""
        while True:
            await self.sessions.sweep()
            await self.guests.sweep()
            await self.attempts.sweep()
            await self.begun.sweep()
            await self.stores.provider_sessions.sweep(self.sessions.oldest_ms)
            await asyncio.sleep(SWEEP_S)


def build(
    stores: Stores,
    clock: Clock,
    secret: bytes,
    *,
    lifetimes: Lifetimes | None = None,
    limits: Limits | None = None,
    passwords: Passwords | None = None,
) -> Identity:
    """`secret`: 32 bytes or more, the same after a restart; each purpose gets a key of its own from it."""
    sessions = Sessions(stores.sessions, stores.accounts, clock, lifetimes or Lifetimes())
    attempts = Attempts(stores.attempts, clock, limits or Limits())
    audit, begun = Audit(stores.audit, clock), Begun(stores.pending, clock)
    accounts = Accounts(
        stores.accounts, sessions, attempts, passwords_=passwords or Passwords(), audit=audit, clock=clock
    )
    links = Links(stores.links, audit, clock, secret)
    guests = Guests(stores.guests, attempts, clock)
    factors = Factors(stores.factors, begun, stores.settings, audit=audit, clock=clock, secret=secret)
    passkeys = Passkeys(stores.factors, factors, begun, clock)
    entrance = Entrance(
        accounts, sessions, attempts, factors=factors, passkeys=passkeys, begun=begun, audit=audit, secret=secret
    )
    tickets = Tickets(sessions, links, guests, secret)
    return Identity(
        accounts, sessions, links, guests, tickets, attempts, entrance, factors, passkeys, begun, audit, stores,
        Recovery(accounts, stores.accounts, attempts, begun, audit, clock=clock),
        Offices(stores.offices, audit),
    )  # fmt: skip
