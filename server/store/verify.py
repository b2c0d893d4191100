"""Recomputes a meeting's chain and names the first row that is not what was written; recounts its secret ballots.
Changes nothing.

A key that retention destroyed is no fault: its payloads are counted as erased, and the chain holds without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import NotFound
from server.meeting import facts as kinds
from server.meeting.ballots import Audit, audits
from server.meeting.facts import NumberedFact
from server.meeting.richtext import digest
from server.store import blind, chain
from server.store.chain import JournalBroken, JournalRow, What
from server.store.database import Database
from server.store.documents import SEALING, read
from server.store.journal import journal_row
from server.store.keys import MeetingKeys
from server.store.tables import facts, meetings
from server.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Broken:
    """The first broken row."""

    number: int
    what: What


@dataclass(frozen=True, slots=True)
class Verification:
    """`checked` rows were as written; `erased` of them can no longer be read, by retention. `last_hash` (hex) stands
    for the whole record: who wrote it down can tell later that nothing was changed or cut off since. `signed`: digests
    of the files that facts name; where those lie is not looked at here."""

    meeting_id: str
    checked: int
    erased: int
    last_hash: str
    broken: Broken | None = None
    ballots: tuple[Audit, ...] = ()
    signed: tuple[str, ...] = ()
    documents: int = 0  # attached ones whose bytes are as they were
    lost: tuple[str, ...] = ()  # document_ids of those that are not, though nothing destroyed them

    @property
    def holds(self) -> bool:
        return self.broken is None and not self.lost and not any(one.faults for one in self.ballots)


_DECIDING = (kinds.VoteOpened, kinds.BallotGranted, kinds.BallotsPublished, kinds.VoteClosed)


async def verify(database: Database, vault: Vault, meeting_id: str) -> Verification:
    """NotFound("meeting.unknown")."""
    async with database.read() as connection:
        check = _Check(meeting_id, await MeetingKeys(vault).read(connection, meeting_id))
        query = select(facts).where(facts.c.meeting_id == meeting_id).order_by(facts.c.number)
        async with connection.stream(query) as rows:
            async for found in rows:
                check.take(journal_row(found))
                if check.broken:
                    break
        last = await connection.scalar(select(meetings.c.last_number).where(meetings.c.meeting_id == meeting_id))
        lost = await _lost(connection, vault, check)
    if not check.number and not check.broken and not last:
        raise NotFound("meeting.unknown")
    return replace(check.result(last or 0), documents=len(check.attached) - len(lost), lost=lost)


async def _lost(connection: AsyncConnection, vault: Vault, check: _Check) -> tuple[str, ...]:
    if SEALING in check.keys and check.keys[SEALING] is None:
        check.attached.clear()  # destroyed with all of their kind
    lost: list[str] = []
    for document_id, digest_of in check.attached.items():
        content = await read(connection, MeetingKeys(vault), check.meeting_id, document_id)
        if content is None or sha256(content).hexdigest() != digest_of:
            lost.append(document_id)
    return tuple(lost)


class _Check:
    """How far the chain held."""

    def __init__(self, meeting_id: str, keys: Mapping[str, bytes | None]) -> None:
        self.meeting_id, self.keys = meeting_id, keys
        self.number, self.previous, self.erased = 0, chain.FIRST, 0
        self.broken: Broken | None = None
        self.deciding: list[NumberedFact] = []
        self.attached: dict[str, str] = {}  # document_id -> digest, of those that were not withdrawn
        self.signed: list[str] = []

    def take(self, row: JournalRow) -> None:
        if row.number != self.number + 1:
            self.broken = Broken(self.number + 1, "gap")
        elif row.previous != self.previous or row.hash != chain.row_hash(row):
            self.broken = Broken(row.number, "hash")
        else:
            self._open(row)

    def _open(self, row: JournalRow) -> None:
        try:
            fact = chain.read(row, self.keys)
        except JournalBroken as error:
            self.broken = Broken(row.number, error.what)
            return
        if (
            fact is not None
            and isinstance(fact.fact, kinds.NotesAdopted)
            and digest(fact.fact.text) != fact.fact.digest
        ):
            self.broken = Broken(row.number, "text")
            return
        self.erased += fact is None
        if fact is not None and isinstance(fact.fact, _DECIDING):
            self.deciding.append(fact)
        if fact is not None and isinstance(fact.fact, kinds.DocumentAttached):
            self.attached[fact.fact.document_id] = fact.fact.digest
        elif fact is not None and isinstance(fact.fact, kinds.DocumentWithdrawn):
            self.attached.pop(fact.fact.document_id, None)
        if fact is not None and isinstance(fact.fact, (kinds.MinutesSigned, kinds.LetterIssued)):
            self.signed.append(fact.fact.digest)
        self.number, self.previous = row.number, row.hash

    def result(self, last_number: int) -> Verification:
        """`last_number`: how far the lists have followed; a chain that ends before was cut off."""
        if self.broken is None and self.number < last_number:
            self.broken = Broken(self.number + 1, "gap")
        counted = audits(self.meeting_id, self.deciding, blind.holds)
        chain_hash, signed = self.previous.hex(), tuple(self.signed)
        return Verification(self.meeting_id, self.number, self.erased, chain_hash, self.broken, counted, signed)
