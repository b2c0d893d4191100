"""The second step: enrolled, asked for, used once, lost and found again; and who must have one."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable

import pyotp

from server.identity.accounts import Particulars
from server.identity.ports import Account
from server.identity.records import AuditFilter
from tests.fakes import FakeClock
from tests.unit.web.office import HOUR_MS, PASSWORD, Browser, TheOffice

NewBrowser = Callable[[], Browser]
SignIn = Callable[[str], Awaitable[Browser]]
STEP_MS = 30_000


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page)
    assert found, page
    return html.unescape(found[1])


def code(secret: str, clock: FakeClock, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(clock.now_ms() // STEP_MS + steps)


async def enrol(one: Browser, clock: FakeClock) -> tuple[str, list[str]]:
    """The secret, and the recovery codes."""
    await one.get("/account")
    assert (await one.post("/account/factors/code")).status == 200, one.page
    found = re.search(r'<code class="code"[^>]*>([A-Z2-7 ]+)</code>', one.page)
    assert found, one.page
    secret, begun = found[1].replace(" ", ""), hidden(one.page, "begun")
    wrong = {"begun": begun, "code": "000000" if code(secret, clock) != "000000" else "111111", "name": "Telepon"}
    assert (await one.post("/account/factors/code/finish", wrong)).status == 400
    await one.post("/account/factors/code/finish", wrong | {"code": code(secret, clock)})
    return secret, re.findall(r"<li><code>([\w-]+)</code></li>", one.page)


async def half(one: Browser, login: str = "siti") -> str:
    """The password fits; what carries on to the second step."""
    response = await one.sign_in(login)
    assert response.status == 200, one.page
    assert "balai_session" not in response.cookies
    return hidden(one.page, "half")


async def acts(office: TheOffice) -> list[str]:
    return [one.act async for one in office.store.audit.every(AuditFilter())]


async def test_a_code_by_time_is_asked_for_and_taken_once(
    office: TheOffice, clock: FakeClock, browser: NewBrowser, signed_in: SignIn
) -> None:
    await office.account("siti", "Siti Aminah")
    here = await signed_in("siti")
    secret, codes = await enrol(here, clock)
    assert len(set(codes)) == 10
    assert (await here.get("/")).status == 200, "the session goes on, under another token"
    one, other = browser(), browser()
    token, also = await half(one), await half(other)
    assert (await one.post("/login/second", {"half": token, "code": code(secret, clock)})).status == 401
    assert "sudah dipakai" in one.page, "enrolling used this step"
    clock.advance(STEP_MS)
    typed = code(secret, clock)
    response = await one.post("/login/second", {"half": token, "code": f"{typed[:3]} {typed[3:]}", "next": "/account"})
    assert response.headers["Location"] == "/account"
    assert (await other.post("/login/second", {"half": also, "code": typed})).status == 401, "replayed"
    assert (await one.post("/login/second", {"half": token, "code": code(secret, clock, 1)}, csrf="x")).status == 403
    late = code(secret, clock, -2)
    assert (await other.post("/login/second", {"half": also, "code": late})).status == 401, "a step behind the last"
    assert {"factor_added", "codes_made", "sign_in_failed", "signed_in"} <= set(await acts(office))


async def test_a_recovery_code_opens_once(
    office: TheOffice, clock: FakeClock, browser: NewBrowser, signed_in: SignIn
) -> None:
    siti = await office.account("siti", "Siti Aminah")
    _, codes = await enrol(await signed_in("siti"), clock)
    one = browser()
    assert (await one.post("/login/second", {"half": await half(one), "code": codes[0].upper()})).status == 303
    assert await office.identity.factors.codes_left(siti.account_id) == 9
    again = browser()
    assert (await again.post("/login/second", {"half": await half(again), "code": codes[0]})).status == 401
    assert "code_used" in await acts(office)


async def test_what_was_begun_in_one_browser_is_not_finished_in_another(
    office: TheOffice, clock: FakeClock, browser: NewBrowser, signed_in: SignIn
) -> None:
    await office.account("siti", "Siti Aminah")
    secret, _ = await enrol(await signed_in("siti"), clock)
    one, thief = browser(), browser()
    token = await half(one)
    clock.advance(STEP_MS)
    await thief.get("/login")
    assert (await thief.post("/login/second", {"half": token, "code": code(secret, clock)})).status == 401
    await one.post("/login/second", {"half": token, "code": ""})
    clock.advance(11 * 60_000)
    assert (await one.post("/login/second", {"half": token, "code": code(secret, clock)})).status == 401
    assert "dari awal" in one.page


async def test_six_digits_cannot_be_guessed(
    office: TheOffice, clock: FakeClock, browser: NewBrowser, signed_in: SignIn
) -> None:
    await office.account("siti", "Siti Aminah")
    secret, _ = await enrol(await signed_in("siti"), clock)
    clock.advance(STEP_MS)
    one = browser()
    token = await half(one)
    right = code(secret, clock)
    guesses = [f"{number:06}" for number in range(20) if f"{number:06}" not in (right, code(secret, clock, 1))][:8]
    for guess in guesses:
        assert (await one.post("/login/second", {"half": token, "code": guess})).status == 401
    response = await one.post("/login/second", {"half": token, "code": right})
    assert response.status == 429
    assert "Retry-After" in response.headers
    assert (await acts(office)).count("locked_out") == 1
    await one.post("/login/second", {"half": token, "code": right})
    assert (await acts(office)).count("locked_out") == 1, "told once, however often somebody tries on"


async def test_a_role_that_must_have_a_second_step_makes_one_before_anything_else(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    await office.account("admin", "Administrator", "administrator")
    await office.account("siti", "Siti Aminah", "secretary")
    admin, siti = await signed_in("admin"), await signed_in("siti")
    await admin.get("/admin/security")
    assert (await admin.post("/admin/security", {"role-secretary": "yes"})).status == 303
    for path in ("/", "/meetings/new", "/meetings/past"):
        assert (await siti.get(path)).headers["Location"] == "/account"
    await enrol(siti, clock)
    assert (await siti.get("/meetings/new")).status == 200
    await siti.get("/account")
    found = re.search(r"/account/factors/(\w{32})/remove", siti.page)
    assert found
    assert (await siti.post(f"/account/factors/{found[1]}/remove")).status == 403, "the last one stays"
    assert (await admin.get("/")).status == 200, "other roles as before"
    assert "settings_changed" in await acts(office)


async def test_people_of_the_directory_make_one_too(office: TheOffice, clock: FakeClock, browser: NewBrowser) -> None:
    ratna = await office.identity.accounts.create_elsewhere_known(Particulars("ratna", "Ratna Dewi"))

    class KnowsRatna:
        async def sign_in(self, login: str, password: str) -> Account | None:
            return ratna if (login, password) == ("ratna", "sandi-direktori") else None

    office.identity.entrance.directory = KnowsRatna()
    await office.identity.factors.require_of(("official",))
    one = browser()
    assert (await one.sign_in("ratna", "salah-salah")).status == 401
    assert (await one.sign_in("ratna", "sandi-direktori")).status == 303
    assert (await one.get("/")).headers["Location"] == "/account"
    secret, _ = await enrol(one, clock)
    clock.advance(STEP_MS)
    again = browser()
    assert (await again.sign_in("ratna", "sandi-direktori")).status == 200
    typed = {"half": hidden(again.page, "half"), "code": code(secret, clock)}
    assert (await again.post("/login/second", typed)).status == 303


async def test_how_one_signs_in_is_changed_only_soon_after_signing_in(
    office: TheOffice, clock: FakeClock, signed_in: SignIn
) -> None:
    await office.account("siti", "Siti Aminah")
    one = await signed_in("siti")
    await one.get("/account")
    clock.advance(HOUR_MS)
    assert (await one.post("/account/factors/code")).status == 403
    await one.get("/account")
    assert "/account/factors/code" not in one.page
    response = await one.post("/logout", {"next": "/login?next=/account"})
    assert response.headers["Location"] == "/login?next=/account"


async def test_an_administrator_helps_whoever_lost_everything(
    office: TheOffice, clock: FakeClock, browser: NewBrowser, signed_in: SignIn
) -> None:
    await office.account("admin", "Administrator", "administrator")
    siti = await office.account("siti", "Siti Aminah")
    one = await signed_in("siti")
    await enrol(one, clock)
    await one.get("/account")
    path = f"/admin/accounts/{siti.account_id}/factors/reset"
    assert (await one.post(path)).status == 403, "not oneself"
    admin = await signed_in("admin")
    await admin.get(f"/admin/accounts/{siti.account_id}")
    assert (await admin.post(path, csrf="x")).status == 403
    assert (await admin.post(path)).status == 303
    assert (await browser().sign_in("siti")).status == 303
    assert "factors_reset" in await acts(office)


async def test_a_challenge_names_no_account_before_the_password_is_known(
    office: TheOffice, clock: FakeClock, browser: NewBrowser
) -> None:
    await office.account("siti", "Siti Aminah")
    one = browser()
    await one.get("/login")
    csrf = one.csrf()
    assert (await one.post("/login/passkey/options", csrf=csrf)).status == 200
    offer = await one.response.json()
    assert offer["options"]["allowCredentials"] == []
    assert offer["options"]["userVerification"] == "required"
    forged = {"begun": offer["token"], "credential": '{"id": "x"}'}
    assert (await one.post("/login/passkey", forged, csrf=csrf)).status == 401
    assert (await one.post("/login/passkey", forged, csrf=csrf)).status == 401, "the challenge is used up"
    assert (await one.post("/login/second/options", {"half": "A" * 43}, csrf=csrf)).status == 401
    assert PASSWORD not in one.page
