"""Signing in by a provider, a certified one on loopback: there and back, whose account, rights by groups, and out from
either side; and everything that must not work."""

from __future__ import annotations

import html
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from server.clock import SystemClock
from server.identity.oidc.flow import Oidc
from server.identity.oidc.provider import Provider
from server.identity.records import AuditFilter
from server.sign_in_config import OidcProvider
from tests.unit.identity import provider
from tests.unit.web.office import PASSWORD, Browser, TheOffice, open_office


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def addresses() -> Iterator[tuple[str, int]]:
    """(the provider's issuer, the port at which it knows the house)."""
    port = free_port()
    with provider.running(free_port(), f"http://127.0.0.1:{port}") as issuer:
        yield issuer, port


@dataclass
class Setting:
    office: TheOffice
    browser: Callable[[], Browser]
    config: OidcProvider
    oidc: Oidc

    def configure(self, **changes: object) -> None:
        """The same provider, configured otherwise."""
        known = self.oidc._providers["office"]
        known.config = replace(self.config, **changes)  # type: ignore[arg-type]

    async def acts(self) -> list[str]:
        return [one.act async for one in self.office.store.audit.every(AuditFilter())]


@dataclass
class Visitor:
    """One person: a browser at the house, and the same browser at the provider."""

    house: Browser
    elsewhere: ClientSession

    async def goes(self, login: str, path: str = "/login/oidc/office") -> str:
        """To the provider and signed in there; the address at which it sends the browser back."""
        response = await self.house.get(path)
        assert response.status == 303, self.house.page
        return await provider.signs_in(self.elsewhere, response.headers["Location"], login)

    async def comes_back(self, address: str) -> int:
        parts = urlsplit(address)
        return (await self.house.get(f"{parts.path}?{parts.query}")).status

    async def signs_in(self, login: str, path: str = "/login/oidc/office") -> int:
        return await self.comes_back(await self.goes(login, path))


@pytest.fixture
async def setting(tmp_path: Path, dist: Path, addresses: tuple[str, int]) -> AsyncIterator[Setting]:
    issuer, port = addresses
    clock = SystemClock()
    config = OidcProvider(
        "office", "Akun Kantor", issuer, "balai", provider.SECRET,
        administrator_groups=("balai-admin",), secretary_groups=("balai-secretary",), create="anyone",
    )  # fmt: skip
    house = f"http://127.0.0.1:{port}"
    office = await open_office(tmp_path / "data", clock, dist, public_url=house, providers=(config,))
    server = TestServer(office.app, port=port)
    await server.start_server()
    opened: list[Browser] = []

    def make() -> Browser:
        opened.append(Browser(server))
        return opened[-1]

    assert office.oidc is not None
    yield Setting(office, make, config, office.oidc)
    for one in opened:
        await one.close()
    await server.close()
    await office.close()


