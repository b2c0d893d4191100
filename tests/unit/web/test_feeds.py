"""A person's calendar by its secret address: their own meetings only, right in time, until they take it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from icalendar import Calendar

from server.mail.feeds import CalendarFeeds
from server.meeting import commands
from server.meeting.commands import Invitee
from tests.fakes import FakeClock
from tests.unit.web.office import DAY_MS, PLANNER, Browser, TheOffice, invited
from web.i18n import Catalogues

Opens = Callable[[], Browser]
SignsIn = Callable[[str], Awaitable[Browser]]


async def subscribed(office: TheOffice, signed_in: SignsIn) -> tuple[Browser, str, list[str]]:
    """Somebody with an address of their calendar, and their two meetings; there is a third one."""
    alice = await office.account("alice", "Alice Amalia")
    other = await office.account("lain", "Orang Lain")
    notes = Invitee("Sari Notulis", "secretary")
    here = invited(alice, "chair")
    own = [await office.meeting(here, notes, title=title, in_ms=DAY_MS) for title in ("Satu", "Dua; ü")]
    await office.meeting(invited(other, "chair"), notes, title="Rahasia")
    browser = await signed_in("alice")
    await browser.get("/account")
    assert (await browser.post("/account/calendar", {"do": "renew"})).status == 303
    return browser, await path_of(office, alice.account_id), own


async def path_of(office: TheOffice, account_id: str) -> str:
    """As the account's page shows it."""
    feeds = CalendarFeeds(
        office.store.feeds, office.store.listings, office.clock, office.store.vault.secret("calendar"),
        words=Catalogues().words, url=lambda: "",
    )  # fmt: skip
    return await feeds.address(account_id)


async def test_it_has_ones_own_meetings_in_their_zone_and_nothing_that_opens_a_door(
    office: TheOffice, signed_in: SignsIn, browser: Opens
) -> None:
    alice, path, own = await subscribed(office, signed_in)
    await alice.get("/account")
    assert path in alice.page
    await office.rooms.submit(own[1], PLANNER, commands.CancelMeeting("Batal"))
    program = browser()
    response = await program.get(path)
    assert (response.status, response.content_type) == (200, "text/calendar")
    assert "Set-Cookie" not in response.headers
    calendar = Calendar.from_ical(program.page)
    events = {str(one["SUMMARY"]): one for one in calendar.walk("VEVENT")}
    assert events.keys() == {"Satu", "Dua; ü"}
    assert [str(one["TZID"]) for one in calendar.walk("VTIMEZONE")] == ["Asia/Jakarta"]
    start = events["Satu"]["DTSTART"]
    assert start.params["TZID"] == "Asia/Jakarta"
    assert start.dt.astimezone(UTC) == datetime.fromtimestamp((office.clock.now_ms() + DAY_MS) // 1000, UTC)
    assert (events["Satu"]["STATUS"], events["Dua; ü"]["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert str(events["Satu"]["UID"]) == f"{own[0]}@balai"
    assert str(events["Satu"]["URL"]).endswith(f"/m/{own[0]}")
    for secret in ("/j/", "/a/", "Rahasia"):
        assert secret not in program.page


async def test_whoever_has_it_already_gets_nothing_again(
    office: TheOffice, signed_in: SignsIn, browser: Opens, clock: FakeClock
) -> None:
    _, path, own = await subscribed(office, signed_in)
    program = browser()
    first = await program.get(path)
    tag, since = first.headers["ETag"], first.headers["Last-Modified"]
    clock.advance(60_000)
    assert (await program.get(path, headers={"If-None-Match": tag})).status == 304
    assert (await program.get(path, headers={"If-Modified-Since": since})).status == 304
    assert (await program.get(path)).headers["ETag"] == tag
    await office.rooms.submit(own[1], PLANNER, commands.CancelMeeting())
    again = await program.get(path, headers={"If-None-Match": tag, "If-Modified-Since": since})
    assert again.status == 200
    assert again.headers["ETag"] != tag
    assert again.headers["Last-Modified"] != since
    assert (await program.get(path, headers={"If-Modified-Since": since})).status == 200


async def test_a_renewed_revoked_or_forged_address_leads_nowhere(
    office: TheOffice, signed_in: SignsIn, browser: Opens
) -> None:
    alice, path, _ = await subscribed(office, signed_in)
    program = browser()
    await alice.get("/account")
    await alice.post("/account/calendar", {"do": "renew"})
    assert (await program.get(path)).status == 404
    account_id = (await office.store.accounts.by_login("alice")).account_id  # type: ignore[union-attr]
    second = await path_of(office, account_id)
    assert second != path
    assert (await program.get(second)).status == 200
    last = "0" if second[-5] != "0" else "1"
    assert (await program.get(f"{second[:-5]}{last}.ics")).status == 404
    await office.identity.accounts.deactivate(account_id)
    assert (await program.get(second)).status == 404
    await office.identity.accounts.activate(account_id)
    browser_again = await signed_in("alice")
    await browser_again.get("/account")
    assert (await browser_again.post("/account/calendar", {"do": "revoke"}, csrf="x" * 43)).status == 403
    await browser_again.get("/account")
    await browser_again.post("/account/calendar", {"do": "revoke"})
    assert (await program.get(second)).status == 404


async def test_asking_without_end_and_guessing_are_slowed_down(
    office: TheOffice, signed_in: SignsIn, browser: Opens, clock: FakeClock
) -> None:
    _, path, _ = await subscribed(office, signed_in)
    program = browser()
    answers = [(await program.get(path)).status for _ in range(62)]
    assert answers == [200] * 60 + [429] * 2
    assert program.response.headers["Retry-After"]
    guesses = [(await program.get(f"/calendar/{number:032x}.{'0' * 40}.ics")).status for number in range(32)]
    assert guesses == [404] * 30 + [429] * 2
    clock.advance(16 * 60_000)
    assert (await program.get(path)).status == 200
