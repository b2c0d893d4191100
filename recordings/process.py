"""One recorder process, seen from the web process: started, told what to follow, finished. See worker.py."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from recordings import link
from server.errors import Invalid, Unavailable
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

READY_WITHIN_S = 20.0
FINISHED_WITHIN_S = 10.0
READ_BYTES = 1 << 16
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
COMPOSED = "composed."  # + composition_id; no recording's folder has a full stop in its name


class RecorderProcess:
    """`spawn`, `begin`, then `tell`; `finish` at the end. `hear` gets Failed; `died` that it is gone."""

    def __init__(
        self, process: asyncio.subprocess.Process, pipe: socket.socket, hear: Callable[[link.Told], None]
    ) -> None:
        self._process = process
        self._pipe = pipe
        self._hear = hear
        self._tasks = TaskOwner(f"recorder-{process.pid}")
        self._writer: asyncio.StreamWriter | None = None
        self._address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._finished = asyncio.Event()
        self.ended = asyncio.Event()

    @classmethod
    async def spawn(cls, hear: Callable[[link.Told], None]) -> RecorderProcess:
        """OSError when no process can be started."""
        process, ours = await start("recordings.worker")
        one = cls(process, ours, hear)
        reader, one._writer = await asyncio.open_connection(sock=ours)
        one._tasks.start("read", one._read(reader))
        return one

    @property
    def pid(self) -> int:
        return self._process.pid

    async def address(self) -> str:
        """Where it waits for the media process. Unavailable("recording.process")."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._address), READY_WITHIN_S)
        except TimeoutError:
            raise Unavailable("recording.process") from None

    def tell(self, message: link.Wanted) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(link.frame(message))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = link.Frames()
        try:
            while data := await reader.read(READ_BYTES):
                for told in frames.told(data):
                    self._take(told)
        except (ConnectionError, msgspec.MsgspecError) as error:
            log.error("a recorder said nonsense", error=str(error))
        finally:
            self.ended.set()
            if not self._address.done():
                self._address.set_exception(Unavailable("recording.process"))
                self._address.exception()  # seen: whoever waits is told, and nobody need be waiting

    def _take(self, told: link.Told) -> None:
        match told:
            case link.Ready(address):
                if not self._address.done():
                    self._address.set_result(address)
            case link.Finished():
                self._finished.set()
            case _:
                self._hear(told)

    async def finish(self) -> None:
        """Returns when its files are closed, or it had to be ended."""
        self.tell(link.Finish())
        waiting = [asyncio.ensure_future(self._finished.wait()), asyncio.ensure_future(self.ended.wait())]
        try:
            await asyncio.wait(waiting, timeout=FINISHED_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
        if self._writer is not None:
            self._writer.close()
        try:
            await asyncio.wait_for(self._process.wait(), FINISHED_WITHIN_S)
        except TimeoutError:
            log.error("a recorder does not end", pid=self.pid)
            self._process.kill()
            await self._process.wait()
        await self._tasks.close()


async def start(module: str) -> tuple[asyncio.subprocess.Process, socket.socket]:
    """`python -m module FD`, and our end of the line to it. OSError when no process can be started."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # whatever lies in the current folder is not to be imported
            "-m",
            module,
            str(theirs.fileno()),
            pass_fds=[theirs.fileno()],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # what a terminal tells the web process does not concern it
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    ours.setblocking(False)
    return process, ours


def folder_of(root: Path, meeting_id: str, recording_id: str) -> Path:
    """Where a recording's files lie. A browser made the id: it may not lead elsewhere. Invalid("recording.id")."""
    for one in (meeting_id, recording_id):
        if not _NAME.fullmatch(one):
            raise Invalid("recording.id")
    return root / meeting_id / recording_id


def composed_folder(root: Path, meeting_id: str, composition_id: str) -> Path:
    """Where a composed file's pieces and outcome lie. Invalid("recording.id")."""
    folder = folder_of(root, meeting_id, composition_id)
    return folder.with_name(COMPOSED + composition_id)
