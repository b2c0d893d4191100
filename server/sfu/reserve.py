"""A media process that waits with all its code read: on a busy machine that takes longer than a meeting should wait."""

from __future__ import annotations

import structlog

from server.sfu.life import DEAD_WITHIN_S, MediaProcess
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)


class Reserve:
    """`take` the one that waits; another is got ready meanwhile."""

    def __init__(self) -> None:
        self._waiting: MediaProcess | None = None
        self._tasks = TaskOwner("media-reserve")
        self._filling = False

    def fill(self) -> None:
        """Get one ready, in the background."""
        if self._waiting is None and not self._filling:
            self._filling = True
            self._tasks.start("fill", self._fill())

    async def _fill(self) -> None:
        try:
            self._waiting = await MediaProcess.spawn()
        except OSError as error:
            log.error("no media process in reserve", error=str(error))
        finally:
            self._filling = False

    async def take(self) -> MediaProcess:
        """A process that is alive, at once if one waits. OSError when none can be started."""
        process, self._waiting = self._waiting, None
        if process is not None and not process.alive:
            await process.stop(DEAD_WITHIN_S)
            process = None
        if process is None:
            process = await MediaProcess.spawn()
        self.fill()
        return process

    async def close(self) -> None:
        await self._tasks.close()
        process, self._waiting = self._waiting, None
        if process is not None:
            await process.stop(DEAD_WITHIN_S)
