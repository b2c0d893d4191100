"""What signing in keeps beside accounts: sealed, unique, and what may happen once happens once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from server.errors import Conflict
from server.identity import records
from server.identity.records import Authenticator, Identity, Pending, ProviderSession
from server.mail.ports import Notice
from server.store.store import Store
from server.store.tables import authenticators, notices, pending
from tests.unit.store.test_archive import SITI

CODE = Authenticator("f1", "acc1", "totp", "Telepon", b"JBSWY3DPEHPK3PXP", "", 7, 5)
KEY = Authenticator("f2", "acc1", "passkey", "Laptop", b"public", "cred", 0, 6)


def kept(store: Store) -> tuple[object, ...]:
    """mypy holds that the repositories are what identity asks for."""
    factors: records.FactorStore = store.factors
    things: records.PendingStore = store.pending
    identities: records.IdentityStore = store.identities
    sessions: records.ProviderSessionStore = store.provider_sessions
    settings: records.SettingStore = store.settings
    audit: records.AuditStore = store.audit
    return factors, things, identities, sessions, settings, audit


async def test_factors_are_kept_sealed_and_used_only_upwards(store: Store) -> None:
    assert len(kept(store)) == 6
    await store.accounts.add(SITI)
    await store.factors.add(CODE)
    await store.factors.add(KEY)
    with pytest.raises(Conflict):
        await store.factors.add(Authenticator("f3", "acc1", "passkey", "", b"other", "cred"))
    assert await store.factors.of_account("acc1") == (CODE, KEY)
    assert await store.factors.by_credential("cred") == KEY
    async with store.database.read() as connection:
        sealed = [row.sealed for row in await connection.execute(authenticators.select())]
    assert not any(b"JBSWY3DP" in one for one in sealed)
    used = await asyncio.gather(*(store.factors.use("f1", 8, 9, rising=True) for _ in range(4)))
    assert sorted(used) == [False, False, False, True]
    assert not await store.factors.use("f1", 8, 9, rising=True)
    assert not await store.factors.remove("acc2", "f1")
    assert await store.factors.remove("acc1", "f1")


async def test_a_recovery_code_opens_once_and_all_go_with_a_reset(store: Store) -> None:
    await store.accounts.add(SITI)
    await store.factors.add(KEY)
    await store.factors.put_codes("acc1", ["a", "b"])
    assert await store.factors.codes_left("acc1") == 2
    used = await asyncio.gather(*(store.factors.use_code("acc1", "a", 5) for _ in range(4)))
    assert sorted(used) == [False, False, False, True]
    assert await store.factors.codes_left("acc1") == 1
    await store.factors.put_codes("acc1", ["c"])
    assert not await store.factors.use_code("acc1", "b", 5)
    assert await store.factors.remove_all("acc1") == 1
    assert await store.factors.codes_left("acc1") == 0


async def test_what_was_begun_is_finished_once_and_lies_sealed(store: Store) -> None:
    one = Pending("h1", "reset", b"secret", 5, 10, "acc1")
    assert await store.pending.add(one)
    assert not await store.pending.add(one)
    assert await store.pending.by_id("h1") == one
    async with store.database.read() as connection:
        row = (await connection.execute(pending.select())).one()
    assert b"secret" not in row.sealed
    taken = await asyncio.gather(*(store.pending.take("h1") for _ in range(4)))
    assert [found for found in taken if found] == [one]
    await store.pending.add(one)
    await store.pending.drop_of("acc1", "other")
    assert await store.pending.by_id("h1") is not None
    await store.pending.drop_of("acc1", "reset")
    assert await store.pending.by_id("h1") is None
    await store.pending.add(one)
    assert await store.pending.sweep(11) == 1


async def test_a_subject_belongs_to_one_account(store: Store) -> None:
    await store.accounts.add(SITI)
    one = Identity("office", "sub-1", "acc1", 5)
    assert await store.identities.add(one)
    assert not await store.identities.add(one)
    assert await store.identities.find("office", "sub-1") == one
    assert await store.identities.find("other", "sub-1") is None
    assert await store.identities.of_account("acc1") == (one,) == await store.identities.of_provider("office")
    assert await store.identities.remove("acc1", "office")
    assert not await store.identities.remove("acc1", "office")


async def test_a_session_at_a_provider_is_found_by_its_number_and_by_whose_it_is(store: Store) -> None:
    one = ProviderSession("s1", "office", "sub-1", "sid-1", "token", 5)
    await store.provider_sessions.add(one)
    assert await store.provider_sessions.by_id("s1") == one
    assert await store.provider_sessions.of_subject("office", "sub-1") == (one,)
    assert await store.provider_sessions.of_sid("office", "sid-1") == (one,)
    assert await store.provider_sessions.of_sid("other", "sid-1") == ()
    assert await store.provider_sessions.sweep(6) == 1


async def test_a_notice_is_due_until_it_is_sent_or_over_and_its_secret_lies_sealed(store: Store) -> None:
    one = Notice("n1", "reset", "siti@contoh.go.id", "Siti", "siti", "id", "a-token", 0, 5, 50)
    await store.notices.put(one)
    assert await store.notices.due(4, 10) == ()
    assert await store.notices.due(5, 10) == (one,)
    async with store.database.read() as connection:
        row = (await connection.execute(notices.select())).one()
    assert b"a-token" not in row.sealed
    tried = replace(one, attempts=1, due_ms=20)
    await store.notices.put(tried)
    assert await store.notices.due(20, 10) == (tried,)
    await store.notices.sweep(49)
    await store.notices.remove("other")
    assert await store.notices.due(20, 10) == (tried,)
    await store.notices.sweep(50)
    assert await store.notices.due(20, 10) == ()
