"""Finds meetings by the words in them, as far as the asker may see those meetings. Only reads.

A query is plain words: only their fingerprints reach the database, so that no search language is ever typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, cast, column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from server.meeting.finding import PARTS, Found, Hit, Part, Piece, Search
from server.store import tables
from server.store.database import Database
from server.store.indexing import opened, place_of, sealing_of
from server.store.keys import MeetingKeys
from server.store.listings import meeting_of, of_account
from server.store.projections import MeetingRow
from server.store.search_words import excerpt, terms, token
from server.store.tables import search_rows, search_texts
from server.store.vault import Vault

_FTS5 = table("search_index", column("rowid"), column("search_index"))  # that column stands for the whole row
_TSVECTOR = table("search_index", column("row_id"), column("words"))
HITS = 4  # texts shown of one meeting


@dataclass(frozen=True, slots=True)
class _Wanted:
    words: Sequence[str]
    who: Sequence[str]
    parts: Sequence[Part]

    def in_part(self, part: Part) -> tuple[str, ...]:
        return (*(self.words if part in self.parts else ()), *(self.who if part == "people" else ()))


class Searches:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._keys, self._secret = database, MeetingKeys(vault), vault.secret("search")

    async def find(self, wish: Search) -> tuple[Found, ...]:
        """The latest first. () for a query without a word."""
        wanted, who = terms(wish.words), terms(wish.who)
        if not wanted and not who:
            return ()
        parts = wish.parts or PARTS
        query = of_account(wish.account_id)
        for one in wanted:
            query = query.where(self._in(one, parts))
        for one in who:
            query = query.where(self._in(one, ("people",)))
        columns = tables.meetings.c
        if wish.from_ms:
            query = query.where(columns.starts_ms >= wish.from_ms)
        if wish.to_ms:
            query = query.where(columns.starts_ms < wish.to_ms)
        query = query.order_by(columns.starts_ms.desc(), columns.meeting_id.desc())
        async with self._database.read() as connection:
            rows = await connection.execute(query.offset(max(wish.offset, 0)).limit(wish.limit))
            meetings = [meeting_of(dict(row)) for row in rows.mappings()]
            found = [await self._found(connection, one, _Wanted(wanted, who, parts)) for one in meetings]
        # A fingerprint may belong to two words: what is not there when looked at was not found.
        return tuple(one for one in found if one.hits or any(piece.found for piece in one.title))

    def _in(self, word: str, parts: Sequence[Part]) -> ColumnElement[bool]:
        """That this word stands in one of these parts of the meeting."""
        fingerprint = token(self._secret, word)
        if self._database.is_sqlite:
            ids = select(_FTS5.c.rowid).where(_FTS5.c.search_index.op("MATCH")(fingerprint))
        else:
            ids = select(_TSVECTOR.c.row_id).where(_TSVECTOR.c.words.op("@@")(cast(fingerprint, TSQUERY)))
        query: Select[tuple[str]] = select(search_rows.c.meeting_id).where(search_rows.c.row_id.in_(ids))
        if len(parts) < len(PARTS):
            query = query.where(search_rows.c.part.in_(parts))
        return tables.meetings.c.meeting_id.in_(query)

    async def _found(self, connection: AsyncConnection, meeting: MeetingRow, wanted: _Wanted) -> Found:
        keys = await self._keys.read(connection, meeting.meeting_id)
        query = select(search_rows.c.part, search_rows.c.ref, search_texts.c.sealed)
        query = query.join(search_texts, search_texts.c.row_id == search_rows.c.row_id)
        rows = await connection.execute(query.where(search_rows.c.meeting_id == meeting.meeting_id))
        hits: list[Hit] = []
        for row in sorted(rows, key=lambda one: PARTS.index(one.part)):
            looked_for = wanted.in_part(row.part)
            plain = opened(keys.get(sealing_of(row.part)), row.sealed, place_of(meeting.meeting_id, row.part, row.ref))
            if plain is None or not looked_for:
                continue
            hits += [Hit(row.part, pieces) for pieces in _lines(row.part, plain, looked_for)]
        title = excerpt(meeting.title, wanted.in_part("title")) or (Piece(meeting.title),)
        one = meeting
        return Found(one.meeting_id, one.status, one.starts_ms, one.ends_ms, one.zone, title, tuple(hits[:HITS]))


def _lines(part: Part, plain: str, wanted: Sequence[str]) -> list[tuple[Piece, ...]]:
    """Of lists the lines that were found, of a running text one excerpt; the title stands by itself."""
    texts = [plain] if part == "notes" else plain.split("\n")[1:] if part == "title" else plain.split("\n")
    return [pieces for one in texts if (pieces := excerpt(one, wanted))][:2]
