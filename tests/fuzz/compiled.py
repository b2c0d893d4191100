"""Target: the compiled path through its binding, with a session that encrypts nothing, so that any bytes reach it."""

from __future__ import annotations

from typing import Any

from server.rtp.packet import PacketError, RtpHeader, find_extension
from server.rtp.vp8 import Vp8Descriptor
from server.sfu.native import Native, load

HEADER_BYTES = 24
MID_AT, SSRC = 0, 0x01020304
LANE_BYTES = 64 << 10


class CompiledPath:
    """One stream with one viewer, armed anew before each packet."""

    def __init__(self, native: Native) -> None:
        ffi, lib = self.ffi, self.lib = native
        self._same = ffi.callback("int(void *, void *, int *)", lambda _session, _packet, _length: 0)
        self._send = ffi.callback("void(int)", self._sent)
        self.inbox = ffi.new("uint8_t[]", 2048)
        same = self._same
        self.path = ffi.gc(lib.path_new(same, same, same, self.inbox, 2048, self._send), lib.path_free)
        self._buffer = ffi.new("uint8_t[]", LANE_BYTES)
        self.lane = ffi.gc(lib.path_lane_new(self.path, self._buffer, LANE_BYTES - 64, 1), lib.path_lane_free)
        self.lane.session = ffi.cast("void *", 1)
        self.target = ffi.new("struct path_target *", {"lane": self.lane, "ssrc": SSRC})
        self._targets = ffi.new("struct path_target *[]", [self.target])
        self.ring = ffi.gc(lib.path_ring_new(1 << 16), lib.path_ring_free)
        self.rendition = ffi.new("struct path_rendition *")
        self.rendition.ring, self.rendition.targets, self.rendition.target_count = self.ring, self._targets, 1
        self.rendition.first, self.rendition.payload_type = 0x90, 96
        self.rendition.header_size = HEADER_BYTES
        self.rendition.header = (
            bytes((0x90, 96)) + bytes(10) + b"\xbe\xde\x00\x02\x42\x00\x00\x00\x00\x00\x00\x00".ljust(52, b"\0")
        )
        self.rendition.time_at = 17
        self.stream = ffi.new("struct path_stream *")
        self.gate = ffi.gc(lib.path_gate_new(self.path), lib.path_gate_free)
        self.route = ffi.new("struct path_route *", {"gate": self.gate})
        self.gate.session, self.gate.route = ffi.cast("void *", 1), self.route
        self.gate.count, self.gate.ssrcs[0], self.gate.streams[0] = 1, SSRC, self.stream
        self.gate.transport_cc_id = 5
        self.feedback = self.gate.feedback = ffi.gc(lib.path_feedback_new(1), lib.path_feedback_free)
        self._header, self._vp8 = RtpHeader(), Vp8Descriptor()

    def _sent(self, _index: int) -> None:
        self.lane.count = self.lane.end = 0

    def arm(self, data: bytes, *, video: bool) -> None:
        """For a packet that follows on `data`'s own numbers, so that much of what is fuzzed is forwarded."""
        stream = self.stream
        stream.rendition = self.rendition
        stream.armed, stream.kind, stream.clock_rate = 1, int(video), 90_000 if video else 48_000
        stream.payload_type, stream.level_id, stream.top_temporal = data[1] & 0x7F, 0 if video else 10, 2
        stream.sequence = (int.from_bytes(data[2:4], "big") - 1) & 0xFFFF
        stream.timestamp = int.from_bytes(data[4:8], "big")
        stream.count = stream.level_count = 0
        self.feedback.highest = self.feedback.lowest = -1
        stream.picture_bits = stream.has_tl0 = 0
        header, vp8 = self._header, self._vp8
        try:
            header.read(data, len(data))
            vp8.read(data, header.payload_offset, header.payload_length)
        except PacketError:
            return
        stream.picture_bits, stream.has_tl0 = vp8.picture_id_bits, vp8.tl0 >= 0
        stream.picture, stream.tl0 = vp8.picture_id, vp8.tl0

    def check(self, data: bytes, *, video: bool) -> bool:
        """One packet; True: it was forwarded, and rightly so."""
        lane = self.lane
        lane.count = lane.end = 0
        self.arm(data, video=video)
        what = self.lib.path_offer(self.path, self.route, data, len(data), 1_000_000) and self.lib.path_next(self.path)
        assert 0 <= what <= 4
        if what == 0 and lane.count == 0:
            return False
        if what:
            assert lane.count == 0
            assert bytes(self.ffi.buffer(self.inbox, len(data))) == data
            return False
        assert lane.count == 1
        self._compare(data, bytes(self.ffi.buffer(self._buffer, lane.end)), video=video)
        self.lib.path_take_changed(self.path)
        return True

    def _compare(self, data: bytes, out: bytes, *, video: bool) -> None:
        """What Python would have read of it: the same payload, the same numbers."""
        header = self._header
        header.read(data, len(data))  # PacketError: C took what Python would not
        at, size = header.payload_offset, header.payload_length
        assert at + size == len(data)
        if video:
            self._vp8.read(data, at, size)
            assert not self._vp8.key_frame
        # Renumbered by nothing, the payload stays as it is; a 15-bit picture id keeps its first bit.
        assert out[HEADER_BYTES:] == data[at:]
        assert out[2:8] == data[2:8]
        place, length = find_extension(data, header, 5)
        if length:
            assert length == 2
            assert self.feedback.highest == 0x10000 + int.from_bytes(data[place : place + 2], "big")
        if not video:
            place, length = find_extension(data, header, 10)
            assert self.stream.level_count == bool(length)
            assert not length or self.stream.levels[0] == data[place]


def compiled() -> Any:
    """The target, None where the compiled path was not built."""
    native = load()
    if native is None:
        return None
    path = CompiledPath(native)

    def target(data: bytes) -> None:
        if 12 <= len(data) - 1 <= 2048:
            packet = bytearray(data[1:])
            packet[0] = packet[0] & 0x3F | 0x80
            packet[8:12] = SSRC.to_bytes(4, "big")
            path.check(bytes(packet), video=bool(data[0] & 1))

    return target
