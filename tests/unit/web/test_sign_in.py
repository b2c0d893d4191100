"""Signing in, staying signed in, and not being signed in any more."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable

import pytest

from server.meeting import commands
from tests.fakes import FakeClock
from tests.unit.web.office import HOUR_MS, PASSWORD, Browser, TheOffice, invited

NewBrowser = Callable[[], Browser]
SignIn = Callable[[str], Awaitable[Browser]]
MINUTE_MS = 60_000


async def test_a_reader_without_account_is_led_to_the_sign_in_page_and_back(
    office: TheOffice, browser: NewBrowser
) -> None:
    await office.account("siti", "Siti Aminah", "secretary")
    one = browser()
    response = await one.get("/meetings/new")
    assert response.headers["Location"] == "/login?next=/meetings/new"
    await one.follow()
    assert 'name="next" value="/meetings/new"' in one.page
    response = await one.post("/login", {"login": "SITI ", "password": PASSWORD, "next": "/meetings/new"})
    assert response.headers["Location"] == "/meetings/new"
    assert (await one.follow()).status == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "/%0d%0aX",
    ],
)
async def test_signing_in_never_leads_to_another_site(office: TheOffice, browser: NewBrowser, target: str) -> None:
    await office.account("siti", "Siti Aminah")
    one = browser()
    await one.get("/login")
    response = await one.post("/login", {"login": "siti", "password": PASSWORD, "next": target})
    location = response.headers["Location"]
    assert location.startswith("/")
    assert "evil" not in location
    assert "\r" not in location


async def test_a_wrong_password_and_an_unknown_account_are_told_alike(office: TheOffice, browser: NewBrowser) -> None:
    await office.account("siti", "Siti Aminah")
    pages = []
    for login in ("siti", "nobody"):
        one = browser()
        await one.get("/login")
        response = await one.post("/login", {"login": login, "password": "salah-besar-sekali"})
        assert response.status == 401
        pages.append(one.page.replace(one.csrf(), "").replace(f'value="{login}"', ""))
    assert pages[0] == pages[1]
    assert "salah-besar" not in pages[0]


async def test_too_many_attempts_are_refused_even_with_the_right_password_until_the_window_is_over(
    office: TheOffice, clock: FakeClock, browser: NewBrowser
) -> None:
    await office.account("siti", "Siti Aminah")
    one = browser()
    for _ in range(8):
        assert (await one.sign_in("siti", "salah-salah-salah")).status == 401
    response = await one.sign_in("siti")
    assert response.status == 429
    assert int(response.headers["Retry-After"]) <= 15 * 60
    assert "menit" in one.page
    clock.advance(15 * MINUTE_MS)
    assert (await one.sign_in("siti")).status == 303


async def test_strangers_guesses_do_not_lock_out_a_browser_that_was_here_before(
    office: TheOffice, browser: NewBrowser, signed_in: SignIn
) -> None:
    await office.account("budi", "Budi Santoso")
    own, stranger = await signed_in("budi"), browser()
    for _ in range(9):
        await stranger.sign_in("budi", "tebak-tebak-buah")
    assert (await stranger.sign_in("budi")).status == 429
    await own.get("/")
    await own.post("/logout")
    assert (await own.sign_in("budi")).status == 303


async def test_one_address_may_not_try_many_accounts(office: TheOffice, browser: NewBrowser) -> None:
    one = browser()
    statuses = []
    for number in range(41):
        await one.get("/login")
        fields = {"login": f"orang{number}", "password": "x" * 12}
        statuses.append((await one.post("/login", fields, headers={"X-Forwarded-For": "198.51.100.7"})).status)
    assert statuses[:40] == [401] * 40
    assert statuses[40] == 429
    await one.get("/login")
    response = await one.post("/login", fields, headers={"X-Forwarded-For": "198.51.100.8"})
    assert response.status == 401


async def test_a_session_planted_beforehand_is_not_the_one_that_is_signed_in(
    office: TheOffice, browser: NewBrowser
) -> None:
    await office.account("siti", "Siti Aminah")
    one, planted = browser(), "A" * 43
    await one.get("/login")
    one.client.session.cookie_jar.update_cookies({"balai_session": planted})
    await one.post("/login", {"login": "siti", "password": PASSWORD})
    thief = browser()
    thief.client.session.cookie_jar.update_cookies({"balai_session": planted})
    assert (await thief.get("/")).status == 303


async def test_signing_out_ends_the_session_on_the_server(
    office: TheOffice, browser: NewBrowser, signed_in: SignIn
) -> None:
    await office.account("siti", "Siti Aminah")
    one = await signed_in("siti")
    token = next(c.value for c in one.client.session.cookie_jar if c.key == "balai_session")
    await one.get("/")
    await one.post("/logout")
    assert office.doors.looks == 1
    again = browser()
    again.client.session.cookie_jar.update_cookies({"balai_session": token})
    assert (await again.get("/")).headers["Location"] == "/login"


async def test_sessions_end_when_idle_and_when_old(office: TheOffice, clock: FakeClock, signed_in: SignIn) -> None:
    await office.account("siti", "Siti Aminah")
    one = await signed_in("siti")
    for _ in range(7):
        clock.advance(HOUR_MS * 3 // 2)
        assert (await one.get("/")).status == 200
    clock.advance(HOUR_MS * 3 // 2)
    assert (await one.get("/")).status == 303, "twelve hours are over, however busy it was"
    idle = await signed_in("siti")
    clock.advance(2 * HOUR_MS)
    assert (await idle.get("/")).status == 303


async def test_a_deactivated_account_is_out_at_once(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("admin", "Administrator", "administrator")
    siti = await office.account("siti", "Siti Aminah")
    one, admin = await signed_in("siti"), await signed_in("admin")
    await admin.get(f"/admin/accounts/{siti.account_id}")
    assert (await admin.post(f"/admin/accounts/{siti.account_id}/deactivate")).status == 303
    assert (await one.get("/")).status == 303
    assert (await one.sign_in("siti")).status == 401


async def test_a_start_password_must_be_changed_before_anything_else(office: TheOffice, browser: NewBrowser) -> None:
    made = await office.identity.accounts.create_first_administrator()
    assert made is not None
    login, password = made
    assert await office.identity.accounts.create_first_administrator() is None
    one = browser()
    await one.sign_in(login, password)
    for path in ("/", "/admin/accounts", "/meetings/new"):
        assert (await one.get(path)).headers["Location"] == "/account"
    await one.follow()
    fields = {"old_password": password, "password": PASSWORD, "password_again": PASSWORD}
    assert (await one.post("/account/password", fields)).status == 303
    assert (await one.get("/admin/accounts")).status == 200


async def test_changing_the_password_ends_every_other_session(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("siti", "Siti Aminah")
    here, elsewhere = await signed_in("siti"), await signed_in("siti")
    await here.get("/account")
    fields = {"old_password": "salah", "password": "gajah-mada-1331", "password_again": "gajah-mada-1331"}
    assert (await here.post("/account/password", fields)).status == 400
    assert (await here.post("/account/password", fields | {"old_password": PASSWORD})).status == 303
    assert (await here.get("/account")).status == 200
    assert (await elsewhere.get("/account")).status == 303


async def test_one_may_end_ones_own_sessions_but_not_those_of_others(office: TheOffice, signed_in: SignIn) -> None:
    siti, budi = await office.account("siti", "Siti Aminah"), await office.account("budi", "Budi Santoso")
    one, lost, other = await signed_in("siti"), await signed_in("siti"), await signed_in("budi")
    await one.get("/account")
    budis = (await office.identity.sessions.of_account(budi.account_id))[0].session_id
    assert (await one.post(f"/account/sessions/{budis}/end")).status == 404
    assert (await other.get("/")).status == 200
    await one.get("/account")
    assert (await one.post("/account/sessions/others/end")).status == 303
    assert (await lost.get("/")).status == 303
    assert len(await office.identity.sessions.of_account(siti.account_id)) == 1


async def test_a_long_form_survives_the_end_of_its_session(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    siti = await office.account("siti", "Siti Aminah", "secretary")
    budi = await office.account("budi", "Budi Santoso")
    meeting = await office.meeting(invited(budi, "chair"), invited(siti, "secretary"))
    await office.act(meeting, "p1", commands.OpenMeeting())
    one = await signed_in("siti")
    path, own = f"/m/{meeting}/record", {"Origin": f"http://{one.client.host}:{one.client.port}"}
    await one.get(path)
    clock.advance(3 * HOUR_MS)
    said = 'Dua jam "menulis" <b>'
    decision = {"act": "record_decision", "item_id": "i1", "decision_id": "d1", "text": said, "method": "mufakat"}
    assert (await one.post(path, decision, headers=own)).status == 401
    kept = hidden(one.page)
    assert (await one.post("/login", kept | {"login": "siti", "password": "salah-salah"})).status == 401
    assert hidden(one.page).keys() == kept.keys(), "a wrong password loses nothing"
    assert (await one.post("/login", kept | {"login": "siti", "password": PASSWORD})).status == 200
    resent = hidden(one.page)
    assert (await one.post(path, resent, headers=own)).status == 303, one.page
    assert (await office.rooms.state(meeting)).decisions["d1"].text == said


async def test_a_foreign_page_cannot_have_its_form_kept(office: TheOffice, browser: NewBrowser) -> None:
    one = browser()
    await one.get("/login")
    forged = {"title": "Palsu"}
    assert (await one.post("/meetings/new", forged, csrf="x", headers={"Origin": "https://evil.example"})).status == 403
    assert (await one.post("/meetings/new", forged, csrf="x")).status == 403
    assert "Palsu" not in one.page


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found if name != "csrf"}
