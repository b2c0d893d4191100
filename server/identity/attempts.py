"""How often one may try: per account and per address in a window of time. Nothing is decided about who anybody is.

A browser that has signed in as this account before is counted apart: strangers' guesses do not lock its owner out.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from dataclasses import dataclass

from server.clock import Clock
from server.errors import Refused
from server.identity.ports import AttemptStore

RESETS = 3
CHALLENGES = 600


@dataclass(frozen=True, slots=True)
class Limits:
    per_account: int = 8
    per_address: int = 40
    guests_per_address: int = 60  # a whole office often shares one address
    window_ms: int = 15 * 60_000


class Attempts:
    def __init__(self, store: AttemptStore, clock: Clock, limits: Limits) -> None:
        self._store, self._clock, self._limits = store, clock, limits

    async def count_sign_in(self, login: str, address: str, device: str) -> None:
        """Counts before anything is checked. Refused("login.too_many", minutes=...). A whole office may share one
        address: what succeeded there is given back, so that only failures add up."""
        await self.count_address(address)
        await self._count(_account_key(login, device), self._limits.per_account, "login.too_many")

    async def succeeded(self, login: str, address: str, device: str) -> None:
        await self.address_succeeded(address)
        await self._store.forget(_account_key(login, device))

    async def count_address(self, address: str) -> None:
        """A try that names no account. Refused("login.too_many")."""
        succeeded = await self._store.count(f"succeeded:{network(address)}", self._window_start_ms())
        await self._count(f"address:{network(address)}", self._limits.per_address + succeeded, "login.too_many")

    async def address_succeeded(self, address: str) -> None:
        """Gives back what count_address counted."""
        await self._store.add(f"succeeded:{network(address)}", self._window_start_ms())

    async def count_challenge(self, address: str) -> None:
        """Each costs a row, but tells nothing. Refused("login.too_many")."""
        await self._count(f"challenge:{network(address)}", CHALLENGES, "login.too_many")

    async def count_second_step(self, account_id: str, address: str) -> None:
        """Refused("login.too_many"): six digits are soon guessed, by whoever knows the password."""
        await self.count_address(address)
        await self._count(f"second:{account_id}", self._limits.per_account, "login.too_many")

    async def second_step_succeeded(self, account_id: str) -> None:
        await self._store.forget(f"second:{account_id}")

    async def count_reset(self, text: str, address: str) -> None:
        """Mails to one account are few, and so are those that one address can cause. Refused("login.too_many")."""
        await self.count_address(address)
        await self._count(f"reset:{fold(text)[:200]}", RESETS, "login.too_many")

    async def count_password_change(self, account_id: str) -> None:
        """A stolen open session must not become a place to guess the password."""
        await self._count(f"change:{account_id}", self._limits.per_account, "login.too_many")

    async def count_guest(self, address: str) -> None:
        await self._count(f"guest:{network(address)}", self._limits.guests_per_address, "guest.too_many")

    async def sweep(self) -> None:
        await self._store.sweep(self._clock.now_ms() - 2 * self._limits.window_ms)

    async def _count(self, key: str, most: int, code: str) -> None:
        start_ms = self._window_start_ms()
        if await self._store.add(key, start_ms) > most:
            left_ms = start_ms + self._limits.window_ms - self._clock.now_ms()
            raise Refused(code, minutes=max(1, -(-left_ms // 60_000)))

    def _window_start_ms(self) -> int:
        now_ms = self._clock.now_ms()
        return now_ms - now_ms % self._limits.window_ms


def _account_key(login: str, device: str) -> str:
    return f"device:{device}" if device else f"account:{fold(login)[:200]}"


def fold(login: str) -> str:
    return unicodedata.normalize("NFKC", login).strip().casefold()


def network(address: str) -> str:
    """Who has one IPv6 address has a whole /64 of them (RFC 6177): it counts as one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
