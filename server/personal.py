"""Everything that the house keeps about one person, put together for them or for who answers for it (UU 27/2022).

Of other people nothing is in it. What retention destroyed cannot be read any more, and is not in it either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from server.clock import Clock
from server.errors import NotFound
from server.identity.ports import Account
from server.identity.records import AuditEntry, AuditFilter
from server.meeting import facts
from server.meeting.about import OTHER, SELF, SERVER, about
from server.meeting.facts import NumberedFact
from server.store.personal import PersonalRows
from server.store.store import Store

FORMAT = "balai.personal.1"


class PersonalData:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock, self._rows = store, clock, PersonalRows(store.database)

    async def gather(self, account: Account) -> dict[str, Any]:
        """JSON's values. Reads every meeting: somebody may be named where they are not invited any more."""
        own = {name: value for name, value in asdict(account).items() if name != "password_hash"}
        return {
            "format": FORMAT,
            "made_ms": self._clock.now_ms(),
            "account": own,
            "kept": await self._rows.of_account(account.account_id, account.email),
            "audit": await self._audit(account.account_id),
            "meetings": await self._meetings(account.account_id),
        }

    async def _meetings(self, account_id: str) -> list[dict[str, Any]]:
        found = []
        for meeting_id in await self._store.journal.meeting_ids():
            await asyncio.sleep(0)  # others are served meanwhile
            try:
                journal = await self._store.journal.read(meeting_id)
            except NotFound:
                continue
            entries = about(journal, account_id)
            if entries:
                found.append(_head(meeting_id, journal) | {"facts": [asdict(one) for one in entries]})
        return sorted(found, key=lambda one: (one["starts_ms"], one["meeting_id"]))

    async def _audit(self, account_id: str) -> list[dict[str, Any]]:
        """What this account did and what was done to it; where from only if it did so itself."""
        return [_audited(one, account_id) async for one in self._store.audit.every(AuditFilter(account_id=account_id))]


def _head(meeting_id: str, journal: Sequence[NumberedFact]) -> dict[str, Any]:
    head = {"meeting_id": meeting_id, "title": "", "starts_ms": 0, "zone": "UTC"}
    for one in journal:
        if isinstance(one.fact, facts.MeetingPlanned | facts.MeetingReplanned):
            head |= {"title": one.fact.title, "starts_ms": one.fact.starts_ms, "zone": one.fact.zone}
    return head


def _audited(one: AuditEntry, account_id: str) -> dict[str, Any]:
    own = one.actor_id == account_id
    details = dict(one.details or {})
    if one.account_id not in ("", account_id) or (one.actor_id and not own):
        details = {name: value for name, value in details.items() if own and name in ("address", "way")}
    told = {"at_ms": one.at_ms, "act": one.act, "by": SELF if own else OTHER if one.actor_id else SERVER}
    return told | {"details": details}
