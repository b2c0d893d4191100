"""The outbox: that something must be told is noted in the transaction of the fact itself; mails are rows of their own.

Implements server/mail/ports.Outbox. What is told, and when it is enough, is decided there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.mail.ports import Changes, Post
from server.meeting import facts
from server.meeting.facts import Fact, NumberedFact
from server.store.database import Database, insert_into
from server.store.tables import mailings, posts

SOON_MS = 2_000
"""Who is invited, taken out or cancelled learns it as soon as the planner has stopped clicking."""
CHANGE_MS = 60_000
"""A new time or place rests a minute: who corrects themselves meanwhile sends one mail, not two."""

_SOON: frozenset[type[Fact]] = frozenset(
    {
        facts.InvitationsSent,
        facts.Invited,
        facts.InvitationRevoked,
        facts.InvitationChanged,
        facts.MeetingCancelled,
        facts.RemindersSet,
    }
)
_SERIES: frozenset[type[Fact]] = frozenset({facts.RecurrenceSet, facts.OccurrenceDropped})
_TOLD = _SOON | _SERIES | {facts.MeetingReplanned}


async def note(connection: AsyncConnection, meeting_id: str, numbered: Sequence[NumberedFact]) -> None:
    """In the transaction of these facts: they may have to be told. Nothing before invitations were sent."""
    kinds = {type(one.fact) for one in numbered} & _TOLD
    if not kinds:
        return
    at_ms, number = numbered[-1].at_ms, numbered[-1].number
    row = (await connection.execute(select(mailings).where(mailings.c.meeting_id == meeting_id))).first()
    if row is None:
        if facts.InvitationsSent in kinds:
            values = {"meeting_id": meeting_id, "wanted_number": number, "due_ms": at_ms + SOON_MS}
            await connection.execute(insert(mailings).values(values))
        return
    due_ms = at_ms + (CHANGE_MS if facts.MeetingReplanned in kinds else SOON_MS)
    if facts.MeetingCancelled not in kinds and row.wanted_number > row.told_number:
        due_ms = max(due_ms, row.due_ms)
    changed = update(mailings).where(mailings.c.meeting_id == meeting_id)
    await connection.execute(changed.values(wanted_number=number, due_ms=due_ms))


class PostOffice:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def settled(self, now_ms: int) -> tuple[tuple[str, int], ...]:
        columns = mailings.c
        query = select(columns.meeting_id, columns.wanted_number)
        query = query.where(columns.wanted_number > columns.told_number, columns.due_ms <= now_ms)
        async with self._database.read() as connection:
            return tuple((row.meeting_id, row.wanted_number) for row in await connection.execute(query))

    async def settling(self, meeting_id: str) -> int:
        columns = mailings.c
        query = select(columns.due_ms).where(columns.meeting_id == meeting_id)
        async with self._database.read() as connection:
            return await connection.scalar(query.where(columns.wanted_number > columns.told_number)) or 0

    async def to_remind(self, now_ms: int) -> tuple[str, ...]:
        query = select(mailings.c.meeting_id).where(mailings.c.remind_ms > 0, mailings.c.remind_ms <= now_ms)
        async with self._database.read() as connection:
            return tuple(await connection.scalars(query))

    async def change(
        self, meeting_id: str, decide: Callable[[Sequence[Post]], Changes], *, told_number: int = 0, remind_ms: int = 0
    ) -> Changes:
        async def work(connection: AsyncConnection) -> Changes:
            found = await connection.execute(_of(meeting_id))
            changes = decide([_post(row) for row in found])
            for post in changes.drop:
                await connection.execute(delete(posts).where(*_same(post)))
            if changes.put:
                statement = insert_into(connection, posts)
                keys = list(posts.primary_key.columns)
                changed = {one.name: statement.excluded[one.name] for one in posts.columns if one not in keys}
                upsert = statement.on_conflict_do_update(index_elements=keys, set_=changed)
                await connection.execute(upsert, [_values(post) for post in changes.put])
            values = {"remind_ms": remind_ms} | ({"told_number": told_number} if told_number else {})
            await connection.execute(update(mailings).where(mailings.c.meeting_id == meeting_id).values(values))
            return changes

        return await self._database.write(work)

    async def of_meeting(self, meeting_id: str) -> tuple[Post, ...]:
        async with self._database.read() as connection:
            return tuple(_post(row) for row in await connection.execute(_of(meeting_id)))

    async def due(self, now_ms: int, limit: int) -> tuple[Post, ...]:
        query = select(posts).where(posts.c.state == "queued", posts.c.due_ms <= now_ms)
        query = query.order_by(posts.c.due_ms, posts.c.meeting_id, posts.c.person_id, posts.c.sequence).limit(limit)
        async with self._database.read() as connection:
            return tuple(_post(row) for row in await connection.execute(query))

    async def write(self, post: Post) -> None:
        values = {key: value for key, value in _values(post).items() if key != "opened_ms"}

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(posts).where(*_same(post)).values(values))

        await self._database.write(work)

    async def opened(self, meeting_id: str, person_id: str, at_ms: int) -> None:
        async def work(connection: AsyncConnection) -> None:
            mine = (posts.c.meeting_id == meeting_id, posts.c.person_id == person_id)
            last = (
                select(posts.c.sequence)
                .where(*mine, posts.c.reminder == "")
                .order_by(posts.c.sequence.desc())
                .limit(1)
                .scalar_subquery()
            )
            letter = (posts.c.sequence == last, posts.c.reminder == "")
            first_time = update(posts).where(*mine, *letter, posts.c.opened_ms == 0)
            await connection.execute(first_time.values(opened_ms=at_ms))

        await self._database.write(work)


def _of(meeting_id: str) -> Select[*tuple[Any, ...]]:
    return select(posts).where(posts.c.meeting_id == meeting_id).order_by(posts.c.person_id, posts.c.sequence)


def _same(post: Post) -> tuple[ColumnElement[bool], ...]:
    return (
        posts.c.meeting_id == post.meeting_id,
        posts.c.person_id == post.person_id,
        posts.c.sequence == post.sequence,
        posts.c.reminder == post.reminder,
    )


def _post(row: Row[tuple[object, ...]]) -> Post:
    return Post(**row._mapping)


def _values(post: Post) -> dict[str, object]:
    row: dict[str, object] = asdict(post)
    return {key: one.replace("\0", "\ufffd") if isinstance(one, str) else one for key, one in row.items()}
