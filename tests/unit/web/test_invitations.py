"""Inviting and answering through the pages: looking answers nothing, links of others and old pages do not count."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from server.meeting import commands
from server.meeting.commands import Actor, Invitee
from tests.unit.web.office import DAY_MS, HOUR_MS, PLANNER, Browser, TheOffice, invited

Opens = Callable[[], Browser]
SignsIn = Callable[[str], Awaitable[Browser]]


async def outsider(office: TheOffice) -> tuple[str, str]:
    """A meeting to which Dewi is invited by mail alone: its id, and the path of her answer."""
    chair = await office.account("ketua", "Rahayu Ketua")
    secretary = await office.account("notulis", "Sari Notulis")
    dewi = Invitee("Dewi Lestari", "participant", function="Camat Koba", email="dewi@contoh.go.id")
    meeting_id = await office.meeting(invited(chair, "chair"), invited(secretary, "secretary"), dewi, in_ms=DAY_MS)
    links = office.identity.links
    token = (await links.tokens(meeting_id, ("p3",), office.clock.now_ms() + DAY_MS))["p3"]
    return meeting_id, f"/a/{links.answer_token(token)}"


async def answers(office: TheOffice, meeting_id: str) -> dict[str, str]:
    replies = (await office.rooms.state(meeting_id)).correspondence.replies
    return {person_id: one.answer for person_id, one in replies.items()}


async def starts(office: TheOffice, meeting_id: str) -> str:
    return str((await office.rooms.state(meeting_id)).plan.starts_ms)


async def test_opening_the_link_answers_nothing_and_sending_does(office: TheOffice, browser: Opens) -> None:
    meeting_id, path = await outsider(office)
    dewi = browser()
    assert (await dewi.get(f"{path}?answer=no")).status == 200
    assert 'value="no" checked' in dewi.page
    assert "Dewi Lestari" in dewi.page
    assert await answers(office, meeting_id) == {}
    when = {"starts_ms": await starts(office, meeting_id)}
    assert (await dewi.post(path, when)).status == 400
    assert (await dewi.post(path, when | {"answer": "stand_in"})).status == 400
    told = {"answer": "stand_in", "stand_in_name": "Budi", "stand_in_function": "Sekcam", "message": "Tugas luar"}
    assert (await dewi.post(path, when | told)).status == 303
    await dewi.follow()
    assert "Budi, Sekcam" in dewi.page
    reply = (await office.rooms.state(meeting_id)).correspondence.replies["p3"]
    assert (reply.answer, reply.stand_in_name, reply.way) == ("stand_in", "Budi", "link")
    await dewi.post(path, when | {"answer": "yes"})
    assert await answers(office, meeting_id) == {"p3": "yes"}


async def test_an_answer_to_another_time_is_refused_and_an_older_one_is_stale(
    office: TheOffice, browser: Opens, signed_in: SignsIn
) -> None:
    meeting_id, path = await outsider(office)
    dewi = browser()
    await dewi.get(path)
    old = {"starts_ms": await starts(office, meeting_id), "answer": "yes"}
    assert (await dewi.post(path, old)).status == 303
    state = await office.rooms.state(meeting_id)
    people = tuple(
        Invitee(**{name: getattr(one, name) for name in Invitee.__dataclass_fields__}) for one in state.people.values()
    )
    plan = state.plan
    later = commands.PlanMeeting(
        plan.title, plan.starts_ms + HOUR_MS, plan.ends_ms + HOUR_MS, plan.zone, state.items, people, plan.place
    )
    await office.rooms.submit(meeting_id, PLANNER, later)
    await dewi.get(path)
    assert (await dewi.post(path, replace_answer(old, "no"))).status == 400
    assert await answers(office, meeting_id) == {"p3": "yes"}
    secretary = await signed_in("notulis")
    await secretary.get(f"/m/{meeting_id}/invitations")
    assert "untuk waktu lama" in secretary.page


def replace_answer(fields: dict[str, str], answer: str) -> dict[str, str]:
    return {**fields, "answer": answer}


async def test_forged_swapped_and_ended_links_open_nothing(office: TheOffice, browser: Opens) -> None:
    meeting_id, path = await outsider(office)
    anybody = browser()
    link_id, _, signature = path.removeprefix("/a/").partition(".")
    turned = ("a" if signature[0] != "a" else "b") + signature[1:]
    token = (await office.identity.links.tokens(meeting_id, ("p1",), office.clock.now_ms() + DAY_MS))["p1"]
    other_id = token.partition(".")[0]
    for forged in (f"{link_id}.{turned}", f"{other_id}.{signature}", token, f"{'0' * 32}.{signature}"):
        assert (await anybody.get(f"/a/{forged}")).status == 401
    assert (await anybody.get(f"/j/{path.removeprefix('/a/')}")).status == 401  # answering lets nobody in
    await anybody.get(path)
    await office.identity.links.renew(meeting_id, "p3")
    fields = {"starts_ms": await starts(office, meeting_id), "answer": "yes"}
    assert (await anybody.post(path, fields)).status == 401
    assert (await anybody.post(path, fields, csrf="x" * 43)).status == 403
    assert await answers(office, meeting_id) == {}


async def test_one_answers_for_oneself_and_the_secretary_for_who_told_them(
    office: TheOffice, browser: Opens, signed_in: SignsIn
) -> None:
    meeting_id, _ = await outsider(office)
    await office.account("lain", "Orang Lain")
    fields = {"starts_ms": await starts(office, meeting_id), "answer": "yes"}
    secretary = await signed_in("notulis")
    await secretary.get(f"/m/{meeting_id}/answers/p3")
    await secretary.post(f"/m/{meeting_id}/answers/p3", fields)
    assert (await office.rooms.state(meeting_id)).correspondence.replies["p3"].way == "secretary"
    other = await signed_in("lain")
    await other.get("/account")
    assert (await other.post(f"/m/{meeting_id}/answers/p3", fields)).status == 404
    for path in ("invitations", "invitations/preview?person=p3", "undangan.pdf"):
        assert (await other.get(f"/m/{meeting_id}/{path}")).status == 404


async def test_without_a_mail_server_the_page_says_so_and_sends_nothing(office: TheOffice, signed_in: SignsIn) -> None:
    meeting_id, _ = await outsider(office)
    secretary = await signed_in("notulis")
    await secretary.get(f"/m/{meeting_id}/invitations")
    assert "Peladen pos belum diatur" in secretary.page
    sent = {"nature": "ordinary", "signer_id": "p1"}
    assert (await secretary.post(f"/m/{meeting_id}/invitations", sent)).status == 503
    assert (await office.rooms.state(meeting_id)).correspondence.letter is None


async def test_the_board_counts_answers_and_the_quorum(office: TheOffice, signed_in: SignsIn) -> None:
    meeting_id, _ = await outsider(office)
    when = int(await starts(office, meeting_id))
    await office.rooms.submit(meeting_id, PLANNER, commands.SendInvitations("important", "Menindaklanjuti surat", "p2"))
    await office.rooms.submit(meeting_id, Actor("p1"), commands.AnswerInvitation("p1", "yes", when))
    secretary = await signed_in("notulis")
    await secretary.get(f"/m/{meeting_id}/invitations")
    assert "1 dari sekurang-kurangnya 2 (3 anggota)" in secretary.page
    await office.rooms.submit(meeting_id, PLANNER, commands.AnswerInvitation("p3", "stand_in", when, "web", "Budi"))
    await secretary.get(f"/m/{meeting_id}/invitations")
    assert "2 dari sekurang-kurangnya 2 (3 anggota)" in secretary.page
    assert "Tercapai" in secretary.page
    await secretary.get(f"/m/{meeting_id}")
    assert "Hadir 1, mewakilkan 1, tidak hadir 0, belum pasti 1." in secretary.page
