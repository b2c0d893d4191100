"""What identity keeps: unique logins, sessions that can be ended, counts that miss nothing, links for one browser."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from server.errors import Conflict, NotFound
from server.identity import ports
from server.identity.ports import Account, BrowserSession, Guest, JoinLink
from server.store import tables
from server.store.store import Store

SITI = Account(
    "acc1", "Siti.R", "Siti Rahmawati", "secretary", "Kabag Umum", "Setda", "Penata (III/c)",
    "198001012005012001", "siti@contoh.go.id", "argon2", True, "id", 5, "3201014203800002",
)  # fmt: skip


def kept(store: Store) -> tuple[object, ...]:
    """The repositories are what identity's ports ask for: mypy holds this, and nothing is converted between."""
    accounts: ports.AccountStore = store.accounts
    sessions: ports.BrowserSessionStore = store.browser_sessions
    attempts: ports.AttemptStore = store.attempts
    links: ports.JoinLinkStore = store.join_links
    guests: ports.GuestStore = store.guests
    return accounts, sessions, attempts, links, guests


async def test_an_account_is_found_whatever_the_case_of_its_login(store: Store) -> None:
    assert len(kept(store)) == 5
    await store.accounts.add(SITI)
    for login in ("siti.r", "SITI.R", " Siti.R ", "siti.\uff32"):  # the last one is a full-width R
        assert await store.accounts.by_login(login) == SITI
    assert await store.accounts.by_id("acc1") == SITI
    assert await store.accounts.by_login("siti") is None
    assert await store.accounts.by_id("acc2") is None


async def test_a_login_is_given_once(store: Store) -> None:
    await store.accounts.add(SITI)
    with pytest.raises(Conflict) as raised:
        await store.accounts.add(replace(SITI, account_id="acc2", login="SITI.r"))
    assert raised.value.code == "account.login_taken"
    await store.accounts.add(replace(SITI, account_id="acc2", login="budi", name="Budi"))
    with pytest.raises(Conflict):
        await store.accounts.change(replace(SITI, account_id="acc2"))
    assert [one.name for one in await store.accounts.all()] == ["Budi", "Siti Rahmawati"]
    assert await store.accounts.count() == 2


async def test_a_changed_account_is_as_it_should_stand(store: Store) -> None:
    await store.accounts.add(SITI)
    changed = replace(SITI, name="Siti R. Lestari", nip="", nik="", active=False, office_role="administrator")
    await store.accounts.change(replace(changed, created_ms=99))
    assert await store.accounts.by_id("acc1") == changed
    assert await store.accounts.all(active_only=True) == ()
    with pytest.raises(NotFound):
        await store.accounts.change(replace(SITI, account_id="nobody"))


async def test_the_numbers_of_a_person_never_lie_in_the_clear(store: Store) -> None:
    await store.accounts.add(SITI)
    async with store.database.read() as connection:
        row = (await connection.execute(select(tables.accounts))).one()
    assert all(number not in str(value) for value in row for number in (SITI.nip, SITI.nik))


async def test_only_one_first_account_is_made(store: Store) -> None:
    wanted = [replace(SITI, account_id=f"acc{n}", login=f"admin{n}") for n in range(6)]
    made = await asyncio.gather(*(store.accounts.add_first(one) for one in wanted))
    assert sorted(made) == [False] * 5 + [True]
    assert await store.accounts.count() == 1


async def test_sessions_end_one_by_one_or_all_at_once(store: Store) -> None:
    await store.accounts.add(SITI)
    for n in range(4):
        await store.browser_sessions.add(
            BrowserSession(f"s{n}", "acc1", 1, 10 + n, 100, address="::1", agent="Firefox")
        )
    assert [one.session_id for one in await store.browser_sessions.of_account("acc1", 50)] == ["s3", "s2", "s1", "s0"]
    await store.browser_sessions.touch("s0", 60, 160)
    assert await store.browser_sessions.by_id("s0") == BrowserSession(
        "s0", "acc1", 1, 60, 160, address="::1", agent="Firefox"
    )
    assert await store.browser_sessions.revoke("s1", 70)
    assert not await store.browser_sessions.revoke("s1", 71)
    await store.browser_sessions.touch("s1", 80, 900)
    ended = await store.browser_sessions.by_id("s1")
    assert ended is not None
    assert (ended.revoked_ms, ended.expires_ms) == (70, 100)
    assert await store.browser_sessions.revoke_all("acc1", 75, but="s0") == 2
    assert [one.session_id for one in await store.browser_sessions.of_account("acc1", 80)] == ["s0"]
    assert await store.browser_sessions.of_account("acc1", 160) == ()
    assert await store.browser_sessions.sweep(75) == 1
    assert await store.browser_sessions.by_id("s1") is None


