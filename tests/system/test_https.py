"""Balai over HTTPS as docs/install.md sets it up: behind nginx, behind Caddy, and with the office's own certificate."""

from __future__ import annotations

import asyncio
import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from aiohttp import ClientResponse
from socketio.exceptions import ConnectionError as LineRefused

from tests.system import guide
from tests.system.fronts import Front, front
from tests.system.visitor import NAMESPACE, PASSWORD, Visitor

FORGED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Real-IP": "203.0.113.9"}
ANSWER_S = 20


@pytest.fixture(scope="module", params=["nginx", "caddy", "own"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """One that has been signed into once: the printed password is used up."""
    with front(request.param, tmp_path_factory.mktemp(request.param)) as running:
        asyncio.run(_first_sign_in(running))
        yield running


async def _first_sign_in(running: Front) -> None:
    async with visitor(running) as admin:
        response = await admin.signs_in(running.first_password)
        assert (response.status, response.headers["Location"]) == (303, "/"), admin.page
        assert (await admin.get("/")).headers["Location"] == "/account"  # a password of one's own comes first
        await admin.chooses_a_password(running.first_password)
        assert (await admin.get("/")).status == 200


def visitor(office: Front, source: str = "127.0.0.1") -> Visitor:
    return Visitor(office.url, office.certificate.authority, source)


def cookies(response: ClientResponse) -> SimpleCookie:
    made = SimpleCookie()
    for line in response.headers.getall("Set-Cookie", ()):
        made.load(line)
    return made


async def test_signing_in_gives_cookies_that_only_this_site_over_tls_gets(office: Front) -> None:
    async with visitor(office) as admin:
        response = await admin.signs_in()
        made = cookies(response)
        assert "__Host-balai_session" in made
        for name, cookie in made.items():
            assert name.startswith("__Host-") or name == "balai_language"
            assert cookie["secure"], name
            assert cookie["httponly"], name
            assert cookie["samesite"] == "Lax", name
            assert (cookie["path"], cookie["domain"]) == ("/", ""), name
        await admin.get("/")
        assert "Administrator" in admin.page


async def test_a_form_without_its_token_or_from_elsewhere_is_refused(office: Front) -> None:
    fields = {"login": "admin", "password": PASSWORD}
    async with visitor(office) as admin:
        await admin.get("/login")
        for csrf, origin in (("", office.url), ("x" * 43, office.url), (None, "https://elsewhere.example")):
            response = await admin.post("/login", fields, csrf=csrf, headers={"Origin": origin})
            assert response.status == 403
            assert "__Host-balai_session" not in cookies(response)
            await admin.get("/login")


async def test_every_answer_carries_the_headers_of_a_safe_site(office: Front) -> None:
    async with visitor(office) as admin:
        for path, status in (
            ("/login", 200),
            ("/nowhere", 404),
            ("/healthz", 200),
            ("/socket.io/?EIO=4&transport=polling", 200),
        ):
            response = await admin.get(path)
            assert response.status == status, path
            assert response.headers["Strict-Transport-Security"] == "max-age=63072000", path
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert f"connect-src 'self' {office.url.replace('https', 'wss')};" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["X-Frame-Options"] == "DENY"


async def test_the_client_comes_compressed_and_is_kept_for_ever_and_pages_are_neither(office: Front) -> None:
    packed = {"Accept-Encoding": "gzip"}
    async with visitor(office) as admin:
        page = await admin.get("/login", packed)
        assert "Content-Encoding" not in page.headers  # a page holds secrets: compressed, its length would tell them
        assert page.headers["Cache-Control"] == "no-store"
        linked = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:js|css))"', admin.page)
        assert len(linked) >= 2
        for path in linked:
            response = await admin.get(path, packed)
            assert response.status == 200
            assert response.headers["Content-Encoding"] == "gzip"
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_the_room_is_reached_over_websocket_and_over_long_polling(office: Front, transport: str) -> None:
    async with visitor(office) as admin:
        await admin.signs_in()
        meeting = await admin.plans_a_meeting()
        line: Any = await admin.line(await admin.ticket(meeting), transport)
        heard: asyncio.Queue[Any] = asyncio.Queue()
        line.on("facts", heard.put, namespace=NAMESPACE)
        entered = await line.call("enter", {}, namespace=NAMESPACE, timeout=ANSWER_S)
        assert entered["ok"]["snapshot"]["title"] == "Rapat Uji"
        assert {one["protocol"] for one in entered["ok"]["media"]["send"]["iceCandidates"]} == {"udp", "tcp"}
        assert line.transport() == transport
        said = {"type": "say", "chat_id": "c1", "text": "Selamat pagi"}
        answer = await line.call("command", said, namespace=NAMESPACE, timeout=ANSWER_S)
        assert "ok" in answer, answer
        async with asyncio.timeout(ANSWER_S):
            while "Selamat pagi" not in str(await heard.get()):
                pass
        await admin.hangs_up(line)


