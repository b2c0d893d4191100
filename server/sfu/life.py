"""One life of a media process, seen from the web process: started or found, its end, and the link in between."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from server import errors
from server.errors import BalaiError, Unavailable
from server.sfu import link, rendezvous
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

START_WITHIN_S = 20.0
PING_EVERY_S = 1.0
SILENT_AFTER_S = 4.0  # a media process that does not answer for so long hangs, and is ended
STOP_WITHIN_S = 3.0
ATTACH_WITHIN_S = 2.0
DEAD_WITHIN_S = 0.3  # the same for one that died or hangs

_ERRORS = {
    kind.__name__: kind
    for kind in (errors.Invalid, errors.NotFound, errors.Unavailable, errors.Refused, errors.Conflict)
}


class Process(Protocol):
    """A media process, whoever started it."""

    @property
    def pid(self) -> int: ...

    async def wait(self) -> int:
        """Returns when it has ended."""
        ...

    def kill(self) -> None: ...


class MediaProcess:
    """`spawn` it and `open` its ports, or `find` one that outlived another web process; then `ask` it, wait until it
    `ends`, `stop` it. `hear` gets its events, in order; it may be set until the first one is expected."""

    def __init__(self, process: Process, pipe: socket.socket) -> None:
        self._process = process
        self._pipe = pipe
        self.hear: Callable[[link.Event], None] = _unheard
        self._tasks = TaskOwner(f"media-process-{process.pid}")
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._broken = asyncio.Event()
        self.ready: link.Ready

    @classmethod
    async def spawn(cls) -> MediaProcess:
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
                # Whoever reads the web process's output is not to wait for a process that outlives it.
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # what a terminal tells the web process does not concern it
                env={**os.environ, "PYTHONPATH": _import_path()},
            )
        return await cls(process, ours)._linked()

    @classmethod
    async def find(cls, folder: Path, name: str) -> tuple[MediaProcess, link.Standing | None] | None:
        """One that another web process left behind and what stands in it, None if it speaks otherwise than this one.
        No process at all: it is gone, or another web process has it."""
        found = rendezvous.connect(folder, name)
        if found is None:
            return None
        connection, pid = found
        try:
            process = Stranger(pid)
        except OSError:
            connection.close()
            return None
        one = await cls(process, connection)._linked()
        try:
            answer = await one.ask(link.Attach(), ATTACH_WITHIN_S)
        except Unavailable:
            await one.let_go()
            return None
        try:
            standing = msgspec.msgpack.decode(answer, type=link.Standing)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return one, None
        one.ready = standing.ready
        return one, standing if standing.language == link.LANGUAGE else None

    async def _linked(self) -> MediaProcess:
        self._pipe.setblocking(False)
        reader, self._writer = await asyncio.open_unix_connection(sock=self._pipe, limit=link.LONGEST_MESSAGE_BYTES)
        self._tasks.start("read", self._read(reader))
        return self

    async def open(self, wanted: link.Configure) -> None:
        """Returns when its ports are open. Unavailable: media.port when one cannot be had, media.down when it dies."""
        answer = await self.ask(wanted, START_WITHIN_S)
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

    def tell(self, verb: link.Verb) -> None:
        """What needs no answer; one that dies just now need not know."""
        if self._writer is not None and not self._broken.is_set():
            self._writer.write(link.frame(link.Request(0, link.raw(verb))))

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
        """Tell it to end in order; SIGKILL when it does not end in time."""
        self.tell(link.End())
        await self.let_go()
        try:
            await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):  # it has just ended after all
                self._process.kill()
            await self._process.wait()

    async def let_go(self) -> None:
        """Close the link and leave it alone: without a door for another web process it ends by itself."""
        if self._writer is not None:
            self._writer.close()
        await self._tasks.close()
        self._pipe.close()

    async def leave(self, within_s: float) -> None:
        """Let it go on without this web process: another one has so long to come."""
        self.tell(link.Farewell(within_s))
        await self.let_go()

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
                asyncio.get_running_loop().call_soon(self._tell, message)

    def _tell(self, event: link.Event) -> None:
        self.hear(event)


def _unheard(_: link.Event) -> None:
    """Before somebody listens."""


class Stranger:
    """A media process that this one did not start: seen through its pidfd, so that no other process is ever meant."""

    def __init__(self, pid: int) -> None:
        """OSError when it is gone already."""
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)
        self._gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._descriptor, self._ended)

    def _ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._gone.set()
        with contextlib.suppress(ChildProcessError):  # a child after all: this process was started by `exec`
            os.waitpid(self.pid, os.WNOHANG)

    async def wait(self) -> int:
        await self._gone.wait()
        return 0

    def kill(self) -> None:
        if not self._gone.is_set():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)


def _import_path() -> str:
    """The media process imports what this one does, wherever both are started."""
    root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
