"""The office's directory, a real slapd: who may come in by it, what their groups give, and who is out at night."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from server.errors import Refused, Unauthenticated, Unavailable
from server.identity.accounts import Particulars
from server.identity.entrance import Entry, Visit
from server.identity.ldap.directory import Directory
from server.identity.ldap.people import DirectoryPeople
from server.identity.service import Identity, Stores
from server.sign_in_config import LdapSection
from server.ways_in import ms_until
from tests.fakes import FakeClock
from tests.unit.identity import slapd
from tests.unit.identity.memory import MemoryAudit
from tests.unit.identity.slapd import BASE, PASSWORD, Slapd


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    with slapd.running() as one:
        one.group("balai-admin")
        one.group("balai-secretary")
        one.group("balai")
        one.person("siti", "Siti Aminah", "balai-secretary", "balai")
        one.person("budi", "Budi (Kepala)*", "balai")
        one.person("luar", "Orang Luar")
        yield one


def section(server: Slapd, **changes: object) -> LdapSection:
    plain = LdapSection(
        url=server.url,
        bind_dn=slapd.READER,
        bind_password=slapd.READER_PASSWORD,
        base_dn=f"ou=orang,{BASE}",
        group_base_dn=f"ou=kelompok,{BASE}",
        administrator_groups=("balai-admin",),
        secretary_groups=("BALAI-secretary",),
        official_groups=("balai",),
        only_groups=True,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture
def people(server: Slapd, identity: Identity, stores: Stores, clock: FakeClock) -> DirectoryPeople:
    made = DirectoryPeople(
        Directory(section(server)), section(server), identity.accounts,
        identities=stores.identities, audit=identity.audit, clock=clock,
    )  # fmt: skip
    identity.entrance.directory = made
    return made


async def enter(identity: Identity, login: str, password: str = PASSWORD) -> Entry:
    entry = await identity.entrance.by_password(login, password, Visit("192.0.2.1"))
    assert isinstance(entry, Entry)
    return entry


async def test_who_is_in_the_directory_comes_in_with_the_rights_of_their_groups(
    people: DirectoryPeople, identity: Identity
) -> None:
    siti = (await enter(identity, "siti")).account
    assert (siti.name, siti.email, siti.function) == ("Siti Aminah", "siti@contoh.go.id", "Kepala Bagian")
    assert (siti.office_role, siti.password_hash) == ("secretary", "")
    assert (await enter(identity, "SITI")).account.account_id == siti.account_id, "made once"
    assert (await enter(identity, "budi")).account.office_role == "official"
    sessions = await identity.sessions.of_account(siti.account_id)
    assert {one.method for one in sessions} == {"ldap"}


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("siti", "salah"),
        ("siti", ""),
        ("siti\x00", PASSWORD),
        ("nobody", PASSWORD),
        ("*", PASSWORD),
        ("siti)(uid=*", PASSWORD),
        ("s*ti", PASSWORD),
        ("luar", PASSWORD),
        (slapd.dn("siti"), PASSWORD),
        ("x" * 5000, PASSWORD),
        ("siti", "x" * 5000),
    ],
)
async def test_nobody_else_does(people: DirectoryPeople, identity: Identity, login: str, password: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await identity.entrance.by_password(login, password, Visit("192.0.2.1"))
    assert caught.value.code == "login.wrong"
    assert await identity.accounts.all() == ()


async def test_an_account_of_our_own_is_never_asked_of_the_directory(
    people: DirectoryPeople, identity: Identity
) -> None:
    own, _ = await identity.accounts.create(Particulars("siti", "Siti Lain"), "kuda-nil-terbang-7")
    with pytest.raises(Unauthenticated):
        await identity.entrance.by_password("siti", PASSWORD, Visit(""))
    assert (await enter(identity, "siti", "kuda-nil-terbang-7")).account == own


async def test_guesses_count_against_people_of_the_directory_too(people: DirectoryPeople, identity: Identity) -> None:
    for _ in range(8):
        with pytest.raises(Unauthenticated):
            await identity.entrance.by_password("siti", "salah", Visit("192.0.2.1"))
    with pytest.raises(Refused):
        await identity.entrance.by_password("siti", PASSWORD, Visit("192.0.2.1"))


async def test_at_night_the_departed_are_deactivated_and_out_and_rights_follow_groups(
    server: Slapd, people: DirectoryPeople, identity: Identity, stores: Stores
) -> None:
    server.person("ratna", "Ratna Dewi", "balai")
    server.person("hendra", "Hendra Wijaya", "balai")
    own, _ = await identity.accounts.create(Particulars("lokal", "Lokal"), "kuda-nil-terbang-7")
    siti, budi = await enter(identity, "siti"), await enter(identity, "budi")
    ratna, hendra = await enter(identity, "ratna"), await enter(identity, "hendra")
    server.gone("ratna")
    server.leaves("hendra", "balai")
    server.joins("budi", "balai-secretary")
    done = await people.sync()
    assert (done.deactivated, done.changed) == (2, 1)
    for entry, active in ((siti, True), (budi, True), (ratna, False), (hendra, False)):
        assert (await identity.accounts.by_id(entry.account.account_id)).active is active
        assert (await identity.sessions.find(entry.token) is not None) is active
    assert (await identity.accounts.by_id(budi.account.account_id)).office_role == "secretary"
    assert (await identity.accounts.by_id(own.account_id)).active
    log = stores.audit
    assert isinstance(log, MemoryAudit)
    acts = [one.act for one in log.rows]
    assert acts.count("account_deactivated") == 2
    assert acts[-1] == "directory_synced"
    assert {dict(one.details or {}).get("way") for one in log.rows if one.act == "account_deactivated"} == {"directory"}
    server.leaves("budi", "balai-secretary")
    server.joins("hendra", "balai")
    assert (await people.sync()).deactivated == 0
    assert not (await identity.accounts.by_id(hendra.account.account_id)).active, "an administrator lets them in again"
    server.gone("hendra")


async def test_a_directory_that_suddenly_knows_nobody_changes_nothing(
    server: Slapd, people: DirectoryPeople, identity: Identity, stores: Stores, clock: FakeClock
) -> None:
    logins = [f"orang{number}" for number in range(12)]
    for login in logins:
        server.person(login, login, "balai")
    entries = [await enter(identity, login) for login in logins]
    blind = section(server, everybody_filter="(objectClass=nosuchthing)")
    wrong = DirectoryPeople(
        Directory(blind), blind, identity.accounts, identities=stores.identities, audit=identity.audit, clock=clock
    )
    with pytest.raises(Refused) as caught:
        await wrong.sync()
    assert caught.value.code == "ldap.too_many_gone"
    assert all([await identity.sessions.find(entry.token) for entry in entries])
    for login in logins:
        server.gone(login)


async def test_what_goes_over_the_line_is_encrypted_and_the_certificate_is_checked(server: Slapd) -> None:
    def check(**changes: object) -> bool:
        return Directory(section(server, **changes)).check("siti", PASSWORD) is not None

    assert await asyncio.to_thread(check, start_tls=True, ca_file=server.authority)
    assert await asyncio.to_thread(check, url=server.tls_url, ca_file=server.authority)
    for changes in ({"start_tls": True}, {"url": server.tls_url}):
        with pytest.raises(Unavailable):
            await asyncio.to_thread(check, **changes)
    named = server.tls_url.replace("127.0.0.1", "localhost")
    with pytest.raises(Unavailable):
        await asyncio.to_thread(check, url=named, ca_file=server.authority)


@pytest.mark.parametrize(
    "changes",
    [{"url": "ldap://127.0.0.1:1"}, {"bind_password": "salah"}, {"base_dn": "dc=nowhere"}],
)
async def test_a_directory_that_cannot_be_asked_says_nothing_about_anybody(
    server: Slapd, changes: dict[str, object]
) -> None:
    directory = Directory(section(server, **changes))
    with pytest.raises(Unavailable):
        await asyncio.to_thread(directory.check, "siti", PASSWORD)
    with pytest.raises(Unavailable):
        await asyncio.to_thread(directory.everybody)


def test_the_night_is_that_of_the_office() -> None:
    jakarta = ZoneInfo("Asia/Jakarta")
    nine_ms = 1_795_485_600_000  # 09.00 in Jakarta
    assert ms_until(nine_ms, 2, jakarta) == 17 * 3_600_000
    assert ms_until(nine_ms, 10, jakarta) == 3_600_000
    assert ms_until(nine_ms, 9, jakarta) == 24 * 3_600_000
