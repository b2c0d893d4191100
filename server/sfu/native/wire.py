"""The UDP port and the event loop's sleep through the compiled path: what it cannot do by itself comes here."""

from __future__ import annotations

import asyncio
import selectors
import socket
import struct
from typing import Any

from server.sfu.dtls import CipherBuffer
from server.sfu.native.lanes import NativeEgress
from server.sfu.now import Now
from server.sfu.transport import Checks, Transport
from server.sfu.udp import UdpPort, UdpRoute

NOTHING, STUN, DTLS, MEDIA, CLEAR, TIMEOUT, OTHER = range(7)  # path.c
_FAMILY = struct.Struct("=H")
_IPV4 = struct.Struct("!H4s")
_IPV6 = struct.Struct("!HI16s")


class NativeRoute(UdpRoute):
    """One browser's address, which C looks up by itself. `key` is the socket address as the kernel gives it."""

    __slots__ = ("_key", "_port")

    def __init__(self, port: NativePort, key: bytes, address: Any, *, segments: bool) -> None:
        super().__init__(port.socket, address, port.routes, segments=segments)
        native = port.native
        self._port = port
        self._key = key
        self.record = native.ffi.new("struct path_route *")
        self.record.address_size = len(key)
        native.ffi.memmove(self.record.address, key, len(key))
        self.way = (port.socket.fileno(), key, segments)

    def carry(self, transport: Transport) -> None:
        if self.transport is None:
            self._port.add(self.record)
        self.transport = transport
        self.record.gate = transport.gate.record

    def left(self, transport: Transport) -> None:
        if self.transport is transport:
            self.transport = None
            self.record.gate = self._port.native.ffi.NULL
            self._port.remove(self.record)
            self._routes.pop(self._key, None)


class NativePort(UdpPort):
    """One socket. `routes` has the kernel's socket addresses as keys."""

    def __init__(
        self, address: str, port: int, checks: Checks, *, now: Now, egress: NativeEgress, inbox: CipherBuffer
    ) -> None:
        super().__init__(address, port, checks, now=now, egress=egress, inbox=inbox)
        self._way_out = egress
        self.native = egress.native
        self.record: Any = self.native.ffi.new("struct path_port *")
        self.record.fd = self.socket.fileno()

    def add(self, route: Any) -> None:
        self.native.lib.path_route_add(self.record, route)

    def remove(self, route: Any) -> None:
        self.native.lib.path_route_remove(self.record, route)

    def _route(self, key: Any, address: Any) -> UdpRoute:
        return NativeRoute(self, key, address, segments=self._segments)

    def readable(self) -> None:
        """As in Python: one batch, then everything that this made to be sent goes out."""
        self._now.read()
        self._way_out.begin()
        if self.native.lib.path_receive(self._way_out.path, self.record):
            self.work(self.native.lib.path_next(self._way_out.path))

    def woken(self, what: int) -> None:
        """path_wait has found something for Python."""
        self._now.read()
        self.work(what)

    def work(self, what: int) -> None:
        """`what` path_next has found, and the rest of the batch."""
        path, step = self._way_out.path, self.native.lib.path_next
        while what != NOTHING:
            if what in {CLEAR, DTLS} or (what == MEDIA and not 192 <= self._inbox.view[1] < 224):
                self._way_out.begin()
            else:
                self._way_out.moment()  # checks and reports ask nothing of where a sender's stream stands
            self._take(what)
            what = step(path)
        self._way_out.flush()

    def _take(self, what: int) -> None:
        turn = self._way_out.turn
        length, key = turn.length, bytes(self.native.ffi.unpack(turn.address, turn.address_size))
        if what == STUN:
            self._check(bytes(self._inbox.view[:length]), key, _address(key))
            return
        route = self.routes.get(key)
        if route is None or route.transport is None:
            return
        if what == CLEAR:
            route.transport.clear_media(turn.ssrc, length, turn.arrival_us, route)
        elif what == MEDIA:
            route.transport.media(length, turn.arrival_us, route)
        elif what == DTLS:
            route.transport.receive_dtls(bytes(self._inbox.view[:length]), route)


def _address(key: bytes) -> tuple[Any, ...]:
    """A socket address of the kernel's as Python's sockets have it."""
    if _FAMILY.unpack_from(key)[0] == socket.AF_INET6:
        port, flow, host = _IPV6.unpack_from(key, 2)
        return socket.inet_ntop(socket.AF_INET6, host), port, flow, struct.unpack_from("=I", key, 24)[0]
    port, host = _IPV4.unpack_from(key, 2)
    return socket.inet_ntop(socket.AF_INET, host), port


class MediaSelector(selectors.EpollSelector):
    """asyncio's sleep: while it waits for all else, the compiled path wakes for packets and goes to sleep again."""

    def __init__(self) -> None:
        super().__init__()
        self._egress: NativeEgress | None = None
        self._ports: list[NativePort] = []
        self._array: Any = None

    def add(self, port: NativePort, egress: NativeEgress) -> None:
        """This port is read while the loop sleeps; give it to no reader of the loop."""
        self._egress = egress
        self._ports.append(port)
        records = [one.record for one in self._ports]
        self._array = egress.native.ffi.new("struct path_port *[]", records)

    def remove_all(self) -> None:
        self._egress = None
        self._ports.clear()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        egress = self._egress
        if egress is None:
            return super().select(timeout)
        wait_us = -1 if timeout is None else max(0, int(timeout * 1_000_000 + 0.999))
        lib = egress.native.lib
        what = lib.path_wait(egress.path, self._array, len(self._ports), self.fileno(), wait_us)
        if what in {STUN, DTLS, MEDIA, CLEAR}:
            port = next(one for one in self._ports if one.record == egress.turn.port)
            # As a callback of this very turn: what it may raise is the loop's to report, and ends nothing.
            asyncio.get_running_loop().call_soon(port.woken, what)
        return super().select(0)
