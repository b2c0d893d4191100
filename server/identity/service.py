"""Identity put together: what the roof builds once and hands to signaling (tickets) and web (everything)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from server.clock import Clock
from server.identity.accounts import Accounts
from server.identity.attempts import Attempts, Limits
from server.identity.guests import Guests
from server.identity.links import Links
from server.identity.passwords import Passwords
from server.identity.ports import AccountStore, AttemptStore, BrowserSessionStore, GuestStore, JoinLinkStore
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


@dataclass(frozen=True, slots=True)
class Identity:
    accounts: Accounts
    sessions: Sessions
    links: Links
    guests: Guests
    tickets: Tickets
    attempts: Attempts

    async def keep_tidy(self) -> None:
        """Forget what is over, hourly, until cancelled: a task for the roof to own."""
        while True:
            await self.sessions.sweep()
            await self.guests.sweep()
            await self.attempts.sweep()
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
    accounts = Accounts(
        stores.accounts, sessions, attempts, passwords_=passwords or Passwords(), clock=clock, secret=secret
    )
    links = Links(stores.links, clock, secret)
    guests = Guests(stores.guests, attempts, clock)
    return Identity(accounts, sessions, links, guests, Tickets(sessions, links, guests, secret), attempts)
