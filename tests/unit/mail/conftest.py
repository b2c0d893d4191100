"""A mail server, and an office that sends by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from tests.unit.mail.office import MailOffice, MailServer, open_office


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def office(tmp_path: Path, server: MailServer) -> AsyncIterator[MailOffice]:
    office = await open_office(tmp_path / "data", FakeClock(), server.port)
    yield office
    await office.close()
