"""RTP headers (RFC 3550, RFC 8285), RTX (RFC 4588), telling packets apart (RFC 7983), in place. Never copies."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple, TypeAlias

from server.rtp.parameters import ExtensionId

#: Anything that indexes to ints. A cffi buffer must be wrapped in a memoryview first.
Readable: TypeAlias = bytes | bytearray | memoryview
Writable: TypeAlias = bytearray | memoryview

ONE_BYTE_PROFILE = 0xBEDE  # RFC 8285 4.2
TWO_BYTE_PROFILE = 0x1000  # RFC 8285 4.3; the low four bits are the application's
HEADER_SIZE = 12
LOOKED_THROUGH = 128  # bytes of extensions, of which browsers send some fifty; behind them nothing is looked for

_FIXED = Struct("!BBHII")
_SHORT = Struct("!H")
_read_fixed = _FIXED.unpack_from
_write_fixed = _FIXED.pack_into
_read_short = _SHORT.unpack_from
_write_short = _SHORT.pack_into


class PacketError(ValueError):
    """A packet that is not what it claims to be. The only error the parsers of this package raise."""

    code = "media.malformed_packet"


def is_stun(data: Readable) -> bool:
    """RFC 7983 7: first byte 0..3."""
    return len(data) >= 20 and data[0] < 4


def is_dtls(data: Readable) -> bool:
    """RFC 7983 7: first byte 20..63; a record header has 13 bytes."""
    return len(data) >= 13 and 20 <= data[0] < 64


def is_rtp(data: Readable) -> bool:
    """RFC 7983 7: first byte 128..191, and not RTCP."""
    return len(data) >= HEADER_SIZE and 128 <= data[0] < 192 and not 192 <= data[1] < 224


def is_rtcp(data: Readable) -> bool:
    """RFC 5761 4: the second byte of RTCP under rtcp-mux is 192..223."""
    return len(data) >= 8 and 128 <= data[0] < 192 and 192 <= data[1] < 224


def seq_diff(a: int, b: int) -> int:
    """`a - b` of two 16-bit numbers, -32768..32767."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def timestamp_diff(a: int, b: int) -> int:
    """`a - b` of two 32-bit numbers, signed."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Unwrapper:
    """Numbers of `bits` bits to numbers that never wrap. The first is moved up one wrap, so late ones stay positive."""

    __slots__ = ("_half", "_mask", "highest")

    def __init__(self, bits: int = 16) -> None:
        self._mask = (1 << bits) - 1
        self._half = 1 << (bits - 1)
        #: the highest number so far, unwrapped; -1 before the first
        self.highest = -1

    def unwrap(self, value: int) -> int:
        highest = self.highest
        if highest < 0:
            self.highest = value + self._mask + 1
            return self.highest
        half = self._half
        unwrapped = highest + ((value - highest + half) & self._mask) - half
        if unwrapped > highest:
            self.highest = unwrapped
        return unwrapped


class RtpHeader:
    """One header, read in place and reused for every packet: `header.read(data, length)`. Offsets count from data[0].

    payload_length is without padding; a packet with payload_length 0 is padding only. extension_profile is 0 when there
    is no extension block.
    """

    __slots__ = (
        "extension_length",
        "extension_offset",
        "extension_profile",
        "marker",
        "padding",
        "payload_length",
        "payload_offset",
        "payload_type",
        "sequence",
        "ssrc",
        "timestamp",
    )

    def __init__(self) -> None:
        self.payload_type = self.marker = self.sequence = self.timestamp = self.ssrc = 0
        self.payload_offset = self.payload_length = self.padding = 0
        self.extension_profile = self.extension_offset = self.extension_length = 0

    def read(self, data: Readable, length: int) -> None:
        """Raises PacketError. `length` is the packet's length in `data`, which may be longer."""
        if length < HEADER_SIZE or length > len(data):
            raise PacketError("shorter than an RTP header")
        first, second, self.sequence, self.timestamp, self.ssrc = _read_fixed(data)
        if first >> 6 != 2:
            raise PacketError("not RTP version 2")
        self.marker = second >> 7
        self.payload_type = second & 0x7F
        offset = HEADER_SIZE + 4 * (first & 0x0F)
        if first & 0x10:
            if offset + 4 > length:
                raise PacketError("extension block beyond the packet")
            self.extension_profile, words = (
                data[offset] << 8 | data[offset + 1],
                data[offset + 2] << 8 | data[offset + 3],
            )
            self.extension_offset = offset = offset + 4
            self.extension_length = 4 * words
            offset += 4 * words
        else:
            self.extension_profile = self.extension_offset = self.extension_length = 0
        if offset > length:
            raise PacketError("header beyond the packet")
        if first & 0x20:
            padding = data[length - 1]
            if padding == 0 or offset + padding > length:
                raise PacketError("padding beyond the packet")
            self.padding = padding
            self.payload_length = length - offset - padding
        else:
            self.padding = 0
            self.payload_length = length - offset
        self.payload_offset = offset

    def unwrap_rtx(self, data: Readable, payload_type: int, ssrc: int) -> bool:
        """Make these the numbers of the packet that was sent again (RFC 4588 4): sequence := OSN, payload two on.

        False for a probe without a payload. No byte is moved: receivers' headers are written anew anyway.
        """
        if self.payload_length < 2:
            return False
        offset = self.payload_offset
        self.sequence = data[offset] << 8 | data[offset + 1]
        self.payload_offset = offset + 2
        self.payload_length -= 2
        self.payload_type = payload_type
        self.ssrc = ssrc
        return True


