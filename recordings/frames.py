"""From a stream's packets to the frames its codec knows, in order. Pure: no I/O, no clock, nothing is decoded.

A recorder's line loses nothing by itself; what is missing was lost on the way to the server, and may still be sent
again. So a hole is waited for, a while; then the pictures up to the next key frame are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.rtp.codecs import descriptor_for
from server.rtp.packet import PacketError, RtpHeader
from server.rtp.payload import Descriptor

HOLE_US = 600_000  # as long as a repair may take to come (rtp.nack gives up before)
MOST_WAITING = 1024  # packets behind a hole
MOST_FRAME_BYTES = 4 << 20

_NAL_START = b"\0\0\0\1"
_STAP_A, _FU_A = 24, 28  # RFC 6184 5.7.1, 5.8
_OBU_TEMPORAL_DELIMITER, _OBU_TILE_LIST, _OBU_PADDING = 2, 8, 15  # AV1 6.2.2


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, or one packet of sound. timestamp: the stream's own, 32 bits; width, height 0: not told."""

    data: bytes
    timestamp: int
    key: bool
    arrival_us: int
    width: int = 0
    height: int = 0


class FrameReader:
    """One stream. `push` each packet, `sweep` now and then; both return the frames that are complete."""

    def __init__(self, mime_type: str) -> None:
        self._payload: Descriptor = descriptor_for(mime_type)
        self._name = mime_type.lower()
        self._sound = self._name.startswith("audio/")
        self._next = -1
        self._waiting: dict[int, tuple[bytes, bool, int, int]] = {}
        self._parts: list[bytes] = []
        self._size = 0
        self._timestamp = -1
        self._whole = self._key = self._between = False
        self._arrival_us = 0
        self._width = self._height = 0
        #: pictures make no sense before the next key frame: somebody should ask for one
        self.lost_thread = not self._sound
        self.packets = self.lost = self.frames = self.left_out = 0

    def push(self, header: RtpHeader, data: memoryview, arrival_us: int) -> list[Frame]:
        """One clear packet; header has been read from it."""
        if header.payload_length == 0:
            body = b""
        else:
            at = header.payload_offset
            body = bytes(data[at : at + header.payload_length])
        sequence = header.sequence
        if self._next < 0:
            self._next = sequence
        ahead = (sequence - self._next) & 0xFFFF
        if ahead == 0:
            found: list[Frame] = []
            self._take(body, header.marker != 0, header.timestamp, arrival_us, found)
            self._next = (sequence + 1) & 0xFFFF
            if self._waiting:
                self._go_on(found)
            return found
        if ahead >= 0x8000:
            return []  # came twice, or after it was given up
        self._waiting[sequence] = (body, header.marker != 0, header.timestamp, arrival_us)
        return self._skip() if len(self._waiting) > MOST_WAITING else []

    def sweep(self, now_us: int) -> list[Frame]:
        """What waits behind a hole for too long goes on without it."""
        found: list[Frame] = []
        while self._waiting and now_us - min(one[3] for one in self._waiting.values()) > HOLE_US:
            found += self._skip()
        return found

    def finish(self) -> list[Frame]:
        """Nothing more comes."""
        found: list[Frame] = []
        while self._waiting:
            found += self._skip()
        return found

    def _skip(self) -> list[Frame]:
        """Over the first hole."""
        base = self._next
        nearest = min(self._waiting, key=lambda one: (one - base) & 0xFFFF)
        self.lost += (nearest - base) & 0xFFFF
        self._next = nearest
        self._break()
        found: list[Frame] = []
        self._go_on(found)
        return found

    def _go_on(self, found: list[Frame]) -> None:
        while (packet := self._waiting.pop(self._next, None)) is not None:
            self._take(*packet, found)
            self._next = (self._next + 1) & 0xFFFF

    def _break(self) -> None:
        if self._parts:
            self.left_out += 1
        self._parts, self._size, self._whole, self._timestamp = [], 0, False, -1
        self._between = False
        if not self._sound:
            self.lost_thread = True

    def _take(self, body: bytes, marker: bool, timestamp: int, arrival_us: int, found: list[Frame]) -> None:
        """The next packet in order."""
        self.packets += 1
        if not body:
            return
        if self._sound:
            self.frames += 1
            found.append(Frame(body, timestamp, True, arrival_us))
            return
        payload = self._payload
        try:
            payload.read(body, 0, len(body))
        except PacketError:
            self._break()
            return
        if timestamp != self._timestamp:
            if self._parts:
                self._close(found)  # a sender that sets no marker
            self._timestamp, self._arrival_us = timestamp, arrival_us
            # What follows a frame in order begins the next one, also where it is a higher layer alone (SVC).
            self._whole, self._key = payload.start or self._between, payload.key_frame
            self._between = False
            self._width, self._height = payload.width, payload.height
        elif payload.key_frame:
            self._key = True
        self._parts.append(body[payload.body_at :] if payload.body_at else body)
        self._size += len(body)
        if self._size > MOST_FRAME_BYTES:
            self._break()
        elif marker:
            self._close(found)
            self._between = True

    def _close(self, found: list[Frame]) -> None:
        parts, self._parts, self._size = self._parts, [], 0
        if not self._whole or (self.lost_thread and not self._key):
            self.left_out += 1
            self.lost_thread = True
            return
        try:
            data = self._join(parts)
        except (IndexError, PacketError):
            self._break()
            return
        self.lost_thread = False
        self.frames += 1
        found.append(Frame(data, self._timestamp, self._key, self._arrival_us, self._width, self._height))
        self._whole = False

    def _join(self, parts: list[bytes]) -> bytes:
        if self._name == "video/h264":
            return annex_b(parts)
        if self._name == "video/av1":
            return temporal_unit(parts)
        return b"".join(parts)


