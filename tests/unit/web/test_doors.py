"""Personal links and the guests' door: useless to anybody else, and never spent by a machine that only looks."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable

import pytest

from server.meeting import commands
from server.meeting.commands import Invitee
from tests.fakes import FakeClock
from tests.unit.web.office import DAY_MS, PASSWORD, Browser, TheOffice, invited

NewBrowser = Callable[[], Browser]
SignIn = Callable[[str], Awaitable[Browser]]
CHAIR, RINA = "p1", "p3"


async def planned(office: TheOffice) -> tuple[str, dict[str, str]]:
    """The meeting, and everybody's link by person_id."""
    budi = await office.account("budi", "Budi Santoso")
    siti = await office.account("siti", "Siti Aminah", "secretary")
    rina = Invitee("Rina Marlina", "participant", function="Ketua PKK")
    meeting = await office.meeting(invited(budi, "chair"), invited(siti, "secretary"), rina)
    plan = (await office.rooms.state(meeting)).plan
    tokens = await office.identity.links.tokens(meeting, ("p1", "p2", "p3"), plan.ends_ms)
    return meeting, {person: f"/j/{token}" for person, token in tokens.items()}


async def test_a_link_lets_its_person_in_and_belongs_to_the_first_browser(
    office: TheOffice, browser: NewBrowser
) -> None:
    meeting, links = await planned(office)
    rina, thief = browser(), browser()
    await rina.get(links[RINA])
    assert "Rina Marlina" in rina.page
    assert (await rina.get(f"/m/{meeting}")).status == 303, "looking is not yet using"
    await rina.get(links[RINA])
    assert (await rina.post(links[RINA])).headers["Location"] == f"/m/{meeting}"
    assert (await rina.follow()).status == 200
    assert (await rina.get(links[RINA])).status == 303
    assert (await thief.get(links[RINA])).status == 403
    assert f"/g/{meeting}" in thief.page
    assert (await thief.post(links[RINA], csrf=thief.csrf())).status == 403
    await thief.get("/login")
    assert (await thief.post(links[RINA])).status == 403
    assert (await thief.get(f"/m/{meeting}")).headers["Location"].startswith("/login")


async def test_two_browsers_at_once_cannot_both_have_it(office: TheOffice, browser: NewBrowser) -> None:
    meeting, links = await planned(office)
    one, two = browser(), browser()
    await one.get(links[RINA])
    await two.get(links[RINA])
    statuses = [(await each.post(links[RINA])).status for each in (one, two)]
    assert statuses == [303, 403]
    assert (await two.get(f"/m/{meeting}")).headers["Location"].startswith("/login")


async def test_a_link_of_somebody_with_an_account_needs_that_account(
    office: TheOffice, browser: NewBrowser, signed_in: SignIn
) -> None:
    meeting, links = await planned(office)
    await office.account("dedi", "Dedi Kurniawan")
    one = browser()
    location = (await one.get(links[CHAIR])).headers["Location"]
    assert location.startswith("/login?next=/j/")
    await one.follow()
    target = re.search(r'name="next" value="([^"]+)"', one.page)
    assert target
    await one.post("/login", {"login": "budi", "password": PASSWORD, "next": target[1]})
    assert one.response.headers["Location"] == links[CHAIR]
    assert (await one.follow()).headers["Location"] == f"/m/{meeting}"
    other = await signed_in("dedi")
    assert (await other.get(links[CHAIR])).status == 403
    assert "Budi Santoso" in other.page
    assert (await other.post(links[CHAIR])).status == 303
    assert (await other.get(f"/m/{meeting}")).status == 404


@pytest.mark.parametrize("change", ["signature", "link_id"])
async def test_a_changed_link_opens_nothing(office: TheOffice, browser: NewBrowser, change: str) -> None:
    _, links = await planned(office)
    link_id, signature = links[RINA].removeprefix("/j/").split(".")
    other = links[CHAIR].removeprefix("/j/").split(".")[0]
    token = f"{other}.{signature}" if change == "link_id" else f"{link_id}.{'A' * 43}"
    one = browser()
    assert (await one.get(f"/j/{token}")).status == 401
    assert "Rina" not in one.page


