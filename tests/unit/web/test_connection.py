"""The page that tries the ways to the media: who gets it, and what it is given to try with."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable

import pytest

from server.clock import SystemClock
from server.errors import NotFound, Unavailable
from server.sfu.config import MediaConfig
from server.sfu.plane import MediaPlaneProcess
from server.sfu.probe import MOST_AT_ONCE, Probes
from server.sfu.turn import TurnServer
from server.tasks import TaskOwner
from tests.unit.web.office import Browser, TheOffice


async def test_who_is_signed_in_gets_sessions_to_try_with(
    office: TheOffice, signed_in: Callable[[str], Awaitable[Browser]]
) -> None:
    account = await office.account("sri", "Sri Rahayu")
    browser = await signed_in("sri")
    response = await browser.get("/connection")
    assert response.status == 200
    [text] = re.findall(r'<script type="application/json">(.*?)</script>', browser.page, re.DOTALL)
    assert json.loads(text) == office.lender.offered
    assert office.lender.asked == [account.account_id]
    assert browser.page.count("data-way=") == 3


async def test_nobody_else_costs_the_media_anything(office: TheOffice, browser: Callable[[], Browser]) -> None:
    response = await browser().get("/connection")
    assert response.status == 303
    assert response.headers["Location"] == "/login?next=/connection"
    assert office.lender.asked == []


async def test_every_media_process_lends_a_session_that_is_in_no_meeting() -> None:
    plane = MediaPlaneProcess(
        MediaConfig(), SystemClock(), log_level="ERROR", workers=2, turn=[TurnServer(("turn:t.example",), "s")]
    )
    await plane.start()
    tasks = TaskOwner("test")
    probes = Probes(plane, tasks)
    try:
        offer = await probes.offer("ani")
        ports = {one["port"] for process in offer["processes"] for one in process["candidates"]}
        assert ports == {port for pair in plane.ports for port in pair}
        assert offer["ice_servers"][0]["urls"] == ["turn:t.example"]
        assert plane.meetings() == ()
        again = await probes.offer("ani")
        assert again["processes"][0]["parameters"] != offer["processes"][0]["parameters"]
        for number in range(MOST_AT_ONCE - 1):
            await probes.offer(f"other-{number}")
        with pytest.raises(Unavailable):
            await probes.offer("one too many")
        await plane.end_probe("ani")
        with pytest.raises(NotFound):
            await plane.restart_ice("connection-check.0.ani", "receive")
    finally:
        await tasks.close()
        await plane.close()
