"""AV1 payloads (AV1 RTP specification 4.4), in place: where a sequence starts. Never decodes.

No temporal layers: only the dependency descriptor tells them in every packet of a frame, and it is not negotiated; a
stream is forwarded whole.
"""

from __future__ import annotations

from server.rtp.packet import PacketError, Readable
from server.rtp.payload import Descriptor


class Av1Descriptor(Descriptor):
    """The aggregation header. start: the packet does not continue an OBU."""

    __slots__ = ()

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""
        if length < 2 or offset + length > len(data):
            raise PacketError("empty AV1 payload")
        aggregation = data[offset]
        self.start = not aggregation & 0x80
        self.key_frame = bool(aggregation & 0x08)  # N: first packet of a coded video sequence
        if self.key_frame and not self.start:
            raise PacketError("AV1 sequence that starts with a continuation")
        self.sync = self.key_frame
