"""What networks do to a meeting of Firefox and Chromium: no UDP, and a NAT that rebinds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Office
from tests.interop.bidi import Line
from tests.interop.meeting import first_pictures, meet
from tests.interop.namespace import SERVER_ADDRESS
from tests.interop.people import Person
from tests.interop.router import router

pytestmark = pytest.mark.interop


async def test_media_take_tcp_where_udp_does_not_pass(
    office_behind_router: Office, firefox: Line, chromium: Browser, measured: Callable[[str], None]
) -> None:
    async with router(udp=False):
        official, chair = await meet(office_behind_router, firefox, chromium)
        measured("Over TCP only. " + await first_pictures(office_behind_router, official, chair))
        for one, other in ((official, chair), (chair, official)):
            await one.sees_moving(other)
            routes = await one.look("routes")
            assert routes, one.login
            assert all(route.startswith(f"tcp {SERVER_ADDRESS}:") for route in routes), routes


async def test_media_go_on_when_a_nat_rebinds(
    office_behind_router: Office, firefox: Line, chromium: Browser, measured: Callable[[str], None]
) -> None:
    async with router(udp=True) as nat:
        official, chair = await meet(office_behind_router, firefox, chromium)
        measured("Through a NAT. " + await first_pictures(office_behind_router, official, chair))
        for one, other in ((official, chair), (chair, official)):
            await one.sees_moving(other)
        made = [await one.look("made") for one in (official, chair)]
        for _ in range(2):
            nat.move()
            await both_see_again(official, chair, "a NAT's move", measured)
        assert [await one.look("made") for one in (official, chair)] == made  # nothing was negotiated anew


async def both_see_again(official: Person, chair: Person, what: str, measured: Callable[[str], None]) -> None:
    pauses_ms = await asyncio.gather(official.wait("again", chair.name), chair.wait("again", official.name))
    measured(
        f"After {what} frames come again in Firefox after {pauses_ms[0]:.0f} ms, in Chromium {pauses_ms[1]:.0f} ms"
    )
    await official.sees_moving(chair)
    await chair.sees_moving(official)
