"""RTP headers (RFC 3550, RFC 8285), RTX (RFC 4588) and telling packets apart (RFC 7983), in place. Never copies a payload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

#: Anything that indexes to ints. A cffi buffer must be wrapped in a memoryview first.
Readable: TypeAlias = bytes | bytearray | memoryview
Writable: TypeAlias = bytearray | memoryview


class PacketError(ValueError):
    """A packet that is not what it claims to be. The only error the parsers of this package raise."""

    code = "media.malformed_packet"


def is_stun(data: Readable) -> bool: ...
def is_dtls(data: Readable) -> bool: ...
def is_rtp(data: Readable) -> bool: ...
def is_rtcp(data: Readable) -> bool: ...


def seq_diff(a: int, b: int) -> int:
    """`a - b` of two 16-bit numbers, -32768..32767."""
    ...


def timestamp_diff(a: int, b: int) -> int:
    """`a - b` of two 32-bit numbers, signed."""
    ...


class Unwrapper:
    """16-bit (or `bits`) numbers to numbers that never wrap; the first one stays as it is (plus one wrap, so never negative)."""

    def __init__(self, bits: int = 16) -> None: ...
    def unwrap(self, value: int) -> int: ...


class RtpHeader:
    """One header, read in place and reused for every packet: `header.read(data, length)`. Offsets count from data[0].

    payload_length is without padding; a packet with payload_length 0 is padding only.
    extension_profile is 0 when there is no extension block.
    """

    __slots__ = (
        "extension_length", "extension_offset", "extension_profile", "marker", "padding", "payload_length", "payload_offset",
        "payload_type", "sequence", "ssrc", "timestamp",
    )

    def read(self, data: Readable, length: int) -> None:
        """Raises PacketError. `length` is the packet's length in `data`, which may be longer."""
        ...

    def unwrap_rtx(self, data: Readable, payload_type: int, ssrc: int) -> bool:
        """Make these numbers those of the packet that was sent again (RFC 4588): sequence := OSN, payload two bytes on.

        False for a probe without a payload. No byte is moved: receivers' headers are written anew anyway.
        """
        ...


def extensions(data: Readable, header: RtpHeader) -> Iterator[tuple[int, int, int]]:
    """(id, offset, length) of each header extension, one-byte and two-byte form. Raises PacketError."""
    ...


def find_extension(data: Readable, header: RtpHeader, wanted: int) -> tuple[int, int]:
    """(offset, length) of extension `wanted`, (0, 0) when absent or when wanted is 0. Never raises."""
    ...


def abs_send_time(now_us: int) -> int:
    """24-bit abs-send-time (6.18 fixed-point seconds)."""
    ...


class HeaderTemplate:
    """The header one viewer gets for one stream, of one fixed size (so that segments are equal): mid, abs-send-time, and
    for audio the level, with the fixed ids of parameters.ExtensionId."""

    __slots__ = ("size",)

    def __init__(self, *, ssrc: int, payload_type: int, mid: str = "", abs_send_time: bool = True, audio_level: bool = False) -> None: ...
    def write(self, buffer: Writable, offset: int, marker: int, sequence: int, timestamp: int, send_time: int, level: int = 127) -> int:
        """Write the header at `offset`; returns the offset where the payload goes. level: the whole byte (voice bit and -dBov)."""
        ...

    def write_rtx(
        self, buffer: Writable, offset: int, marker: int, sequence: int, timestamp: int, send_time: int, original_sequence: int
    ) -> int:
        """The same for a retransmission, on the template of the RTX stream: header and OSN."""
        ...


def build_packet(
    *, payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, marker: bool = False,
    extensions: tuple[tuple[int, bytes], ...] = (), padding: int = 0, csrcs: tuple[int, ...] = (),
) -> bytes:
    """A whole RTP packet (load clients and tests; not the forwarding path)."""
    ...