def extensions(data: Readable, header: RtpHeader, most: int = 1 << 18) -> Iterator[tuple[int, int, int]]:
    """(id, offset, length) of each header extension, one-byte and two-byte form. Raises PacketError.

    most: bytes of the block; what reaches beyond them is an error too.
    """
    offset = header.extension_offset
    end = offset + min(header.extension_length, most)
    if header.extension_profile == ONE_BYTE_PROFILE:
        while offset < end:
            first = data[offset]
            offset += 1
            if first == 0:  # padding
                continue
            if first >> 4 == 15:  # RFC 8285 4.2: stop here
                return
            length = (first & 0x0F) + 1
            if offset + length > end:
                raise PacketError("header extension beyond its block")
            yield first >> 4, offset, length
            offset += length
    elif header.extension_profile & 0xFFF0 == TWO_BYTE_PROFILE:
        while offset < end:
            identifier = data[offset]
            offset += 1
            if identifier == 0:
                continue
            if offset >= end:
                raise PacketError("header extension without a length")
            length = data[offset]
            offset += 1
            if offset + length > end:
                raise PacketError("header extension beyond its block")
            yield identifier, offset, length
            offset += length


_ABSENT = (0, 0)


def find_extension(data: Readable, header: RtpHeader, wanted: int) -> tuple[int, int]:  # noqa: PLR0911 - one per form
    """(offset, length) of extension `wanted`, (0, 0) when absent, too far behind, or when wanted is 0. Never raises."""
    if wanted == 0 or header.extension_profile == 0:
        return _ABSENT
    offset = header.extension_offset
    end = offset + min(header.extension_length, LOOKED_THROUGH)
    if header.extension_profile == ONE_BYTE_PROFILE:
        while offset < end:
            first = data[offset]
            if first == 0:
                offset += 1
                continue
            length = (first & 0x0F) + 1
            if first >> 4 == wanted:
                return (offset + 1, length) if wanted != 15 and offset + 1 + length <= end else _ABSENT
            if first >> 4 == 15:
                return _ABSENT
            offset += length + 1
        return _ABSENT
    try:
        for identifier, at, length in extensions(data, header, LOOKED_THROUGH):
            if identifier == wanted:
                return at, length
    except PacketError:
        return _ABSENT
    return _ABSENT


def extension_text(data: Readable, header: RtpHeader, wanted: int) -> str:
    """A mid or rid as text; empty when absent or not ASCII."""
    offset, length = find_extension(data, header, wanted)
    raw = bytes(data[offset : offset + length])
    return raw.decode("ascii") if raw.isascii() else ""


def abs_send_time(now_us: int) -> int:
    """24-bit abs-send-time: 6.18 fixed-point seconds."""
    return (now_us << 18) // 1_000_000 & 0xFFFFFF


class HeaderLayout(NamedTuple):
    """A template's bytes (marker, sequence number and timestamp 0), and where its fields stand; 0: it has none.

    time: three bytes; level: one; mid: as many as the mid has; number: two.
    """

    prefix: bytes
    time_at: int
    level_at: int
    mid_at: int
    number_at: int


