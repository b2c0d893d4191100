"""AV1 payloads (AV1 RTP specification 4.4), in place: where a sequence starts, and its layers. Never decodes."""

from __future__ import annotations

from server.rtp.packet import PacketError, Readable
from server.rtp.payload import Descriptor


class Av1Descriptor(Descriptor):
    """The aggregation header and the first OBU's extension. start: the packet does not continue an OBU."""

    __slots__ = ()

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""
        if length < 2 or offset + length > len(data):
            raise PacketError("empty AV1 payload")
        aggregation = data[offset]
        self.start = not aggregation & 0x80
        self.key_frame = bool(aggregation & 0x08)  # N: first packet of a coded video sequence
        if self.key_frame and aggregation & 0x80:
            raise PacketError("AV1 sequence that starts with a continuation")
        self.sync = self.key_frame
        self.temporal_id = self.spatial_id = 0
        if not self.start:
            return
        at = offset + 1
        end = offset + length
        if aggregation >> 4 & 3 != 1:  # W: with one element there is no length before it
            at = _skip_leb128(data, at, end)
        if at >= end:
            raise PacketError("AV1 packet without an OBU")
        if data[at] & 0x04:
            if at + 1 >= end:
                raise PacketError("AV1 OBU header cut short")
            self.temporal_id = data[at + 1] >> 5
            self.spatial_id = data[at + 1] >> 3 & 3


def _skip_leb128(data: Readable, at: int, end: int) -> int:
    for place in range(at, min(at + 8, end)):
        if not data[place] & 0x80:
            return place + 1
    raise PacketError("AV1 length without an end")
