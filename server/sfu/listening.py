"""A listener: somebody who hears a meeting without being in it (a recorder). To the media process it is a viewer whose
line is a local pipe and whose keys came over the link, so everything a viewer gets (the best layer, numbers without
gaps, sender reports) it gets the same way, and the path of a packet knows nothing of it.

Both ends live here. Packets are framed by RFC 4571, as over TCP.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from server.sfu.dtls import PROFILES, CipherBuffer, SrtpSession
from server.sfu.egress import Egress
from server.sfu.now import Now
from server.sfu.transport import LONGEST_PACKET_BYTES, Transport

WAITING_LIMIT_BYTES = 8 << 20  # two seconds of a room of 16: a recorder that is further behind has lost the thread
_PROFILE = PROFILES[0]
_HALF = _PROFILE.key_length + _PROFILE.salt_length


def fresh_keys() -> bytes:
    """For one listener's line, both ways; never used again."""
    return secrets.token_bytes(2 * _HALF)


class ListenerTransport(Transport):
    """Ready from the start; lives as long as its pipe does."""

    def attach(self, route: PipeRoute, keys: bytes) -> None:
        """The pipe is there: media may be sent."""
        self.inbound = SrtpSession(keys[_HALF:], _PROFILE, inbound=True)
        self.outbound = SrtpSession(keys[:_HALF], _PROFILE, inbound=False)
        for lane in self.lanes:
            lane.open(self.outbound)
        route.transport = self
        self.checked(route, nominated=True)
        if self._handler is not None:
            self._handler.connected(self.outbound)

    def tick(self) -> None:
        """A pipe needs no consent: it ends when the other side does."""
        self.checked_ms = self._now.ms
        super().tick()


class PipeRoute(asyncio.Protocol):
    """The media process's end. A recorder that does not keep up loses pictures to the end of a frame, then sound."""

    record = None
    way = None

    def __init__(self, now: Now, egress: Egress, inbox: CipherBuffer, gone: Callable[[], None]) -> None:
        self._now = now
        self._gone = gone
        self._egress = egress
        self._inbox = inbox
        self._pipe: asyncio.Transport | None = None
        self._frames = Frames()
        self._skipping = False
        self.transport: Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._pipe = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._now.read()
        self._egress.begin()
        for packet in self._frames.feed(data):
            if self.transport is not None and 128 <= packet[0] < 192:
                self._inbox.view[: len(packet)] = packet
                self.transport.media(len(packet), self._now.us, self)
        self._egress.flush()

    def connection_lost(self, _error: Exception | None) -> None:
        self._pipe = None
        if self.transport is not None:
            self.transport.route_lost(self)
            self.transport = None
            self._gone()

    def left(self, transport: Transport) -> None:
        if self.transport is transport:
            self.transport = None
            self.close()

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()

    def send(self, packet: bytes) -> None:
        """Nobody checks or shakes hands here."""

    def send_run(self, view: memoryview, sizes: Sequence[int], *, video: bool) -> None:
        pipe = self._pipe
        if pipe is None or pipe.is_closing():
            return
        full = pipe.get_write_buffer_size() > (WAITING_LIMIT_BYTES // 2 if video else WAITING_LIMIT_BYTES)
        if not full and not self._skipping:
            pipe.write(framed(view, sizes))
            return
        at = 0
        for size in sizes:
            packet = view[at : at + size]
            at += size
            if video and self._skipping:
                self._skipping = full or not packet[1] & 0x80  # the marker ends a frame: the next one may go again
            elif full:
                self._skipping = video
            else:
                pipe.write(framed(packet, (size,)))


def framed(view: memoryview, sizes: Sequence[int]) -> bytes:
    """Packets that lie one behind the other, each with its length before it."""
    out = bytearray()
    at = 0
    for size in sizes:
        out += size.to_bytes(2, "big")
        out += view[at : at + size]
        at += size
    return bytes(out)


class Frames:
    """Cuts a byte stream into packets. ConnectionError when a length cannot be one."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        received = self._received
        received += data
        at = 0
        while len(received) - at >= 2:
            length = received[at] << 8 | received[at + 1]
            if not 2 <= length <= LONGEST_PACKET_BYTES:
                raise ConnectionError("a packet of the listener's line is too long or too short")
            if len(received) - at - 2 < length:
                break
            yield bytes(received[at + 2 : at + 2 + length])
            at += 2 + length
        del received[:at]


class ListenerLine:
    """The recorder's end: encrypted bytes in, clear packets out."""

    def __init__(self, keys: bytes) -> None:
        self._inbound = SrtpSession(keys[:_HALF], _PROFILE, inbound=True)
        self._outbound = SrtpSession(keys[_HALF:], _PROFILE, inbound=False)
        self._buffer = CipherBuffer(LONGEST_PACKET_BYTES + 64)
        self._frames = Frames()

    def feed(self, data: bytes) -> Iterator[memoryview]:
        """Clear RTP and RTCP packets, each good until the next one is asked for. ConnectionError: not our line."""
        buffer, inbound = self._buffer, self._inbound
        view = buffer.view
        for packet in self._frames.feed(data):
            size = len(packet)
            view[:size] = packet
            if 192 <= packet[1] < 224:  # RFC 5761 4
                size = inbound.unprotect_rtcp_in_place(buffer, size)
            else:
                size = inbound.unprotect_in_place(buffer, size)
            if size:
                yield view[:size]

    def report(self, compound: bytes) -> bytes:
        """A compound RTCP packet as it goes over the line."""
        buffer = self._buffer
        buffer.view[: len(compound)] = compound
        size = self._outbound.protect_rtcp_in_place(buffer, 0, len(compound))
        return framed(buffer.view[:size], (size,))
