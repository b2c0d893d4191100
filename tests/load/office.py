"""A real house for the load tests: `balai demo` in a process of its own on loopback, with a data folder that lasts as
long as it does. What its people do in it is browsers.py's."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.load.children import REPOSITORY
from tests.load.processes import descendants, marked, udp_holders

START_WITHIN_S = 180.0  # on a busy machine; a quiet one takes two
END_WITHIN_S = 30.0
READY = "Ctrl+C"
URL = re.compile(r"(http://127\.0\.0\.1:\d+)$")


@dataclass(frozen=True)
class Office:
    """A running `balai demo`."""

    url: str
    pid: int
    mark: str

    def server_pids(self) -> list[int]:
        """The web process and all that it started, also what has outlived its parent since."""
        return list(dict.fromkeys((*descendants(self.pid), *marked(self.mark))))

    def media_pids(self) -> list[int]:
        """Those that hold the media port; a spare that waits is none of them."""
        return udp_holders(self.server_pids())


@asynccontextmanager
async def open_office() -> AsyncIterator[Office]:
    with tempfile.TemporaryDirectory(prefix="balai-bench-") as folder:
        mark = f"LOAD_OFFICE={folder}"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            "demo",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=REPOSITORY,
            env={
                **os.environ,
                "PYTHONPATH": str(REPOSITORY),
                "LOAD_OFFICE": folder,
                "BALAI_SERVER_LISTEN": "127.0.0.1:0",
                "BALAI_SERVER_DATA_FOLDER": folder,
                "BALAI_MEDIA_LISTEN": "127.0.0.1",
                "BALAI_MEDIA_UDP_PORT": "0",
                "BALAI_MEDIA_TCP_PORT": "0",
                "BALAI_MEDIA_VOICES": "0",  # every stream to everybody: that is what is compared
                "BALAI_LOG_LEVEL": "WARNING",
            },
        )
        reading: asyncio.Task[None] | None = None
        try:
            url = await asyncio.wait_for(_address(process), START_WITHIN_S)
            reading = asyncio.create_task(_forget(process))
            yield Office(url, process.pid, mark)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                try:
                    await asyncio.wait_for(process.wait(), END_WITHIN_S)
                except TimeoutError:
                    process.kill()
                    await process.wait()
            for pid in marked(mark):  # a media process may outlive the web process on purpose
                os.kill(pid, signal.SIGKILL)
            if reading is not None:
                await reading


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where it listens, once it says that it is ready."""
    assert process.stdout is not None
    said: list[str] = []
    while line := (await process.stdout.readline()).decode():
        said.append(line.rstrip())
        if READY in line:
            return next(match[1] for one in said if (match := URL.search(one)))
    raise ConnectionError("the office did not open:\n" + "\n".join(said))


async def _forget(process: asyncio.subprocess.Process) -> None:
    """What it says later goes nowhere: a full pipe would stop it."""
    assert process.stdout is not None
    while await process.stdout.read(1 << 16):
        pass
