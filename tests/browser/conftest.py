"""The house as its users meet it: `balai demo` in a process of its own on loopback, and Debian's Chromium before it:
one for all, or one process per person where each has a camera and a microphone of their own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Playwright, async_playwright

from server.clock import SystemClock
from server.meeting.facts import NumberedFact
from server.store.store import open_store
from tests.browser.people import Person
from tests.browser.pictures_of_people import LIKENESSES, Likeness

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
START_S = 60
MEASURES = ROOT / "build" / "browser.json"
MEASURED: dict[str, int] = {}


@dataclass
class Office:
    """A demonstration office that can be killed and started again on the same port and data."""

    folder: Path
    port: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    @property
    def environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "BALAI_SERVER_LISTEN": f"127.0.0.1:{self.port}",
            "BALAI_SERVER_DATA_FOLDER": str(self.folder),
            "BALAI_MEDIA_UDP_PORT": "0",
            "BALAI_MEDIA_TCP_PORT": "0",
            **self.settings,
        }

    def start(self) -> None:
        self.said.clear()
        command = [sys.executable, "-m", "server", "demo"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self.process, ready), daemon=True).start()
        assert ready.wait(START_S), "\n".join(self.said)
        assert self.process.poll() is None, "\n".join(self.said)
        self.port = int(self.url.rsplit(":", 1)[1])

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.said.append(line.rstrip())
            if "Ctrl+C" in line:
                ready.set()
        ready.set()

    @property
    def url(self) -> str:
        return self._find(r"(http://127\.0\.0\.1:\d+)$")

    @property
    def meeting_id(self) -> str:
        return self._find(r"/m/([0-9a-f]{16})")

    def _find(self, pattern: str) -> str:
        found = next((match for line in self.said if (match := re.search(pattern, line))), None)
        assert found, "\n".join(self.said)
        return found[1]

    def verify(self) -> int:
        """What `balai verify` says of the meeting's chain: 0 when it holds."""
        command = [sys.executable, "-m", "server", "verify", self.meeting_id]
        return subprocess.run(command, cwd=ROOT, env=self.environ, check=False).returncode

    async def journal(self) -> tuple[NumberedFact, ...]:
        """All facts of the meeting as they stand on the disk, whoever runs or not."""
        store = await open_store("", self.folder, SystemClock())
        try:
            return await store.journal.read(self.meeting_id)
        finally:
            await store.close()

    def kill(self) -> None:
        """SIGKILL: no goodbye, nothing written down any more."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def restart(self) -> None:
        """As `systemctl restart` does it: SIGTERM, and when that has ended, another one."""
        self._end(signal.SIGTERM)
        self.start()

    def stop(self) -> None:
        """For good, as with Ctrl+C: no media process waits for another server."""
        self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)


@dataclass
class Company:
    """An office and its people, each in a Chromium process of their own; in the room once they have joined."""

    office: Office
    playwright: Playwright
    folder: Path
    browsers: list[Browser] = field(default_factory=list)

    async def browser_of(self, key: str, likeness: Likeness, scale: int = 1) -> Browser:
        browser = await launched(self.playwright, likeness.flags(self.folder / key, scale))
        self.browsers.append(browser)
        return browser

    async def signs_in(self, login: str, scale: int = 1) -> Person:
        """scale: of what the camera gives."""
        browser = await self.browser_of(login, LIKENESSES[login], scale)
        return await Person.signs_in(browser, self.office.url, login)

    async def sign_in(self, *logins: str) -> list[Person]:
        return list(await asyncio.gather(*(self.signs_in(login) for login in logins)))

    async def goes(self) -> None:
        for browser in self.browsers:
            await browser.close()


@asynccontextmanager
async def company(folder: Path, **settings: str) -> AsyncIterator[Company]:
    """An office that is open and nobody in it yet; everything ends with the block. settings: variables of Balai."""
    office = Office(folder / "data", settings=settings)
    office.start()
    try:
        async with async_playwright() as playwright:
            gathered = Company(office, playwright, folder)
            yield gathered
            await gathered.goes()
    finally:
        office.stop()


async def launched(playwright: Playwright, flags: list[str] | None = None) -> Browser:
    path = shutil.which("chromium")
    assert path, "Debian's chromium is missing: apt-get install chromium"
    return await playwright.chromium.launch(executable_path=path, args=[*FLAGS, *(flags or [])])


async def kill(browser: Browser) -> None:
    """SIGKILL to the whole browser, as when a machine loses its power: no tab says goodbye."""
    session = await browser.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    (pid,) = (one["id"] for one in processes if one["type"] == "browser")
    os.kill(pid, signal.SIGKILL)


def measured(**values_ms: int) -> None:
    """To be written down; what is asserted are deadlines only."""
    MEASURED.update(values_ms)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Into build/browser.json, beside what other runs measured, and on the screen."""
    if not MEASURED:
        return
    terminalreporter.write_line(", ".join(f"{key} {value}" for key, value in MEASURED.items()))
    MEASURES.parent.mkdir(exist_ok=True)
    before = json.loads(MEASURES.read_text()) if MEASURES.exists() else {}
    MEASURES.write_text(json.dumps({**before, **MEASURED}, indent=2, sort_keys=True) + "\n")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    running = Office(tmp_path / "data")
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launched(playwright)
        yield browser
        await browser.close()
