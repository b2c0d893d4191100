"""The way out: one buffer per viewer and kind of media, filled in place, encrypted in place, flushed once per wake-up.

Decides nothing about who gets what. A route that is slow or refuses loses packets here and never makes anybody wait.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from server.rtp.departures import MASK, SIZE_BITS, Departures
from server.rtp.packet import HeaderTemplate
from server.rtp.payload import Descriptor
from server.rtp.twcc import TransportFeedback
from server.sfu.dtls import LENGTH, PROTECT, CipherBuffer, SrtpSession

if TYPE_CHECKING:
    from server.sfu.downlink import Downlink
    from server.sfu.inlet import Inlet
    from server.sfu.transport import Transport
    from server.sfu.uplink import LayerStream

CONTROL_LANE_BYTES = 16 << 10
VIDEO_LANE_BYTES = 64 << 10  # one segmented send carries no more
MOST_TRAILER_BYTES = 64  # SRTCP index and tag (RFC 3711 3.4), with room to spare

UDP_SEGMENT = 103  # include/uapi/linux/udp.h; with SOL_UDP as the level
SOL_UDP = 17
MOST_SEGMENTS = 64
MOST_RUN_BYTES = 65_000  # an IP datagram's 65,535, less its headers
_segment_size = struct.Struct("@H").pack
RING = 1024  # packets kept for repair: four seconds of a 2.5 Mbit/s layer
_RING_MASK = RING - 1
_write_short = struct.Struct("!H").pack_into


class Route(Protocol):
    """One way to a browser. Never blocks, never raises; what cannot be sent is dropped by the route's own policy."""

    @property
    def record(self) -> Any:
        """What the compiled path knows it by, for what arrives; None: it does not."""
        ...

    @property
    def way(self) -> tuple[int, bytes, bool] | None:
        """(descriptor, socket address, may packets leave in segments): how it may send by itself; None: not at all."""
        ...

    def send(self, packet: bytes) -> None:
        """One datagram that is not media: STUN, DTLS."""
        ...

    def send_run(self, view: memoryview, sizes: Sequence[int], *, video: bool) -> None:
        """Encrypted packets lying one behind the other in `view`, of these sizes."""
        ...

    def left(self, transport: Transport) -> None:
        """This transport no longer uses it; a route that no transport uses is forgotten."""
        ...


class Lane:
    """What one viewer gets in this wake-up: of sound and reports, or of pictures. Order within a lane is kept."""

    __slots__ = (
        "_buffer",
        "_waiting",
        "base",
        "departures",
        "end",
        "handle",
        "limit",
        "route",
        "sent_bytes",
        "sizes",
        "tag",
        "video",
        "view",
    )

    def __init__(self, waiting: list[Lane], size: int, *, video: bool) -> None:
        self._buffer = CipherBuffer(size)
        self._waiting = waiting
        self.view = self._buffer.view
        self.base = self._buffer.base
        #: how far the buffer may be filled before a packet's trailer
        self.limit = size - MOST_TRAILER_BYTES
        self.end = 0
        self.sizes: list[int] = []
        self.video = video
        self.tag = 0
        self.handle: Any = None
        self.route: Route | None = None
        #: of a viewer who tells when each packet came; never of sound
        self.departures: Departures | None = None
        #: since the start
        self.sent_bytes = 0

    def open(self, outbound: SrtpSession) -> None:
        """From now on packets can be encrypted."""
        self.handle = outbound.handle
        self.tag = outbound.tag_bytes

    def room(self, length: int) -> int:
        """The offset for a packet of `length` bytes, or -1 when it never fits; flushes when the buffer is full."""
        if self.end + length > self.limit:
            self.flush()
            if length > self.limit:
                return -1
        return self.end

    def put_rtp(self, length: int) -> None:
        """The packet that was written at `end` is complete: encrypt it and keep it for the flush."""
        LENGTH[0] = length
        if PROTECT(self.handle, self.base + self.end, LENGTH) == 0:
            self._put(length + self.tag)

    def put_rtcp(self, outbound: SrtpSession, compound: bytes) -> None:
        """Encrypt a compound RTCP packet and keep it for the flush."""
        at = self.room(len(compound))
        if at < 0:
            return
        self.view[at : at + len(compound)] = compound
        size = outbound.protect_rtcp_in_place(self._buffer, at, len(compound))
        if size:
            self._put(size)

    def _put(self, size: int) -> None:
        if not self.sizes:
            self._waiting.append(self)
        self.sizes.append(size)
        self.end += size

    def flush(self) -> None:
        """Send what is there. The lane may still stand in the waiting list; flushing it again is harmless."""
        sizes = self.sizes
        if not sizes:
            return
        if self.route is not None:
            self.route.send_run(self.view, sizes, video=self.video)
        self.sent_bytes += self.end
        self.end = 0
        self.sizes = []


class Arrivals(Protocol):
    """When the packets of one transport came: rtp.twcc.TransportFeedback, or the compiled path's."""

    @property
    def waiting(self) -> bool: ...

    def receive(self, sequence: int, arrival_us: int) -> None: ...

    def build(self, media_ssrc: int) -> list[bytes]: ...


