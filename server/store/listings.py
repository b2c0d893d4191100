"""What pages ask of the projections: meetings in pages, and one meeting's people, decisions, actions and attendance.

Only reads. Who may ask for what is decided by the asker.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, case, func, not_, or_, select

from server.meeting.retention import Kept
from server.store import tables
from server.store.database import Database
from server.store.projections import ActionRow, AttendanceRow, DecisionRow, InvitationRow, MeetingRow

R = TypeVar("R")
MOST = 200  # rows on one page


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some of `total` rows."""

    items: tuple[R, ...]
    total: int


@dataclass(frozen=True, slots=True)
class OwnMeeting:
    """A meeting as one of its people sees it in a list."""

    meeting: MeetingRow
    person_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Span:
    """Meetings that touch [from_ms, to_ms), in pages; 0: no bound. Sorted by start, `newest_first` or not."""

    from_ms: int = 0
    to_ms: int = 0
    offset: int = 0
    limit: int = 50
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class BusyRow:
    """Somebody's place in another meeting."""

    account_id: str
    email: str
    meeting_id: str
    title: str
    starts_ms: int
    ends_ms: int
    zone: str


ALL = Span()
MEETING_COLUMNS = tuple(tables.meetings.c[item.name] for item in fields(MeetingRow))


class Listings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def meetings_for(self, account_id: str, span: Span = ALL) -> Page[OwnMeeting]:
        """Meetings that this account is invited to. An account is invited to a meeting at most once."""
        query = of_account(account_id).add_columns(tables.invitations.c.person_id, tables.invitations.c.role)
        page = await self._page(query, span)
        return Page(tuple(OwnMeeting(meeting_of(row), row["person_id"], row["role"]) for row in page.items), page.total)

    async def all_meetings(self, span: Span = ALL) -> Page[MeetingRow]:
        """For administrators and secretaries."""
        page = await self._page(of_account(None), span)
        return Page(_meetings(page), page.total)

    async def coming(self, account_id: str | None, now_ms: int, limit: int, offset: int = 0) -> tuple[MeetingRow, ...]:
        """Open, or not yet past their planned end, cancelled ones too: who comes must see that it does not take place.
        The first first. None: of the whole office."""
        query = of_account(account_id).where(_is_coming(now_ms))
        return _meetings(await self._page(query, Span(limit=limit, offset=offset)))

    async def past(self, account_id: str | None, now_ms: int, limit: int, offset: int) -> tuple[MeetingRow, ...]:
        """All others, the last first."""
        query = of_account(account_id).where(not_(_is_coming(now_ms)))
        page = await self._page(query, Span(limit=limit, offset=offset, newest_first=True))
        return _meetings(page)

    async def occurrences(self, series_id: str) -> tuple[tuple[int, str], ...]:
        """(slot_ms, meeting_id) of every meeting that was made for the series but its first, in order."""
        m = tables.meetings.c
        query = select(m.slot_ms, m.meeting_id).where(m.series_id == series_id, m.meeting_id != series_id)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(m.slot_ms, m.meeting_id))
            return tuple((row.slot_ms, row.meeting_id) for row in rows)

    async def series_ids(self) -> tuple[str, ...]:
        """The first meetings of all series."""
        m = tables.meetings.c
        async with self._database.read() as connection:
            return tuple(await connection.scalars(select(m.meeting_id).where(m.series_id == m.meeting_id)))

    async def busy(
        self, accounts: Collection[str], emails: Collection[str], from_ms: int, to_ms: int
    ) -> tuple[BusyRow, ...]:
        """When these people are invited elsewhere; `emails` case-folded."""
        m, i = tables.meetings.c, tables.invitations.c
        who = or_(i.account_id.in_(accounts), func.lower(i.email).in_(emails))
        query = (
            select(i.account_id, i.email, m.meeting_id, m.title, m.starts_ms, m.ends_ms, m.zone)
            .join(tables.meetings, m.meeting_id == i.meeting_id)
            .where(who, i.role != "guest", m.status.in_(("planned", "open")), m.starts_ms < to_ms, m.ends_ms > from_ms)
            .order_by(m.starts_ms, m.meeting_id)
            .limit(MOST)
        )
        async with self._database.read() as connection:
            return tuple(BusyRow(**row._mapping) for row in await connection.execute(query))

    async def unfinished(self, account_id: str, limit: int) -> tuple[MeetingRow, ...]:
        """Meetings of this account whose minutes were handed in and are not frozen, the last first."""
        query = of_account(account_id).where(tables.meetings.c.minutes_open.is_(True))
        return _meetings(await self._page(query, Span(limit=limit, newest_first=True)))

    async def kept(self, now_ms: int) -> tuple[Kept, ...]:
        """Every meeting that is over and not destroyed altogether, with what retention has to know of it."""
        columns = tables.meetings.c
        ended = case((columns.closed_ms > columns.ends_ms, columns.closed_ms), else_=columns.ends_ms).label("ended_ms")
        names = (columns.meeting_id, columns.title, ended, columns.zone, columns.schedule, columns.held, columns.erased)
        query = select(*names).where(columns.status.not_in(("open", "none")), columns.ends_ms < now_ms)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(columns.ends_ms, columns.meeting_id))
            return tuple(Kept(**dict(row) | {"erased": tuple(row["erased"].split())}) for row in rows.mappings())

    async def seen(self, account_id: str | None, meeting_id: str) -> MeetingRow | None:
        """None: there is no such meeting, or this account does not belong to it."""
        rows = _meetings(
            await self._page(of_account(account_id).where(tables.meetings.c.meeting_id == meeting_id), ALL)
        )
        return rows[0] if rows else None

    async def meeting(self, meeting_id: str) -> MeetingRow | None:
        rows = await self._rows(MeetingRow, tables.meetings, meeting_id, "meeting_id")
        return rows[0] if rows else None

    async def invitations(self, meeting_id: str) -> tuple[InvitationRow, ...]:
        """In the order in which they were invited."""
        return await self._rows(InvitationRow, tables.invitations, meeting_id, "position")

    async def decisions(self, meeting_id: str) -> tuple[DecisionRow, ...]:
        """By number, the withdrawn ones too."""
        return await self._rows(DecisionRow, tables.decisions, meeting_id, "number")

    async def actions(self, meeting_id: str) -> tuple[ActionRow, ...]:
        return await self._rows(ActionRow, tables.action_items, meeting_id, "number")

    async def attendance(self, meeting_id: str) -> tuple[AttendanceRow, ...]:
        """Empty until the meeting is closed."""
        return await self._rows(AttendanceRow, tables.attendance, meeting_id, "position")

    async def _page(self, query: Select[*tuple[Any, ...]], span: Span) -> Page[dict[str, Any]]:
        columns = tables.meetings.c
        if span.from_ms:
            query = query.where(columns.ends_ms > span.from_ms)
        if span.to_ms:
            query = query.where(columns.starts_ms < span.to_ms)
        order = (columns.starts_ms, columns.meeting_id)
        ordered = query.order_by(*(column.desc() for column in order) if span.newest_first else order)
        limited = ordered.offset(max(span.offset, 0)).limit(min(max(span.limit, 1), MOST))
        async with self._database.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(query.subquery())) or 0
            rows = await connection.execute(limited)
            return Page(tuple(dict(row) for row in rows.mappings()), total)

    async def _rows(self, kind: type[R], table: Table, meeting_id: str, order: str) -> tuple[R, ...]:
        query = select(table).where(table.c.meeting_id == meeting_id).order_by(table.c[order])
        async with self._database.read() as connection:
            return tuple(kind(**row._mapping) for row in await connection.execute(query))


def of_account(account_id: str | None) -> Select[*tuple[Any, ...]]:
    """Meetings that this account is invited to; None: all."""
    query = select(*MEETING_COLUMNS).where(tables.meetings.c.status != "none")  # none: its record was destroyed
    if account_id is None:
        return query
    own = tables.invitations
    joined = query.join(own, own.c.meeting_id == tables.meetings.c.meeting_id)
    return joined.where(own.c.account_id == account_id, own.c.account_id != "")


def _is_coming(now_ms: int) -> ColumnElement[bool]:
    status = tables.meetings.c.status
    return or_(status == "open", and_(status.in_(("planned", "cancelled")), tables.meetings.c.ends_ms > now_ms))


def _meetings(page: Page[dict[str, Any]]) -> tuple[MeetingRow, ...]:
    return tuple(meeting_of(row) for row in page.items)


def meeting_of(row: dict[str, Any]) -> MeetingRow:
    return MeetingRow(**{item.name: row[item.name] for item in fields(MeetingRow)})
