"""What a synthetic participant has heard: packets counted from the clear RTP header, loss from the sequence numbers,
latency and key frames from the packets that were decrypted. Pure: no socket, no clock."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.load.sources import ONE_BYTE_EXTENSIONS, STAMP, STAMP_MARK


@dataclass
class SequenceCount:
    """Counts one stream as RFC 3550 appendix A.1 does: the highest extended number, and how many came."""

    received: int = 0
    duplicates_or_late: int = 0
    _first: int | None = None
    _highest: int = 0

    def add(self, sequence: int) -> None:
        self.received += 1
        if self._first is None:
            self._first = self._highest = sequence
            return
        step = (sequence - self._highest) & 0xFFFF
        if 0 < step < 0x8000:
            self._highest += step
        else:
            self.duplicates_or_late += 1

    @property
    def extended_highest(self) -> int:
        """The highest sequence number with its wraps counted, as a receiver report wants it."""
        return self._highest

    @property
    def expected(self) -> int:
        return 0 if self._first is None else self._highest - self._first + 1

    @property
    def lost(self) -> int:
        return max(0, self.expected - self.received)


def payload_offset(packet: memoryview) -> int:
    """Where the payload of an RTP packet begins, in bytes (RFC 3550 section 5.1)."""
    offset = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        offset += 4 + 4 * int.from_bytes(packet[offset + 2 : offset + 4], "big")
    return offset


def header_extension(packet: memoryview, wanted_id: int) -> bytes | None:
    """The value of one one-byte header extension (RFC 8285 section 4.2), None when it is absent."""
    if not packet[0] & 0x10:
        return None
    position = 12 + 4 * (packet[0] & 0x0F)
    if int.from_bytes(packet[position : position + 2], "big") != ONE_BYTE_EXTENSIONS:
        return None
    end = payload_offset(packet)
    position += 4
    while position < end:
        identifier, size = packet[position] >> 4, (packet[position] & 0x0F) + 1
        if identifier == 0:  # padding is a single byte
            position += 1
            continue
        if identifier == wanted_id:
            return bytes(packet[position + 1 : position + 1 + size])
        position += 1 + size
    return None


def stamp_ns(packet: memoryview) -> int | None:
    """The sender's clock at the moment it sent the packet, in ns; None when the packet is not one of ours."""
    if len(packet) < 12 + STAMP.size:
        return None
    mark, sent_ns = STAMP.unpack_from(packet, len(packet) - STAMP.size)
    return int(sent_ns) if mark == STAMP_MARK else None


def vp8_descriptor_bytes(payload: memoryview) -> int:
    """The length of a VP8 payload descriptor (RFC 7741 section 4.2)."""
    if not payload[0] & 0x80:
        return 1
    extended, size = payload[1], 2
    if extended & 0x80:
        size += 2 if payload[size] & 0x80 else 1
    if extended & 0x40:
        size += 1
    if extended & 0x30:
        size += 1
    return size


def starts_key_frame(payload: memoryview) -> bool:
    """True for the first packet of a VP8 key frame: S set, partition 0, P clear (RFC 7741 sections 4.2 and 4.3)."""
    if not payload[0] & 0x10 or payload[0] & 0x07:
        return False
    size = vp8_descriptor_bytes(payload)
    return len(payload) > size and not payload[size] & 0x01


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile; 0.0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    rank = max(1, math.ceil(len(ordered) * percent / 100))
    return ordered[min(rank, len(ordered)) - 1]


@dataclass
class ReceivedStream:
    """One consumer as its viewer sees it."""

    ssrc: int
    video: bool
    count: SequenceCount = field(default_factory=SequenceCount)
    decrypted: int = 0
    undecryptable: int = 0
    #: when the last packet of the first complete key frame arrived
    first_key_frame_ns: int | None = None
    marked_received: int = 0
    marked_lost: int = 0
    _key_frame_next: int | None = None
    latencies_ms: list[float] = field(default_factory=list)

    def mark(self) -> None:
        """Begins the measured interval: what came before was warm-up."""
        self.marked_received, self.marked_lost = self.count.received, self.count.lost
        self.latencies_ms.clear()

    def add_clear(self, packet: memoryview, arrived_ns: int) -> None:
        """Takes a decrypted packet."""
        self.decrypted += 1
        sent_ns = stamp_ns(packet)
        if sent_ns is not None:
            self.latencies_ms.append((arrived_ns - sent_ns) / 1e6)
        if self.wants_every_packet:
            self._follow_key_frame(packet, arrived_ns)

    def _follow_key_frame(self, packet: memoryview, arrived_ns: int) -> None:
        """Complete: its first packet, all that follow without a hole, and the one with the marker."""
        sequence = packet[2] << 8 | packet[3]
        starts = starts_key_frame(packet[payload_offset(packet) :])
        if not starts and sequence != self._key_frame_next:
            self._key_frame_next = None
            return
        self._key_frame_next = (sequence + 1) & 0xFFFF
        if packet[1] & 0x80:
            self.first_key_frame_ns = arrived_ns

    @property
    def wants_every_packet(self) -> bool:
        """Until its first key frame a video is decrypted whole; afterwards one packet in N is enough."""
        return self.video and self.first_key_frame_ns is None