async def test_links_expire_and_end_when_renewed_or_when_their_person_is_no_longer_invited(
    office: TheOffice, clock: FakeClock, browser: NewBrowser, signed_in: SignIn
) -> None:
    meeting, links = await planned(office)
    rina, siti = browser(), await signed_in("siti")
    await rina.get(links[RINA])
    await rina.post(links[RINA])
    await siti.get(f"/m/{meeting}")
    assert (await siti.post(f"/m/{meeting}/links/{RINA}/renew")).status == 303
    assert office.doors.looks == 1
    assert (await rina.get(f"/m/{meeting}")).status == 303
    assert (await rina.get(links[RINA])).status == 401
    await siti.get(f"/m/{meeting}")
    fresh = [link for link in re.findall(r"/j/[\w.-]+", siti.page) if link not in links.values()]
    assert len(fresh) == 1
    assert (await browser().get(fresh[0])).status == 200
    clock.advance(40 * DAY_MS)
    assert (await browser().get(fresh[0])).status == 401


async def test_the_same_link_is_told_each_time(office: TheOffice, signed_in: SignIn) -> None:
    meeting, links = await planned(office)
    siti = await signed_in("siti")
    for _ in range(2):
        await siti.get(f"/m/{meeting}")
        assert set(re.findall(r"/j/[\w.-]+", siti.page)) == set(links.values())


async def test_a_renewed_link_ends_the_rooms_ticket(
    office: TheOffice, clock: FakeClock, browser: NewBrowser, signed_in: SignIn
) -> None:
    meeting, links = await planned(office)
    rina, siti = browser(), await signed_in("siti")
    await rina.get(links[RINA])
    await rina.post(links[RINA])
    room = await room_of(rina, meeting)
    admission = await office.identity.tickets.check(room["ticket"], clock.now_ms())
    assert (admission.person_id, admission.account_id, admission.office_role) == (RINA, "", "")
    await siti.get(f"/m/{meeting}")
    await siti.post(f"/m/{meeting}/links/{RINA}/renew")
    with pytest.raises(Exception, match=r"ticket\.revoked"):
        await office.identity.tickets.check(room["ticket"], clock.now_ms())


async def test_a_guest_says_who_they_are_and_waits(office: TheOffice, clock: FakeClock, browser: NewBrowser) -> None:
    meeting, _ = await planned(office)
    guest = browser()
    await guest.get(f"/g/{meeting}")
    assert (await guest.post(f"/g/{meeting}", {"name": "", "office": "Bank <b>"})).status == 400
    assert 'value="Bank &lt;b&gt;"' in guest.page
    response = await guest.post(f"/g/{meeting}", {"name": "Tono  Wijaya", "office": "Bank Daerah"})
    assert response.headers["Location"] == f"/m/{meeting}/room"
    room = await room_of(guest, meeting)
    assert (room["role"], room["name"], room["leaveUrl"]) == ("waiting", "Tono Wijaya", f"/g/{meeting}")
    admission = await office.identity.tickets.check(room["ticket"], clock.now_ms())
    assert admission.waiting_id
    assert (admission.person_id, admission.guest_name, admission.guest_office) == ("", "Tono Wijaya", "Bank Daerah")
    for path in ("", "/attendance", "/record"):
        assert (await guest.get(f"/m/{meeting}{path}")).status == 303
    ask = commands.AskToEnter(admission.waiting_id, "Tono Wijaya")
    await office.rooms.submit(meeting, commands.Actor(), ask)
    await office.act(meeting, CHAIR, commands.AdmitGuest(admission.waiting_id))
    assert (await room_of(guest, meeting))["role"] == "guest"
    await guest.get(f"/g/{meeting}")
    assert "dipersilakan masuk" in guest.page


async def test_a_refused_guest_does_not_become_another_by_asking_again(office: TheOffice, browser: NewBrowser) -> None:
    meeting, _ = await planned(office)
    guest = browser()
    await guest.get(f"/g/{meeting}")
    await guest.post(f"/g/{meeting}", {"name": "Tono Wijaya"})
    first = (await room_of(guest, meeting))["ticket"]
    await guest.get("/login")
    await guest.post(f"/g/{meeting}", {"name": "Nama Lain"})
    assert (await room_of(guest, meeting))["name"] == "Tono Wijaya"
    assert first


async def test_guests_cannot_flood_the_waiting_room(office: TheOffice, browser: NewBrowser) -> None:
    meeting, _ = await planned(office)
    statuses = []
    for number in range(61):
        guest = browser()
        await guest.get(f"/g/{meeting}")
        statuses.append((await guest.post(f"/g/{meeting}", {"name": f"Tamu {number}"})).status)
    assert statuses[:60] == [303] * 60
    assert statuses[60] == 403


async def room_of(one: Browser, meeting: str) -> dict[str, str]:
    await one.get(f"/m/{meeting}/room")
    found = re.search(r'type="application/json">(.*?)</script>', one.page, re.S)
    assert found, one.response.status
    room: dict[str, str] = json.loads(found[1])
    return room


