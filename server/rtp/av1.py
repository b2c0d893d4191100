"""AV1 payloads (AV1 RTP specification 4.4), in place: where a sequence starts, which temporal layer. Never decodes.

Only the dependency descriptor, a header extension, tells layers in every packet. It is read where it comes, and never
forwarded; what comes without it is forwarded whole.
"""

from __future__ import annotations

from server.rtp.dependency import DependencyDescriptor
from server.rtp.packet import PacketError, Readable
from server.rtp.payload import Descriptor


class Av1Descriptor(Descriptor):
    """The aggregation header. start: the packet does not continue an OBU."""

    __slots__ = ()

    def depend(self, told: DependencyDescriptor) -> None:
        """After `read`: what this packet's dependency descriptor said."""
        self.start = told.start
        self.temporal_id = told.temporal_id
        self.sync = told.steps_up

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""
        if length < 2 or offset + length > len(data):
            raise PacketError("empty AV1 payload")
        aggregation = data[offset]
        self.start = not aggregation & 0x80
        self.key_frame = bool(aggregation & 0x08)  # N: first packet of a coded video sequence
        if self.key_frame and not self.start:
            raise PacketError("AV1 sequence that starts with a continuation")
        self.temporal_id = 0
        self.sync = self.key_frame
