"""Calendar feeds by secret address: one for each account that wants one. The address follows from its row and the
server's key, so that it can be shown again; nothing is written down of who asks for it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.clock import Clock
from server.mail import feed
from server.mail.feed import Entry
from server.mail.ports import Feed, Feeds, Wording

PAST, COMING = 100, 200
BACK_MS = 90 * 86_400_000


class Listed(Protocol):
    """A meeting as a list has it."""

    @property
    def meeting_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def starts_ms(self) -> int: ...
    @property
    def ends_ms(self) -> int: ...
    @property
    def zone(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def chair_name(self) -> str: ...


class Lists(Protocol):
    async def coming(self, account_id: str | None, now_ms: int, limit: int, offset: int = 0) -> Sequence[Listed]: ...

    async def past(self, account_id: str | None, now_ms: int, limit: int, offset: int) -> Sequence[Listed]: ...


@dataclass(frozen=True, slots=True)
class Made:
    """A feed as it is sent."""

    content: bytes
    digest: str
    changed_ms: int


class CalendarFeeds:
    def __init__(
        self, store: Feeds, lists: Lists, clock: Clock, secret: bytes, *, words: Callable[[str], Wording],
        url: Callable[[], str],
    ) -> None:  # fmt: skip
        self._store, self._lists, self._clock, self._secret = store, lists, clock, secret
        self._words, self._url = words, url

    async def address(self, account_id: str) -> str:
        """The whole address; "" where the account has none."""
        found = await self._store.of_account(account_id)
        return f"{self._url().rstrip('/')}/calendar/{self._token(found)}.ics" if found is not None else ""

    async def renew(self, account_id: str) -> None:
        """A new address; the one before leads nowhere from now on."""
        await self._store.put(Feed(account_id, secrets.token_hex(16), self._clock.now_ms()))

    async def revoke(self, account_id: str) -> None:
        await self._store.remove(account_id)

    async def open(self, token: str) -> Made | None:
        """None for an address that is none, or no longer."""
        found = await self._store.by_id(token.partition(".")[0])
        if found is None or not hmac.compare_digest(token, self._token(found)):
            return None
        words = self._words(found.language)
        entries, name = await self._entries(found.account_id, words), words("mail.feed.name", name=found.name)
        digest = feed.digest(entries, name)
        changed_ms = found.changed_ms
        if digest != found.digest:
            changed_ms = self._clock.now_ms()
            await self._store.changed(found.feed_id, digest, changed_ms)
        return Made(feed.calendar(entries, name, changed_ms), f"{digest}-{changed_ms // 1000:x}", changed_ms)

    async def _entries(self, account_id: str, words: Wording) -> tuple[Entry, ...]:
        now_ms = self._clock.now_ms()
        coming = await self._lists.coming(account_id, now_ms, COMING)
        past = [one for one in await self._lists.past(account_id, now_ms, PAST, 0) if one.ends_ms > now_ms - BACK_MS]
        url = self._url().rstrip("/")
        return tuple(
            Entry(
                one.meeting_id,
                one.title,
                one.starts_ms,
                one.ends_ms,
                one.zone,
                one.place or words("mail.online"),
                f"{words('mail.row.chair')}: {one.chair_name}" if one.chair_name else "",
                f"{url}/m/{one.meeting_id}",
                one.status == "cancelled",
            )
            for one in sorted((*coming, *past), key=lambda row: (row.starts_ms, row.meeting_id))
        )

    def _token(self, one: Feed) -> str:
        proof = hmac.new(self._secret, f"calendar-feed\0{one.account_id}\0{one.feed_id}".encode(), hashlib.sha256)
        return f"{one.feed_id}.{proof.hexdigest()[:40]}"
