"""Accounts as administrators look after them, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from tests.unit.web.office import Browser, TheOffice

NewBrowser = Callable[[], Browser]
SignIn = Callable[[str], Awaitable[Browser]]
NEW = {
    "login": "Dedi.K",
    "name": "Dedi Kurniawan",
    "office_role": "official",
    "function": "Kepala Bappeda",
    "nip": "19850101 201001 1 001",
    "email": "dedi@contoh.go.id",
    "language": "en",
}


@pytest.fixture
async def admin(office: TheOffice, signed_in: SignIn) -> Browser:
    await office.account("admin", "Administrator", "administrator")
    return await signed_in("admin")


async def test_a_new_accounts_start_password_is_shown_once_and_works(
    office: TheOffice, admin: Browser, browser: NewBrowser
) -> None:
    await admin.get("/admin/accounts/new")
    response = await admin.post("/admin/accounts/new", NEW)
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    found = re.search(r'<strong class="code">([\w-]+)</strong>', admin.page)
    assert found
    dedi = next(one for one in await office.identity.accounts.all() if one.login == "dedi.k")
    assert (dedi.nip, dedi.language, dedi.function) == ("198501012010011001", "en", "Kepala Bappeda")
    await admin.get(f"/admin/accounts/{dedi.account_id}")
    assert found[1] not in admin.page
    one = browser()
    assert (await one.sign_in("dedi.k", found[1])).status == 303
    await one.get("/")
    assert (await one.follow()).status == 200
    assert "Choose your own" in one.page, "in the account's language"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"login": "dedi kurniawan"}, "login"),
        ({"login": "ADMIN"}, ""),
        ({"name": ""}, "name"),
        ({"nip": "123"}, "nip"),
        ({"email": "dedi"}, "email"),
        ({"office_role": "king"}, "office_role"),
    ],
)
async def test_a_refused_account_keeps_what_was_typed(admin: Browser, wrong: dict[str, str], field: str) -> None:
    await admin.get("/admin/accounts/new")
    assert (await admin.post("/admin/accounts/new", NEW | wrong)).status == 400
    assert "Kepala Bappeda" in admin.page
    assert f'href="#{field}"' in admin.page or not field
    assert "error-summary" in admin.page


async def test_only_administrators_see_and_change_accounts(office: TheOffice, signed_in: SignIn) -> None:
    siti = await office.account("siti", "Siti Aminah", "secretary")
    one = await signed_in("siti")
    for path in ("/admin/accounts", "/admin/accounts/new", f"/admin/accounts/{siti.account_id}"):
        assert (await one.get(path)).status == 403
    await one.get("/account")
    for path, fields in (
        ("/admin/accounts/new", NEW),
        (f"/admin/accounts/{siti.account_id}", NEW | {"office_role": "administrator"}),
        (f"/admin/accounts/{siti.account_id}/reset", {}),
        (f"/admin/accounts/{siti.account_id}/deactivate", {}),
    ):
        assert (await one.post(path, fields)).status == 403
    assert (await office.identity.accounts.by_id(siti.account_id)).office_role == "secretary"


async def test_resetting_a_password_ends_sessions_and_rooms(
    office: TheOffice, admin: Browser, signed_in: SignIn
) -> None:
    siti = await office.account("siti", "Siti Aminah")
    one = await signed_in("siti")
    await admin.get(f"/admin/accounts/{siti.account_id}")
    assert (await admin.post(f"/admin/accounts/{siti.account_id}/reset")).status == 200
    assert office.doors.looks == 1
    assert (await one.get("/")).status == 303
    assert (await one.sign_in("siti")).status == 401


async def test_an_administrator_ends_one_session_of_somebody(
    office: TheOffice, admin: Browser, signed_in: SignIn
) -> None:
    siti = await office.account("siti", "Siti Aminah")
    one, other = await signed_in("siti"), await signed_in("siti")
    session = (await office.identity.sessions.of_account(siti.account_id))[0]
    await admin.get(f"/admin/accounts/{siti.account_id}")
    path = f"/admin/accounts/{siti.account_id}/sessions/{session.session_id}/end"
    assert (await admin.post(path)).status == 303
    statuses = sorted([(await each.get("/")).status for each in (one, other)])
    assert statuses == [200, 303]


async def test_administrators_cannot_shut_themselves_out(office: TheOffice, admin: Browser) -> None:
    own = (await office.identity.accounts.all())[0]
    await admin.get(f"/admin/accounts/{own.account_id}")
    assert (await admin.post(f"/admin/accounts/{own.account_id}/deactivate")).status == 403
    await admin.get(f"/admin/accounts/{own.account_id}")
    fields = {"login": "admin", "name": "Administrator", "office_role": "official"}
    assert (await admin.post(f"/admin/accounts/{own.account_id}", fields)).status == 400


async def test_accounts_are_found_by_name_and_office(office: TheOffice, admin: Browser) -> None:
    await office.account("siti", "Siti Aminah", function="Kepala Bagian Umum")
    await admin.get("/admin/accounts?find=bagian+UMUM")
    assert "Siti Aminah" in admin.page
    await admin.get("/admin/accounts?find=%3Cscript%3E")
    assert "Siti Aminah" not in admin.page
    assert "&lt;script&gt;" in admin.page