class HeaderTemplate:
    """The header one viewer gets for one stream, of one fixed size (so that segments stay equal).

    It carries mid, abs-send-time, and as told the audio level or room for a transport-wide number, with the fixed ids
    of parameters.ExtensionId.
    """

    __slots__ = ("_first", "_level_at", "_mid_at", "_prefix", "_ssrc", "_time_at", "_type", "number_at", "size")

    def __init__(
        self,
        *,
        ssrc: int,
        payload_type: int,
        mid: str = "",
        abs_send_time: bool = True,
        audio_level: bool = False,
        transport_number: bool = False,
    ) -> None:
        block = bytearray()
        #: where a viewer's transport-wide number goes (two bytes), from the packet's start; 0: it has none
        self.number_at = 0
        self._time_at = self._level_at = self._mid_at = 0
        if abs_send_time:
            self._time_at = HEADER_SIZE + 4 + len(block) + 1
            block += bytes((ExtensionId.ABS_SEND_TIME << 4 | 2, 0, 0, 0))
        if audio_level:
            self._level_at = HEADER_SIZE + 4 + len(block) + 1
            block += bytes((ExtensionId.AUDIO_LEVEL << 4, 127))
        if transport_number:
            self.number_at = HEADER_SIZE + 4 + len(block) + 1
            block += bytes((ExtensionId.TRANSPORT_CC << 4 | 1, 0, 0))
        if mid:
            text = mid.encode("ascii")
            if len(text) > 16:
                raise ValueError("a mid has at most 16 bytes in the one-byte form")
            self._mid_at = HEADER_SIZE + 4 + len(block) + 1
            block += bytes((ExtensionId.MID << 4 | (len(text) - 1),)) + text
        block += bytes(-len(block) % 4)
        head = bytearray(HEADER_SIZE)
        self._first = 0x90 if block else 0x80
        if block:
            head += _SHORT.pack(ONE_BYTE_PROFILE) + _SHORT.pack(len(block) // 4) + block
        self._prefix = bytes(head)
        self._type = payload_type
        self._ssrc = ssrc
        #: bytes before the payload (RTX: before the OSN)
        self.size = len(head)

    @property
    def layout(self) -> HeaderLayout:
        """For whoever writes it without this class."""
        fixed = bytes((self._first, self._type)) + bytes(6) + self._ssrc.to_bytes(4, "big")
        return HeaderLayout(
            fixed + self._prefix[HEADER_SIZE:], self._time_at, self._level_at, self._mid_at, self.number_at
        )

    def write(  # noqa: PLR0917 - called once per viewer and packet: keywords cost
        self,
        buffer: Writable,
        offset: int,
        marker: int,
        sequence: int,
        timestamp: int,
        send_time: int,
        level: int = 127,
    ) -> int:
        """Write the header at `offset`; returns the offset where the payload goes.

        marker: 0 or 1; send_time: abs_send_time(); level: the whole extension byte (voice bit and -dBov).
        """
        end = offset + self.size
        buffer[offset:end] = self._prefix
        _write_fixed(buffer, offset, self._first, self._type | marker << 7, sequence, timestamp, self._ssrc)
        at = self._time_at
        if at:
            at += offset
            buffer[at] = send_time >> 16
            _write_short(buffer, at + 1, send_time & 0xFFFF)
        if self._level_at:
            buffer[offset + self._level_at] = level
        return end

    def write_mid(self, buffer: Writable, offset: int, mid: bytes) -> None:
        """Another mid of the same length into a header that was written at `offset`."""
        at = offset + self._mid_at
        buffer[at : at + len(mid)] = mid

    def write_number(self, buffer: Writable, offset: int, number: int) -> None:
        """A transport-wide number into a header that was written at `offset`."""
        _write_short(buffer, offset + self.number_at, number)

    def write_rtx(  # noqa: PLR0917
        self,
        buffer: Writable,
        offset: int,
        marker: int,
        sequence: int,
        timestamp: int,
        send_time: int,
        original_sequence: int,
    ) -> int:
        """The same for a retransmission, on the template of the RTX stream: header and OSN (RFC 4588 4)."""
        end = self.write(buffer, offset, marker, sequence, timestamp, send_time)
        _write_short(buffer, end, original_sequence)
        return end + 2


def build_packet(
    *,
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    marker: bool = False,
    extensions: tuple[tuple[int, bytes], ...] = (),
    padding: int = 0,
    csrcs: tuple[int, ...] = (),
) -> bytes:
    """A whole RTP packet (load clients and tests; not the forwarding path). padding: 0..255 bytes at the end."""
    first = 0x80 | len(csrcs) | (0x10 if extensions else 0) | (0x20 if padding else 0)
    out = bytearray(_FIXED.pack(first, payload_type | marker << 7, sequence, timestamp, ssrc))
    for csrc in csrcs:
        out += csrc.to_bytes(4, "big")
    if extensions:
        two_byte = any(not 1 <= len(value) <= 16 or identifier > 14 for identifier, value in extensions)
        block = bytearray()
        for identifier, value in extensions:
            block += bytes((identifier, len(value))) if two_byte else bytes((identifier << 4 | len(value) - 1,))
            block += value
        block += bytes(-len(block) % 4)
        out += _SHORT.pack(TWO_BYTE_PROFILE if two_byte else ONE_BYTE_PROFILE) + _SHORT.pack(len(block) // 4) + block
    out += payload
    if padding:
        out += bytes(padding - 1) + bytes((padding,))
    return bytes(out)


def build_rtx(packet: bytes, *, payload_type: int, sequence: int, ssrc: int) -> bytes:
    """The retransmission of `packet` on another stream, its header extensions kept (load clients and tests)."""
    header = RtpHeader()
    header.read(packet, len(packet))
    head = bytearray(packet[: header.payload_offset])
    _write_fixed(head, 0, head[0] & 0xDF, payload_type | header.marker << 7, sequence, header.timestamp, ssrc)
    payload = packet[header.payload_offset : header.payload_offset + header.payload_length]
    return bytes(head) + _SHORT.pack(header.sequence) + payload
