"""An office per test, with a client that was built by nobody: its manifest names two small files."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from tests.fakes import FakeClock
from tests.unit.web.office import Browser, TheOffice, open_office

MANIFEST = {
    "_theme.js": {"file": "assets/theme-1.js", "css": ["assets/theme-1.css"]},
    "src/pages.ts": {"file": "assets/pages-1.js", "imports": ["_theme.js"], "css": ["assets/pages-1.css"]},
    "src/room.ts": {"file": "assets/room-1.js", "imports": ["_theme.js"], "css": []},
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    for name in ("theme-1.js", "theme-1.css", "pages-1.js", "pages-1.css", "room-1.js"):
        (folder / "assets" / name).write_text(f"/* {name} */")
    return folder


@pytest.fixture
async def office(tmp_path: Path, clock: FakeClock, dist: Path) -> AsyncIterator[TheOffice]:
    office = await open_office(tmp_path / "data", clock, dist, proxies=("127.0.0.1",))
    yield office
    await office.close()


@pytest.fixture
async def server(office: TheOffice) -> AsyncIterator[TestServer]:
    server = TestServer(office.app)
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def browser(server: TestServer) -> AsyncIterator[Callable[[], Browser]]:
    opened: list[Browser] = []

    def make() -> Browser:
        opened.append(Browser(server))
        return opened[-1]

    yield make
    for one in opened:
        await one.close()


@pytest.fixture
async def signed_in(browser: Callable[[], Browser]) -> Callable[[str], Awaitable[Browser]]:
    async def sign_in(login: str) -> Browser:
        one = browser()
        response = await one.sign_in(login)
        assert response.status == 303, one.page
        return one

    return sign_in
