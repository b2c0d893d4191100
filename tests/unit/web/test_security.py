"""Forged forms, headers on every answer, proxies, and failures that are told without telling too much."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server.errors import Unavailable
from tests.unit.web.office import PASSWORD, Browser, TheOffice, invited
from web.assets import Assets
from web.security import inner_path

NewBrowser = Callable[[], Browser]
SignIn = Callable[[str], Awaitable[Browser]]
PATHS = (
    "/login",
    "/",
    "/static/assets/pages-1.js",
    "/static/nothing.js",
    "/healthz",
    "/m/0123456789abcdef",
    "/nowhere",
)


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_the_headers(browser: NewBrowser, path: str) -> None:
    one = browser()
    headers = (await one.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers
    assert "Server" not in headers


async def test_under_tls_cookies_are_bound_to_the_host_and_hsts_is_sent(office: TheOffice, browser: NewBrowser) -> None:
    await office.account("siti", "Siti Aminah")
    one = browser()
    response = await one.get("/login", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.4"})
    assert response.headers["Strict-Transport-Security"].startswith("max-age=")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-balai_visitor=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "wss://" in response.headers["Content-Security-Policy"]


async def test_pages_are_kept_by_nobody_and_assets_for_ever(browser: NewBrowser) -> None:
    one = browser()
    assert (await one.get("/login")).headers["Cache-Control"] == "no-store"
    assert "immutable" in (await one.get("/static/assets/pages-1.js")).headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/static/../manifest.json", "/static/manifest.json", "/static/%2e%2e/%2e%2e/etc/passwd"]
)
async def test_nothing_but_the_built_client_is_served_as_a_file(browser: NewBrowser, path: str) -> None:
    assert (await browser().get(path)).status == 404


async def test_a_form_without_the_sessions_token_does_nothing(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("siti", "Siti Aminah", "secretary")
    await office.account("budi", "Budi Santoso", "secretary")
    one, other = await signed_in("siti"), await signed_in("budi")
    await other.get("/account")
    for csrf in ("", "x" * 43, other.csrf()):
        response = await one.post("/account/language", {"language": "en"}, csrf=csrf)
        assert response.status == 403
    assert (await office.identity.accounts.all())[0].language == "id"


async def test_a_form_from_another_site_does_nothing_even_with_the_token(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("siti", "Siti Aminah")
    one = await signed_in("siti")
    await one.get("/account")
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Referer": "https://evil.example/x"}):
        assert (await one.post("/account/language", {"language": "en"}, headers=headers)).status == 403
    own = f"http://{one.client.host}:{one.client.port}"
    assert (await one.post("/account/language", {"language": "en"}, headers={"Origin": own})).status == 303


async def test_signing_in_cannot_be_forged_either(office: TheOffice, browser: NewBrowser) -> None:
    await office.account("siti", "Siti Aminah")
    attacker, victim = browser(), browser()
    await attacker.get("/login")
    await victim.get("/login")
    response = await victim.post("/login", {"login": "siti", "password": PASSWORD}, csrf=attacker.csrf())
    assert response.status == 403


async def test_what_is_too_long_or_no_form_is_refused(browser: NewBrowser) -> None:
    one = browser()
    await one.get("/login")
    assert (await one.post("/login", {"login": "x" * 300_000})).status == 400
    response = await one.client.post("/login", json={"csrf": one.csrf()})
    assert response.status == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(browser: NewBrowser, method: str) -> None:
    response = await browser().client.request(method, "/login")
    assert response.status in (400, 403, 405)


async def test_failures_are_told_in_the_readers_language_and_as_json_where_asked(browser: NewBrowser) -> None:
    one = browser()
    await one.get("/nowhere", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "There is nothing at this address" in one.page
    response = await one.get("/nowhere", headers={"Accept": "application/json"})
    assert (await response.json())["error"]["code"] == "not_found"


async def test_a_fault_of_ours_tells_nothing_of_its_inside(
    office: TheOffice, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    siti = await office.account("siti", "Siti Aminah")
    meeting = await office.meeting(invited(siti, "secretary"), invited(await office.account("budi", "Budi"), "chair"))
    one = await signed_in("siti")

    async def broken(_: str) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(office.rooms, "state", broken)
    response = await one.get(f"/m/{meeting}")
    assert response.status == 500
    assert "secret" not in one.page
    assert re.fullmatch(r"[0-9a-f]{12}", response.headers["X-Request-Id"])


async def test_a_proxy_that_is_not_trusted_is_not_believed(office: TheOffice, browser: NewBrowser) -> None:
    """The test's own address is trusted; a hop beyond it is believed only as far as trust goes."""
    siti = await office.account("siti", "Siti Aminah")
    one = browser()
    await one.get("/login")
    headers = {"X-Forwarded-For": "6.6.6.6, 198.51.100.9"}
    await one.post("/login", {"login": "siti", "password": PASSWORD}, headers=headers)
    sessions = await office.identity.sessions.of_account(siti.account_id)
    assert sessions[0].address == "198.51.100.9"


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/m/0123456789abcdef", "/m/0123456789abcdef"),
        ("/?scope=office", "/?scope=office"),
        ("//evil", "/"),
        ("/\\evil", "/"),
        ("/a\nb", "/"),
        ("http://evil", "/"),
        ("", "/"),
    ],
)
def test_only_paths_of_this_house_are_kept(target: str, kept: str) -> None:
    assert inner_path(target) == kept


async def test_the_client_is_sent_compressed_to_those_who_take_it(browser: NewBrowser) -> None:
    one = browser()
    path = "/static/assets/room-1.js"
    packed = await one.get(path, headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert packed.headers["Content-Type"] == "text/javascript"
    assert one.page == "/* room-1.js */"
    plain = await one.get(path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert one.page == "/* room-1.js */"


def test_a_client_that_was_not_built_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        Assets(tmp_path)
    assert caught.value.code == "client.not_built"
    assert str(tmp_path) in str(caught.value.values["path"])


async def test_styles_come_in_the_order_in_which_they_build_on_each_other(browser: NewBrowser) -> None:
    one = browser()
    await one.get("/login")
    links = re.findall(r'<link rel="stylesheet" href="([^"]+)">', one.page)
    assert links == ["/static/assets/theme-1.css", "/static/assets/pages-1.css"]
    assert "style=" not in one.page
    assert not re.search(r"<script(?![^>]*src=)", one.page)
