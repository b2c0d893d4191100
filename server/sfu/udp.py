"""The UDP port: one socket per address for everybody, and the routes over it. Only tells packets apart (RFC 7983)."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Sequence
from typing import Any

from server.errors import Unavailable
from server.sfu.dtls import CipherBuffer
from server.sfu.egress import Egress, runs, segmented, supports_segments
from server.sfu.now import Now
from server.sfu.transport import Checks, Transport

MOST_PER_WAKE_UP = 128
SOCKET_BUFFER_BYTES = 4 << 20
SO_TIMESTAMPNS = 35  # include/uapi/asm-generic/socket.h
SO_RCVBUFFORCE, SO_SNDBUFFORCE = 33, 32
_TIMESPEC = struct.Struct("@qq")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
OLDEST_ARRIVAL_US = 500_000  # a kernel time further back, or ahead, means that the wall clock was set meanwhile
# A path whose device refuses segments answers EIO or EINVAL, one whose MTU is smaller EMSGSIZE.
_NO_SEGMENTS = {errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.EMSGSIZE, errno.ENOPROTOOPT}


class UdpRoute:
    """One browser's address on one of our sockets."""

    __slots__ = ("_address", "_routes", "_segments", "_socket", "record", "transport", "way")

    def __init__(self, sock: socket.socket, address: Any, routes: dict[Any, UdpRoute], *, segments: bool) -> None:
        self._socket = sock
        self._address = address
        self._routes = routes
        self._segments = segments
        #: what the compiled path knows it by, and how it may send by itself
        self.record: Any = None
        self.way: tuple[int, bytes, bool] | None = None
        self.transport: Transport | None = None

    def carry(self, transport: Transport) -> None:
        """An authentic check of this transport came over it."""
        self.transport = transport

    def left(self, transport: Transport) -> None:
        if self.transport is transport:
            self.transport = None
            self._routes.pop(self._address, None)

    def send(self, packet: bytes) -> None:
        self._send(packet)

    def send_run(self, view: memoryview, sizes: Sequence[int], *, video: bool) -> None:
        if len(sizes) == 1:
            packet = view[: sizes[0]]
            if not self._send(packet) and not video:
                self._send(packet)
            return
        for start, end, size in runs(sizes):
            if end - start > size and self._segments:
                if self._send_segments(view[start:end], size):
                    continue
                if self._segments and video:
                    return  # no room for pictures now: what remains of this wake-up is lost too
            for at in range(start, end, size):
                packet = view[at : min(at + size, end)]
                if not self._send(packet) and (video or not self._send(packet)):
                    return

    def _send(self, packet: bytes | memoryview) -> bool:
        try:
            self._socket.sendto(packet, self._address)
        except OSError:
            return False  # a full buffer, or an ICMP error of an earlier packet: loss, as on any network
        return True

    def _send_segments(self, view: memoryview, size: int) -> bool:
        try:
            self._socket.sendmsg(*segmented(view, size), 0, self._address)
        except OSError as error:
            if error.errno in _NO_SEGMENTS:
                self._segments = False
            return False
        return True


class UdpPort:
    """One socket on one address. `routes`: every address from which an authentic check came."""

    def __init__(
        self, address: str, port: int, checks: Checks, *, now: Now, egress: Egress, inbox: CipherBuffer
    ) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # both families may have the port
        try:
            self.socket.bind((address, port))
        except OSError as error:
            self.socket.close()
            raise Unavailable("media.port", address=address, port=str(port), reason=error.strerror or "") from error
        self.socket.setblocking(False)
        _grow(self.socket, SO_RCVBUFFORCE, socket.SO_RCVBUF)
        _grow(self.socket, SO_SNDBUFFORCE, socket.SO_SNDBUF)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._segments = supports_segments(self.socket)
        self.port: int = self.socket.getsockname()[1]
        self.routes: dict[Any, UdpRoute] = {}
        self._checks = checks
        self._now = now
        self._egress = egress
        self._inbox = inbox

    def readable(self) -> None:
        """Read until empty, at most 128; then everything that this made to be sent goes out."""
        now, view, routes = self._now, self._inbox.view, self.routes
        receive, storage = self.socket.recvmsg_into, [self._inbox.view]
        now.read()
        now_us, wall_us = now.us, now.wall_us
        read_time = _TIMESPEC.unpack
        for _ in range(MOST_PER_WAKE_UP):
            try:
                length, ancillary, _flags, address = receive(storage, _ANCILLARY_BYTES)
            except BlockingIOError:
                break
            except OSError:
                continue  # an ICMP error of an earlier send
            if length < 2:
                continue
            first = view[0]
            if first & 0xC0 == 0x80:
                route = routes.get(address)
                if route is not None and route.transport is not None:
                    arrival_us = now_us
                    if ancillary:
                        seconds, nanoseconds = read_time(ancillary[0][2])
                        age_us = wall_us - seconds * 1_000_000 - nanoseconds // 1000
                        if -OLDEST_ARRIVAL_US < age_us < OLDEST_ARRIVAL_US:
                            arrival_us -= age_us
                    route.transport.media(length, arrival_us, route)
            elif first < 4:
                self._check(bytes(view[:length]), address, address)
            elif 20 <= first < 64:
                route = routes.get(address)
                if route is not None and route.transport is not None:
                    route.transport.receive_dtls(bytes(view[:length]), route)
        self._egress.flush()

    def _route(self, key: Any, address: Any) -> UdpRoute:
        return UdpRoute(self.socket, address, self.routes, segments=self._segments)

    def _check(self, data: bytes, key: Any, address: Any) -> None:
        """`key`: what the address is called in `routes`."""
        route = self.routes.get(key)
        if route is None:
            route = self._route(key, address)
        transport = self._checks.check(data, address[:2], route)
        before = route.transport
        if transport is None or before is transport:
            return
        if before is not None:
            # A browser may use its address for another transport later (a page that was loaded again).
            before.route_lost(route)
        route.carry(transport)
        self.routes[key] = route

    def close(self) -> None:
        self.socket.close()


def _grow(sock: socket.socket, forced: int, plain: int) -> None:
    try:
        sock.setsockopt(socket.SOL_SOCKET, forced, SOCKET_BUFFER_BYTES)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, plain, SOCKET_BUFFER_BYTES)
