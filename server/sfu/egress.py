"""What one peer is about to be sent: packets side by side in one buffer, encrypted in place, flushed once per turn.

No packet waits here beyond the turn in which it came, and nothing here knows what a packet means.
"""

from __future__ import annotations

from typing import Protocol

from server.sfu.dtls import TRAILER_ROOM, PacketBuffer, SrtpSession
from server.sfu.turn import Turn

VIEWER_BYTES = 1 << 16
SENDER_BYTES = 1 << 13  # towards a sender goes only RTCP
MAX_RUN_BYTES = 60_000  # below the largest datagram (65,507), which also bounds a segmented send
MAX_RUN_PACKETS = 64  # UDP_MAX_SEGMENTS before Linux 6.9


class Route(Protocol):
    """A way to the peer. Sending never blocks and never raises: what cannot be sent is dropped."""

    def send(self, packet: bytes | memoryview) -> None: ...

    def send_run(self, packets: memoryview, size: int) -> None:
        """Packets of `size` bytes side by side, of which the last may be shorter."""
        ...

    def forget(self) -> None:
        """The peer uses it no longer."""
        ...


class Egress:
    """The buffer of one transport. `place` says where the next packet goes, `seal` encrypts it there."""

    __slots__ = ("_limit", "_sizes", "_turn", "_used", "buffer", "data", "route", "sent_bytes", "srtp")

    def __init__(self, turn: Turn, size: int) -> None:
        self._turn = turn
        self.buffer = PacketBuffer(size)
        self.data = self.buffer.data
        self._limit = min(size, MAX_RUN_BYTES)
        self._sizes: list[int] = []
        self._used = 0
        self.srtp: SrtpSession | None = None
        self.route: Route | None = None
        self.sent_bytes = 0

    def place(self, size: int) -> int:
        """The offset in `data` for a clear packet of at most `size` bytes; -1 when nothing can be sent now."""
        if self.srtp is None or self.route is None:
            return -1
        if self._used + size + TRAILER_ROOM > self._limit:
            self.flush()
            if size + TRAILER_ROOM > self._limit:
                return -1
        return self._used

    def seal(self, offset: int, size: int) -> bool:
        """Encrypt the RTP packet that was written where `place` said. False: it goes nowhere."""
        srtp = self.srtp
        length = 0 if srtp is None else srtp.protect_in_place(self.buffer, offset, size)
        if not length:
            return False
        if not self._sizes:
            self._turn.dirty.append(self)
        self._sizes.append(length)
        self._used = offset + length
        return True

    def send_rtcp(self, compound: bytes) -> None:
        """Clear RTCP, sent with the rest of this turn."""
        size = len(compound)
        offset = self.place(size)
        if offset < 0 or self.srtp is None or not size:
            return
        self.data[offset : offset + size] = compound
        length = self.srtp.protect_rtcp_in_place(self.buffer, offset, size)
        if not length:
            return
        if not self._sizes:
            self._turn.dirty.append(self)
        self._sizes.append(length)
        self._used = offset + length

    def flush(self) -> None:
        """Send everything in order, as few calls as equal lengths allow: a shorter packet ends a run."""
        sizes, route, view = self._sizes, self.route, self.buffer.view
        self.sent_bytes += self._used
        self._used = 0
        if route is None:
            sizes.clear()
            return
        if len(sizes) == 1:
            route.send(view[: sizes[0]])
            sizes.clear()
            return
        start = at = first = count = 0
        for size in sizes:
            if count and (size > first or count == MAX_RUN_PACKETS):
                _send(route, view[start:at], first, count)
                start, count = at, 0
            if not count:
                first = size
            at += size
            count += 1
            if size < first:
                _send(route, view[start:at], first, count)
                start, count = at, 0
        if count:
            _send(route, view[start:at], first, count)
        sizes.clear()


def _send(route: Route, packets: memoryview, size: int, count: int) -> None:
    if count == 1:
        route.send(packets)
    else:
        route.send_run(packets, size)
