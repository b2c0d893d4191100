"""The TCP port: passive candidates (RFC 6544), packets framed by RFC 4571, for networks that let no UDP through."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from server.errors import Unavailable
from server.sfu.dtls import CipherBuffer
from server.sfu.egress import Egress
from server.sfu.ice import Address
from server.sfu.newcomers import Newcomers
from server.sfu.now import Now
from server.sfu.transport import LONGEST_PACKET_BYTES, Checks, Transport

WRITE_LIMIT_BYTES = 256 << 10
HARD_LIMIT_BYTES = 512 << 10  # sound and reports too are lost beyond this
MOST_CONNECTIONS = 2048
UNPROVEN_S = 10.0  # a connection that has not sent an authentic check by then is closed


class TcpRoute(asyncio.Protocol):
    """One connection, its packets framed by RFC 4571: a length of two bytes before each."""

    record = None
    way = None

    def __init__(
        self,
        checks: Checks,
        now: Now,
        egress: Egress,
        inbox: CipherBuffer,
        gone: Callable[[TcpRoute], None],
        *,
        newcomers: Newcomers,
    ) -> None:
        self._checks = checks
        self._newcomers = newcomers
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
        self._newcomers.enter(self, self._peer[0])
        self._proof = asyncio.get_running_loop().call_later(UNPROVEN_S, self.close)

    def data_received(self, data: bytes) -> None:
        self._now.read()
        self._egress.begin()
        received = self._received
        received += data
        at = 0
        while len(received) - at >= 2:
            length = received[at] << 8 | received[at + 1]
            if length > LONGEST_PACKET_BYTES:
                self.close()  # no packet of ours: nothing is kept for it, and what follows cannot be told apart
                at = len(received)
                break
            if len(received) - at - 2 < length:
                break
            if length >= 2:
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
                self._newcomers.leave(self)
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
        self._newcomers.leave(self)
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
        """A line that does not keep up is not waited for."""
        pipe = self._pipe
        if pipe is None:
            return
        if self.transport is None and pipe.get_write_buffer_size() == 0:
            pipe.close()
        else:
            pipe.abort()

    def send(self, packet: bytes) -> None:
        """An answer to a check, or a handshake; lost when the other side does not read."""
        if self._pipe is not None and self._pipe.get_write_buffer_size() > WRITE_LIMIT_BYTES:
            return
        self._write(len(packet).to_bytes(2, "big") + packet)

    def send_run(self, view: memoryview, sizes: Sequence[int], *, video: bool) -> None:
        """A line that does not keep up loses pictures to the end of a frame; sound only when far more waits."""
        pipe = self._pipe
        if pipe is None:
            return
        limit = WRITE_LIMIT_BYTES if video else HARD_LIMIT_BYTES
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
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # both families may have the port
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.socket.bind((address, port))
        except OSError as error:
            self.socket.close()
            raise Unavailable("media.port", address=address, port=str(port), reason=error.strerror or "") from error
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self._accepted = partial(TcpRoute, checks, now, egress, inbox, newcomers=Newcomers())
        self._connections: set[TcpRoute] = set()
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, sock=self.socket)

    def _accept(self) -> asyncio.Protocol:
        if len(self._connections) >= MOST_CONNECTIONS:
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
