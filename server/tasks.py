"""Every background task has a named owner here and is awaited at shutdown; none is ever left behind.

No business of any room lives in this file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import structlog

log = structlog.get_logger(__name__)


class TaskOwner:
    """Holds the tasks of one owner. A task that fails is logged with its name; `close` cancels and awaits all."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self, name: str, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run `work` until it ends or the owner closes. After `close` nothing starts any more."""
        if self._closed:
            work.close()
            raise RuntimeError(f"{self.name} is closed; {name} cannot start")
        task = asyncio.create_task(work, name=f"{self.name}.{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task failed", task=task.get_name(), exc_info=error)

    async def close(self, timeout_s: float = 5.0) -> None:
        """Cancel what still runs and wait for it; what does not end in time is named in the log."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        _, pending = await asyncio.wait(tasks, timeout=timeout_s)
        for task in pending:
            log.warning("task does not end", task=task.get_name(), owner=self.name)
