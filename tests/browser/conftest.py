"""The house as its users meet it: `balai demo` in a process of its own on loopback, and Debian's Chromium before it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

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


@dataclass
class Office:
    """A demonstration office that can be killed and started again on the same port and data."""

    folder: Path
    port: int = 0
    said: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        environ = {
            **os.environ,
            "BALAI_SERVER_LISTEN": f"127.0.0.1:{self.port}",
            "BALAI_SERVER_DATA_FOLDER": str(self.folder),
            "BALAI_MEDIA_UDP_PORT": "0",
            "BALAI_MEDIA_TCP_PORT": "0",
        }
        self.said.clear()
        command = [sys.executable, "-m", "server", "demo"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
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

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    running = Office(tmp_path / "data")
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Debian's chromium is missing: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()
