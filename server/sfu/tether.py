"""The media process's end of the link: requests in, messages out, and the wait for another web process when one dies.

Knows no verb: whoever made it obeys.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import structlog

from server.sfu import link, rendezvous

log = structlog.get_logger(__name__)

READ_BYTES = 1 << 16


class Tether:
    """obey gets each request, with woken called before and done after each read. ended: nobody is left to obey."""

    def __init__(
        self,
        pipe: socket.socket,
        obey: Callable[[link.Request], None],
        woken: Callable[[], None],
        done: Callable[[], None],
    ) -> None:
        self._pipe: socket.socket | None = pipe
        self._obey = obey
        self._woken = woken
        self._done = done
        self._frames = link.Frames()
        self._out = bytearray()
        self._writing = False
        self._door: socket.socket | None = None
        self._place = (Path(), "")
        self._orphan_s = 0.0
        self._parted_s: float | None = None
        self._orphaned: asyncio.TimerHandle | None = None
        self.ended = asyncio.Event()

    def start(self) -> None:
        if self._pipe is not None:
            self._take(self._pipe)

    def _take(self, pipe: socket.socket) -> None:
        pipe.setblocking(False)
        self._pipe, self._frames = pipe, link.Frames()
        asyncio.get_running_loop().add_reader(pipe, self._readable)

    def open_door(self, folder: Path, name: str, orphan_s: float) -> None:
        """From now on another web process may come when this one is gone, for so long. OSError."""
        self._door = rendezvous.listen(folder, name)
        self._place, self._orphan_s = (folder, name), orphan_s
        asyncio.get_running_loop().add_reader(self._door, self._knocked)

    def farewell(self, within_s: float) -> None:
        """This web process is about to go, in order; the next one has so long to come."""
        self._parted_s = within_s

    def close(self) -> None:
        self._drop()
        if self._orphaned is not None:
            self._orphaned.cancel()
        if self._door is not None:
            asyncio.get_running_loop().remove_reader(self._door)
            self._door.close()
            self._door = None
            rendezvous.forget(*self._place)

    # -- reading

    def _readable(self) -> None:
        self._read()

    def _read(self) -> bool:
        """Whether there may be more."""
        pipe = self._pipe
        if pipe is None:
            return False
        try:
            data = pipe.recv(READ_BYTES)
        except BlockingIOError:
            return False
        except ConnectionError:
            data = b""
        if not data:
            self._lost()
            return False
        self._woken()
        try:
            for body in self._frames.feed(data):
                self._obey(link.read_request(body))
        except ConnectionError as error:
            log.error("the media link is broken", error=str(error))
            self.ended.set()
        self._done()
        return True

    # -- writing

    def tell(self, message: link.Told) -> None:
        """Queue a message; with nobody there it is forgotten. Who does not read four megabytes is taken for dead."""
        if self._pipe is None:
            return
        self._out += link.frame(message)
        if len(self._out) > link.MOST_WAITING_BYTES:
            self._lost()
        elif not self._writing:
            self._write()

    def _write(self) -> None:
        pipe = self._pipe
        if pipe is None:
            return
        loop = asyncio.get_running_loop()
        try:
            sent = pipe.send(self._out)
        except BlockingIOError:
            sent = 0
        except ConnectionError:
            self._lost()
            return
        del self._out[:sent]
        if self._out and not self._writing:
            self._writing = True
            loop.add_writer(pipe, self._write)
        elif not self._out and self._writing:
            self._writing = False
            loop.remove_writer(pipe)

    # -- losing one web process and finding another

    def _drop(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(pipe)
        loop.remove_writer(pipe)
        self._writing = False
        self._out.clear()
        pipe.close()

    def _lost(self) -> None:
        self._drop()
        if self._door is None:
            self.ended.set()
            return
        wait_s = self._orphan_s if self._parted_s is None else self._parted_s
        self._parted_s = None
        log.warning("the web process is gone; media go on", for_s=wait_s)
        self._orphaned = asyncio.get_running_loop().call_later(wait_s, self.ended.set)

    def _knocked(self) -> None:
        if self._door is None:
            return
        try:
            connection, _ = self._door.accept()
        except OSError:
            return
        while self._read():  # the old one may be dead without our having looked yet
            pass
        if self._pipe is not None or rendezvous.peer(connection) is None:
            connection.close()
            return
        if self._orphaned is not None:
            self._orphaned.cancel()
            self._orphaned = None
        log.info("another web process is there")
        self._take(connection)
