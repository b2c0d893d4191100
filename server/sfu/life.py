"""One life of a media process, seen from the process that started it: its start, its end, and the link in between."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from server import errors
from server.errors import BalaiError, Unavailable
from server.sfu import link
from server.sfu.config import MediaConfig
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

START_WITHIN_S = 20.0
PING_EVERY_S = 1.0
SILENT_AFTER_S = 4.0  # a media process that does not answer for so long hangs, and is ended
STOP_WITHIN_S = 3.0
DEAD_WITHIN_S = 0.3  # the same for one that died or hangs

_ERRORS = {
    kind.__name__: kind
    for kind in (errors.Invalid, errors.NotFound, errors.Unavailable, errors.Refused, errors.Conflict)
}


class MediaProcess:
    """`spawn` it, `open` its ports, `ask` it, wait until it `ends`, `stop` it. `hear` gets its events, in order."""

    def __init__(
        self, process: asyncio.subprocess.Process, pipe: socket.socket, hear: Callable[[link.Event], None]
    ) -> None:
        self._process = process
        self._pipe = pipe
        self._hear = hear
        self._tasks = TaskOwner(f"media-process-{process.pid}")
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._broken = asyncio.Event()
        self.ready: link.Ready

    @classmethod
    async def spawn(cls, hear: Callable[[link.Event], None]) -> MediaProcess:
        """A process that has read its code and waits to be told its ports. OSError when none can be started."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # whatever lies in the current folder is not to be imported
                "-m",
                "server.sfu.worker",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": _import_path()},
            )
        one = cls(process, ours, hear)
        reader, one._writer = await asyncio.open_unix_connection(sock=ours, limit=link.LONGEST_MESSAGE_BYTES)
        one._tasks.start("read", one._read(reader))
        return one

    async def open(self, config: MediaConfig, log_level: str) -> None:
        """Returns when its ports are open. Unavailable: media.port when one cannot be had, media.down when it dies."""
        answer = await self.ask(link.Configure(config, log_level), START_WITHIN_S)
        self.ready = msgspec.msgpack.decode(answer, type=link.Ready)

    @property
    def alive(self) -> bool:
        return not self._broken.is_set()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, verb: link.Verb, within_s: float) -> msgspec.Raw:
        """Its answer; what it raises, or Unavailable("media.down") when none comes."""
        if self._writer is None or self._broken.is_set():
            raise Unavailable("media.down")
        number = next(self._numbers)
        message = link.frame(link.Request(number, link.raw(verb)))
        future: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._writer.write(message)
        try:
            return await asyncio.wait_for(future, within_s)
        except TimeoutError as error:
            raise Unavailable("media.down") from error
        finally:
            del self._waiting[number]

    async def ends(self) -> None:
        """Returns when it is dead: exited, its link broken, or no longer answering."""
        while not self._broken.is_set():
            try:
                await asyncio.wait_for(self._broken.wait(), PING_EVERY_S)
            except TimeoutError:
                pass
            else:
                return
            try:
                await self.ask(link.Ping(), SILENT_AFTER_S)
            except Unavailable:
                return

    async def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Close the link, which ends it in order; SIGKILL when it does not end in time."""
        if self._writer is not None:
            self._writer.close()
        self._pipe.close()
        await self._tasks.close()
        try:
            await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = link.Frames()
        try:
            while data := await reader.read(1 << 16):
                for body in frames.feed(data):
                    self._take(link.read_told(body))
        except ConnectionError as error:
            log.warning("the media link broke", error=str(error))
        finally:
            self._broken.set()
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(Unavailable("media.down"))

    def _take(self, message: link.Told) -> None:
        match message:
            case link.Answer(number, value):
                future = self._waiting.get(number)
                if future is not None and not future.done():
                    future.set_result(value)
            case link.Failure(number, kind, code, values):
                future = self._waiting.get(number)
                if future is not None and not future.done():
                    future.set_exception(_ERRORS.get(kind, BalaiError)(code, **values))
            case _:
                # By the loop, in order and before any answer that follows: a listener's fault must not end the media.
                asyncio.get_running_loop().call_soon(self._hear, message)


def _import_path() -> str:
    """The media process imports what this one does, wherever both are started."""
    root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
