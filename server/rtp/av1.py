"""AV1 payloads (AV1 RTP specification 4.4), in place: where a sequence starts, and in which layer. Never decodes.

Only the dependency descriptor, a header extension, tells layers in every packet. It is read where one stream has
several (`layered`), and never forwarded; a stream of one layer is forwarded whole without it.
"""

from __future__ import annotations

from server.rtp.dependency import NOT_PRESENT, SWITCH, DependencyDescriptor
from server.rtp.packet import PacketError, Readable
from server.rtp.payload import Descriptor


class Av1Descriptor(Descriptor):
    """The aggregation header. start: the packet does not continue an OBU; layered: the base layer's frame begins."""

    __slots__ = ("_dependency", "_structure")

    def __init__(self) -> None:
        super().__init__()
        self._dependency = DependencyDescriptor()
        self._structure = self._dependency.structure

    def depend(self, data: Readable, offset: int, length: int) -> None:
        """Before `read`: this packet's dependency descriptor. Raises PacketError."""
        told = self._dependency
        told.read(data, offset, length)
        structure = told.structure
        self.spatial_id, self.temporal_id, self.end = told.spatial_id, told.temporal_id, told.end
        if structure is None:
            return
        self.sizes = structure.sizes if structure is not self._structure else ()
        self._structure = structure
        self.top = told.top
        own = structure.target(told.spatial_id, told.temporal_id)
        self.sync = own >= 0 and told.dtis[own] == SWITCH
        self.above = self.within(self.top, told.temporal_id)

    def within(self, spatial: int, temporal: int) -> bool:
        structure = self._structure
        if structure is None:
            return False
        target = structure.target(min(spatial, self.top), temporal)
        return target >= 0 and self._dependency.dtis[target] != NOT_PRESENT

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""
        if length < 2 or offset + length > len(data):
            raise PacketError("empty AV1 payload")
        aggregation = data[offset]
        self.start = not aggregation & 0x80
        first = bool(aggregation & 0x08)  # N: first packet of a coded video sequence
        if first and not self.start:
            raise PacketError("AV1 sequence that starts with a continuation")
        if self.layered:
            self.start = self._dependency.start and self.spatial_id == 0
            self.key_frame = first and self.start
            return
        self.key_frame = first
        self.sync = first
