"""H.264 payloads (RFC 6184), in place: where a frame and a key frame start, what may be left out. Never decodes."""

from __future__ import annotations

from server.rtp.packet import PacketError, Readable
from server.rtp.payload import Descriptor

_SLICE, _IDR, _SPS, _AUD = 1, 5, 7, 9
_STAP_A, _FU_A = 24, 28
MAX_UNITS = 32  # in one aggregation packet


class H264Descriptor(Descriptor):
    """A key frame starts with its SPS: browsers send it before every IDR, and a decoder cannot begin without it.

    RFC 6184 has no layers. What no other picture refers to (5.3: NRI 0) is told as an upper temporal layer: half of the
    frames of an encoder with temporal layers. It refers to the lower ones only, so it may be forwarded at any time.
    """

    __slots__ = ()

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""
        if length < 2 or offset + length > len(data):
            raise PacketError("empty H.264 payload")
        kind = data[offset] & 0x1F
        inner = kind
        if kind == _STAP_A:
            self._read_aggregate(data, offset + 1, offset + length)
        elif kind == _FU_A:
            if length < 3:
                raise PacketError("H.264 fragment cut short")
            first = bool(data[offset + 1] & 0x80)
            inner = data[offset + 1] & 0x1F
            self.key_frame = first and inner == _SPS
            self.start = first and _starts(inner, data[offset + 2])
        else:
            self.key_frame = kind == _SPS
            self.start = _starts(kind, data[offset + 1])
        self.sync = not data[offset] & 0x60 and inner == _SLICE
        self.temporal_id = int(self.sync)

    def _read_aggregate(self, data: Readable, at: int, end: int) -> None:
        self.start = self.key_frame = False
        for count in range(MAX_UNITS):
            if at >= end:
                return
            if at + 3 > end:
                raise PacketError("H.264 aggregation cut short")
            size = data[at] << 8 | data[at + 1]
            if size == 0 or at + 2 + size > end:
                raise PacketError("H.264 unit beyond its packet")
            kind = data[at + 2] & 0x1F
            if kind == _SPS:
                self.key_frame = True
            if count == 0:
                self.start = _starts(kind, data[at + 3] if size > 1 else 0)
            at += 2 + size
        raise PacketError("too many H.264 units in one packet")


def _starts(kind: int, following: int) -> bool:
    """SPS or access unit delimiter, or a slice whose first_mb_in_slice, ue(v), is 0: first bit 1 (H.264 7.3.3)."""
    return kind in {_SPS, _AUD} or (_SLICE <= kind <= _IDR and following & 0x80 != 0)
