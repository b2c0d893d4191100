"""VP8 payload descriptor (RFC 7741), in place: key frame, layers, and the two numbers that a switch must rewrite."""

from __future__ import annotations

from server.rtp.packet import PacketError, Readable
from server.rtp.payload import Descriptor


class Vp8Descriptor(Descriptor):
    """The descriptor at the start of every VP8 packet."""

    __slots__ = ()

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""
        if length < 1 or offset + length > len(data):
            raise PacketError("empty VP8 payload")
        first = data[offset]
        size = 1
        if first & 0x80:
            size = self._read_extended(data, offset, length)
        else:
            self.picture_id = self.tl0 = -1
            self.picture_id_at = self.picture_id_bits = self.tl0_at = self.temporal_id = 0
            self.sync = False
        if size >= length:
            raise PacketError("VP8 descriptor without a frame")
        self.body_at = size
        # RFC 7741 4.2: S and partition index 0 start a frame; 4.3: the inverse key frame bit is the lowest one.
        self.start = first & 0x17 == 0x10
        self.key_frame = False
        self.width = self.height = 0
        if self.start and not data[offset + size] & 1:
            self.key_frame = True
            at = offset + size + 3  # RFC 6386 9.1: frame tag, then start code 9d 01 2a, width, height (14 bits each)
            if size + 10 <= length and data[at] == 0x9D and data[at + 1] == 0x01 and data[at + 2] == 0x2A:
                self.width = (data[at + 4] << 8 | data[at + 3]) & 0x3FFF
                self.height = (data[at + 6] << 8 | data[at + 5]) & 0x3FFF

    def _read_extended(self, data: Readable, offset: int, length: int) -> int:  # noqa: PLR0912 - one per field
        """The optional fields (RFC 7741 4.2); returns the descriptor's size."""
        if length < 2:
            raise PacketError("VP8 descriptor cut short")
        flags = data[offset + 1]
        size = 2
        if flags & 0x80:
            if size >= length:
                raise PacketError("VP8 descriptor cut short")
            picture = data[offset + size]
            self.picture_id_at = size
            if picture & 0x80:
                if size + 1 >= length:
                    raise PacketError("VP8 descriptor cut short")
                self.picture_id = (picture & 0x7F) << 8 | data[offset + size + 1]
                self.picture_id_bits = 15
                size += 2
            else:
                self.picture_id = picture
                self.picture_id_bits = 7
                size += 1
        else:
            self.picture_id = -1
            self.picture_id_at = self.picture_id_bits = 0
        if flags & 0x40:
            if size >= length:
                raise PacketError("VP8 descriptor cut short")
            self.tl0 = data[offset + size]
            self.tl0_at = size
            size += 1
        else:
            self.tl0 = -1
            self.tl0_at = 0
        self.temporal_id = 0
        self.sync = False
        if flags & 0x30:
            if size >= length:
                raise PacketError("VP8 descriptor cut short")
            if flags & 0x20:
                self.temporal_id = data[offset + size] >> 6
                self.sync = bool(data[offset + size] & 0x20)
            size += 1
        return size
