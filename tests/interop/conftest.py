"""Two browsers of different making before one demonstration office, all in a network of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Office
from tests.interop.bidi import Line
from tests.interop.chromium import chromium as running_chromium
from tests.interop.firefox import firefox as running_firefox
from tests.interop.namespace import INNER_ADDRESS, SERVER_ADDRESS, NoNamespace, private_network


@pytest.fixture
def network() -> Iterator[None]:
    try:
        inside = private_network()
        inside.__enter__()
    except NoNamespace as error:
        pytest.fail(str(error), pytrace=False)
    try:
        yield
    finally:
        inside.__exit__(None, None, None)


@pytest.fixture
def office(network: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Pages on 127.0.0.1, where browsers grant devices without TLS; media on the address that Firefox accepts."""
    monkeypatch.setenv("BALAI_MEDIA_LISTEN", SERVER_ADDRESS)
    yield from _running(tmp_path / "data")


def _running(folder: Path) -> Iterator[Office]:
    office = Office(folder)
    try:
        office.start()
        yield office
    finally:
        office.stop()


@pytest.fixture
def office_behind_router(network: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The same with media on an address that no browser is told: a router must stand at the announced one."""
    monkeypatch.setenv("BALAI_MEDIA_LISTEN", INNER_ADDRESS)
    monkeypatch.setenv("BALAI_MEDIA_ANNOUNCE", SERVER_ADDRESS)
    yield from _running(tmp_path / "data")


@pytest.fixture
async def firefox(network: None, tmp_path: Path) -> AsyncIterator[Line]:
    async with running_firefox(tmp_path / "firefox") as line:
        yield line


@pytest.fixture
async def chromium(network: None, tmp_path: Path) -> AsyncIterator[Browser]:
    async with running_chromium(tmp_path / "chromium") as browser:
        yield browser
