"""Who may write a meeting: one process at a time, alive by its heartbeat. No fact is written or read here.

One row per process carries the heartbeat, so renewing all its leases is one statement. On the machine of a holder that
was killed nobody waits: its process is looked up, and a dead one holds nothing.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.clock import Clock
from server.errors import Conflict, Unavailable
from server.store.database import Database, insert_into
from server.store.tables import facts, holders, leases
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

RENEW_S = 2.0
LOST_MS = 10_000
"""Not renewed for this long: another machine may take it. Machines that share a database keep their clocks together."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process so that it cannot be mistaken: a pid means something only within one boot and one pid namespace, and
    only together with the moment at which the process started."""

    holder: str
    place: str
    pid: int
    start: int

    @classmethod
    def own(cls) -> Process:
        pid = os.getpid()
        return cls(secrets.token_hex(16), _place(), pid, _start(pid) or 0)

    def knows_dead(self, place: str, pid: int, start: int) -> bool:
        """Certainly dead, as seen from this process; False where that cannot be known."""
        return bool(place) and place == self.place and _start(pid) != start


def _place() -> str:
    """ "" where there is no /proc: then only time tells who is gone."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}|{os.readlink('/proc/self/ns/pid')}"
    return ""


def _start(pid: int) -> int | None:
    """proc(5): field 22 of stat, ticks since boot; None if there is no such process, or it is a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *rest = text.rpartition(")")[2].split()  # the name before may hold blanks and parentheses
    return None if state in "ZX" else int(rest[18])


class Leases:
    """The leases of this process."""

    def __init__(self, database: Database, clock: Clock, process: Process | None = None) -> None:
        self._database, self._clock = database, clock
        self._process = process or Process.own()
        self._tasks = TaskOwner("store.leases")
        self._beating = False

    async def close(self) -> None:
        """This process ends. What it did not give back stays its own, so that the next one learns when it ended."""
        await self._tasks.close()
        if not self._beating:
            return

        async def work(connection: AsyncConnection) -> None:
            mine = holders.c.holder == self._process.holder
            if await connection.scalar(select(leases.c.meeting_id).where(leases.c.holder == self._process.holder)):
                values = {"ended": True, "renewed_at_ms": self._clock.now_ms()}
                await connection.execute(update(holders).where(mine).values(values))
            else:
                await connection.execute(delete(holders).where(mine))

        try:
            await self._database.write(work)
        except Unavailable as error:  # the heartbeat that stops says the same, ten seconds later
            log.warning("leases not ended", code=error.code)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                await self.renew()
            except Unavailable as error:
                log.warning("leases not renewed", code=error.code)

    async def renew(self) -> None:
        """The heartbeat of all leases of this process, in one statement."""
        one = self._process
        now_ms = self._clock.now_ms()

        async def work(connection: AsyncConnection) -> None:
            row = insert_into(connection, holders).values(
                holder=one.holder, place=one.place, pid=one.pid, process_start=one.start, renewed_at_ms=now_ms
            )
            await connection.execute(
                row.on_conflict_do_update(index_elements=[holders.c.holder], set_={"renewed_at_ms": now_ms})
            )

        await self._database.write(work)

    async def take(self, meeting_id: str) -> int | None:
        """As Journal.take_lease says. The first one starts the heartbeat."""
        if not self._beating:
            self._beating = True
            await self.renew()
            self._tasks.start("renew", self._keep())
        return await self._database.write(lambda connection: self._take(connection, meeting_id))

    async def _take(self, connection: AsyncConnection, meeting_id: str) -> int | None:
        mine = self._process.holder
        fresh = insert_into(connection, leases).values(meeting_id=meeting_id, holder=mine)
        inserted = await connection.execute(
            fresh.on_conflict_do_nothing(index_elements=[leases.c.meeting_id]).returning(leases.c.holder)
        )
        if inserted.first() is not None:
            return None
        holder = await connection.scalar(_held(meeting_id))
        if holder == mine:
            return None
        alive_ms = await self._left_at(connection, str(holder))
        if alive_ms is None:
            raise Conflict("journal.leased")
        await connection.execute(update(leases).where(leases.c.meeting_id == meeting_id).values(holder=mine))
        await self._forget(connection, str(holder))
        last_ms = await connection.scalar(
            select(facts.c.at_ms).where(facts.c.meeting_id == meeting_id).order_by(facts.c.number.desc()).limit(1)
        )
        return max(alive_ms, last_ms or 0)

    async def _left_at(self, connection: AsyncConnection, holder: str) -> int | None:
        """When this other holder was last alive; None if it still is."""
        row = (await connection.execute(select(holders).where(holders.c.holder == holder))).first()
        if row is None:
            return 0
        gone = (
            row.ended
            or await asyncio.to_thread(self._process.knows_dead, row.place, row.pid, row.process_start)
            or self._clock.now_ms() - row.renewed_at_ms > LOST_MS
        )
        return int(row.renewed_at_ms) if gone else None

    async def _forget(self, connection: AsyncConnection, holder: str) -> None:
        """A holder that is gone is remembered as long as something was left to take from it."""
        left = await connection.scalar(select(leases.c.meeting_id).where(leases.c.holder == holder).limit(1))
        if left is None:
            await connection.execute(delete(holders).where(holders.c.holder == holder))

    async def give(self, meeting_id: str) -> None:
        mine = (leases.c.meeting_id == meeting_id) & (leases.c.holder == self._process.holder)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(leases).where(mine))

        await self._database.write(work)

    async def check(self, connection: AsyncConnection, meeting_id: str) -> None:
        """Within the transaction that writes: nobody can take the lease before it ends. Conflict("journal.moved")."""
        if await connection.scalar(_held(meeting_id)) != self._process.holder:
            raise Conflict("journal.moved")

    async def left_behind(self) -> tuple[str, ...]:
        """Meetings whose writer is gone without having given them back: work that was under way."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(leases).order_by(leases.c.meeting_id))).all()
            gone = {
                holder: holder != self._process.holder and await self._left_at(connection, holder) is not None
                for holder in {row.holder for row in rows}
            }
        return tuple(row.meeting_id for row in rows if gone[row.holder])


def _held(meeting_id: str) -> Select[str]:
    """FOR UPDATE is PostgreSQL's; SQLite's writer holds the whole database already, and its dialect leaves it out."""
    return select(leases.c.holder).where(leases.c.meeting_id == meeting_id).with_for_update()
