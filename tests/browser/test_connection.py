"""The page that tells which ways to the media work from here, in real Chromium and with a real coturn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.browser.conftest import Office
from tests.browser.people import WAIT_MS, Person
from tests.unit.sfu.coturn import SECRET, coturn


@dataclass
class OfficeWithRelay(Office):
    turn: str = "[]"

    @property
    def environ(self) -> dict[str, str]:
        return {**super().environ, "BALAI_MEDIA_TURN": self.turn, "BALAI_MEDIA_WORKERS": "2"}


@contextmanager
def office_with(folder: Path, port: int, secret: str) -> Iterator[OfficeWithRelay]:
    server = {"urls": [f"turn:127.0.0.1:{port}?transport=tcp"], "secret": secret}
    office = OfficeWithRelay(folder / "data", turn=json.dumps([server]))
    office.start()
    try:
        yield office
    finally:
        office.stop()


async def checked(page: Page, url: str) -> dict[str, str]:
    """How each way ended."""
    await page.goto(f"{url}/connection")
    await page.wait_for_selector("[data-verdict]:not([data-verdict=checking])", timeout=WAIT_MS)
    ways = ("udp", "tcp", "turn")
    states = {way: await page.get_attribute(f"[data-way={way}]", "data-state") or "" for way in ways}
    return states | {"verdict": await page.get_attribute("[data-verdict]", "data-verdict") or ""}


async def test_each_way_that_works_is_told(tmp_path: Path, chromium: Browser) -> None:
    async with coturn(tmp_path) as (_, port):
        with office_with(tmp_path, port, SECRET) as office:
            sri = await Person.signs_in(chromium, office.url, "notulis")
            told = await checked(sri.page, office.url)
            assert told == {"udp": "works", "tcp": "works", "turn": "works", "verdict": "udp"}
            assert await sri.page.locator("[data-places] li").count() == 0


async def test_a_relay_with_another_secret_is_told_from_one_that_is_silent(tmp_path: Path, chromium: Browser) -> None:
    async with coturn(tmp_path) as (_, port):
        with office_with(tmp_path, port, "another") as office:
            sri = await Person.signs_in(chromium, office.url, "notulis")
            assert (await checked(sri.page, office.url))["turn"] == "refused"
    with office_with(tmp_path, port, SECRET) as office:  # nobody listens there any more
        budi = await Person.signs_in(chromium, office.url, "notulis")
        assert (await checked(budi.page, office.url))["turn"] == "silent"
