"""Decisions and action items across meetings, as far as the asker may see those meetings. Only reads."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from server.meeting.finding import DecisionLine, DecisionWish, Task, TaskWish
from server.store import tables
from server.store.database import Database

_a, _m, _d = tables.action_items.c, tables.meetings.c, tables.decisions.c
_responsible = tables.invitations.alias("responsible")


class Outcomes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def tasks(self, wish: TaskWish) -> tuple[Task, ...]:
        r = _responsible.c
        query = (
            select(
                _a.meeting_id,
                _m.title,
                _m.zone,
                _a.action_id,
                _a.number,
                _a.what,
                func.coalesce(r.name, _a.who).label("who"),
                func.coalesce(r.office, "").label("office"),
                func.coalesce(r.account_id, "").label("account_id"),
                _a.due,
                _a.at_ms,
                _a.done_ms,
                _a.remark,
                func.coalesce(r.email, "").label("email"),
                _a.reported_ms,
            )
            .join(tables.meetings, _m.meeting_id == _a.meeting_id)
            .outerjoin(_responsible, and_(r.meeting_id == _a.meeting_id, r.person_id == _a.who))
            .where(_a.withdrawn.is_(False), _m.status != "none")
        )
        query = query.where(*_visible(wish.account_id), *_scope(wish), *_state(wish))
        newest = (_a.at_ms.desc(), _a.meeting_id, _a.number)
        orders: dict[str, tuple[ColumnElement[Any], ...]] = {
            "due": (case((_a.due == "", 1), else_=0), _a.due, *newest),
            "newest": newest,
            "who": (func.coalesce(r.name, _a.who), _a.due, *newest),
        }
        return tuple(Task(**row) for row in await self._rows(query.order_by(*orders[wish.order]), wish))

    async def decisions(self, wish: DecisionWish) -> tuple[DecisionLine, ...]:
        """The latest first."""
        query = select(
            _d.meeting_id,
            _m.title,
            _m.zone,
            _d.decision_id,
            _d.number,
            _d.text,
            _d.method,
            _d.at_ms,
            _d.withdrawn,
            (_m.approved_ms > 0).label("approved"),
        ).join(tables.meetings, _m.meeting_id == _d.meeting_id)
        query = query.where(_m.status != "none", *_visible(wish.account_id))
        if not wish.withdrawn_too:
            query = query.where(_d.withdrawn.is_(False))
        if wish.from_ms:
            query = query.where(_d.at_ms >= wish.from_ms)
        if wish.to_ms:
            query = query.where(_d.at_ms < wish.to_ms)
        query = query.order_by(_d.at_ms.desc(), _d.meeting_id, _d.number.desc())
        rows = await self._rows(query, wish)
        return tuple(DecisionLine(**row | {"approved": bool(row["approved"])}) for row in rows)

    async def carrying(self, origin_id: str, action_id: str) -> tuple[str, ...]:
        """The meetings that look at this action item of an earlier one."""
        carried = tables.carried_actions.c
        query = select(carried.meeting_id).where(carried.origin_id == origin_id, carried.action_id == action_id)
        async with self._database.read() as connection:
            return tuple(await connection.scalars(query.order_by(carried.meeting_id)))

    async def led_by(self, account_id: str, meeting_ids: Collection[str]) -> frozenset[str]:
        """Which of these meetings this account chairs, or keeps the minutes of."""
        own = tables.invitations.c
        query = select(own.meeting_id).where(own.account_id == account_id, own.role.in_(("chair", "secretary")))
        async with self._database.read() as connection:
            return frozenset(await connection.scalars(query.where(own.meeting_id.in_(meeting_ids))))

    async def following(self, meeting_id: str) -> tuple[str, ...]:
        """The meetings that follow this one in its series."""
        async with self._database.read() as connection:
            return tuple(await connection.scalars(select(_m.meeting_id).where(_m.previous_id == meeting_id)))

    async def _rows(self, query: Select[Any], wish: TaskWish | DecisionWish) -> list[dict[str, Any]]:
        limited = query.offset(max(wish.offset, 0)).limit(wish.limit)
        async with self._database.read() as connection:
            return [dict(row) for row in (await connection.execute(limited)).mappings()]


def _visible(account_id: str | None) -> tuple[ColumnElement[bool], ...]:
    if account_id is None:
        return ()
    own = tables.invitations.c
    mine = select(own.meeting_id).where(own.account_id == account_id, own.account_id != "")
    return (_m.meeting_id.in_(mine),)


def _scope(wish: TaskWish) -> tuple[ColumnElement[bool], ...]:
    if wish.scope == "mine":
        return (_responsible.c.account_id == wish.mine, _responsible.c.account_id != "")
    if wish.scope == "office":
        return (_responsible.c.office == wish.office_name, _responsible.c.office != "")
    return ()


def _state(wish: TaskWish) -> tuple[ColumnElement[bool], ...]:
    if wish.state == "done":
        return (_a.done_ms > 0,)
    if wish.state == "reported":
        return (_a.reported_ms > 0,)
    if wish.state == "open":
        return (_a.done_ms == 0,)
    if wish.state == "overdue":
        return (_a.done_ms == 0, _a.due != "", _a.due < wish.today)
    return ()
