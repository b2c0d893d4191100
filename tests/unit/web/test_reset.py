"""A forgotten password: asked for by anybody with one answer for all, sent by real SMTP, chosen anew once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from server.config import MailSection
from server.identity.records import AuditFilter
from tests.fakes import FakeClock
from tests.unit.mail.office import SENDER, MailServer
from tests.unit.web.office import PASSWORD, Browser, TheOffice, open_office

NEW = "gajah-mada-1331"
MINUTE_MS = 60_000


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def office(tmp_path: Path, clock: FakeClock, dist: Path, mail: MailServer) -> AsyncIterator[TheOffice]:
    section = MailSection(host="127.0.0.1", port=mail.port, security="none", sender=SENDER)
    office = await open_office(tmp_path / "data", clock, dist, proxies=("127.0.0.1",), mail=section)
    yield office
    await office.close()


async def person(office: TheOffice, login: str, email: str) -> str:
    account = await office.account(login, f"{login.title()} Contoh")
    await office.store.accounts.change(replace(account, email=email))
    return account.account_id


async def asks(one: Browser, text: str, status: int = 200) -> str:
    await one.get("/login/forgot")
    assert (await one.post("/login/forgot", {"login": text})).status == status
    return re.sub(r'name="csrf" value="[^"]+"', "", one.page)


async def letters(office: TheOffice, mail: MailServer) -> list[str]:
    """The tokens of all that was sent when the desk has looked."""
    assert office.ways is not None
    assert office.ways.notices is not None
    await office.ways.notices.step()
    found = (re.search(r"/login/reset/([\w-]{43})", one.part("text/plain").get_content()) for one in mail.box.mails)
    return [one[1] for one in found if one]


async def test_the_answer_and_what_is_kept_are_the_same_whether_there_is_an_account_or_not(
    office: TheOffice, mail: MailServer, server: TestServer
) -> None:
    await person(office, "siti", "siti@contoh.go.id")
    one = Browser(server)
    pages = {await asks(one, text) for text in ("siti", "SITI@contoh.go.id", "nobody", "x@y.example")}
    assert len(pages) == 1
    asked = await office.store.notices.due(office.clock.now_ms(), 10)
    assert [(notice.kind, notice.email, notice.name) for notice in asked] == [("asked", "", "")] * 4
    assert len(await letters(office, mail)) == 2
    assert {letter.recipient for letter in mail.box.mails} == {"siti@contoh.go.id"}
    assert await office.store.notices.due(2**52, 10) == (), "nothing of it is kept when it is sent"
    await one.close()


async def test_a_new_password_is_chosen_once_and_every_session_ends(
    office: TheOffice, mail: MailServer, server: TestServer
) -> None:
    account_id = await person(office, "siti", "siti@contoh.go.id")
    one, elsewhere = Browser(server), Browser(server)
    await elsewhere.sign_in("siti")
    await asks(one, "siti")
    (first,) = await letters(office, mail)
    await asks(one, "siti")
    token = (await letters(office, mail))[-1]
    assert (await one.get(f"/login/reset/{first}")).status == 401, "a newer mail makes the older one worthless"
    for _ in range(2):  # opening it uses nothing up: mail scanners open links
        assert (await one.get(f"/login/reset/{token}")).status == 200
    path, csrf = f"/login/reset/{token}", one.csrf()
    assert (await one.post(path, {"password": NEW, "password_again": NEW}, csrf="x")).status == 403
    for wrong in ({"password": "siti", "password_again": "siti"}, {"password": NEW, "password_again": "lain"}):
        assert (await one.post(path, wrong, csrf=csrf)).status == 400
    response = await one.post(path, {"password": NEW, "password_again": NEW}, csrf=csrf)
    assert response.headers["Location"] == "/login?done=password_reset"
    assert (await one.post(path, {"password": NEW, "password_again": NEW}, csrf=csrf)).status == 401, "once"
    assert (await elsewhere.get("/")).status == 303
    assert (await one.sign_in("siti")).status == 401
    assert (await one.sign_in("siti", NEW)).status == 303
    acts = [entry.act async for entry in office.store.audit.every(AuditFilter(account_id=account_id))]
    assert acts.count("reset_asked") == 2
    assert "reset_used" in acts
    for browser in (one, elsewhere):
        await browser.close()


async def test_a_link_is_good_for_half_an_hour_and_until_the_password_changes(
    office: TheOffice, mail: MailServer, server: TestServer, clock: FakeClock
) -> None:
    account_id = await person(office, "siti", "siti@contoh.go.id")
    one = Browser(server)
    await asks(one, "siti")
    token = (await letters(office, mail))[-1]
    await office.identity.accounts.reset_password(account_id)
    assert (await one.get(f"/login/reset/{token}")).status == 401
    await asks(one, "siti")
    token = (await letters(office, mail))[-1]
    clock.advance(31 * MINUTE_MS)
    assert (await one.get(f"/login/reset/{token}")).status == 401
    assert (await one.get(f"/login/reset/{'A' * 43}")).status == 401
    await one.close()


async def test_nobody_is_written_to_who_cannot_use_it_and_nobody_is_flooded(
    office: TheOffice, mail: MailServer, server: TestServer
) -> None:
    away = await person(office, "budi", "budi@contoh.go.id")
    await office.identity.accounts.deactivate(away)
    await person(office, "siti", "siti@contoh.go.id")
    one = Browser(server)
    await asks(one, "budi@contoh.go.id")
    for _ in range(3):
        await asks(one, "siti")
    assert "Retry-After" not in one.response.headers
    await asks(one, "siti", 429)
    await asks(one, "", 400)
    assert len({letter.recipient for letter in mail.box.mails}) == 0
    await letters(office, mail)
    assert {letter.recipient for letter in mail.box.mails} == {"siti@contoh.go.id"}
    await one.close()


async def test_a_mail_that_cannot_go_out_is_tried_again_and_forgotten_when_it_expires(
    office: TheOffice, mail: MailServer, server: TestServer, clock: FakeClock
) -> None:
    await person(office, "siti", "siti@contoh.go.id")
    one = Browser(server)
    await mail.stop()
    await asks(one, "siti")
    assert await letters(office, mail) == []
    await mail.start()
    clock.advance(2 * MINUTE_MS)
    assert len(await letters(office, mail)) == 1
    await mail.stop()
    await asks(one, "siti")
    await letters(office, mail)
    clock.advance(40 * MINUTE_MS)
    await letters(office, mail)
    assert await office.store.notices.due(2**52, 10) == ()
    await mail.start()
    await one.close()


async def test_what_was_typed_reaches_no_header_and_the_link_leads_to_the_house_alone(
    office: TheOffice, mail: MailServer, server: TestServer
) -> None:
    account = await office.account("siti", "Siti\r\nBcc: lain@evil.example")
    await office.store.accounts.change(replace(account, email="siti@contoh.go.id"))
    one = Browser(server)
    await one.get("/login/forgot", {"X-Forwarded-Host": "evil.example"})
    await one.post("/login/forgot", {"login": "siti\r\nBcc: x@y"})
    await asks(one, "siti")
    (token,) = await letters(office, mail)
    letter = mail.box.mails[0]
    assert letter.mail["Bcc"] is None
    assert "//evil" not in letter.part("text/plain").get_content()
    assert f"https://rapat.example/login/reset/{token}" in letter.part("text/html").get_content()
    assert PASSWORD.encode() not in letter.raw
    await one.close()


async def test_without_mail_nothing_is_offered(tmp_path: Path, clock: FakeClock, dist: Path) -> None:
    office = await open_office(tmp_path / "other", clock, dist)
    server = TestServer(office.app)
    await server.start_server()
    one = Browser(server)
    await one.get("/login")
    assert "/login/forgot" not in one.page
    for path in ("/login/forgot", f"/login/reset/{'A' * 43}"):
        assert (await one.get(path)).status == 404
    await one.close()
    await server.close()
    await office.close()
