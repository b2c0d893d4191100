"""What a synthetic participant says: RTP packets of one VP8 camera and one Opus microphone, written into a buffer.
Pure: the caller gives time and space. The pictures are zeros behind a valid VP8 header; no decoder ever sees them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

# The whole RTP packet before encryption; a browser's largest is 1,167 bytes.
VIDEO_PACKET_BYTES = 1200
VIDEO_PACKETS_PER_FRAME = 4
VIDEO_FRAMES_PER_SECOND = 25
VIDEO_CLOCK_HZ = 90_000
AUDIO_PACKET_BYTES = 80
AUDIO_PACKETS_PER_SECOND = 50
AUDIO_CLOCK_HZ = 48_000

ONE_BYTE_EXTENSIONS = 0xBEDE  # RFC 8285 section 4.2
STAMP = struct.Struct("!8sQ")  # the last bytes of every packet: a mark and the sender's clock in ns
STAMP_MARK = b"balaiRTP"
_RTP = struct.Struct("!BBHIIHH")  # RFC 3550 section 5.1 and the extension header of section 5.3.1


@dataclass(frozen=True)
class ExtensionIds:
    """The header extension ids a producer announces: what Chromium puts on each packet it sends."""

    mid: int = 1
    abs_send_time: int = 2
    transport_sequence: int = 3
    audio_level: int = 4


@dataclass
class TransportSequence:
    """The transport-wide number that all streams of one sending transport share (transport-cc draft, section 2)."""

    next: int = 0

    def take(self) -> int:
        number = self.next
        self.next = (number + 1) & 0xFFFF
        return number


@dataclass
class RtpStream:
    """Numbers one outgoing stream and writes the head of its packets."""

    ssrc: int
    payload_type: int
    clock_hz: int
    mid: str
    shared: TransportSequence
    ids: ExtensionIds = field(default_factory=ExtensionIds)
    sequence: int = 0
    timestamp: int = 0
    packets: int = 0
    octets: int = 0

    def write_head(self, buffer: memoryview, *, marker: bool, now_ns: int, audio_level: int | None = None) -> int:
        """Writes header and extensions; returns the offset of the payload in bytes and advances the sequence number."""
        extensions = bytes(((self.ids.mid << 4) | (len(self.mid) - 1),)) + self.mid.encode()
        # abs-send-time: seconds in 6.18 fixed point, 24 bits.
        sent = ((now_ns << 18) // 1_000_000_000) & 0xFFFFFF
        extensions += bytes(((self.ids.abs_send_time << 4) | 2,)) + sent.to_bytes(3, "big")
        extensions += bytes(((self.ids.transport_sequence << 4) | 1,)) + self.shared.take().to_bytes(2, "big")
        if audio_level is not None:
            # RFC 6464: voice flag, level in -dBov.
            extensions += bytes((self.ids.audio_level << 4, 0x80 | audio_level))
        words = (len(extensions) + 3) // 4
        _RTP.pack_into(
            buffer,
            0,
            0x90,
            (0x80 if marker else 0) | self.payload_type,
            self.sequence,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc,
            ONE_BYTE_EXTENSIONS,
            words,
        )
        end = _RTP.size + 4 * words
        buffer[_RTP.size : end] = extensions.ljust(4 * words, b"\0")
        self.sequence = (self.sequence + 1) & 0xFFFF
        return end

    def count(self, payload_bytes: int) -> None:
        self.packets += 1
        self.octets += payload_bytes


def vp8_payload_head(
    *,
    frame_start: bool,
    key_frame: bool,
    picture_id: int,
    tl0_picture_index: int,
    width: int = 1280,
    height: int = 720,
) -> bytes:
    """The VP8 payload descriptor and, on a frame's first packet, the frame header (RFC 7741 sections 4.2 and 4.3)."""
    descriptor = bytes(
        (
            0x80 | (0x10 if frame_start else 0),  # X, S; partition 0
            0xE0,  # I, L, T
            0x80 | (picture_id >> 8 & 0x7F),  # M: a 15-bit picture id
            picture_id & 0xFF,
            tl0_picture_index & 0xFF,
            0x20,  # TID 0, Y: every frame belongs to the base layer, so that none may be thinned out
        )
    )
    if not frame_start:
        return descriptor
    first_partition_bytes = 1000
    tag = (0 if key_frame else 1) | 0x10 | (first_partition_bytes << 5)  # P, show_frame, 19 bits of size
    header = tag.to_bytes(3, "little")
    if key_frame:
        header += b"\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return descriptor + header


@dataclass
class Camera:
    """25 frames a second of four 1,200 byte packets each; a key frame first and whenever one was asked for."""

    stream: RtpStream
    picture_id: int = 0
    tl0_picture_index: int = 0
    key_frame_wanted: bool = True
    key_frames: int = 0
    _key_frame: bool = True
    _part: int = 0

    def write_packet(self, buffer: memoryview, now_ns: int) -> int:
        """Writes the next packet of the current frame; returns its size in bytes."""
        first, last = self._part == 0, self._part == VIDEO_PACKETS_PER_FRAME - 1
        if first:
            self._key_frame, self.key_frame_wanted = self.key_frame_wanted, False
            self.key_frames += self._key_frame
        start = self.stream.write_head(buffer, marker=last, now_ns=now_ns)
        head = vp8_payload_head(
            frame_start=first,
            key_frame=self._key_frame,
            picture_id=self.picture_id,
            tl0_picture_index=self.tl0_picture_index,
        )
        buffer[start : start + len(head)] = head
        STAMP.pack_into(buffer, VIDEO_PACKET_BYTES - STAMP.size, STAMP_MARK, now_ns)
        self.stream.count(VIDEO_PACKET_BYTES - start)
        if last:
            self._part = 0
            self.picture_id = (self.picture_id + 1) & 0x7FFF
            self.tl0_picture_index = (self.tl0_picture_index + 1) & 0xFF
            self.stream.timestamp += VIDEO_CLOCK_HZ // VIDEO_FRAMES_PER_SECOND
        else:
            self._part += 1
        return VIDEO_PACKET_BYTES


@dataclass
class Microphone:
    """50 packets of 80 bytes a second with a voice that is always loud enough to count as speech."""

    stream: RtpStream
    level: int = 30

    def write_packet(self, buffer: memoryview, now_ns: int) -> int:
        first = self.stream.packets == 0
        start = self.stream.write_head(buffer, marker=first, now_ns=now_ns, audio_level=self.level)
        buffer[start] = 0x78  # RFC 6716 section 3.1: CELT, fullband, 20 ms, mono, one frame
        STAMP.pack_into(buffer, AUDIO_PACKET_BYTES - STAMP.size, STAMP_MARK, now_ns)
        self.stream.count(AUDIO_PACKET_BYTES - start)
        self.stream.timestamp += AUDIO_CLOCK_HZ // AUDIO_PACKETS_PER_SECOND
        return AUDIO_PACKET_BYTES
