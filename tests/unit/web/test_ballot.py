"""The slot of the ballot box: whoever brings a valid ballot, nobody is asked who they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from server.meeting import commands
from server.meeting.commands import Actor
from tests import voter
from tests.unit.web.office import Browser, TheOffice, invited

Browsers = Callable[[], Browser]


async def opened(office: TheOffice) -> tuple[str, str]:
    """A meeting with a secret ballot on; its id and the box's key."""
    people = [await office.account(login, login.title()) for login in ("ketua", "notulis", "ani")]
    roles = ("chair", "secretary", "participant")
    meeting_id = await office.meeting(*(invited(one, role) for one, role in zip(people, roles, strict=True)))
    for number in (1, 2, 3):
        await office.rooms.submit(meeting_id, Actor(f"p{number}", f"s{number}"), commands.Join(f"s{number}"))
        await office.act(meeting_id, f"p{number}", commands.ConfirmPresence(f"s{number}", "act"))
    await office.act(meeting_id, "p1", commands.OpenMeeting())
    await office.act(meeting_id, "p1", commands.OpenVote("v1", "", "Ketua panitia", "secret", 600))
    return meeting_id, (await office.rooms.state(meeting_id)).deliberation.motions["v1"].key


async def ballot(office: TheOffice, meeting_id: str, key: str, person_id: str) -> dict[str, Any]:
    paper = voter.paper(key, meeting_id, "v1", "yes")
    take = commands.TakeBallot("v1")
    _, signature = await office.rooms.paper(meeting_id, Actor(person_id), take, paper.blinded)
    return {"meeting_id": meeting_id, "motion_id": "v1", **asdict(paper.finalized(signature))}


async def test_a_ballot_goes_in_without_cookie_and_leaves_none(office: TheOffice, browser: Browsers) -> None:
    meeting_id, key = await opened(office)
    body = await ballot(office, meeting_id, key, "p3")
    for _ in range(2):  # the answer was lost, it is put in again
        async with browser().client.post("/ballot", json=body) as answer:
            assert (answer.status, await answer.json()) == (200, {})
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
    assert await office.store.boxes.count(meeting_id, "v1") == 1


async def test_what_is_no_ballot_is_refused(office: TheOffice, browser: Browsers) -> None:
    meeting_id, key = await opened(office)
    body = await ballot(office, meeting_id, key, "p3")
    for change, code in (
        ({"choice": "no"}, "vote.ballot"),
        ({"choice": "perhaps"}, "vote.ballot"),
        ({"signature": "00" * 256}, "vote.ballot"),
        ({"signature": "00" * 9_000}, "vote.ballot"),
        ({"who": "p3"}, "vote.ballot"),
        ({"meeting_id": "0" * 16}, "meeting.unknown"),
        ({"motion_id": "v2"}, "vote.unknown"),
    ):
        async with browser().client.post("/ballot", json=body | change) as answer:
            assert (answer.status, await answer.json()) == (400, {"code": code}), change
    async with browser().client.post("/ballot", data="receipt=1") as answer:
        assert answer.status == 400
    async with browser().client.post("/ballot", data=b"{", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
    assert await office.store.boxes.count(meeting_id, "v1") == 0


async def test_without_a_quorum_it_is_to_be_asked_again(office: TheOffice, browser: Browsers) -> None:
    meeting_id, key = await opened(office)
    body = await ballot(office, meeting_id, key, "p3")
    for number in (1, 2):
        await office.rooms.submit(meeting_id, Actor(f"p{number}"), commands.Leave(f"s{number}", "left"))
    async with browser().client.post("/ballot", json=body) as answer:
        assert (answer.status, await answer.json()) == (503, {"code": "vote.no_quorum"})
