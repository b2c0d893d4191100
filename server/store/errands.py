"""That somebody has to act next is noted in the transaction of the fact itself; what was told is remembered for good.

Implements server/mail/ports.ErrandBook. The mails themselves lie among the notices. What is told is decided there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.mail.ports import Errand, Notice
from server.meeting import facts
from server.meeting.facts import Fact, NumberedFact
from server.meeting.minutes import KINDS
from server.store import notices
from server.store.database import Database, insert_into
from server.store.tables import errand_marks, errands_told, settings
from server.store.vault import Vault

SOON_MS = 5_000
"""Who clicks through two steps at once sends one mail, not two."""
KEPT_MS = 7 * 86_400_000
REMINDED = "mail.reminded"

_TOLD: frozenset[type[Fact]] = KINDS | {facts.MeetingClosed}


async def note(connection: AsyncConnection, meeting_id: str, numbered: Sequence[NumberedFact]) -> None:
    """In the transaction of these facts: somebody else may have to act now."""
    if {type(one.fact) for one in numbered}.isdisjoint(_TOLD):
        return
    values = {"wanted_number": numbered[-1].number, "due_ms": numbered[-1].at_ms + SOON_MS}
    statement = insert_into(connection, errand_marks).values(meeting_id=meeting_id, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["meeting_id"], set_=values))


class ErrandBook:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def settled(self, now_ms: int) -> tuple[tuple[str, int], ...]:
        marks = errand_marks.c
        query = select(marks.meeting_id, marks.wanted_number)
        query = query.where(marks.wanted_number > marks.told_number, marks.due_ms <= now_ms)
        async with self._database.read() as connection:
            return tuple((row.meeting_id, row.wanted_number) for row in await connection.execute(query))

    async def tell(
        self,
        meeting_id: str,
        number: int,
        now_ms: int,
        decide: Callable[[Collection[tuple[str, str]]], Iterable[tuple[Errand, Notice]]],
    ) -> int:
        async def work(connection: AsyncConnection) -> int:
            query = select(errands_told.c.person_id, errands_told.c.key).where(errands_told.c.meeting_id == meeting_id)
            told = {(row.person_id, row.key) for row in await connection.execute(query)}
            count = 0
            for errand, notice in decide(told):
                row = {"meeting_id": meeting_id, "person_id": errand.person_id, "key": errand.key, "at_ms": now_ms}
                await connection.execute(insert(errands_told).values(row))
                await notices.write(connection, self._vault, notice)
                count += 1
            marked = update(errand_marks).where(errand_marks.c.meeting_id == meeting_id).values(told_number=number)
            await connection.execute(marked)
            return count

        return await self._database.write(work)

    async def reminded(self) -> str:
        """The day until which action items were looked at for reminders; "" never."""
        async with self._database.read() as connection:
            value = await connection.scalar(select(settings.c.value).where(settings.c.key == REMINDED))
        return value if isinstance(value, str) else ""

    async def remind(self, day: str, before: str, letters: Sequence[Notice]) -> bool:
        """All of that day or none: False where another process has done it meanwhile."""

        async def work(connection: AsyncConnection) -> bool:
            standing = await connection.scalar(select(settings.c.value).where(settings.c.key == REMINDED))
            if (standing or "") != before:
                return False
            statement = insert_into(connection, settings).values(key=REMINDED, value=day)
            changed = {"value": statement.excluded.value}
            await connection.execute(statement.on_conflict_do_update(index_elements=[settings.c.key], set_=changed))
            for letter in letters:
                await notices.write(connection, self._vault, letter)
            return True

        return await self._database.write(work)
