"""The media plane as the server starts it, for the benchmark: one media process on loopback and any free port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.clock import SystemClock
from server.meeting.ports import MediaListener
from server.sfu.config import MediaConfig
from server.sfu.plane import MediaPlaneProcess


@asynccontextmanager
async def open_plane(listener: MediaListener) -> AsyncIterator[MediaPlaneProcess]:
    plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="WARNING")
    plane.listen(listener)
    await plane.start()
    try:
        yield plane
    finally:
        await plane.close()
