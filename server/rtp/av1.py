"""Av1 payload facts, in place. Never decodes, never copies."""

from __future__ import annotations

from server.rtp.packet import Readable


class Av1Descriptor:
    """One descriptor, read in place and reused: start (first packet of a frame), key_frame (first packet of a key frame),
    temporal_id, sync, spatial_id; width and height of a key frame when cheap, else 0."""

    __slots__ = ("height", "key_frame", "spatial_id", "start", "sync", "temporal_id", "width")

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""
        ...
