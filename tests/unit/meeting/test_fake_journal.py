"""The fake journal keeps the promises that the real ones keep."""

from __future__ import annotations

import pytest

from server.meeting.ports import Journal
from tests.fakes import FakeClock, MemoryJournal, MemoryStore
from tests.unit.meeting.journal_contract import JournalContract


class MemoryWorld:
    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), FakeClock()

    async def process(self) -> Journal:
        return MemoryJournal(self.store, self.clock)

    async def kill(self, journal: Journal) -> None:
        assert isinstance(journal, MemoryJournal)
        journal.kill()


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld()
