"""Writes what can be searched of a meeting, in the transaction of its facts or anew from all of them. No query.

The index holds keyed fingerprints of beginnings of words, and the texts sealed with the meeting's own keys: without the
master key it tells no word, and destroying a meeting's key leaves nothing that could be read. Chat is never in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ARRAY, Table, Text, bindparam, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Invalid
from server.meeting import facts, richtext
from server.meeting.facts import Fact, NumberedFact, Sealing
from server.meeting.finding import Part
from server.store import tables
from server.store.keys import MeetingKeys
from server.store.search_words import starts, token
from server.store.tables import search_rows, search_texts
from server.store.vault import Unsealable, Vault, seal, unseal

Key: TypeAlias = tuple[Part, str]  # the part, and which one of several: an agenda item's id for notes

_SEALING: Mapping[Part, Sealing] = {"people": "presence"}  # all others: record

_PEOPLE: frozenset[type[Fact]] = frozenset({facts.Invited, facts.InvitationChanged, facts.InvitationRevoked})
_DECISIONS: frozenset[type[Fact]] = frozenset(
    {facts.DecisionRecorded, facts.DecisionCorrected, facts.DecisionWithdrawn}
)
_ACTIONS: frozenset[type[Fact]] = frozenset({facts.ActionRecorded, facts.ActionCorrected, facts.ActionWithdrawn})

_POSTGRESQL_INDEX = text(
    "INSERT INTO search_index (row_id, words) VALUES (:row_id, array_to_tsvector(:words))"
).bindparams(bindparam("words", type_=ARRAY(Text)))


def sealing_of(part: Part) -> Sealing:
    """The class of the facts that this part comes from: it is erased with them."""
    return _SEALING.get(part, "record")


class SearchIndex:
    def __init__(self, vault: Vault, keys: MeetingKeys) -> None:
        self._secret, self._keys = vault.secret("search"), keys

    async def follow(self, connection: AsyncConnection, meeting_id: str, numbered: Sequence[NumberedFact]) -> None:
        """Bring the index up to these new facts; the lists must have followed them already."""
        wanted = await _texts(connection, meeting_id, numbered)
        if wanted:
            await self._write(connection, meeting_id, wanted)

    async def write_anew(self, connection: AsyncConnection, meeting_id: str, numbered: Sequence[NumberedFact]) -> None:
        """From these facts alone: whatever else stood there is taken out."""
        wanted = await _texts(connection, meeting_id, numbered)
        gone = {key: "" for key in await _keys_of(connection, meeting_id) if key not in wanted}
        await self._write(connection, meeting_id, {**gone, **wanted})

    async def erase(self, connection: AsyncConnection, meeting_id: str, sealing: Sealing) -> None:
        """Before that key is destroyed: afterwards nobody could tell any more what to take out."""
        keys = await _keys_of(connection, meeting_id)
        await self._write(connection, meeting_id, {key: "" for key in keys if sealing_of(key[0]) == sealing})

    async def _write(self, connection: AsyncConnection, meeting_id: str, wanted: Mapping[Key, str]) -> None:
        keys = await self._keys.read(connection, meeting_id)
        standing = {_key(row): row for row in await _standing(connection, meeting_id)}
        for (part, ref), after in wanted.items():
            key = keys.get(sealing_of(part))
            place = place_of(meeting_id, part, ref)
            row = standing.get((part, ref))
            if row is not None:
                before = opened(key, row.sealed, place)
                if before == after and after:
                    continue
                await self._remove(connection, row.row_id, before)
            if after and key is not None:
                await self._add(connection, (meeting_id, part, ref), after, seal(key, after.encode(), place))

    async def _add(self, connection: AsyncConnection, at: tuple[str, Part, str], plain: str, sealed: bytes) -> None:
        meeting_id, part, ref = at
        row = {"meeting_id": meeting_id, "part": part, "ref": ref}
        row_id = await connection.scalar(insert(search_rows).values(row).returning(search_rows.c.row_id))
        await connection.execute(insert(search_texts).values(row_id=row_id, sealed=sealed))
        words = self._tokens(plain)
        if connection.dialect.name == "postgresql":
            await connection.execute(_POSTGRESQL_INDEX, {"row_id": row_id, "words": words})
        else:
            line = {"row_id": row_id, "words": " ".join(words)}
            await connection.execute(text("INSERT INTO search_index (rowid, words) VALUES (:row_id, :words)"), line)

    async def _remove(self, connection: AsyncConnection, row_id: int, plain: str | None) -> None:
        """SQLite's index keeps no text: it is told again what to forget. What cannot be read any more was taken out
        before its key was destroyed."""
        if connection.dialect.name == "postgresql":
            await connection.execute(text("DELETE FROM search_index WHERE row_id = :row_id"), {"row_id": row_id})
        elif plain is not None:
            forget = "INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', :row_id, :words)"
            await connection.execute(text(forget), {"row_id": row_id, "words": " ".join(self._tokens(plain))})
        await connection.execute(delete(search_texts).where(search_texts.c.row_id == row_id))
        await connection.execute(delete(search_rows).where(search_rows.c.row_id == row_id))

    def _tokens(self, plain: str) -> list[str]:
        return [token(self._secret, start) for start in starts(plain)]


async def empty(connection: AsyncConnection) -> None:
    """Before everything is written anew."""
    await connection.execute(delete(search_texts))
    await connection.execute(delete(search_rows))
    if connection.dialect.name == "postgresql":
        await connection.execute(text("DELETE FROM search_index"))
    else:
        await connection.execute(text("INSERT INTO search_index (search_index) VALUES ('delete-all')"))


def place_of(meeting_id: str, part: str, ref: str) -> bytes:
    """Authenticated with the sealed text: it opens nowhere else."""
    return f"search|{meeting_id}|{part}|{ref}".encode()


def opened(key: bytes | None, sealed: bytes, place: bytes) -> str | None:
    """The text; None where its key is gone, or it is not ours."""
    if key is None:
        return None
    try:
        return unseal(key, sealed, place).decode()
    except Unsealable:
        return None


async def _texts(connection: AsyncConnection, meeting_id: str, numbered: Sequence[NumberedFact]) -> dict[Key, str]:
    """The parts that these facts say something of, as they now stand; "" for one that is empty now."""
    wanted: dict[Key, str] = {}
    for one in numbered:
        match one.fact:
            case facts.MeetingPlanned() | facts.MeetingReplanned() as plan:
                wanted["title", ""] = _lines(plan.title, plan.place, plan.letter_number)
            case facts.LetterNumbered() as letter:
                query = select(tables.meetings.c.title, tables.meetings.c.place)
                row = (await connection.execute(query.where(tables.meetings.c.meeting_id == meeting_id))).one()
                wanted["title", ""] = _lines(row.title, row.place, letter.number)
            case facts.AgendaSet() as agenda:
                wanted["agenda", ""] = _lines(*(item.title for item in agenda.items))
            case facts.NotesWritten() as notes:
                wanted["notes", notes.item_id.replace("\0", "\ufffd")] = notes.text.strip()
            case facts.NotesAdopted() as adopted:
                wanted["notes", adopted.item_id.replace("\0", "\ufffd")] = _readable(adopted.text)
            case _:
                pass
    kinds = {type(one.fact) for one in numbered}
    if kinds & _PEOPLE:
        people = await _rows(connection, tables.invitations, meeting_id)
        wanted["people", ""] = _lines(*(_lines(row.name, row.function, row.office, between=", ") for row in people))
    if kinds & _DECISIONS:
        rows = await _rows(connection, tables.decisions, meeting_id)
        wanted["decisions", ""] = _lines(*(row.text for row in rows if not row.withdrawn))
    if kinds & _ACTIONS:
        rows = await _rows(connection, tables.action_items, meeting_id)
        wanted["actions", ""] = _lines(*(row.what for row in rows if not row.withdrawn))
    return wanted


def _readable(text: str) -> str:
    """The words of an adopted text, without its dress."""
    try:
        return richtext.plain(richtext.read(text)).strip()
    except Invalid:
        return text  # in no form that we know: its words can be found all the same


def _lines(*lines: str, between: str = "\n") -> str:
    return between.join(line.strip() for line in lines if line.strip())


async def _rows(connection: AsyncConnection, table: Table, meeting_id: str) -> Sequence[Any]:
    order = table.c.position if "position" in table.c else table.c.number
    query = select(table).where(table.c.meeting_id == meeting_id).order_by(order)
    return (await connection.execute(query)).all()


async def _keys_of(connection: AsyncConnection, meeting_id: str) -> list[Key]:
    query = select(search_rows.c.part, search_rows.c.ref).where(search_rows.c.meeting_id == meeting_id)
    return [_key(row) for row in await connection.execute(query)]


def _key(row: Any) -> Key:
    return row.part, row.ref


async def _standing(connection: AsyncConnection, meeting_id: str) -> Sequence[Any]:
    columns = (search_rows.c.row_id, search_rows.c.part, search_rows.c.ref, search_texts.c.sealed)
    query = select(*columns).join(search_texts, search_texts.c.row_id == search_rows.c.row_id)
    return (await connection.execute(query.where(search_rows.c.meeting_id == meeting_id))).all()