@pytest.fixture
async def visitor(setting: Setting) -> AsyncIterator[Callable[[], Visitor]]:
    sessions: list[ClientSession] = []

    def make() -> Visitor:
        sessions.append(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        return Visitor(setting.browser(), sessions[-1])

    yield make
    for one in sessions:
        await one.close()


async def test_a_first_visit_makes_an_account_and_groups_give_its_rights(
    setting: Setting, visitor: Callable[[], Visitor]
) -> None:
    one = visitor()
    await one.house.get("/login?next=/account")
    assert 'href="/login/oidc/office?next=/account"' in one.house.page
    assert await one.signs_in("siti.balai-secretary", "/login/oidc/office?next=/account") == 303
    assert one.house.response.headers["Location"] == "/account"
    await one.house.get("/account")
    assert "siti dari penyedia" in one.house.page
    (siti,) = await setting.office.identity.accounts.all()
    assert (siti.login, siti.email, siti.office_role, siti.password_hash) == (
        "siti", "siti@contoh.go.id", "secretary", "",
    )  # fmt: skip
    assert await visitor().signs_in("siti.balai-secretary") == 303
    assert len(await setting.office.identity.accounts.all()) == 1
    assert {"account_created", "identity_linked", "role_elevated", "signed_in"} <= set(await setting.acts())


@pytest.mark.parametrize(
    ("changes", "login", "status"),
    [
        ({"create": "no"}, "siti", 403),
        ({"create": "domain", "domains": ("CONTOH.go.id",)}, "siti", 303),
        ({"create": "domain", "domains": ("lain.go.id",)}, "siti", 403),
        ({"create": "domain", "domains": ("contoh.go.id",)}, "siti.unverified", 403),
        ({"create": "group"}, "siti", 403),
        ({"create": "group"}, "siti.BALAI-Admin", 303),
        ({"official_groups": ("balai",)}, "siti", 403),
        ({"official_groups": ("balai",)}, "siti.balai", 303),
    ],
)
async def test_whose_first_visit_makes_an_account_is_configured(
    setting: Setting, visitor: Callable[[], Visitor], changes: dict[str, object], login: str, status: int
) -> None:
    setting.configure(**changes)
    one = visitor()
    assert await one.signs_in(login) == status, one.house.page
    assert len(await setting.office.identity.accounts.all()) == (status == 303)


async def test_an_account_of_ours_is_never_taken_by_name_but_linked_by_its_owner(
    setting: Setting, visitor: Callable[[], Visitor]
) -> None:
    siti = await setting.office.account("siti", "Siti Aminah")
    one = visitor()
    assert await one.signs_in("siti") == 403
    assert "Sudah ada akun siti" in one.house.page
    await one.house.get("/login")
    await one.house.post("/login", {"login": "siti", "password": PASSWORD})
    await one.house.get("/account")
    path = "/account/factors/providers/office/link"
    assert (await one.house.post(path, csrf="x")).status == 403
    await one.house.get("/account")
    assert (await one.house.post(path)).status == 200
    found = re.search(r'href="(http[^"]+/auth\?[^"]+)"', one.house.page)
    assert found
    back = await provider.signs_in(one.elsewhere, html.unescape(found[1]), "siti")
    assert await one.comes_back(back) == 303
    assert one.house.response.headers["Location"] == "/account?done=identity_linked"
    assert [item.account_id for item in await setting.oidc.identities(siti.account_id)] == [siti.account_id]
    other = visitor()
    assert await other.signs_in("siti") == 303
    await setting.office.identity.accounts.deactivate(siti.account_id)
    assert await visitor().signs_in("siti") == 403
    await setting.office.identity.accounts.activate(siti.account_id)
    await setting.oidc.unlink(siti, "office")
    assert await visitor().signs_in("siti") == 403


async def test_an_answer_is_good_for_one_browser_and_once(setting: Setting, visitor: Callable[[], Visitor]) -> None:
    one, thief = visitor(), visitor()
    back = await one.goes("siti")
    assert back.startswith(setting.office.url)
    assert await thief.comes_back(back) == 403, "somebody else's browser (login CSRF)"
    assert await one.comes_back(back) == 403, "and used up by it"
    back = await one.goes("siti")
    assert await one.comes_back(back) == 303
    assert await one.comes_back(back) == 403, "replayed"
    assert await setting.office.identity.sessions.every(10, 0) != ()


async def test_a_session_planted_beforehand_is_not_the_one_that_is_signed_in(
    setting: Setting, visitor: Callable[[], Visitor]
) -> None:
    one, planted = visitor(), "A" * 43
    one.house.client.session.cookie_jar.update_cookies({"balai_session": planted})
    assert await one.signs_in("siti") == 303
    thief = setting.browser()
    thief.client.session.cookie_jar.update_cookies({"balai_session": planted})
    assert (await thief.get("/account")).status == 303


@pytest.mark.parametrize(
    "change",
    [
        {"state": "A" * 43},
        {"state": ""},
        {"code": "wrong"},
        {"code": ""},
        {"iss": "https://evil.example"},
        {"iss": ""},
        {"error": "access_denied"},
    ],
)
async def test_a_changed_answer_is_refused(
    setting: Setting, visitor: Callable[[], Visitor], change: dict[str, str]
) -> None:
    one = visitor()
    parts = urlsplit(await one.goes("siti"))
    query = dict(parse_qsl(parts.query)) | change
    response = await one.house.client.get(parts.path, params=query, allow_redirects=False)
    assert response.status == 403
    assert await setting.office.identity.accounts.all() == ()


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "/%0d%0aX-Y:%20z"])
async def test_a_provider_leads_to_no_other_site(setting: Setting, visitor: Callable[[], Visitor], target: str) -> None:
    one = visitor()
    assert await one.signs_in("siti", f"/login/oidc/office?next={target}") == 303
    assert one.house.response.headers["Location"] == "/"
    assert (await one.house.get("/login/oidc/unknown")).status == 404
    assert (await one.house.get("/login/oidc/office/callback")).status == 403


