"""Tickets, links and guests: what is signed cannot be changed, and ends with what it stands on."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import BalaiError, Refused, Unauthenticated
from server.identity.accounts import Particulars
from server.identity.entrance import Visit
from server.identity.keys import Signer, new_token
from server.identity.ports import Admission
from server.identity.service import Identity, Stores, build
from server.identity.tickets import VALID_MS
from tests.fakes import FakeClock
from tests.unit.identity.conftest import SECRET

HOUR_MS = 3_600_000


async def code_of(identity: Identity, ticket: str, now_ms: int) -> str:
    try:
        await identity.tickets.check(ticket, now_ms)
    except Unauthenticated as error:
        return error.code
    return ""


async def link_ticket(identity: Identity, now_ms: int) -> tuple[str, Admission]:
    token = (await identity.links.tokens("m1", ("p1",), now_ms + HOUR_MS))["p1"]
    link = await identity.links.open(token)
    admission = Admission("m1", person_id="p1", language="en")
    return identity.tickets.issue(admission, f"link:{link.link_id}", now_ms), admission


async def test_a_ticket_comes_back_as_it_was_issued(identity: Identity, clock: FakeClock) -> None:
    ticket, admission = await link_ticket(identity, clock.now_ms())
    assert await identity.tickets.check(ticket, clock.now_ms()) == admission
    assert await code_of(identity, ticket, clock.now_ms() + VALID_MS) == "ticket.expired"


async def test_nothing_of_a_ticket_can_be_changed(identity: Identity, stores: Stores, clock: FakeClock) -> None:
    now_ms = clock.now_ms()
    ticket, _ = await link_ticket(identity, now_ms)
    body, signature = ticket.split(".")
    opened = base64.urlsafe_b64decode(body + "==")
    forged = base64.urlsafe_b64encode(opened.replace(b'"p1"', b'"p2"')).rstrip(b"=").decode()
    other = build(stores, clock, b"t" * 32)
    for wrong in (f"{forged}.{signature}", f"{body}.", body, "", ".", "x" * 5000, f"{body}.{signature}x", "ü.ü"):
        assert await code_of(identity, wrong, now_ms) == "ticket.invalid"
    assert await code_of(other, ticket, now_ms) == "ticket.invalid"


async def test_a_ticket_is_for_a_person_or_for_a_guest(identity: Identity) -> None:
    for admission in (Admission("m1"), Admission("m1", person_id="p1", waiting_id="w1")):
        with pytest.raises(ValueError, match="person"):
            identity.tickets.issue(admission, "link:x", 0)


async def test_a_sessions_ticket_outlives_idleness_but_not_revocation(identity: Identity, clock: FakeClock) -> None:
    account, password = await identity.accounts.create(Particulars("siti", "Siti"))
    entry = await identity.entrance.by_password("siti", password, Visit(""))
    found = await identity.sessions.find(entry.token)
    assert found is not None
    admission = Admission("m1", person_id="p1", account_id=account.account_id)
    ticket = identity.tickets.issue(admission, f"session:{found.session.session_id}", clock.now_ms())
    clock.advance(4 * HOUR_MS)
    assert await identity.sessions.find(entry.token) is None, "idle in pages"
    assert await identity.tickets.check(ticket, clock.now_ms()) == admission, "but sitting in a meeting"
    await identity.sessions.sweep()
    assert await code_of(identity, ticket, clock.now_ms()) == ""
    await identity.sessions.end(found.session.session_id)
    assert await code_of(identity, ticket, clock.now_ms()) == "ticket.revoked"


async def test_a_session_does_not_carry_somebody_elses_ticket(identity: Identity, clock: FakeClock) -> None:
    _, password = await identity.accounts.create(Particulars("siti", "Siti"))
    entry = await identity.entrance.by_password("siti", password, Visit(""))
    found = await identity.sessions.find(entry.token)
    assert found is not None
    admission = Admission("m1", person_id="p1", account_id="another")
    ticket = identity.tickets.issue(admission, f"session:{found.session.session_id}", clock.now_ms())
    assert await code_of(identity, ticket, clock.now_ms()) == "ticket.revoked"


async def test_a_guests_ticket_ends_with_the_guest(identity: Identity, stores: Stores, clock: FakeClock) -> None:
    guest = await identity.guests.ask("m1", new_token(), "Tono Wijaya", "", "", address="192.0.2.1")
    admission = Admission("m1", waiting_id=guest.waiting_id, guest_name=guest.name)
    ticket = identity.tickets.issue(admission, f"guest:{guest.waiting_id}", clock.now_ms())
    assert await identity.tickets.check(ticket, clock.now_ms()) == admission
    await stores.guests.revoke(guest.waiting_id, clock.now_ms())
    assert await code_of(identity, ticket, clock.now_ms()) == "ticket.revoked"


@pytest.mark.parametrize("credential", ["", "link", "link:", "session:", "guest:", "root:1", "session:nobody"])
async def test_a_ticket_on_nothing_is_worth_nothing(identity: Identity, clock: FakeClock, credential: str) -> None:
    ticket = identity.tickets.issue(Admission("m1", person_id="p1"), credential, clock.now_ms())
    assert await code_of(identity, ticket, clock.now_ms()) == "ticket.revoked"


async def test_links_differ_by_person_and_meeting_and_bind_once(identity: Identity, clock: FakeClock) -> None:
    ends_ms = clock.now_ms() + HOUR_MS
    first = await identity.links.tokens("m1", ("p1", "p2"), ends_ms)
    second = await identity.links.tokens("m2", ("p1",), ends_ms)
    assert len({*first.values(), *second.values()}) == 3
    assert await identity.links.tokens("m1", ("p1", "p2"), ends_ms) == first
    link = await identity.links.open(first["p1"])
    mine, yours = new_token(), new_token()
    await identity.links.bind(link, mine)
    await identity.links.bind(link, mine)
    with pytest.raises(Refused, match=r"link\.bound"):
        await identity.links.bind(link, yours)
    found = await identity.links.of_visitor("m1", mine)
    assert found is not None
    assert found.person_id == "p1"
    assert await identity.links.of_visitor("m1", yours) is None
    assert await identity.links.of_visitor("m2", mine) is None
    assert await identity.links.of_visitor("m1", "") is None


@given(st.text(max_size=80))
def test_no_text_is_a_signature(text: str) -> None:
    assert not Signer(SECRET, "test").fits(text, "a")


def test_signatures_differ_by_purpose_secret_and_the_places_of_parts() -> None:
    one = Signer(SECRET, "a")
    assert one.sign("x", "y") == Signer(SECRET, "a").sign("x", "y")
    others = {
        one.sign("xy"),
        one.sign("y", "x"),
        Signer(SECRET, "b").sign("x", "y"),
        Signer(b"t" * 32, "a").sign("x", "y"),
    }
    assert len({one.sign("x", "y"), *others}) == 5
    assert one.sign("1:a", "b") != one.sign("1", "a:b")
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(b"short", "a")


async def test_links_say_what_is_wrong_with_them(identity: Identity, clock: FakeClock) -> None:
    token = (await identity.links.tokens("m1", ("p1",), clock.now_ms()))["p1"]

    async def code(text: str) -> str:
        with pytest.raises(BalaiError) as caught:
            await identity.links.open(text)
        return caught.value.code

    assert await code(token + "x") == "link.invalid"
    assert await code("") == "link.invalid"
    await identity.links.renew("m1", "p1")
    assert await code(token) == "link.revoked"
    fresh = (await identity.links.tokens("m1", ("p1",), clock.now_ms()))["p1"]
    clock.advance(31 * 24 * HOUR_MS)
    assert await code(fresh) == "link.expired"
