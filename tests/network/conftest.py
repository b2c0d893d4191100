"""Two people in Chromium and an office whose media are reached over a line that gets as bad as a test wants."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.conftest import Office, launched
from tests.interop.chromium import ChromiumPage
from tests.interop.meeting import PRELOAD
from tests.interop.people import Person
from tests.network import sources
from tests.network.line import Line, bad_line

HERE = Path(__file__).parent
WINDOW = (1280, 800)
#: loopback addresses of this run alone: nobody else's server has ports there
OUTER, INNER = (f"127.{100 + os.getpid() // 250 % 100}.{1 + os.getpid() % 250}.{last}" for last in (1, 2))


@dataclass
class Two:
    """Both in the room, each seeing the other."""

    speaker: Person
    viewer: Person
    line: Line


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("BALAI_MEDIA_LISTEN", INNER)
    monkeypatch.setenv("BALAI_MEDIA_ANNOUNCE", OUTER)
    running = Office(tmp_path / "data")
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest_asyncio.fixture
async def chromium(tmp_path: Path) -> AsyncIterator[Browser]:
    own = sources.write(tmp_path / "sources")
    async with async_playwright() as playwright:
        browser = await launched(playwright, own)
        try:
            yield browser
        finally:
            await browser.close()


@pytest_asyncio.fixture
async def two(office: Office, chromium: Browser) -> AsyncIterator[Two]:
    async with together(office, chromium, "page.js") as both:
        yield both


@pytest_asyncio.fixture
async def two_in_step(office: Office, chromium: Browser) -> AsyncIterator[Two]:
    """Their pictures flash and their sounds beep at the same moments."""
    async with together(office, chromium, "lips.js") as both:
        yield both


@asynccontextmanager
async def together(office: Office, chromium: Browser, script: str) -> AsyncIterator[Two]:
    with bad_line(OUTER, INNER) as line:
        speaker = await comes(office, chromium, "sekda", "Drs. Hendra Wijaya", script)
        viewer = await comes(office, chromium, "dinkes", "dr. Ratna Dewi", script)
        for one in (speaker, viewer):
            await one.joins(office.meeting_id)
        await viewer.sees_moving(speaker)
        await speaker.sees_moving(viewer)
        yield Two(speaker, viewer, line)


async def comes(office: Office, chromium: Browser, login: str, name: str, script: str) -> Person:
    """Signed in, with the script of this folder in every page."""
    preload = f"() => {{ ({PRELOAD})(); ({(HERE / script).read_text()})(); }}"
    person = Person(await ChromiumPage.open(chromium, preload, *WINDOW), office.url, login, name)
    await person.signs_in()
    return person