async def test_a_room_refuses_lines_of_other_sites(office: Front) -> None:
    async with visitor(office) as admin:
        await admin.signs_in()
        ticket = await admin.ticket(await admin.plans_a_meeting())
        for transport in ("websocket", "polling"):
            with pytest.raises(LineRefused):
                await admin.line(ticket, transport, "https://elsewhere.example")


async def test_a_visitors_own_word_on_their_address_counts_for_nothing(office: Front) -> None:
    async with visitor(office, source="127.0.0.5") as admin:
        response = await admin.signs_in(headers=FORGED)
        assert cookies(response)["__Host-balai_session"]["secure"]
        await admin.get("/account")
        assert "127.0.0.5" in admin.page
        assert "203.0.113.9" not in admin.page


async def test_a_proxy_that_is_not_trusted_is_an_ordinary_visitor(office: Front) -> None:
    """Straight to Balai, past the proxy, from an address that is not in trusted_proxies."""
    direct = Visitor(office.direct, office.certificate.authority, "127.0.0.2")
    async with direct as admin:
        response = await admin.signs_in(headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})
        assert response.status == 303
        assert ("__Host-balai_session" in cookies(response)) is office.direct.startswith("https:")
        await admin.get("/account")
        assert "127.0.0.2" in admin.page
        assert "203.0.113.9" not in admin.page


async def test_too_long_a_body_is_refused_and_a_long_form_is_not(office: Front) -> None:
    async with visitor(office) as admin:
        await admin.signs_in()
        for size in (3_000_000, 400_000):
            await admin.get("/meetings/new")
            response = await admin.post("/meetings/new", {"title": "x" * size})
            assert response.status in (400, 413, 502)  # 502: as Caddy 2.6 says that it read no further
        assert await admin.pours("/meetings/new", 3_000_000) in (413, 502)  # without saying how long it will be
        await admin.get("/meetings/new")
        response = await admin.post("/meetings/new", {"title": "x" * 200_000})
        assert 'href="#title"' in admin.page


def test_plain_http_leads_to_https(office: Front) -> None:
    if office.http_port == 0:  # Balai's own TLS has one door
        with pytest.raises((ssl.SSLError, http.client.HTTPException, OSError)):
            _plain(office.https_port)
        return
    response = _plain(office.http_port)
    assert response.status in (301, 308)
    assert response.getheader("Location", "").startswith(f"https://{guide.NAME}")
    assert response.getheader("Location", "").endswith("/m/1?a=b")


def _plain(port: int) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    connection.request("GET", "/m/1?a=b", headers={"Host": guide.NAME})
    return connection.getresponse()


def test_a_proxy_hands_on_no_other_name(office: Front) -> None:
    """By the name of the TLS connection, and by the Host of the request."""
    if office.kind == "own":
        return
    context = ssl.create_default_context(cafile=str(office.certificate.authority))
    context.check_hostname = False
    connection = http.client.HTTPSConnection("127.0.0.1", office.https_port, context=context, timeout=ANSWER_S)
    with pytest.raises(ssl.SSLError):
        connection.request("GET", "/login")


def test_old_tls_is_refused(office: Front) -> None:
    context = ssl.create_default_context(cafile=str(office.certificate.authority))
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(OSError, match=r"(?i)ssl|alert|version|reset"):
        context.wrap_socket(socket.create_connection(("127.0.0.1", office.https_port)), server_hostname=guide.NAME)


def test_it_ends_in_order(office: Front) -> None:
    """Runs last: as systemd ends it, with code 0 and without a complaint."""
    assert office.program.stop() == 0
    assert "Traceback" not in office.program.words
    assert "does not end" not in office.program.words
