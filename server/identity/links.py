"""Personal join links: signed, bound to one meeting and one person, expiring, revocable, and bound to one browser.

The link can be told again (it follows from its row and the server's key), so the store holds nothing that opens a door.
"""

from __future__ import annotations

from server.clock import Clock
from server.errors import Refused, Unauthenticated
from server.identity.audit import Audit
from server.identity.keys import Signer, new_id, token_hash
from server.identity.ports import JoinLink, JoinLinkStore

AFTER_MEETING_MS = 30 * 24 * 3_600_000
"""So long after its planned end a link still leads to the meeting's page, with its papers."""


class Links:
    def __init__(self, store: JoinLinkStore, audit: Audit, clock: Clock, secret: bytes) -> None:
        self._store, self._audit, self._clock = store, audit, clock
        self._signer = Signer(secret, "join-link")
        self._answers = Signer(secret, "answer-link")

    async def tokens(self, meeting_id: str, person_ids: tuple[str, ...], ends_ms: int) -> dict[str, str]:
        """person_id -> the token of their link; one is made for whoever has none that still holds."""
        now_ms = self._clock.now_ms()
        expires_ms = max(ends_ms, now_ms) + AFTER_MEETING_MS
        standing = {
            link.person_id: link
            for link in await self._store.of_meeting(meeting_id)
            if not link.revoked_ms and link.expires_ms > max(now_ms, ends_ms)
        }
        tokens: dict[str, str] = {}
        for person_id in person_ids:
            link = standing.get(person_id) or await self._make(meeting_id, person_id, expires_ms)
            tokens[person_id] = self._token(link)
        return tokens

    async def _make(self, meeting_id: str, person_id: str, expires_ms: int) -> JoinLink:
        link_id, now_ms = new_id(), self._clock.now_ms()
        unsigned = JoinLink(link_id, meeting_id, person_id, "", now_ms, expires_ms)
        link = JoinLink(link_id, meeting_id, person_id, token_hash(self._token(unsigned)), now_ms, expires_ms)
        await self._store.add(link)
        return link

    def _token(self, link: JoinLink) -> str:
        return f"{link.link_id}.{self._sign(link)}"

    def _sign(self, link: JoinLink) -> str:
        return self._signer.sign(link.link_id, link.meeting_id, link.person_id, str(link.expires_ms))

    async def open(self, token: str) -> JoinLink:
        """Unauthenticated("link.invalid" | "link.expired" | "link.revoked")."""
        link_id, _, signature = token.partition(".")
        link = await self._store.by_id(link_id) if len(link_id) == 32 else None
        if link is None or not self._signer.fits(
            signature, link.link_id, link.meeting_id, link.person_id, str(link.expires_ms)
        ):
            raise Unauthenticated("link.invalid")
        return self._holding(link)

    def answer_token(self, token: str) -> str:
        """Of the same link, but it opens the answer page only, whoever's browser it is."""
        link_id = token.partition(".")[0]
        return f"{link_id}.{self._answers.sign(link_id)}"

    async def open_answer(self, token: str) -> JoinLink:
        """Unauthenticated("link.invalid" | "link.expired" | "link.revoked")."""
        link_id, _, signature = token.partition(".")
        link = await self._store.by_id(link_id) if len(link_id) == 32 else None
        if link is None or not self._answers.fits(signature, link.link_id):
            raise Unauthenticated("link.invalid")
        return self._holding(link)

    async def standing(self, link_id: str) -> JoinLink | None:
        """The link of this id, if it still holds: for who has shown before that it is theirs."""
        link = await self._store.by_id(link_id) if len(link_id) == 32 else None
        holds = link is not None and not link.revoked_ms and link.expires_ms > self._clock.now_ms()
        return link if holds else None

    def _holding(self, link: JoinLink) -> JoinLink:
        if link.revoked_ms:
            raise Unauthenticated("link.revoked")
        if link.expires_ms <= self._clock.now_ms():
            raise Unauthenticated("link.expired")
        return link

    async def bind(self, link: JoinLink, visitor: str) -> None:
        """The link belongs to this browser from now on. Refused("link.bound") where another one was first."""
        if not await self._store.bind(link.link_id, token_hash(visitor), self._clock.now_ms()):
            raise Refused("link.bound")

    def is_bound_to(self, link: JoinLink, visitor: str) -> bool:
        return bool(visitor) and link.bound_hash == token_hash(visitor)

    async def of_visitor(self, meeting_id: str, visitor: str) -> JoinLink | None:
        """The link by which this browser belongs to the meeting, if it does."""
        if not visitor:
            return None
        bound_hash, now_ms = token_hash(visitor), self._clock.now_ms()
        links = await self._store.of_meeting(meeting_id)
        return next(
            (
                one
                for one in reversed(links)
                if one.bound_hash == bound_hash and not one.revoked_ms and one.expires_ms > now_ms
            ),
            None,
        )

    async def stands(self, link_id: str) -> bool:
        link = await self._store.by_id(link_id)
        return link is not None and not link.revoked_ms and link.expires_ms > self._clock.now_ms()

    async def renew(self, meeting_id: str, person_id: str) -> None:
        """Every link of this person to this meeting ends, with the browsers that used it; the next one told is new."""
        await self._store.revoke_person(meeting_id, person_id, self._clock.now_ms())
        await self._audit.record("link_revoked", meeting=meeting_id, person=person_id)