async def test_a_secretary_from_outside_plans_without_seeing_the_offices_directory(
    office: TheOffice, browser: NewBrowser
) -> None:
    budi = await office.account("budi", "Budi Santoso")
    await office.account("rahasia", "Orang Rahasia")
    meeting = await office.meeting(invited(budi, "chair"), Invitee("Notaris Luar", "secretary"), in_ms=DAY_MS)
    token = (await office.identity.links.tokens(meeting, ("p2",), 0))["p2"]
    one = browser()
    await one.get(f"/j/{token}")
    await one.post(f"/j/{token}")
    assert (await one.get(f"/m/{meeting}/edit")).status == 200
    assert "Budi Santoso (budi)" in one.page
    assert "Rahasia" not in one.page


async def entry(office: TheOffice, meeting: str, **rules: object) -> None:
    await office.act(meeting, "p2", commands.SetEntry(**rules))  # type: ignore[arg-type]


async def test_the_secretary_sets_how_one_comes_in_and_others_do_not(office: TheOffice, signed_in: SignIn) -> None:
    meeting, _ = await planned(office)
    siti, budi = await signed_in("siti"), await signed_in("budi")
    await siti.get(f"/m/{meeting}/entry")
    rules = {"direct": "leaders", "early_min": "15", "limit": "40", "code": "rapat1", "watch": "on"}
    assert (await siti.post(f"/m/{meeting}/entry", rules)).status == 303
    now = (await office.rooms.state(meeting)).entry
    assert (now.direct, now.guests, now.code, now.limit, now.early_min, now.watch) == (
        "leaders", False, "rapat1", 40, 15, True,
    )  # fmt: skip
    await siti.follow()
    for wrong in ({"early_min": "999"}, {"limit": "-1"}, {"code": "a b"}):
        assert (await siti.post(f"/m/{meeting}/entry", rules | wrong)).status == 400
    assert (await office.rooms.state(meeting)).entry == now
    await office.account("dedi", "Dedi Kurniawan")
    dedi = await signed_in("dedi")
    assert (await dedi.get(f"/m/{meeting}/entry")).status == 404
    assert (await budi.get(f"/m/{meeting}/entry")).status == 200, "the chair may, too"


async def test_guests_need_the_code_and_guesses_are_counted(office: TheOffice, browser: NewBrowser) -> None:
    meeting, _ = await planned(office)
    await entry(office, meeting, code="Rapat1")
    guest = browser()
    await guest.get(f"/g/{meeting}")
    assert (await guest.post(f"/g/{meeting}", {"name": "Tamu Baik", "code": "rapat1 "})).status == 303
    thief = browser()
    await thief.get(f"/g/{meeting}")
    statuses = {(await thief.post(f"/g/{meeting}", {"name": "Pencuri", "code": f"{n:04}"})).status for n in range(60)}
    assert statuses == {400, 403}, "no more guesses from there"


async def test_where_there_are_no_guests_the_door_says_so(office: TheOffice, browser: NewBrowser) -> None:
    meeting, _ = await planned(office)
    await entry(office, meeting, guests=False)
    one = browser()
    await one.get(f"/g/{meeting}")
    assert "hanya untuk yang diundang" in one.page
    assert (await one.post(f"/g/{meeting}", {"name": "Tamu Lain"})).status == 403


async def test_the_public_finds_only_what_is_public_and_gets_no_further_than_the_room(
    office: TheOffice, browser: NewBrowser, clock: FakeClock
) -> None:
    budi, siti = await office.account("budi", "Budi Santoso"), await office.account("siti", "Siti Aminah", "secretary")
    meeting = await office.meeting(invited(budi, "chair"), invited(siti, "secretary"), in_ms=DAY_MS)
    one = browser()
    assert (await one.get(f"/w/{meeting}")).status == 404
    await entry(office, meeting, watch=True, early_min=5)
    plan = (await office.rooms.state(meeting)).plan
    await one.get(f"/w/{meeting}")
    assert "data-countdown" in one.page
    assert "Budi Santoso" not in one.page
    clock.advance(plan.starts_ms - clock.now_ms())
    await one.get(f"/w/{meeting}")
    assert (await one.post(f"/w/{meeting}")).headers["Location"] == f"/m/{meeting}/room"
    await one.follow()
    assert re.search(r'"role": ?"watcher"', one.page)
    assert (await one.get(f"/m/{meeting}")).headers["Location"].startswith("/login"), (
        "the meeting's page is for its people"
    )
    (watcher,) = [p for p in (await office.rooms.state(meeting)).people.values() if p.role == "watcher"]
    assert watcher.person_id.startswith("watch-")