class Gate:
    """What the compiled path is told of one transport's incoming streams. Without one there is nothing to tell."""

    #: what it knows the transport by
    record: Any = None
    #: of the last packet that had a transport-wide number
    last_ssrc: int = 0

    def serve(self, inlet: Inlet) -> None:
        """Who is told what was forwarded."""

    def feedback(self, reporter: int) -> Arrivals:
        """What counts this transport's arrivals."""
        return TransportFeedback(reporter)

    def open(self, inbound: SrtpSession) -> None:
        """There are keys."""

    def close(self) -> None:
        """The keys must no longer be used."""

    def moved(self, route: Route | None) -> None:
        """Where its media come from; what comes from elsewhere is Python's."""

    def extensions(self, transport_cc_id: int, level_id: int) -> None:
        """The ids that the sender gives its header extensions; 0: none."""

    def bind(self, ssrc: int, layer: LayerStream) -> None:
        """This is a media stream of that layer."""

    def unbind(self, ssrc: int) -> None: ...


class Fan:
    """How one rendition's packets reach its viewers, and the last thousand of them for repairs."""

    def __init__(self, template: HeaderTemplate) -> None:
        self._template = template
        self._ring: list[bytes | None] = [None] * RING

    def keep(self, sequence: int, packet: bytes) -> None:
        self._ring[sequence & _RING_MASK] = packet

    def find(self, sequence: int) -> bytes | None:
        """The clear packet with this number, None when it never was or is too old."""
        packet = self._ring[sequence & _RING_MASK]
        if packet is None or packet[2] << 8 | packet[3] != sequence:
            return None
        return packet

    def watch(self, targets: tuple[Downlink, ...]) -> None:
        """Who gets all that comes in order from now on."""

    def send(
        self,
        packet: bytes,
        targets: tuple[Downlink, ...],
        numbers: tuple[int, int, int, int],
        now_us: int,
        payload: Descriptor | None,
    ) -> None:
        """To some of those that watch. numbers: as fan_out has them; payload: where they stand, None: nowhere."""
        fan_out(packet, targets, self._template.size, numbers, self._template.number_at, now_us)

    def arm(self, constants: tuple[int, int, int, int]) -> Any:
        """The record of this fan for the compiled path, which adds these to the sender's numbers (Rewriter)."""
        return None

    def take_counts(self) -> tuple[int, int]:
        """Packets and payload octets that the compiled path sent since it was asked last."""
        return 0, 0


class Egress:
    """The lanes that wait for this wake-up's end."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: list[Lane] = []

    def lane(self, *, video: bool) -> Lane:
        return Lane(self.waiting, VIDEO_LANE_BYTES if video else CONTROL_LANE_BYTES, video=video)

    def gate(self) -> Gate:
        return Gate()

    def fan(self, template: HeaderTemplate) -> Fan:
        return Fan(template)

    def moment(self) -> None:
        """At the start of a wake-up: the time was read."""

    def begin(self) -> None:
        """Before anything that a sender's stream is asked for or changed by: follow up what the compiled path did."""

    def tell(self) -> None:
        """Transport-wide feedback to all senders, where the compiled path counts what came; leaves with the flush."""

    def flush(self) -> None:
        """Once, at the end of a wake-up."""
        waiting = self.waiting
        if waiting:
            for lane in waiting:
                lane.flush()
            waiting.clear()


def fan_out(  # noqa: PLR0917 - called for each packet: keywords cost
    packet: bytes,
    targets: tuple[Downlink, ...],
    payload_at: int,
    numbers: tuple[int, int, int, int],
    number_at: int,
    now_us: int,
) -> None:
    """Copy one clear packet to every target, patch what differs, encrypt in place. The dearest loop of the house.

    numbers: the packet's own sequence number, timestamp, picture id and tl0 (-1 absent), for targets that shift them.
    number_at: where a viewer's transport-wide number goes, and is entered in its lane's departures with now_us.
    """
    length = len(packet)
    stamp = now_us << SIZE_BITS | length
    protect, size_cell = PROTECT, LENGTH
    for downlink in targets:
        lane = downlink.lane
        at = lane.end
        end = at + length
        if end > lane.limit:
            lane.flush()
            at, end = 0, length
        lane.view[at:end] = packet
        if downlink.shifted:
            downlink.patch(lane.view, at, payload_at, numbers)
        departures = lane.departures
        if departures is not None:
            number = departures.counter[0]
            departures.counter[0] = number + 1
            departures.log[number & MASK] = stamp
            _write_short(lane.view, at + number_at, number & 0xFFFF)
        size_cell[0] = length
        if protect(lane.handle, lane.base + at, size_cell):
            continue
        tag = lane.tag
        lane.end = end + tag
        sizes = lane.sizes
        if not sizes:
            lane._waiting.append(lane)
        sizes.append(length + tag)


def runs(sizes: Sequence[int]) -> list[tuple[int, int, int]]:
    """(offset, end, segment size) of what one segmented send each can carry: equal sizes, the last may be shorter."""
    found: list[tuple[int, int, int]] = []
    at = start = count = segment = 0
    closed = True
    for size in sizes:
        if closed or size > segment or count >= MOST_SEGMENTS or at + size - start > MOST_RUN_BYTES:
            if count:
                found.append((start, at, segment))
            start, segment, count, closed = at, size, 0, False
        count += 1
        closed = size < segment
        at += size
    if count:
        found.append((start, at, segment))
    return found


def segmented(view: memoryview, segment: int) -> tuple[list[memoryview], list[tuple[int, int, bytes]]]:
    """Arguments of sendmsg for one run."""
    return [view], [(SOL_UDP, UDP_SEGMENT, _segment_size(segment))]


def supports_segments(sock: socket.socket) -> bool:
    """Does this kernel know UDP_SEGMENT (Linux 4.18)? Asked once per socket; a path may still refuse it later."""
    try:
        sock.getsockopt(SOL_UDP, UDP_SEGMENT)
    except OSError:
        return False
    return True
