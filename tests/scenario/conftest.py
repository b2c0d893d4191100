"""The hall that scenarios play in: planned for nine o'clock, and it is nine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.scenario.hall import Hall


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    one = Hall()
    await one.plans_a_meeting()
    yield one
    await one.rooms.close()
