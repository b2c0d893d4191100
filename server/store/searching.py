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


@dataclass(frozen=True, slots=True)
class _Text:
    part: Part
    ref: str
    plain: str


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
            texts = await self._texts(connection, [one.meeting_id for one in meetings])
        looked_for = _Wanted(wanted, who, parts)
        found = [_found(one, texts.get(one.meeting_id, ()), looked_for) for one in meetings]
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

    async def _texts(self, connection: AsyncConnection, meeting_ids: Sequence[str]) -> dict[str, list[_Text]]:
        """What can be read of these meetings, opened."""
        columns = search_rows.c
        query = select(columns.meeting_id, columns.part, columns.ref, search_texts.c.sealed)
        query = query.join(search_texts, search_texts.c.row_id == columns.row_id)
        keys = await self._keys.read_all(connection, meeting_ids)
        found: dict[str, list[_Text]] = {}
        for row in await connection.execute(query.where(columns.meeting_id.in_(meeting_ids))):
            key = keys.get(row.meeting_id, {}).get(sealing_of(row.part))
            plain = opened(key, row.sealed, place_of(row.meeting_id, row.part, row.ref))
            if plain is not None:
                found.setdefault(row.meeting_id, []).append(_Text(row.part, row.ref, plain))
        return found


def _found(one: MeetingRow, texts: Sequence[_Text], wanted: _Wanted) -> Found:
    hits: list[Hit] = []
    for text in sorted(texts, key=lambda each: (PARTS.index(each.part), each.ref)):
        looked_for = wanted.in_part(text.part)
        hits += [Hit(text.part, pieces) for pieces in _lines(text.part, text.plain, looked_for)] if looked_for else []
    title = excerpt(one.title, wanted.in_part("title")) or (Piece(one.title),)
    return Found(one.meeting_id, one.status, one.starts_ms, one.ends_ms, one.zone, title, tuple(hits[:HITS]))


def _lines(part: Part, plain: str, wanted: Sequence[str]) -> list[tuple[Piece, ...]]:
    """Of lists the lines that were found, of a running text one excerpt; the title stands by itself."""
    texts = [plain] if part == "notes" else plain.split("\n")[1:] if part == "title" else plain.split("\n")
    return [pieces for one in texts if (pieces := excerpt(one, wanted))][:2]