async def test_signing_out_leads_out_there_too_and_the_provider_ends_all_its_sessions_here(
    setting: Setting, visitor: Callable[[], Visitor]
) -> None:
    one = visitor()
    assert await one.signs_in("siti") == 303
    second = Visitor(setting.browser(), one.elsewhere)  # the same session at the provider, another browser here
    assert await second.signs_in("siti") == 303
    assert await visitor().signs_in("budi") == 303
    await one.house.get("/account")
    assert (await one.house.post("/logout")).status == 200
    found = re.search(r'href="(http[^"]+/session/end\?[^"]+)"', one.house.page)
    assert found
    url = html.unescape(found[1])
    assert one.house.response.headers["Refresh"] == f"0;url={url}"
    async with one.elsewhere.get(url) as answer:
        page = await answer.text()
    action, xsrf = re.search(r'action="([^"]+)"', page), re.search(r'name="xsrf" value="([^"]+)"', page)
    assert action
    assert xsrf
    fields = {"xsrf": xsrf[1], "logout": "yes"}
    async with one.elsewhere.post(html.unescape(action[1]), data=fields, allow_redirects=False) as answer:
        assert answer.headers["Location"].startswith(f"{setting.office.url}/login")
    assert (await second.house.get("/account")).headers["Location"] == "/login?next=/account"
    left = await setting.office.identity.sessions.every(10, 0)
    assert len(left) == 1, "budi's session stays"
    assert "provider_logout" in await setting.acts()
    assert setting.office.doors.looks >= 2


async def test_nobody_but_the_provider_ends_sessions(setting: Setting, visitor: Callable[[], Visitor]) -> None:
    one = visitor()
    assert await one.signs_in("siti") == 303
    session = (await setting.office.identity.sessions.every(10, 0))[0]
    kept = await setting.office.store.provider_sessions.by_id(session.session_id)
    assert kept is not None
    for token in ("", "x", "a.b.c", kept.id_token):
        answer = await one.house.client.post("/login/oidc/office/logout", data={"logout_token": token})
        assert answer.status == 400
    assert (await one.house.get("/account")).status == 200


async def test_a_provider_that_is_away_is_told_and_signs_nobody_in(
    setting: Setting, visitor: Callable[[], Visitor]
) -> None:
    one = visitor()
    back = await one.goes("siti")
    known = setting.oidc._providers["office"]
    away = Provider(replace(setting.config, issuer="http://127.0.0.1:1"), SystemClock(), known._session)
    setting.oidc._providers["office"] = away
    assert await one.comes_back(back) == 503
    assert (await one.house.get("/login/oidc/office")).status == 503
    wrong = replace(setting.config, issuer=setting.config.issuer + "/")
    setting.oidc._providers["office"] = Provider(wrong, SystemClock(), known._session)
    assert (await one.house.get("/login/oidc/office")).status == 503, "another issuer than was configured"
