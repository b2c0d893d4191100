"""Writes the projections, in the transaction of the facts they come from, or anew from all facts. No rule, no fold.

PostgreSQL's text holds no NUL character; it becomes U+FFFD here, in both databases alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.meeting import facts
from server.meeting.attendance import attendance
from server.meeting.facts import Fact, NumberedFact
from server.meeting.keeping import KINDS as LASTING
from server.meeting.minutes import KINDS as AFTERWARDS
from server.store import tables
from server.store.database import insert_into, storable
from server.store.projections import (
    FOLLOWED,
    ActionRow,
    AttendanceRow,
    CarriedRow,
    DecisionRow,
    InvitationRow,
    MeetingRow,
    Projected,
    attendance_row,
    project,
)

R = TypeVar("R", InvitationRow, DecisionRow, ActionRow)

NOT_ATTENDANCE: frozenset[type[Fact]] = frozenset(
    {facts.ChatSaid, facts.NotesWritten, facts.NotesAdopted, facts.HandRaised, facts.HandLowered}
    | {facts.DecisionRecorded, facts.DecisionCorrected, facts.DecisionWithdrawn}
    | {facts.ActionRecorded, facts.ActionCorrected, facts.ActionWithdrawn}
    | {facts.MicrophoneSet, facts.CameraSet, facts.ScreenSet}
    | AFTERWARDS
    | LASTING
)
"""Kinds after which a closed meeting's attendance is what it was before."""


OWN = (
    tables.meetings,
    tables.invitations,
    tables.decisions,
    tables.action_items,
    tables.carried_actions,
    tables.attendance,
)
"""Every table that is written here."""


async def follow(connection: AsyncConnection, meeting_id: str, numbered: Sequence[NumberedFact]) -> bool:
    """Bring the rows up to these new facts. True: attendance must be written, too."""
    kinds = {type(one.fact) for one in numbered}
    if numbered[0].number > 1 and kinds.isdisjoint(FOLLOWED):
        moved = {"last_number": numbered[-1].number}
        query = update(tables.meetings).where(tables.meetings.c.meeting_id == meeting_id).values(moved)
        closed = bool(await connection.scalar(query.returning(tables.meetings.c.closed_ms)))
        return closed and not kinds <= NOT_ATTENDANCE
    before = await _load(connection, meeting_id)
    after = before
    for one in numbered:
        after = project(after, one)
    await _write(connection, before, after)
    return after.meeting.closed_ms > 0 and not kinds <= NOT_ATTENDANCE


async def write_attendance(connection: AsyncConnection, meeting_id: str, numbered: Sequence[NumberedFact]) -> None:
    """Who was there, from all facts of a closed meeting."""
    await connection.execute(delete(tables.attendance).where(tables.attendance.c.meeting_id == meeting_id))
    result = attendance(numbered, numbered[-1].at_ms)
    await _upsert(
        connection,
        tables.attendance,
        [attendance_row(meeting_id, position, row) for position, row in enumerate(result.attendees, 1)],
    )


async def write_anew(
    connection: AsyncConnection, meeting_id: str, numbered: Sequence[NumberedFact], last_number: int
) -> None:
    """All rows of a meeting from its facts alone. `last_number` counts those that can no longer be read, too."""
    for table in OWN:
        await connection.execute(delete(table).where(table.c.meeting_id == meeting_id))
    if not last_number:
        return
    empty = Projected(MeetingRow(meeting_id))
    after = empty
    for one in numbered:
        after = project(after, one)
    await _write(connection, empty, after)
    moved = {"last_number": last_number}
    await connection.execute(update(tables.meetings).where(tables.meetings.c.meeting_id == meeting_id).values(moved))
    if after.meeting.closed_ms:
        await write_attendance(connection, meeting_id, numbered)


async def _load(connection: AsyncConnection, meeting_id: str) -> Projected:
    meeting = await _rows(connection, tables.meetings, MeetingRow, meeting_id)
    invitations = await _rows(connection, tables.invitations, InvitationRow, meeting_id)
    decisions = await _rows(connection, tables.decisions, DecisionRow, meeting_id)
    actions = await _rows(connection, tables.action_items, ActionRow, meeting_id)
    return Projected(
        meeting[0] if meeting else MeetingRow(meeting_id),
        {one.person_id: one for one in invitations},
        {one.decision_id: one for one in decisions},
        {one.action_id: one for one in actions},
        frozenset(await _rows(connection, tables.carried_actions, CarriedRow, meeting_id)),
    )


async def _rows(connection: AsyncConnection, table: Table, kind: Any, meeting_id: str) -> list[Any]:
    found = await connection.execute(select(table).where(table.c.meeting_id == meeting_id))
    return [kind(**row._mapping) for row in found]


async def _write(connection: AsyncConnection, before: Projected, after: Projected) -> None:
    await _upsert(connection, tables.meetings, [after.meeting])
    await _differences(connection, tables.invitations, before.invitations, after.invitations)
    await _differences(connection, tables.decisions, before.decisions, after.decisions)
    await _differences(connection, tables.action_items, before.actions, after.actions)
    if new := sorted(after.carried - before.carried, key=str):
        await connection.execute(insert(tables.carried_actions), [_values(row) for row in new])


async def _differences(
    connection: AsyncConnection, table: Table, before: Mapping[str, R], after: Mapping[str, R]
) -> None:
    meeting_column, id_column = table.primary_key.columns
    for key in before.keys() - after.keys():
        row = before[key]
        await connection.execute(delete(table).where(meeting_column == row.meeting_id, id_column == key))
    await _upsert(connection, table, [row for key, row in after.items() if before.get(key) != row])


async def _upsert(
    connection: AsyncConnection,
    table: Table,
    rows: Iterable[MeetingRow | InvitationRow | DecisionRow | ActionRow | AttendanceRow],
) -> None:
    values = [_values(row) for row in rows]
    if not values:
        return
    statement = insert_into(connection, table)
    keys = list(table.primary_key.columns)
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column not in keys}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), values)


def _values(row: Any) -> dict[str, object]:
    return {key: _storable(value) for key, value in asdict(row).items()}


def _storable(value: object) -> object:
    return storable(value) if isinstance(value, str) else value
