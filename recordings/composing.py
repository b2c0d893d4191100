"""One composer process, seen from the web process: given its order, paused and resumed. See compose/worker.py."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

import msgspec
import structlog

from recordings import link
from recordings.compose import orders
from recordings.compose.orders import Clip, Done, Failed, Order, Progress, Whole
from recordings.process import start

log = structlog.get_logger(__name__)

READ_BYTES = 1 << 16
MODULE = "recordings.compose.worker"


class ComposerProcess:
    """`spawn`, then `work`; `pause` meanwhile. Cancelling `work` kills it: what it finished stays for the next one."""

    def __init__(self, process: asyncio.subprocess.Process, pipe: socket.socket) -> None:
        self._process, self._pipe = process, pipe
        self._writer: asyncio.StreamWriter | None = None
        self.paused = False

    @classmethod
    async def spawn(cls) -> ComposerProcess:
        """OSError when no process can be started."""
        return cls(*await start(MODULE))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def work(self, order: Whole | Clip, hear: Callable[[Progress], None]) -> Done | Failed | None:
        """None: it died."""
        reader, self._writer = await asyncio.open_connection(sock=self._pipe)
        self._tell(order)
        if self.paused:
            self._tell(orders.Pause())
        received = bytearray()
        try:
            while data := await reader.read(READ_BYTES):
                received += data
                for told in orders.told(received):
                    if not isinstance(told, Progress):
                        return told
                    hear(told)
        except (ConnectionError, msgspec.MsgspecError) as error:
            log.error("a composer said nonsense", error=str(error))
        finally:
            await self._end()
        return None

    def pause(self, on: bool) -> None:
        if on != self.paused:
            self.paused = on
            self._tell(orders.Pause() if on else orders.Resume())

    def _tell(self, message: Order) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(link.frame(message))

    async def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