def annex_b(payloads: list[bytes]) -> bytes:
    """H.264 payloads of one picture (RFC 6184 5.6 to 5.8) as units with start codes. IndexError, PacketError."""
    out = bytearray()
    for payload in payloads:
        kind = payload[0] & 0x1F
        if kind == _STAP_A:
            at = 1
            while at < len(payload):
                size = payload[at] << 8 | payload[at + 1]
                out += _NAL_START
                out += payload[at + 2 : at + 2 + size]
                at += 2 + size
        elif kind == _FU_A:
            if payload[1] & 0x80:
                out += _NAL_START
                out.append(payload[0] & 0xE0 | payload[1] & 0x1F)
            out += payload[2:]
        else:
            out += _NAL_START
            out += payload
    return bytes(out)


def temporal_unit(payloads: list[bytes]) -> bytes:
    """AV1 payloads of one temporal unit (AV1 RTP specification 4.4) as OBUs with their sizes, without delimiters."""
    out = bytearray()
    open_unit = bytearray()
    for payload in payloads:
        elements, continues, goes_on = _elements(payload)
        for index, element in enumerate(elements):
            if index == 0 and continues:
                open_unit += element
            else:
                _put_unit(out, open_unit)
                open_unit = bytearray(element)
        if not goes_on:
            _put_unit(out, open_unit)
            open_unit = bytearray()
    _put_unit(out, open_unit)
    return bytes(out)


def _elements(payload: bytes) -> tuple[list[bytes], bool, bool]:
    """(OBU elements, does the first go on from the packet before, does the last go on in the next)."""
    head = payload[0]
    count = head >> 4 & 3
    elements: list[bytes] = []
    at = 1
    while at < len(payload):
        if count and len(elements) == count - 1:
            elements.append(payload[at:])
            break
        size, at = _leb128(payload, at)
        if at + size > len(payload):
            raise PacketError("AV1 element beyond its packet")
        elements.append(payload[at : at + size])
        at += size
    return elements, bool(head & 0x80), bool(head & 0x40)


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 56, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise PacketError("AV1 size too long")


def _put_unit(out: bytearray, unit: bytearray) -> None:
    """One OBU with obu_has_size_field set (AV1 5.3.2)."""
    if not unit or unit[0] >> 3 & 15 in {_OBU_TEMPORAL_DELIMITER, _OBU_TILE_LIST, _OBU_PADDING}:
        return
    head = 2 if unit[0] & 4 else 1
    if unit[0] & 2:
        out += unit
        return
    size = len(unit) - head
    out.append(unit[0] | 2)
    out += unit[1:head]
    while size >= 0x80:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    out += unit[head:]