async def test_a_session_belongs_to_an_account(store: Store) -> None:
    with pytest.raises(IntegrityError):
        await store.browser_sessions.add(BrowserSession("s1", "nobody", 1, 1, 100))


async def test_parallel_attempts_all_count(store: Store) -> None:
    counts = await asyncio.gather(*(store.attempts.add("account:siti", 1000) for _ in range(25)))
    assert sorted(counts) == list(range(1, 26))
    assert await store.attempts.add("account:siti", 2000) == 1
    assert await store.attempts.add("address:::1", 1000) == 1
    assert await store.attempts.count("account:siti", 1000) == 25
    await store.attempts.forget("account:siti")
    assert await store.attempts.count("account:siti", 1000) == 0
    assert await store.attempts.sweep(2000) == 1


LINK = JoinLink("l1", "m1", "p1", "hash1", 1, 100)


async def test_of_two_browsers_one_gets_the_link(store: Store) -> None:
    await store.join_links.add(LINK)
    bound = await asyncio.gather(*(store.join_links.bind("l1", f"browser{n}", 5) for n in range(6)))
    assert sorted(bound) == [False] * 5 + [True]
    winner = f"browser{bound.index(True)}"
    assert await store.join_links.bind("l1", winner, 9)
    assert await store.join_links.by_id("l1") == replace(LINK, bound_hash=winner, bound_ms=5)
    assert await store.join_links.by_secret("hash1") is not None
    assert not await store.join_links.bind("unknown", "browser", 9)


async def test_a_revoked_link_binds_nobody(store: Store) -> None:
    for n in range(3):
        await store.join_links.add(replace(LINK, link_id=f"l{n}", secret_hash=f"h{n}", created_ms=n))
    await store.join_links.add(replace(LINK, link_id="other", person_id="p2", secret_hash="h9"))
    assert await store.join_links.revoke("l0", 3)
    assert not await store.join_links.revoke("l0", 4)
    assert await store.join_links.revoke_person("m1", "p1", 7) == 2
    assert not await store.join_links.bind("l1", "browser", 9)
    found = await store.join_links.of_meeting("m1")
    assert [(one.link_id, one.revoked_ms) for one in found] == [("l0", 3), ("l1", 7), ("other", 0), ("l2", 7)]
    assert await store.join_links.of_meeting("m2") == ()


async def test_a_guest_may_ask_again_when_the_first_request_is_over(store: Store) -> None:
    first = Guest("w1", "m1", "secret", "Tamu", 1, 100, office="Dinas", function="Staf")
    await store.guests.add(first)
    assert await store.guests.by_secret("secret") == first
    assert await store.guests.revoke("w1", 50)
    assert not await store.guests.revoke("w1", 51)
    second = replace(first, waiting_id="w2", created_ms=60, expires_ms=160)
    await store.guests.add(second)
    assert await store.guests.by_secret("secret") == second
    assert await store.guests.by_id("w1") == replace(first, revoked_ms=50)
    assert await store.guests.sweep(120) == 1
    assert await store.guests.by_id("w1") is None


async def test_settings_are_what_was_last_put(store: Store) -> None:
    assert await store.settings.get("kop") is None
    await store.settings.put("kop", {"baris": ["Pemerintah", 1, None, True]})
    await store.settings.put("kop", {"baris": []})
    assert await store.settings.get("kop") == {"baris": []}
    await store.settings.remove("kop")
    assert await store.settings.get("kop") is None
