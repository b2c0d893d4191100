"""Media over TCP (RFC 4571 framing, RFC 6544 passive) for those whose network lets no UDP through.

A slow connection never slows anybody else: what does not fit into its bounded buffer is dropped, newest first.
"""

from __future__ import annotations

import asyncio
import socket
from struct import Struct

from server.sfu.doors import MOST_PACKETS_PER_TURN, PACKET_ROOM, Registry, listening
from server.sfu.dtls import PacketBuffer
from server.sfu.transport import MediaTransport
from server.sfu.turn import Turn

MAX_CONNECTIONS = 2_000
MAX_STRANGERS = 200  # connections that have not authenticated yet
STRANGER_MS = 5_000
READ_BYTES = 1 << 16
WRITE_BYTES = 256 << 10  # a quarter of a second of what the largest room sends

_LENGTH = Struct("!H")


class TcpConnection:
    """One accepted connection, and the route to its peer."""

    def __init__(self, door: TcpDoor, connected: socket.socket, address: tuple[str, int]) -> None:
        self.socket = connected
        self.address = address
        self.transport: MediaTransport | None = None
        self.since_ms = door.turn.now_ms
        self._door = door
        self._read = bytearray()
        self._write = bytearray()
        self._writing = False
        self._closed = False

    def open(self) -> None:
        self._door.loop.add_reader(self.socket, self.read)

    def read(self) -> None:
        """One turn: whole frames to their transport, the rest kept (less than one frame)."""
        self._door.turn.begin()
        try:
            received = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self.forget()
            return
        self._read += received
        self._frames()
        self._door.turn.end()

    def _frames(self) -> None:
        at, data = 0, self._read
        while at + 2 <= len(data) and not self._closed:
            size: int = _LENGTH.unpack_from(data, at)[0]
            if size > PACKET_ROOM:
                self.forget()  # no frame of ours is so large: this is not RTP
                return
            if at + 2 + size > len(data):
                break
            self._frame(data[at + 2 : at + 2 + size])
            at += 2 + size
        del data[:at]

    def _frame(self, packet: bytearray) -> None:
        first = packet[0] if packet else 0
        transport = self.transport
        if first < 4:
            self._check(bytes(packet))
        elif transport is None:
            self.forget()  # RFC 6544: checks come first
        elif first >= 128:
            buffer = self._door.buffer
            buffer.data[: len(packet)] = packet
            transport.media(buffer, len(packet), self._door.turn.now_us, self)
        elif 20 <= first < 64:
            transport.dtls(bytes(packet), self)

    def _check(self, data: bytes) -> None:
        check = self._door.registry.answer(data, self.address)
        if check is None:
            return
        self.send(check.reply)
        if check.owner is not None:
            if self.transport is not None and self.transport is not check.owner:
                self.transport.route_lost(self)
            self.transport = check.owner
            check.owner.checked(self, check.nominated)

    # -- as a route

    def send(self, packet: bytes | memoryview) -> None:
        if self._closed or len(self._write) + len(packet) + 2 > WRITE_BYTES:
            return
        self._write += _LENGTH.pack(len(packet))
        self._write += packet
        if not self._writing:
            self._drain()

    def send_run(self, packets: memoryview, size: int) -> None:
        if self._closed:
            return
        for start in range(0, len(packets), size):
            packet = packets[start : start + size]
            if len(self._write) + len(packet) + 2 > WRITE_BYTES:
                break
            self._write += _LENGTH.pack(len(packet))
            self._write += packet
        if not self._writing:
            self._drain()

    def _drain(self) -> None:
        try:
            sent = self.socket.send(self._write) if self._write else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            self.forget()
            return
        del self._write[:sent]
        if bool(self._write) != self._writing:
            self._writing = not self._writing
            if self._writing:
                self._door.loop.add_writer(self.socket, self._drain)
            else:
                self._door.loop.remove_writer(self.socket)

    def forget(self) -> None:
        """Close; harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        if not self._writing and self._write:
            self._drain()
        self._door.loop.remove_reader(self.socket)
        if self._writing:
            self._door.loop.remove_writer(self.socket)
        self.socket.close()
        self._door.connections.discard(self)
        transport, self.transport = self.transport, None
        if transport is not None:
            transport.route_lost(self)


class TcpDoor:
    """One listening socket and its connections."""

    def __init__(
        self, address: str, port: int, registry: Registry, turn: Turn, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Raises OSError when the port is taken."""
        self.socket = listening(address, port)
        self.port: int = self.socket.getsockname()[1]
        self.registry = registry
        self.turn = turn
        self.loop = loop
        self.buffer = PacketBuffer(PACKET_ROOM)
        self.connections: set[TcpConnection] = set()

    def open(self) -> None:
        self.loop.add_reader(self.socket, self._accept)

    def close(self) -> None:
        self.loop.remove_reader(self.socket)
        self.socket.close()
        for connection in list(self.connections):
            connection.forget()

    def _accept(self) -> None:
        self.turn.begin()
        for _ in range(MOST_PACKETS_PER_TURN):
            try:
                connected, address = self.socket.accept()
            except OSError:
                return  # nobody waits, or too many files are open: the backlog holds the others
            if len(self.connections) >= MAX_CONNECTIONS or len(self.strangers()) >= MAX_STRANGERS:
                connected.close()
                continue
            connected.setblocking(False)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = TcpConnection(self, connected, address)
            self.connections.add(connection)
            connection.open()

    def strangers(self) -> list[TcpConnection]:
        return [connection for connection in self.connections if connection.transport is None]

    def sweep(self) -> None:
        """Timer (a second): who does not authenticate in five seconds goes."""
        for connection in self.strangers():
            if self.turn.now_ms - connection.since_ms > STRANGER_MS:
                connection.forget()
