"""Checking in at a meeting room: the code on its screen, the phone's page, and what an old photograph is worth."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from server.identity.keys import Signer
from server.meeting import commands
from server.meeting.commands import Actor, Invitee
from tests.fakes import FakeClock
from tests.unit.web.office import Browser, TheOffice, invited
from web.views.checkin import MARK, WINDOW_MS

Browsers = Callable[[], Browser]
SIGNED = "M10 20L30 40L50 60"


async def held(office: TheOffice, browser: Browsers) -> tuple[str, Browser]:
    """A meeting that is on; its secretary has made a room, whose device (the browser) is in it."""
    people = [await office.account(login, login.title()) for login in ("ketua", "notulis", "ani")]
    roles = ("chair", "secretary", "participant")
    meeting_id = await office.meeting(*(invited(one, role) for one, role in zip(people, roles, strict=True)))
    secretary, device = browser(), browser()
    await secretary.sign_in("notulis")
    await secretary.get(f"/m/{meeting_id}")
    assert (await secretary.post(f"/m/{meeting_id}/rooms", {"name": "Ruang Rapat Setda"})).status == 303
    await secretary.follow()
    assert "Ruang Rapat Setda" in secretary.page
    links = (await office.identity.links.tokens(meeting_id, ("room-1",), office.clock.now_ms() + 1))["room-1"]
    await device.get(f"/j/{links}")
    await device.post(f"/j/{links}")
    await office.rooms.submit(meeting_id, Actor("p1", "s1"), commands.Join("s1"))
    await office.act(meeting_id, "p1", commands.OpenMeeting())
    await office.rooms.submit(meeting_id, Actor("room-1", "s9"), commands.Join("s9"))
    return meeting_id, device


def code_now(office: TheOffice, meeting_id: str, room_id: str = "room-1", windows_ago: int = 0) -> str:
    """What the QR code on the screen says."""
    window = office.clock.now_ms() // WINDOW_MS - windows_ago
    mark = Signer(office.store.vault.secret("web"), "checkin code").sign(meeting_id, room_id, str(window))
    return f"{meeting_id}.{room_id}.{window}.{mark[:MARK]}"


async def test_a_person_scans_signs_and_leaves(office: TheOffice, browser: Browsers) -> None:
    meeting_id, device = await held(office, browser)
    picture = await device.get(f"/m/{meeting_id}/checkin.svg")
    assert (picture.status, picture.content_type) == (200, "image/svg+xml")
    phone = browser()
    await phone.get(f"/c/{code_now(office, meeting_id)}")
    await phone.follow()
    found = re.search(r"/login\?next=(/m/[^\"]+)", phone.page)  # whose phone it is, it must say
    assert found is not None
    inner = unquote(found[1])
    await phone.sign_in("ani")
    await phone.get(inner)
    assert "Ruang Rapat Setda" in phone.page
    await phone.post(inner, {"signature": ""})
    assert phone.response.status == 400
    await phone.post(inner, {"signature": SIGNED})
    assert phone.response.status == 303
    await phone.follow()
    assert "Saya meninggalkan ruangan" in phone.page
    state = await office.rooms.state(meeting_id)
    assert state.deliberation.check_ins["p3"].room_id == "room-1"
    await phone.post(f"/m/{meeting_id}/checkin")
    assert "p3" not in (await office.rooms.state(meeting_id)).deliberation.check_ins


async def test_an_old_or_invented_code_is_refused_with_a_clear_sentence(
    office: TheOffice, browser: Browsers, clock: FakeClock
) -> None:
    meeting_id, _ = await held(office, browser)
    phone = browser()
    await phone.sign_in("ani")
    fresh = code_now(office, meeting_id)
    assert (await phone.get(f"/c/{fresh}")).status == 303
    clock.advance(WINDOW_MS)
    assert (await phone.get(f"/c/{fresh}")).status == 303  # it was on the screen a moment ago
    clock.advance(WINDOW_MS)
    assert (await phone.get(f"/c/{fresh}")).status == 403
    assert "Kode ini sudah tidak berlaku" in phone.page
    for wrong in (code_now(office, meeting_id, "room-2")[:-1] + "x", code_now(office, meeting_id, windows_ago=-1)):
        assert (await phone.get(f"/c/{wrong}")).status == 403


async def test_a_pass_is_for_the_browser_that_scanned_and_for_ten_minutes(
    office: TheOffice, browser: Browsers, clock: FakeClock
) -> None:
    meeting_id, _ = await held(office, browser)
    phone, friend = browser(), browser()
    await phone.sign_in("ani")
    await friend.sign_in("ketua")
    await phone.get(f"/c/{code_now(office, meeting_id)}")
    sent_on = phone.response.headers["Location"]
    assert (await friend.get(sent_on)).status == 403
    assert (await phone.get(sent_on)).status == 200
    clock.advance(11 * 60_000)
    assert (await phone.post(sent_on, {"signature": SIGNED})).status == 403


async def test_only_the_rooms_own_device_gets_the_code(office: TheOffice, browser: Browsers) -> None:
    meeting_id, _ = await held(office, browser)
    other = browser()
    await other.sign_in("ani")
    assert (await other.get(f"/m/{meeting_id}/checkin.svg")).status == 403
    await other.get(f"/m/{meeting_id}")
    assert not re.search("rooms-name|/rooms", other.page)
    assert (await other.post(f"/m/{meeting_id}/rooms", {"name": "Ruang"}, csrf=other.csrf())).status == 403


async def test_whose_link_is_open_on_their_laptop_checks_in_with_the_phone_by_the_same_link(
    office: TheOffice, browser: Browsers, clock: FakeClock
) -> None:
    people = [await office.account(login, login.title()) for login in ("ketua", "notulis")]
    chair, secretary = (invited(one, role) for one, role in zip(people, ("chair", "secretary"), strict=True))
    meeting_id = await office.meeting(chair, secretary, Invitee("Tono", "participant", email="tono@luar.go.id"))
    await office.act(meeting_id, "p2", commands.AddRoomDevice("Ruang Rapat Setda"))
    await office.act(meeting_id, "p1", commands.OpenMeeting())
    await office.rooms.submit(meeting_id, Actor("room-1", "s9"), commands.Join("s9"))
    token = (await office.identity.links.tokens(meeting_id, ("p3",), clock.now_ms() + 1))["p3"]
    laptop, phone, thief = browser(), browser(), browser()
    await laptop.get(f"/j/{token}")
    assert (await laptop.post(f"/j/{token}")).status == 303
    assert (await phone.get(f"/j/{token}")).status == 403  # without having scanned it stays the laptop's
    await phone.get(f"/c/{code_now(office, meeting_id)}")
    await phone.follow()
    assert "tautan pribadi" in phone.page
    assert (await phone.get(f"/j/{token}")).status == 303
    await phone.follow()
    assert "Ruang Rapat Setda" in phone.page
    signing = phone.response.url.path
    assert (await phone.post(signing, {"signature": SIGNED})).status == 303
    assert (await office.rooms.state(meeting_id)).deliberation.check_ins["p3"].room_id == "room-1"
    assert (await phone.get(f"/m/{meeting_id}")).status == 303  # the meeting itself stays closed to it
    assert (await phone.get(f"/m/{meeting_id}/checkin")).status == 200
    await thief.get(f"/c/{code_now(office, meeting_id)}")
    for cookie in phone.client.session.cookie_jar:
        if cookie.key == "checkin_as":
            thief.client.session.cookie_jar.update_cookies({"checkin_as": cookie.value})
    await thief.follow()
    assert "tautan pribadi" in thief.page  # another browser's mark is worth nothing
    await office.identity.links.renew(meeting_id, "p3")
    assert (await phone.get(f"/m/{meeting_id}/checkin")).status == 303  # nor is that of a link that was taken back
