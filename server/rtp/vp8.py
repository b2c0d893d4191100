"""VP8 payload descriptor (RFC 7741), in place: key frame, layers, and the two numbers that a switch must rewrite."""

from __future__ import annotations

from server.rtp.packet import Readable, Writable


class Vp8Descriptor:
    """One descriptor, read in place and reused. `*_at` are offsets from the start of the payload, 0 when absent.

    picture_id -1 when absent, picture_id_bits 0, 7 or 15; tl0 -1 when absent; temporal_id 0 when absent; sync is the Y bit.
    start: first packet of a frame. key_frame: first packet of a key frame (width, height then set, else 0).
    """

    __slots__ = (
        "height", "key_frame", "length", "picture_id", "picture_id_at", "picture_id_bits", "start", "sync", "temporal_id", "tl0", "tl0_at",
        "width",
    )

    def read(self, data: Readable, offset: int, length: int) -> None:
        """Payload at data[offset:offset+length]. Raises PacketError."""
        ...

    def patch(self, buffer: Writable, payload_at: int, picture_id: int, tl0: int) -> None:
        """Write new numbers into the copy of this payload at buffer[payload_at:]; absent fields stay absent."""
        ...
