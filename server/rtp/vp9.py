"""VP9 payload descriptor (RFC 9628), in place: key frame, layers, picture id. Never decodes."""

from __future__ import annotations

from server.rtp.packet import PacketError, Readable
from server.rtp.payload import Descriptor

_SHORT = "VP9 descriptor cut short"


class Vp9Descriptor(Descriptor):
    """The descriptor at the start of every VP9 packet; width, height of the scalability structure's first layer."""

    __slots__ = ()
    # RFC 9628 4.2.1: P_DIFF counts picture ids back, and in non-flexible mode they tell the place in the picture group.
    linked = True

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""
        end = offset + length
        if length < 1 or end > len(data):
            raise PacketError("empty VP9 payload")
        flags = data[offset]
        at = self._read_picture_id(data, offset, end) if flags & 0x80 else offset + 1
        if not flags & 0x80:
            self.picture_id = -1
            self.picture_id_at = self.picture_id_bits = 0
        at = self._read_layers(data, offset, at, end)
        if flags & 0x50 == 0x50:  # flexible mode, predicted: up to three reference differences (RFC 9628 4.2.1)
            for _ in range(3):
                if at >= end:
                    raise PacketError(_SHORT)
                more = data[at] & 1
                at += 1
                if not more:
                    break
            else:
                raise PacketError("VP9 descriptor with too many references")
        self.width = self.height = 0
        self.sizes = ()
        if flags & 0x02:
            at = self._read_structure(data, at, end)
        if at >= end:
            raise PacketError("VP9 descriptor without a frame")
        self.body_at = at - offset
        self.start = bool(flags & 0x08) and self.spatial_id == 0
        self.key_frame = self.start and not flags & 0x40
        self.end = bool(flags & 0x04)
        self.above = not flags & 0x01  # Z: no higher spatial layer refers to this one

    def _read_picture_id(self, data: Readable, offset: int, end: int) -> int:
        at = offset + 1
        if at + 1 >= end:
            raise PacketError(_SHORT)
        self.picture_id_at = 1
        first = data[at]
        if first & 0x80:
            self.picture_id = (first & 0x7F) << 8 | data[at + 1]
            self.picture_id_bits = 15
            return at + 2
        self.picture_id = first
        self.picture_id_bits = 7
        return at + 1

    def _read_layers(self, data: Readable, offset: int, at: int, end: int) -> int:
        flags = data[offset]
        self.temporal_id = self.spatial_id = 0
        self.sync = False
        self.tl0 = -1
        self.tl0_at = 0
        if not flags & 0x20:
            return at
        if at + 1 >= end:
            raise PacketError(_SHORT)
        layer = data[at]
        self.temporal_id = layer >> 5
        self.sync = bool(layer & 0x10)
        self.spatial_id = layer >> 1 & 7
        at += 1
        if not flags & 0x10:  # not flexible: TL0PICIDX follows
            self.tl0 = data[at]
            self.tl0_at = at - offset
            at += 1
        return at

    def _read_structure(self, data: Readable, at: int, end: int) -> int:
        """Scalability structure (RFC 9628 4.2.1): sizes of spatial layers, then the picture group."""
        if at >= end:
            raise PacketError(_SHORT)
        head = data[at]
        self.top = head >> 5
        at += 1
        if head & 0x10:
            size = 4 * ((head >> 5) + 1)
            if at + size > end:
                raise PacketError(_SHORT)
            self.width = data[at] << 8 | data[at + 1]
            self.height = data[at + 2] << 8 | data[at + 3]
            if self.layered:
                self.sizes = tuple(
                    (data[one] << 8 | data[one + 1], data[one + 2] << 8 | data[one + 3])
                    for one in range(at, at + size, 4)
                )
            at += size
        if head & 0x08:
            if at >= end:
                raise PacketError(_SHORT)
            pictures = data[at]
            at += 1
            for _ in range(pictures):
                if at >= end:
                    raise PacketError(_SHORT)
                at += 1 + (data[at] >> 2 & 3)
        return at
