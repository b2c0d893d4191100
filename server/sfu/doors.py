"""The sockets: one UDP and one TCP port per listen address, for everybody. Bytes are told apart (RFC 7983) and handed on.

Only an authenticated connectivity check makes an address known; from any other, nothing but checks is read.
"""

from __future__ import annotations

import asyncio
import socket
import struct

from server.sfu.dtls import PacketBuffer
from server.sfu.ice import IceRegistry
from server.sfu.transport import MediaTransport
from server.sfu.turn import Turn

RECEIVE_BYTES = SEND_BYTES = 4 << 20
PACKET_ROOM = 2048  # the largest packet a browser sends is far below an Ethernet frame
MOST_PACKETS_PER_TURN = 128
# Linux's numbers, which Python does not name: include/uapi/asm-generic/socket.h, include/uapi/linux/udp.h
SO_RCVBUFFORCE, SO_SNDBUFFORCE, SO_TIMESTAMPNS = 33, 32, 35
SOL_UDP, UDP_SEGMENT = 17, 103

_TIMESPEC = struct.Struct("@qq")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
_SEGMENT = struct.Struct("@H")

Registry = IceRegistry[MediaTransport]


class UdpRoute:
    """One peer's address at one of our sockets."""

    __slots__ = ("_door", "_segmented", "_socket", "address", "transport")

    def __init__(self, door: UdpDoor, address: tuple[str, int], transport: MediaTransport) -> None:
        self._door = door
        self._socket = door.socket
        self.address = address
        self.transport = transport
        self._segmented = True

    def send(self, packet: bytes | memoryview) -> None:
        try:
            self._socket.sendto(packet, self.address)
        except OSError:
            return  # a full socket, a vanished network: the peer asks again for what it misses

    def send_run(self, packets: memoryview, size: int) -> None:
        """One call with UDP_SEGMENT (Linux 4.18); one call a packet where that is refused."""
        if self._segmented:
            try:
                self._socket.sendmsg((packets,), ((SOL_UDP, UDP_SEGMENT, _SEGMENT.pack(size)),), 0, self.address)
            except (BlockingIOError, ConnectionError):
                return
            except OSError:
                # An old kernel, a device without checksums, a path too narrow for whole segments.
                self._segmented = False
            else:
                return
        for start in range(0, len(packets), size):
            self.send(packets[start : start + size])

    def forget(self) -> None:
        self._door.forget(self)


class UdpDoor:
    """One bound socket. `routes` is the only table between an address and its transport."""

    def __init__(self, address: str, port: int, registry: Registry, turn: Turn) -> None:
        """Raises OSError when the port is taken."""
        self.socket = _bound(address, port, socket.SOCK_DGRAM)
        grow_buffers(self.socket)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.port: int = self.socket.getsockname()[1]
        self._registry = registry
        self._turn = turn
        self._routes: dict[tuple[str, int], UdpRoute] = {}
        self._buffer = PacketBuffer(PACKET_ROOM)
        self._into = [self._buffer.data]

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.add_reader(self.socket, self.read)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self.socket)
        self.socket.close()

    def forget(self, route: UdpRoute) -> None:
        if self._routes.get(route.address) is route:
            del self._routes[route.address]

    def read(self) -> None:
        """One turn: until the socket is empty, at most 128 packets."""
        receive, into, routes, buffer = self.socket.recvmsg_into, self._into, self._routes, self._buffer
        data = buffer.data
        self._turn.begin()
        for _ in range(MOST_PACKETS_PER_TURN):
            try:
                size, ancillary, _flags, address = receive(into, _ANCILLARY_BYTES)
            except BlockingIOError:
                break
            except ConnectionError:
                continue  # an ICMP error about something sent before
            route = routes.get(address)
            first = data[0] if size else 0
            if route is None:
                if first < 4:
                    self._check(bytes(data[:size]), address)
            elif first >= 128:
                route.transport.media(buffer, size, _arrival_us(ancillary) or self._turn.now_us, route)
            elif first < 4:
                self._check(bytes(data[:size]), address)
            elif 20 <= first < 64:
                route.transport.dtls(bytes(data[:size]), route)
        self._turn.end()

    def _check(self, data: bytes, address: tuple[str, int]) -> None:
        check = self._registry.answer(data, address)
        if check is None:
            return
        try:
            self.socket.sendto(check.reply, address)
        except OSError:
            return
        owner = check.owner
        if owner is None:
            return
        route = self._routes.get(address)
        if route is None or route.transport is not owner:
            if route is not None:
                route.transport.route_lost(route)
            route = self._routes[address] = UdpRoute(self, address, owner)
        owner.checked(route, check.nominated)


def _arrival_us(ancillary: list[tuple[int, int, bytes]]) -> int:
    """When the kernel got it: a stall of our loop must not look like a queue in the network to the sender."""
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(value)
            return int(seconds) * 1_000_000 + int(nanoseconds) // 1000
    return 0


def _bound(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, kind)
    try:
        bound.setblocking(False)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound


def grow_buffers(grown: socket.socket) -> None:
    """As large as the system allows: a key frame to a hundred viewers is a burst."""
    for forced, plain, size in (
        (SO_RCVBUFFORCE, socket.SO_RCVBUF, RECEIVE_BYTES),
        (SO_SNDBUFFORCE, socket.SO_SNDBUF, SEND_BYTES),
    ):
        try:
            grown.setsockopt(socket.SOL_SOCKET, forced, size)
        except PermissionError:
            grown.setsockopt(socket.SOL_SOCKET, plain, size)


def listening(address: str, port: int) -> socket.socket:
    """A TCP socket that listens. Raises OSError."""
    door = _bound(address, port, socket.SOCK_STREAM)
    door.listen(128)
    return door
