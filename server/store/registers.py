"""The book of outgoing letters: numbers are taken in the transaction of the fact that needs them, or not at all.

What a number looks like is decided in meeting/numbering.py. A number that was given is never given again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Refused
from server.meeting import facts, numbering
from server.meeting.facts import Fact, LetterNumbered
from server.meeting.finding import LetterLine, LetterWish
from server.meeting.numbering import Register
from server.store import tables
from server.store.database import Database, insert_into, storable
from server.store.tables import letter_counters as counters
from server.store.tables import letter_registers as registers
from server.store.tables import letters

_c = letters.c


async def follow(connection: AsyncConnection, meeting_id: str, given: Sequence[Fact], at_ms: int) -> tuple[Fact, ...]:
    """Before these facts are sealed: the same ones, with the numbers that they take. Refused("register.unknown" |
    "register.closed" | "letter.number_taken")."""
    return tuple([await _one(connection, meeting_id, fact, at_ms) for fact in given])


async def _one(connection: AsyncConnection, meeting_id: str, fact: Fact, at_ms: int) -> Fact:
    match fact:
        case LetterNumbered(counter=0):
            return await _numbered(connection, meeting_id, fact, at_ms)
        case facts.MeetingPlanned() | facts.MeetingReplanned():
            await _typed(connection, meeting_id, fact.letter_number, fact.letter_date, at_ms)
        case facts.InvitationsSent():
            await _become(connection, meeting_id, "sent")
        case facts.MeetingCancelled():
            await _become(connection, meeting_id, "cancelled")
        case _:
            pass
    return fact


async def _numbered(connection: AsyncConnection, meeting_id: str, fact: LetterNumbered, at_ms: int) -> LetterNumbered:
    register = await _register(connection, fact.register_id)
    day = date.fromisoformat(fact.dated)
    counter, number = await _take(connection, register, day, fact.code)
    mine = update(letters).where(_c.folded == numbering.folded(number))
    status = await _standing(connection, meeting_id)
    await connection.execute(mine.values(meeting_id=meeting_id, status=status, at_ms=at_ms))
    await _release(connection, meeting_id, numbering.folded(number))
    return replace(fact, counter=counter, number=number)


async def _register(connection: AsyncConnection, register_id: str) -> Register:
    row = (await connection.execute(select(registers).where(registers.c.register_id == register_id))).first()
    if row is None:
        raise Refused("register.unknown", field="register_id")
    if row.closed:
        raise Refused("register.closed", field="register_id")
    return Register(**row._mapping)


async def _take(connection: AsyncConnection, register: Register, day: date, code: str) -> tuple[int, str]:
    """The counter's row stays locked until the transaction ends: whoever comes meanwhile waits for it. Where a number
    was typed by hand already, that letter has this place in the book."""
    key = {"register_id": register.register_id, "year": day.year}
    while True:
        first = insert_into(connection, counters).values(**key, last=register.starts_at(day.year))
        keys = [counters.c.register_id, counters.c.year]
        taking = first.on_conflict_do_update(index_elements=keys, set_={"last": counters.c.last + 1})
        counter: int = (await connection.execute(taking.returning(counters.c.last))).scalar_one()
        number = register.number(counter, day, code)
        place = {**key, "counter": counter}
        row = {"folded": numbering.folded(number), "number": number, "dated": day.isoformat(), "status": "reserved"}
        new = insert_into(connection, letters).values(**place, **row).on_conflict_do_nothing()
        if (await connection.execute(new.returning(_c.folded))).first() is not None:
            return counter, number
        typed = (_c.folded == row["folded"], _c.counter == 0)
        await connection.execute(update(letters).where(*typed).values(**place))


async def _typed(connection: AsyncConnection, meeting_id: str, number: str, dated: str, at_ms: int) -> None:
    """A number that somebody typed, or one that was reserved for this letter; "": none."""
    folded = storable(numbering.folded(number))
    await _release(connection, meeting_id, folded)
    if not folded:
        return
    status = await _standing(connection, meeting_id)
    row = {
        "number": storable(number),
        "dated": storable(dated),
        "meeting_id": meeting_id,
        "status": status,
        "at_ms": at_ms,
    }
    new = insert_into(connection, letters).values(folded=folded, **row).on_conflict_do_nothing()
    if (await connection.execute(new.returning(_c.folded))).first() is not None:
        return
    ours = (_c.folded == folded, or_(_c.meeting_id == meeting_id, (_c.meeting_id == "") & (_c.status == "reserved")))
    kept = update(letters).where(*ours).values(meeting_id=meeting_id, dated=storable(dated) or _c.dated)
    if not (await connection.execute(kept)).rowcount:
        raise Refused("letter.number_taken", field="letter_number", number=number)
    if status == "sent":
        await _become(connection, meeting_id, "sent")


async def _standing(connection: AsyncConnection, meeting_id: str) -> str:
    """Of a letter that is named now: whether it went out already."""
    told = select(tables.mailings.c.meeting_id).where(tables.mailings.c.meeting_id == meeting_id)
    return "sent" if await connection.scalar(told) else "reserved"


async def _release(connection: AsyncConnection, meeting_id: str, but: str) -> None:
    """What this letter was called before it went out is free again, or reserved as it was; what went out is marked."""
    others = (_c.meeting_id == meeting_id, _c.folded != but)
    reserved = (*others, _c.status == "reserved")
    await connection.execute(delete(letters).where(*reserved, _c.counter == 0))
    await connection.execute(update(letters).where(*reserved).values(meeting_id=""))
    await connection.execute(update(letters).where(*others, _c.status == "sent").values(status="cancelled"))


async def _become(connection: AsyncConnection, meeting_id: str, status: str) -> None:
    standing = (_c.meeting_id == meeting_id, _c.status != "cancelled")
    await connection.execute(update(letters).where(*standing).values(status=status))


class Registers:
    """The office's registers, and the lines of their books."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> tuple[Register, ...]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(registers).order_by(registers.c.name, registers.c.register_id))
            return tuple(Register(**row._mapping) for row in rows)

    async def save(self, register: Register) -> None:
        """Invalid("register.*"). Numbers that were given stay as they are."""
        numbering.check(register)

        async def work(connection: AsyncConnection) -> None:
            values = asdict(register)
            new = insert_into(connection, registers).values(values)
            changed = {name: new.excluded[name] for name in values if name != "register_id"}
            await connection.execute(new.on_conflict_do_update(index_elements=[registers.c.register_id], set_=changed))

        await self._database.write(work)

    async def next_counter(self, register: Register, year: int) -> int:
        """What the next letter would get, if nobody else takes it first."""
        query = select(counters.c.last).where(counters.c.register_id == register.register_id, counters.c.year == year)
        async with self._database.read() as connection:
            last = await connection.scalar(query)
        return last + 1 if last is not None else register.starts_at(year)

    async def reserve(self, register_id: str, day: date, about: str, at_ms: int) -> str:
        """The next number, for a letter that is written elsewhere or later."""

        async def work(connection: AsyncConnection) -> str:
            _, number = await _take(connection, await _register(connection, register_id), day, "")
            mine = update(letters).where(_c.folded == numbering.folded(number))
            await connection.execute(mine.values(about=about, at_ms=at_ms))
            return number

        return await self._database.write(work)

    async def years(self) -> tuple[int, ...]:
        async with self._database.read() as connection:
            rows = await connection.scalars(select(_c.year).where(_c.year > 0).distinct().order_by(_c.year.desc()))
            return tuple(rows)

    async def book(self, wish: LetterWish) -> tuple[LetterLine, ...]:
        """The last number first; typed ones by their date among them."""
        title = func.coalesce(tables.meetings.c.title, _c.about)
        query = select(letters, title.label("title")).outerjoin(
            tables.meetings, (tables.meetings.c.meeting_id == _c.meeting_id) & (_c.meeting_id != "")
        )
        if wish.register_id:
            query = query.where(_c.register_id == wish.register_id)
        if wish.year:
            query = query.where(or_(_c.year == wish.year, (_c.year == 0) & _c.dated.startswith(str(wish.year))))
        if wish.status:
            query = query.where(_c.status == wish.status)
        for word in wish.words.split()[:8]:
            query = query.where(or_(_c.number.icontains(word, autoescape=True), title.icontains(word, autoescape=True)))
        order = (_c.year.desc(), _c.register_id, _c.counter.desc(), _c.at_ms.desc(), _c.folded)
        query = query.order_by(*order).limit(wish.limit).offset(wish.offset)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            people = await _addressees(connection, [row.meeting_id for row in rows if row.meeting_id])
        return tuple(_line(row, people.get(row.meeting_id, [])) for row in rows)


async def _addressees(connection: AsyncConnection, meeting_ids: Sequence[str]) -> dict[str, list[str]]:
    """Whom the letters are for: posts, or names of those who have none."""
    i = tables.invitations.c
    invited = i.meeting_id.in_(meeting_ids), i.role.not_in(("guest", "watcher"))
    query = select(i.meeting_id, i.name, i.function).where(*invited)
    found: dict[str, list[str]] = {}
    for row in await connection.execute(query.order_by(i.meeting_id, i.position)):
        found.setdefault(row.meeting_id, []).append(row.function or row.name)
    return found


def _line(row: Row[Any], people: Sequence[str]) -> LetterLine:
    return LetterLine(
        row.register_id,
        row.year,
        row.counter,
        row.number,
        row.dated,
        row.title,
        row.meeting_id,
        row.status,
        people[0] if people else "",
        len(people),
    )
