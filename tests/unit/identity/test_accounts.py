"""Accounts and passwords: their rules, their hashes, and that nothing tells who has one."""

from __future__ import annotations

import threading
from typing import cast

import pytest
from argon2 import PasswordHasher

from server.errors import Conflict, Invalid, Refused, Unauthenticated
from server.identity import passwords, service
from server.identity.accounts import Particulars
from server.identity.attempts import Limits, network
from server.identity.entrance import Visit
from server.identity.passwords import Passwords
from server.identity.service import Identity, Stores
from tests.fakes import FakeClock
from tests.unit.identity.conftest import QUICK, SECRET
from tests.unit.identity.memory import MemoryAccounts

PASSWORD = "kuda-nil-terbang-7"
SITI = Particulars("Siti.Aminah", "Siti Aminah", nip="198501012010012001")


async def sign_in(identity: Identity, login: str = "siti.aminah", password: str = PASSWORD) -> None:
    await identity.entrance.by_password(login, password, Visit("192.0.2.1"))


async def test_a_start_password_is_told_once_and_kept_only_as_a_hash(identity: Identity, stores: Stores) -> None:
    account, password = await identity.accounts.create(SITI)
    kept = cast(MemoryAccounts, stores.accounts).rows[account.account_id].password_hash
    assert password not in kept
    assert kept.startswith("start:$argon2id$")
    entry = await identity.entrance.by_password("siti.aminah", password, Visit(""))
    assert passwords.is_start(entry.account.password_hash)


def test_start_passwords_differ_and_can_be_read_out() -> None:
    made = {passwords.new_start_password() for _ in range(100)}
    assert len(made) == 100
    assert not set("".join(made)) & set("01ilo")


async def test_logins_are_the_same_whatever_their_case(identity: Identity) -> None:
    await identity.accounts.create(SITI, PASSWORD)
    with pytest.raises(Conflict, match=r"account\.login_taken"):
        await identity.accounts.create(Particulars("SITI.AMINAH", "Lain"), PASSWORD)
    await sign_in(identity, " Siti.AMINAH ")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (Particulars("a b", "Siti"), "account.login"),
        (Particulars("", "Siti"), "account.login"),
        (Particulars("siti", "  "), "account.name"),
        (Particulars("siti", "Siti", nip="123"), "account.nip"),
        (Particulars("siti", "Siti", email="siti@"), "account.email"),
        (Particulars("siti", "Siti", office_role="king"), "account.role"),  # type: ignore[arg-type]
    ],
)
async def test_what_is_written_of_somebody_has_a_shape(identity: Identity, wrong: Particulars, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        await identity.accounts.create(wrong, PASSWORD)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("pendek", "password.short"),
        ("x" * 201, "password.long"),
        ("Password1234", "password.common"),
        ("aaaaaaaaaaaa", "password.common"),
        ("siti.aminah", "password.personal"),
        ("SitiAminah2026", "password.personal"),
    ],
)
def test_passwords_that_everybody_would_try_are_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        passwords.check_choice(password, "siti.aminah", "Siti Aminah")
    assert caught.value.code == code


async def test_an_unknown_account_costs_a_verification_too(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    await identity.accounts.create(SITI, PASSWORD)
    verified: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, password: str) -> bool:
        verified.append(kept)
        return bool(verify(self, kept, password))

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for login in ("siti.aminah", "nobody"):
        with pytest.raises(Unauthenticated, match=r"login\.wrong"):
            await sign_in(identity, login, "salah-salah-salah")
    assert len(verified) == 2


async def test_passwords_are_verified_off_the_loop() -> None:
    where: list[int] = []

    class Watched(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            where.append(threading.get_ident())
            return super().hash(password, salt=salt)

    hashing = Passwords(Watched(time_cost=1, memory_cost=64, parallelism=1))
    where.clear()
    await hashing.hash(PASSWORD)
    assert where
    assert threading.get_ident() not in where


async def test_signing_in_renews_a_hash_of_weaker_times(stores: Stores, clock: FakeClock) -> None:
    weak = service.build(stores, clock, SECRET, passwords=Passwords(QUICK))
    account, _ = await weak.accounts.create(SITI, PASSWORD)
    stronger = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)
    strong = service.build(stores, clock, SECRET, passwords=Passwords(stronger))
    await sign_in(strong)
    kept = cast(MemoryAccounts, stores.accounts).rows[account.account_id].password_hash
    assert "m=128,t=2" in kept
    await sign_in(strong)


async def test_a_hash_that_is_none_never_fits(identity: Identity) -> None:
    hashing = Passwords(QUICK)
    for kept in ("", "start:", "plain", "$argon2id$broken"):
        assert not await hashing.fits(kept, "")
        assert not await hashing.fits(kept, PASSWORD)


async def test_the_last_administrator_stays(identity: Identity) -> None:
    made = await identity.accounts.create_first_administrator()
    assert made is not None
    only = (await identity.accounts.all())[0]
    with pytest.raises(Refused, match=r"account\.last_administrator"):
        await identity.accounts.deactivate(only.account_id)
    with pytest.raises(Refused, match=r"account\.last_administrator"):
        await identity.accounts.change(only.account_id, Particulars("admin", "Admin", "official"))
    await identity.accounts.create(Particulars("second", "Second", "administrator"), PASSWORD)
    await identity.accounts.deactivate(only.account_id)


async def test_a_device_mark_is_good_for_its_own_login_only(stores: Stores, clock: FakeClock) -> None:
    limited = service.build(stores, clock, SECRET, passwords=Passwords(QUICK), limits=Limits(per_account=1))
    await limited.accounts.create(SITI, PASSWORD)
    await limited.accounts.create(Particulars("budi", "Budi"), PASSWORD)
    mark = (await limited.entrance.by_password("siti.aminah", PASSWORD, Visit("a"))).device
    for device in (mark, mark[:-1] + ("A" if mark[-1] != "A" else "B"), "x.y", ""):
        with pytest.raises(Unauthenticated if device == mark else Refused):
            await limited.entrance.by_password("budi", "salah-salah", Visit("a", device=device))


async def test_an_office_behind_one_address_signs_in_whole_but_failures_there_add_up(
    stores: Stores, clock: FakeClock
) -> None:
    office = service.build(stores, clock, SECRET, passwords=Passwords(QUICK), limits=Limits(per_address=3))
    for number in range(9):
        await office.accounts.create(Particulars(f"orang{number}", f"Orang {number}"), PASSWORD)
        await sign_in(office, f"orang{number}")
    for number in range(3):
        with pytest.raises(Unauthenticated):
            await sign_in(office, f"orang{number}", "salah-salah")
    with pytest.raises(Refused, match=r"login\.too_many"):
        await sign_in(office, "orang5")


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_whoever_has_one_ipv6_address_has_many(address: str, counted_as: str) -> None:
    assert network(address) == counted_as
