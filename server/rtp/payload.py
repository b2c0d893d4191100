"""What every codec's first bytes tell a forwarder, under one name, so that the path needs no codec of its own."""

from __future__ import annotations

from server.rtp.packet import Readable, Writable


class Descriptor:
    """One payload's facts, read in place and reused. `*_at` are offsets from the start of the payload.

    start: first packet of a frame. key_frame: first packet of a key frame; width and height are then set when cheap,
    else 0. temporal_id and spatial_id 0 when not told; sync: from here one temporal layer up may be forwarded.
    picture_id -1 and picture_id_bits 0 when absent (else 7 or 15); tl0 -1 and tl0_at 0 when absent.
    body_at: where the codec's own bytes begin, 0: at once (or told otherwise by the payload format).
    linked: its picture ids also say which picture refers to which, so that numbers taken out must stay out.
    layered: several spatial layers come in one stream (SVC), and a viewer gets what is `within` its own; then end: last
    packet of a layer's frame; above: what is above this layer in the same picture builds upon it; top: the highest
    spatial layer that is sent now; sizes: of all spatial layers, () in packets that do not tell.
    This base knows nothing of its payload: every packet of it is a start and a key frame (audio).
    """

    __slots__ = (
        "above",
        "body_at",
        "end",
        "height",
        "key_frame",
        "layered",
        "picture_id",
        "picture_id_at",
        "picture_id_bits",
        "sizes",
        "spatial_id",
        "start",
        "sync",
        "temporal_id",
        "tl0",
        "tl0_at",
        "top",
        "width",
    )

    linked = False

    def __init__(self) -> None:
        self.start = self.key_frame = True
        self.sync = False
        self.temporal_id = self.spatial_id = self.width = self.height = 0
        self.picture_id = self.tl0 = -1
        self.picture_id_at = self.picture_id_bits = self.tl0_at = self.body_at = 0
        self.layered = False
        self.end = self.above = True
        self.top = 0
        self.sizes: tuple[tuple[int, int], ...] = ()

    def within(self, spatial: int, temporal: int) -> bool:
        """Layered only: does a viewer of these layers need this packet? Of no higher one than is sent."""
        spatial = min(spatial, self.top)
        own = self.spatial_id
        return self.temporal_id <= temporal and (own == spatial or (own < spatial and self.above))

    def ends(self, spatial: int) -> bool:
        """Layered only: is this packet the last one of the picture for such a viewer?"""
        return self.end and self.spatial_id == min(spatial, self.top)

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""

    def patch(self, buffer: Writable, payload_at: int, picture_id: int, tl0: int) -> None:
        """Write new numbers into a copy of this payload at buffer[payload_at:]; absent fields stay absent."""
        bits = self.picture_id_bits
        if bits:
            at = payload_at + self.picture_id_at
            if bits == 15:
                buffer[at] = 0x80 | (picture_id >> 8 & 0x7F)
                buffer[at + 1] = picture_id & 0xFF
            else:
                buffer[at] = picture_id & 0x7F
        if self.tl0_at:
            buffer[payload_at + self.tl0_at] = tl0 & 0xFF
