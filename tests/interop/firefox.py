"""Debian's Firefox ESR as a process of its own, with fake devices, spoken to by WebDriver BiDi."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.interop.bidi import Line

TONE_HZ = 600
START_S = 60
STOP_S = 10
PREFERENCES: dict[str, object] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.navigator.audio.fake_frequency": TONE_HZ,
    "intl.accept_languages": "id-ID, id",
    "remote.active-protocols": 1,
    # Nothing but the meeting: no start page, no updates, no telling home.
    "browser.startup.page": 0,
    "browser.startup.homepage": "about:blank",
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


@asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[Line]:
    """A running Firefox with a new profile in `folder`; ended with all its processes, whatever happens."""
    path = shutil.which("firefox-esr")
    assert path, "Debian's Firefox is missing: apt-get install firefox-esr"
    profile = folder / "profile"
    profile.mkdir(parents=True)
    (profile / "user.js").write_text(
        "".join(f'user_pref("{key}", {_js(value)});\n' for key, value in PREFERENCES.items())
    )
    process = await asyncio.create_subprocess_exec(
        path,
        "--headless",
        "--no-remote",
        "--profile",
        str(profile),
        "--remote-debugging-port",
        "0",
        env={**os.environ, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    words = _Words(process.stderr)
    try:
        line = await Line.open(await asyncio.wait_for(words.address, START_S))
        try:
            yield line
        finally:
            await line.close()
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its content processes too
        await asyncio.wait_for(process.wait(), STOP_S)
        await words.read


class _Words:
    """What Firefox says on stderr, read for as long as it runs: a pipe that nobody reads would stop it."""

    def __init__(self, stderr: asyncio.StreamReader) -> None:
        self.address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.read = asyncio.create_task(self._read(stderr))

    async def _read(self, stderr: asyncio.StreamReader) -> None:
        said: list[str] = []
        async for line in stderr:
            said.append(line.decode(errors="replace").rstrip())
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", said[-1])
            if found and not self.address.done():
                self.address.set_result(found[1])
        if not self.address.done():
            self.address.set_exception(
                AssertionError("Firefox ended before it could be spoken to:\n" + "\n".join(said))
            )


def _js(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'
