"""The store's roof: opens database, vault, journal and archive together, and closes them in order."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from server.clock import Clock
from server.store import indexing
from server.store.archive import Accounts, Attempts, BrowserSessions, Guests, JoinLinks, Settings
from server.store.arrivals import ArrivalBook
from server.store.audit import AuditLog
from server.store.boxes import Boxes
from server.store.database import Database, StoreError, database_url, insert_into
from server.store.documents import DocumentShelf
from server.store.errands import ErrandBook
from server.store.factors import Factors, Identities, PendingThings, ProviderSessions
from server.store.feeds import FeedShelf
from server.store.journal import DatabaseJournal
from server.store.lease import Leases
from server.store.listings import Listings
from server.store.mailings import PostOffice
from server.store.migrations import upgrade
from server.store.notes import NoteShelf
from server.store.notices import Notices
from server.store.offices import OfficeShelf
from server.store.outcomes import Outcomes
from server.store.recordings import RecordingKeys
from server.store.registers import Registers
from server.store.searching import Searches
from server.store.tables import settings
from server.store.vault import Vault, open_vault
from server.store.verify import Verification, verify

FINGERPRINT = "store.key_fingerprint"


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that Balai remembers. `vault.secret(purpose)` is the root of identity's keys."""

    database: Database
    vault: Vault
    leases: Leases
    journal: DatabaseJournal
    listings: Listings
    searches: Searches
    outcomes: Outcomes
    accounts: Accounts
    browser_sessions: BrowserSessions
    attempts: Attempts
    join_links: JoinLinks
    guests: Guests
    settings: Settings
    post_office: PostOffice
    recording_keys: RecordingKeys
    factors: Factors
    pending: PendingThings
    identities: Identities
    provider_sessions: ProviderSessions
    audit: AuditLog
    notices: Notices
    errands: ErrandBook
    boxes: Boxes
    notes: NoteShelf
    arrivals: ArrivalBook
    feeds: FeedShelf
    offices: OfficeShelf
    registers: Registers
    documents: DocumentShelf

    async def verify(self, meeting_id: str) -> Verification:
        """Recompute the meeting's chain. NotFound("meeting.unknown")."""
        return await verify(self.database, self.vault, meeting_id)

    async def rebuild(self) -> int:
        """Write every meeting's projections anew from the journal; how many meetings."""
        await self.database.write(indexing.empty)
        meeting_ids = await self.journal.meeting_ids()
        for meeting_id in meeting_ids:
            await self.journal.rebuild(meeting_id)
        return len(meeting_ids)

    async def close(self) -> None:
        """Finish what was handed in, and tell that this process ended. Leases not given back stay its own."""
        await self.leases.close()
        await self.database.close()


async def open_store(url: str, data_folder: Path, clock: Clock) -> Store:
    """Open it, making or migrating what is not there yet. "" is SQLite in the data folder.
    StoreError("store.key_*" | "store.wrong_key" | "store.newer"), Unavailable("store.unavailable")."""
    parsed = database_url(url, data_folder)
    await asyncio.to_thread(_prepare, parsed, data_folder)
    database = Database(parsed)
    opened = False
    try:
        vault = await _vault(database, data_folder)
        opened = True
    finally:
        if not opened:
            await database.close()
    leases = Leases(database, clock)
    return Store(
        database,
        vault,
        leases,
        DatabaseJournal(database, vault, clock, leases),
        Listings(database),
        Searches(database, vault),
        Outcomes(database),
        Accounts(database, vault),
        BrowserSessions(database),
        Attempts(database),
        JoinLinks(database),
        Guests(database),
        Settings(database),
        PostOffice(database),
        RecordingKeys(database, vault, clock),
        Factors(database, vault),
        PendingThings(database, vault),
        Identities(database),
        ProviderSessions(database, vault),
        AuditLog(database, vault),
        Notices(database, vault),
        ErrandBook(database, vault),
        Boxes(database, vault),
        NoteShelf(database, vault, leases),
        ArrivalBook(database, vault),
        FeedShelf(database),
        OfficeShelf(database, vault),
        Registers(database),
        DocumentShelf(database, vault, clock),
    )


def _prepare(url: URL, data_folder: Path) -> None:
    data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if url.get_backend_name() == "sqlite":
        # Made here so that nobody else may read it; SQLite gives its other files the same mode.
        os.close(os.open(str(url.database), os.O_RDWR | os.O_CREAT, 0o600))
    upgrade(url)


async def _vault(database: Database, data_folder: Path) -> Vault:
    """A database that has been written belongs to one key: with another one, or none, it is not opened."""
    query = select(settings.c.value).where(settings.c.key == FINGERPRINT)
    async with database.read() as connection:
        known = await connection.scalar(query)
    vault = await asyncio.to_thread(open_vault, data_folder, create=known is None)

    async def work(connection: AsyncConnection) -> object:
        statement = insert_into(connection, settings).values(key=FINGERPRINT, value=vault.fingerprint)
        await connection.execute(statement.on_conflict_do_nothing(index_elements=[settings.c.key]))
        return await connection.scalar(query)

    if (known or await database.write(work)) != vault.fingerprint:
        raise StoreError("store.wrong_key")
    return vault
