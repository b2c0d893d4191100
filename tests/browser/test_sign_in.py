"""Signing in as people do it, in real Chromium with an authenticator of its own (CDP's virtual one): a passkey as a
second step and as the whole sign-in, in browsers that know JSON of passkeys and in those that do not; codes by time."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Office
from tests.browser.looking import examine, visitor
from tests.unit.identity.provider import SECRET, running

pytestmark = pytest.mark.browser

WITHOUT_JSON = """
delete PublicKeyCredential.parseCreationOptionsFromJSON;
delete PublicKeyCredential.parseRequestOptionsFromJSON;
delete PublicKeyCredential.prototype.toJSON;
"""


def named(office: Office) -> str:
    """By a name: an address is no relying party."""
    return office.url.replace("127.0.0.1", "localhost")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def has_authenticator(page: Page) -> None:
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    await session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


async def gives_password(page: Page, url: str, login: str = "notulis") -> None:
    await page.goto(f"{url}/login?language=id")
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", "rapat-contoh-2026")
    await page.press("input[name=password]", "Enter")


async def signs_out(page: Page, url: str) -> None:
    await page.locator("details.menu summary").click()
    await page.get_by_role("button", name="Keluar").click()
    await page.wait_for_url(f"{url}/login?done=signed_out")


@pytest.mark.parametrize("script", ["", WITHOUT_JSON], ids=["json", "without-json"])
async def test_a_passkey_is_a_second_step_and_a_whole_sign_in(office: Office, chromium: Browser, script: str) -> None:
    url = named(office)
    faults: list[str] = []
    async with visitor(chromium) as page:
        await page.add_init_script(script)
        await has_authenticator(page)
        await gives_password(page, url)
        await page.wait_for_url(f"{url}/")
        await page.goto(f"{url}/account")
        await page.fill("#passkey-name", "Laptop Bagian Umum")
        await page.get_by_role("button", name="Tambah kunci sandi").click()
        await page.get_by_role("heading", name="Simpan kode pemulihan").wait_for()
        await expect(page.locator(".codes li")).to_have_count(10)
        faults += await examine(page, "recovery codes")
        await page.get_by_role("link", name="Sudah saya simpan").click()
        await page.get_by_text("Laptop Bagian Umum").wait_for()
        faults += await examine(page, "own account with a passkey")

        await signs_out(page, url)
        await gives_password(page, url)
        await page.get_by_role("heading", name="Langkah kedua").wait_for()
        faults += await examine(page, "second step")
        await page.get_by_role("button", name="Masuk dengan kunci sandi").click()
        await page.wait_for_url(f"{url}/")

        await signs_out(page, url)
        await page.goto(f"{url}/login?next=/account")
        await page.get_by_role("button", name="Masuk dengan kunci sandi").click()
        await page.wait_for_url(f"{url}/account")
        await page.get_by_text(re.compile("terakhir dipakai")).wait_for()
        await page.get_by_role("button", name="Hapus Laptop Bagian Umum").click()
        await page.get_by_role("dialog").get_by_role("button", name="Hapus").click()
        await page.get_by_text("Langkah kedua dihapus.").wait_for()

        await signs_out(page, url)
        await page.get_by_role("button", name="Masuk dengan kunci sandi").click()
        await page.get_by_text("Kunci sandi tidak diterima.").wait_for()
    assert not faults, "\n".join(faults)


async def test_codes_from_an_app_on_a_phone(office: Office, chromium: Browser) -> None:
    url = named(office)
    faults: list[str] = []
    async with visitor(chromium) as page:
        await gives_password(page, url, "dinkes")
        await page.wait_for_url(f"{url}/")
        await page.goto(f"{url}/account?language=en")
        await page.get_by_role("button", name="Add a code app").click()
        await page.get_by_role("heading", name="Add a code app").wait_for()
        faults += await examine(page, "code app")
        secret = (await page.locator("code.code").inner_text()).replace(" ", "")
        await page.fill("input[name=code]", pyotp.TOTP(secret).now())
        await page.get_by_role("button", name="Finish").click()
        codes = await page.locator(".codes code").all_inner_texts()
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.context.clear_cookies()
        await gives_password(page, url, "dinkes")
        await page.get_by_role("heading", name="Langkah kedua").wait_for()
        await page.fill("input[name=code]", codes[0])
        await page.press("input[name=code]", "Enter")
        await page.wait_for_url(f"{url}/")
    assert not faults, "\n".join(faults)


async def test_a_provider_signs_in_and_out_in_a_real_browser(tmp_path: Path, chromium: Browser) -> None:
    """Everything that only a browser enforces is on the way: the CSP on forms and where they lead, cookies that come
    back from another site, redirects over three hops."""
    port, house = free_port(), free_port()
    config = [
        {
            "name": "office", "title": "Akun Kantor", "issuer": f"http://127.0.0.1:{port}", "client_id": "balai",
            "client_secret": SECRET, "create": "anyone", "secretary_groups": ["balai-secretary"],
        }
    ]  # fmt: skip
    url = f"http://127.0.0.1:{house}"
    settings = {"BALAI_SIGN_IN_OIDC": json.dumps(config), "BALAI_SERVER_PUBLIC_URL": url}
    settings |= {"BALAI_MAIL_HOST": "127.0.0.1", "BALAI_MAIL_PORT": "1", "BALAI_MAIL_SENDER": "rapat@contoh.go.id"}
    office = Office(tmp_path / "data", house, settings)
    with running(port, url):
        office.start()
        try:
            async with visitor(chromium) as page:
                await page.goto(f"{url}/login/oidc/office/callback?state=x&language=id")
                faults = await examine(page, "a provider's answer that does not hold")
                await page.goto(f"{url}/login?language=id&next=/account")
                faults += await examine(page, "sign in by a provider")
                await page.get_by_role("link", name="Lupa kata sandi?").click()
                faults += await examine(page, "forgotten password")
                await page.fill("input[name=login]", "siapa saja")
                await page.press("input[name=login]", "Enter")
                await page.get_by_text("tautan sudah dalam perjalanan").wait_for()
                faults += await examine(page, "forgotten password, asked")
                await page.goto(f"{url}/login?next=/account")
                await page.get_by_role("link", name="Masuk dengan Akun Kantor").click()
                await page.fill("input[name=login]", "ratih.balai-secretary")
                await page.fill("input[name=password]", "x")
                await page.locator("button[type=submit]").click()
                await page.wait_for_url(f"{url}/account")
                await page.get_by_role("heading", name="Akun saya").wait_for()
                faults += await examine(page, "own account of a provider")
                await page.locator("details.menu summary").click()
                await page.get_by_role("button", name="Keluar").click()
                await page.wait_for_url(re.compile(rf"http://127\.0\.0\.1:{port}/session/end"))
                await page.locator("button[value=yes]").click()
                await page.wait_for_url(re.compile(rf"{re.escape(url)}/login"))
                await page.goto(f"{url}/account")
                await page.get_by_role("heading", name="Masuk ke Balai").wait_for()
        finally:
            office.stop()
    assert not faults, "\n".join(faults)
