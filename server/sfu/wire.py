"""The sockets: one UDP and one TCP port for everybody, and the routes over them. Only tells packets apart."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, cast

from server.errors import Unavailable
from server.sfu.dtls import CipherBuffer
from server.sfu.egress import Egress, runs, segmented, supports_segments
from server.sfu.ice import Address
from server.sfu.now import Now
from server.sfu.transport import LONGEST_PACKET_BYTES, Transport

MOST_PER_WAKE_UP = 128
SOCKET_BUFFER_BYTES = 4 << 20
SO_TIMESTAMPNS = 35  # include/uapi/asm-generic/socket.h
SO_RCVBUFFORCE, SO_SNDBUFFORCE = 33, 32
_TIMESPEC = struct.Struct("@qq")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
OLDEST_ARRIVAL_US = 500_000  # a kernel time further back, or ahead, means that the wall clock was set meanwhile

TCP_WRITE_LIMIT_BYTES = 256 << 10
TCP_HARD_LIMIT_BYTES = 512 << 10  # sound and reports too are lost beyond this
TCP_READ_BYTES = 64 << 10
MOST_TCP_CONNECTIONS = 2048
UNPROVEN_TCP_S = 10.0  # a connection that has not sent an authentic check by then is closed
# A path whose device refuses segments answers EIO or EINVAL, one whose MTU is smaller EMSGSIZE.
_NO_SEGMENTS = {errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.EMSGSIZE, errno.ENOPROTOOPT}


class Checks(Protocol):
    """Who knows the ICE sessions."""

    def check(self, data: bytes, source: Address, route: Any) -> Transport | None:
        """Answer a STUN request over `route`; the transport when it was authentic."""
        ...


class UdpRoute:
    """One browser's address on one of our sockets."""

    __slots__ = ("_address", "_routes", "_segments", "_socket", "transport")

    def __init__(self, sock: socket.socket, address: Any, routes: dict[Any, UdpRoute], *, segments: bool) -> None:
        self._socket = sock
        self._address = address
        self._routes = routes
        self._segments = segments
        self.transport: Transport | None = None

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
                if self._segments:
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
        try:
            self.socket.bind((address, port))
        except OSError as error:
            self.socket.close()
            raise Unavailable("media.port", address=address, port=port, reason=error.strerror or "") from error
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
                self._check(bytes(view[:length]), address)
            elif 20 <= first < 64:
                route = routes.get(address)
                if route is not None and route.transport is not None:
                    route.transport.receive_dtls(bytes(view[:length]), route)
        self._egress.flush()

    def _check(self, data: bytes, address: Any) -> None:
        route = self.routes.get(address)
        if route is None:
            route = UdpRoute(self.socket, address, self.routes, segments=self._segments)
        transport = self._checks.check(data, address[:2], route)
        before = route.transport
        if transport is None or before is transport:
            return
        if before is not None:
            # A browser may use its address for another transport later (a page that was loaded again).
            before.route_lost(route)
        route.transport = transport
        self.routes[address] = route

    def close(self) -> None:
        self.socket.close()


def _grow(sock: socket.socket, forced: int, plain: int) -> None:
    try:
        sock.setsockopt(socket.SOL_SOCKET, forced, SOCKET_BUFFER_BYTES)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, plain, SOCKET_BUFFER_BYTES)


class TcpRoute(asyncio.Protocol):
    """One connection, its packets framed by RFC 4571: a length of two bytes before each."""

    def __init__(
        self, checks: Checks, now: Now, egress: Egress, inbox: CipherBuffer, gone: Callable[[TcpRoute], None]
    ) -> None:
        self._checks = checks
        self._now = now
        self._egress = egress
        self._inbox = inbox
        self._gone = gone
        self._pipe: asyncio.Transport | None = None
        self._peer: Address = ("", 0)
        self._received = bytearray()
        self._skipping = False
        self._proof: asyncio.TimerHandle | None = None
        self.transport: Transport | None = None

    # -- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._pipe = transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = (peer[0], peer[1]) if peer else ("0.0.0.0", 0)  # noqa: S104 - a name for nobody, nothing is bound
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._proof = asyncio.get_running_loop().call_later(UNPROVEN_TCP_S, self.close)

    def data_received(self, data: bytes) -> None:
        self._now.read()
        received = self._received
        received += data
        at = 0
        while len(received) - at >= 2:
            length = received[at] << 8 | received[at + 1]
            if len(received) - at - 2 < length:
                break
            if 2 <= length <= LONGEST_PACKET_BYTES:
                self._take(memoryview(received)[at + 2 : at + 2 + length], length)
            at += 2 + length
        del received[:at]
        self._egress.flush()

    def _take(self, packet: memoryview, length: int) -> None:
        first = packet[0]
        if first < 4:
            transport = self._checks.check(bytes(packet), self._peer, self)
            if transport is not None and self.transport is not transport:
                if self.transport is not None:
                    self.transport.route_lost(self)
                self.transport = transport
                if self._proof is not None:
                    self._proof.cancel()
        elif self.transport is not None:
            if first & 0xC0 == 0x80:
                self._inbox.view[:length] = packet
                self.transport.media(length, self._now.us, self)
            elif 20 <= first < 64:
                self.transport.receive_dtls(bytes(packet), self)
        packet.release()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._proof is not None:
            self._proof.cancel()
        self._pipe = None
        self._gone(self)
        if self.transport is not None:
            self.transport.route_lost(self)
            self.transport = None

    # -- the media's side

    def left(self, transport: Transport) -> None:
        if self.transport is transport:
            self.transport = None
            self.close()

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.abort() if self.transport is None else self._pipe.close()

    def send(self, packet: bytes) -> None:
        self._write(len(packet).to_bytes(2, "big") + packet)

    def send_run(self, view: memoryview, sizes: Sequence[int], *, video: bool) -> None:
        """A line that does not keep up loses pictures to the end of a frame; sound only when far more waits."""
        pipe = self._pipe
        if pipe is None:
            return
        limit = TCP_WRITE_LIMIT_BYTES if video else TCP_HARD_LIMIT_BYTES
        waiting = pipe.get_write_buffer_size()
        out = bytearray()
        at = 0
        for size in sizes:
            packet = view[at : at + size]
            at += size
            if video and self._skipping:
                if packet[1] & 0x80:  # the marker ends a frame (RFC 7741 4.1): the next packet may go again
                    self._skipping = False
                continue
            if waiting + len(out) > limit:
                self._skipping = video and not packet[1] & 0x80
                continue
            out += size.to_bytes(2, "big")
            out += packet
        if out:
            self._write(bytes(out))

    def _write(self, data: bytes) -> None:
        if self._pipe is not None and not self._pipe.is_closing():
            self._pipe.write(data)


class TcpPort:
    """One listening socket (RFC 6544: a passive candidate)."""

    def __init__(
        self, address: str, port: int, checks: Checks, *, now: Now, egress: Egress, inbox: CipherBuffer
    ) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.socket.bind((address, port))
        except OSError as error:
            self.socket.close()
            raise Unavailable("media.port", address=address, port=port, reason=error.strerror or "") from error
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self._accepted = partial(TcpRoute, checks, now, egress, inbox)
        self._connections: set[TcpRoute] = set()
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, sock=self.socket)

    def _accept(self) -> asyncio.Protocol:
        if len(self._connections) >= MOST_TCP_CONNECTIONS:
            return _Refusing()
        route = self._accepted(self._connections.discard)
        self._connections.add(route)
        return route

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for route in tuple(self._connections):
            route.close()
        self.socket.close()


class _Refusing(asyncio.Protocol):
    """Too many connections: closes the new one at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).abort()
