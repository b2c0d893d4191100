"""Identity without a database and with quick passwords."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from server.identity import service
from server.identity.passwords import Passwords
from server.identity.service import Identity, Stores
from tests.fakes import FakeClock
from tests.unit.identity.memory import (
    MemoryAccounts,
    MemoryAttempts,
    MemoryAudit,
    MemoryFactors,
    MemoryGuests,
    MemoryIdentities,
    MemoryLinks,
    MemoryOffices,
    MemoryPending,
    MemoryProviderSessions,
    MemorySessions,
    MemorySettings,
)

SECRET = b"s" * 32
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def stores() -> Stores:
    return Stores(
        MemoryAccounts(),
        MemorySessions(),
        MemoryAttempts(),
        MemoryLinks(),
        MemoryGuests(),
        MemoryFactors(),
        MemoryPending(),
        MemoryIdentities(),
        MemoryProviderSessions(),
        MemorySettings(),
        MemoryAudit(),
        MemoryOffices(),
    )


@pytest.fixture
def identity(stores: Stores, clock: FakeClock) -> Identity:
    return service.build(stores, clock, SECRET, passwords=Passwords(QUICK))
