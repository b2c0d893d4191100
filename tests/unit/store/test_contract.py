"""The journal on each database keeps what every Journal promises."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from server.meeting.ports import Journal
from server.store.lease import LOST_MS
from server.store.store import Store
from tests.unit.meeting.journal_contract import JournalContract
from tests.unit.store.places import Place, StandingClock


class DatabaseWorld:
    """Several stores on one database, as several processes have them."""

    def __init__(self, place: Place, opening: Callable[[Place], Awaitable[Store]], clock: StandingClock) -> None:
        self.place, self.opening, self.clock = place, opening, clock

    async def process(self) -> Journal:
        return (await self.opening(self.place)).journal

    async def kill(self, journal: Journal) -> None:
        """Its heartbeat is missed for long enough (test_killed.py kills a real one)."""
        self.clock.at_ms += LOST_MS + 1


class TestDatabaseJournal(JournalContract):
    @pytest.fixture
    def world(self, place: Place, opening: Callable[[Place], Awaitable[Store]], clock: StandingClock) -> DatabaseWorld:
        return DatabaseWorld(place, opening, clock)
