"""RTCP compound packets (RFC 3550, 4585, 5104, REMB, transport-cc): parse and build. Work is bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import TypeAlias

from server.rtp.packet import PacketError, Readable

SR, RR, SDES, BYE, TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 200, 201, 202, 203, 205, 206

MAX_PACKETS = 64  # in one compound
MAX_LOST = 1024  # numbers taken from one compound's NACKs: more than any history holds
MAX_STATUSES = 2048  # packets described by one compound's transport-cc feedback

_HEAD = Struct("!BBH")
_WORD = Struct("!I")
_PAIR = Struct("!II")
_SENDER = Struct("!IQIII")
_BLOCK = Struct("!IIIIII")
_NACK_ITEM = Struct("!HH")
_DELTA = Struct("!h")
_SHORT = Struct("!H")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """fraction_lost in 1/256; lsr, dlsr in 1/65536 s; jitter in RTP units."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    lsr: int
    dlsr: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    """ntp: 64-bit 32.32 fixed point; rtp: 32-bit; blocks: at most 31."""

    ssrc: int
    ntp: int
    rtp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """blocks: at most 31."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Sdes:
    """(ssrc, cname) pairs; other items are not kept."""

    chunks: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Bye:
    """The streams that end."""

    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pli:
    """Picture loss indication (RFC 4585 6.3.1)."""

    sender: int
    media: int


@dataclass(frozen=True, slots=True)
class Fir:
    """Full intra request (RFC 5104 4.3.1); entries: (ssrc, command number)."""

    sender: int
    entries: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Nack:
    """Generic NACK (RFC 4585 6.2.1); lost: 16-bit numbers."""

    sender: int
    media: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Remb:
    """Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb)."""

    sender: int
    bitrate_bps: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransportCc:
    """Transport-wide feedback; arrivals: (16-bit number, arrival in us on the sender's scale, or None when lost)."""

    sender: int
    media: int
    feedback_count: int
    arrivals: tuple[tuple[int, int | None], ...]


Rtcp: TypeAlias = SenderReport | ReceiverReport | Sdes | Bye | Pli | Fir | Nack | Remb | TransportCc
Buildable: TypeAlias = SenderReport | ReceiverReport | Sdes | Bye | Pli | Fir | Nack | Remb


def parse(data: Readable) -> list[Rtcp]:
    """Every packet of a compound that is understood; unknown ones are skipped. Raises PacketError."""
    found: list[Rtcp] = []
    lost = told = 0
    offset = 0
    end = len(data)
    for _ in range(MAX_PACKETS):
        if offset >= end:
            return found
        if offset + 4 > end:
            raise PacketError("RTCP header cut short")
        first, kind, words = _HEAD.unpack_from(data, offset)
        if first >> 6 != 2:
            raise PacketError("not RTCP version 2")
        stop = offset + 4 * (words + 1)
        if stop > end:
            raise PacketError("RTCP packet beyond its datagram")
        body_end = stop
        if first & 0x20:
            padding = data[stop - 1]
            if padding == 0 or padding > stop - offset - 4:
                raise PacketError("RTCP padding beyond the packet")
            body_end -= padding
        parser = _PARSERS.get(kind)
        if parser is not None:
            packet = parser(data, offset + 4, body_end, first & 0x1F)
            if isinstance(packet, Nack):
                packet = Nack(packet.sender, packet.media, packet.lost[: MAX_LOST - lost])
                lost += len(packet.lost)
            elif isinstance(packet, TransportCc):
                # Two bytes can stand for eight thousand: sixty of these in one datagram would cost a second.
                told += len(packet.arrivals)
                if told > MAX_STATUSES:
                    raise PacketError("transport feedback about too many packets")
            if packet is not None:
                found.append(packet)
        offset = stop
    raise PacketError("too many RTCP packets in one datagram")


def weight(packet: Rtcp) -> int:
    """How much there is to do about it: the entries it has, at least 1."""
    match packet:
        case SenderReport(blocks=entries) | ReceiverReport(blocks=entries):
            return 1 + len(entries)
        case Nack(lost=entries) | Bye(ssrcs=entries) | Remb(ssrcs=entries) | Fir(entries=entries):
            return 1 + len(entries)
        case TransportCc(arrivals=entries):
            return 1 + len(entries)
        case Sdes(chunks=entries):
            return 1 + len(entries)
        case Pli():
            return 1


def _need(at: int, size: int, end: int) -> None:
    if at + size > end:
        raise PacketError("RTCP packet cut short")


def _parse_blocks(data: Readable, at: int, end: int, count: int) -> tuple[ReportBlock, ...]:
    _need(at, 24 * count, end)
    blocks = []
    for place in range(at, at + 24 * count, 24):
        ssrc, lost, highest, jitter, lsr, dlsr = _BLOCK.unpack_from(data, place)
        total = lost & 0xFFFFFF
        blocks.append(
            ReportBlock(ssrc, lost >> 24, total - 0x1000000 if total & 0x800000 else total, highest, jitter, lsr, dlsr)
        )
    return tuple(blocks)


def _parse_sender_report(data: Readable, at: int, end: int, count: int) -> Rtcp:
    _need(at, 24, end)
    ssrc, ntp, rtp, packets, octets = _SENDER.unpack_from(data, at)
    return SenderReport(ssrc, ntp, rtp, packets, octets, _parse_blocks(data, at + 24, end, count))


def _parse_receiver_report(data: Readable, at: int, end: int, count: int) -> Rtcp:
    _need(at, 4, end)
    return ReceiverReport(_WORD.unpack_from(data, at)[0], _parse_blocks(data, at + 4, end, count))


def _parse_sdes(data: Readable, at: int, end: int, count: int) -> Rtcp:
    chunks = []
    for _ in range(count):
        _need(at, 4, end)
        start = at
        ssrc = _WORD.unpack_from(data, at)[0]
        at += 4
        cname = ""
        while True:
            _need(at, 1, end)
            kind = data[at]
            at += 1
            if kind == 0:
                break
            _need(at, 1, end)
            length = data[at]
            _need(at + 1, length, end)
            if kind == 1:
                cname = bytes(data[at + 1 : at + 1 + length]).decode("utf-8", "replace")
            at += 1 + length
        at = start + (at - start + 3) // 4 * 4
        chunks.append((ssrc, cname))
    return Sdes(tuple(chunks))


def _parse_bye(data: Readable, at: int, end: int, count: int) -> Rtcp:
    _need(at, 4 * count, end)
    return Bye(tuple(_WORD.unpack_from(data, at + 4 * place)[0] for place in range(count)))


def _parse_transport_feedback(data: Readable, at: int, end: int, form: int) -> Rtcp | None:
    _need(at, 8, end)
    sender, media = _PAIR.unpack_from(data, at)
    if form == 1:
        return Nack(sender, media, _parse_lost(data, at + 8, end))
    if form == 15:
        return _parse_transport_cc(data, at + 8, end, sender, media)
    return None


def _parse_lost(data: Readable, at: int, end: int) -> tuple[int, ...]:
    lost: list[int] = []
    for place in range(at, end - 3, 4):
        number, mask = _NACK_ITEM.unpack_from(data, place)
        lost.append(number)
        while mask:
            bit = mask & -mask
            lost.append((number + bit.bit_length()) & 0xFFFF)
            mask ^= bit
        if len(lost) >= MAX_LOST:
            break
    return tuple(lost[:MAX_LOST])


def _parse_transport_cc(data: Readable, at: int, end: int, sender: int, media: int) -> Rtcp:
    _need(at, 8, end)
    base, count = _NACK_ITEM.unpack_from(data, at)
    word = _WORD.unpack_from(data, at + 4)[0]
    reference = word >> 8
    if reference & 0x800000:
        reference -= 0x1000000
    if count > MAX_STATUSES:
        raise PacketError("transport feedback about too many packets")
    symbols: list[int] = []
    at += 8
    while len(symbols) < count:
        _need(at, 2, end)
        chunk = _SHORT.unpack_from(data, at)[0]
        at += 2
        if not chunk & 0x8000:
            symbols.extend([chunk >> 13] * min(chunk & 0x1FFF, count - len(symbols)))
            if chunk & 0x1FFF == 0:
                raise PacketError("transport feedback with an empty run")
        elif chunk & 0x4000:
            symbols.extend(chunk >> shift & 3 for shift in range(12, -1, -2))
        else:
            symbols.extend(chunk >> shift & 1 for shift in range(13, -1, -1))
    ticks = reference * 256
    arrivals: list[tuple[int, int | None]] = []
    for place, symbol in enumerate(symbols[:count]):
        if symbol == 1:
            _need(at, 1, end)
            ticks += data[at]
            at += 1
        elif symbol == 2:
            _need(at, 2, end)
            ticks += _DELTA.unpack_from(data, at)[0]
            at += 2
        elif symbol == 3:
            raise PacketError("transport feedback with a reserved status")
        arrivals.append(((base + place) & 0xFFFF, ticks * 250 if symbol else None))
    return TransportCc(sender, media, word & 0xFF, tuple(arrivals))


def _parse_payload_feedback(data: Readable, at: int, end: int, form: int) -> Rtcp | None:
    _need(at, 8, end)
    sender, media = _PAIR.unpack_from(data, at)
    at += 8
    if form == 1:
        return Pli(sender, media)
    if form == 4:
        places = range(at, end - 7, 8)[:MAX_PACKETS]
        return Fir(sender, tuple((_WORD.unpack_from(data, place)[0], data[place + 4]) for place in places))
    if form == 15 and end - at >= 8 and bytes(data[at : at + 4]) == b"REMB":
        word = _WORD.unpack_from(data, at + 4)[0]
        count = word >> 24
        _need(at + 8, 4 * count, end)
        ssrcs = tuple(_WORD.unpack_from(data, at + 8 + 4 * place)[0] for place in range(count))
        return Remb(sender, (word & 0x3FFFF) << (word >> 18 & 0x3F), ssrcs)
    return None


_PARSERS: dict[int, Callable[[Readable, int, int, int], Rtcp | None]] = {
    SR: _parse_sender_report,
    RR: _parse_receiver_report,
    SDES: _parse_sdes,
    BYE: _parse_bye,
    TRANSPORT_FEEDBACK: _parse_transport_feedback,
    PAYLOAD_FEEDBACK: _parse_payload_feedback,
}


def build(*packets: Buildable) -> bytes:
    """A compound in this order (twcc.TransportFeedback builds transport-cc). ValueError when a count does not fit."""
    return b"".join(_build_one(packet) for packet in packets)


def _framed(count: int, kind: int, body: bytes) -> bytes:
    if not 0 <= count <= 31:
        raise ValueError("an RTCP packet counts to 31")
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def _build_one(packet: Buildable) -> bytes:  # noqa: PLR0911 - one per kind of packet
    match packet:
        case SenderReport(ssrc, ntp, rtp, sent, octets, blocks):
            head = _SENDER.pack(ssrc, ntp, rtp & 0xFFFFFFFF, sent & 0xFFFFFFFF, octets & 0xFFFFFFFF)
            return _framed(len(blocks), SR, head + _build_blocks(blocks))
        case ReceiverReport(ssrc, blocks):
            return _framed(len(blocks), RR, _WORD.pack(ssrc) + _build_blocks(blocks))
        case Sdes(chunks):
            return _framed(len(chunks), SDES, b"".join(_build_chunk(ssrc, cname) for ssrc, cname in chunks))
        case Bye(ssrcs):
            return _framed(len(ssrcs), BYE, b"".join(_WORD.pack(ssrc) for ssrc in ssrcs))
        case Pli(sender, media):
            return _framed(1, PAYLOAD_FEEDBACK, _PAIR.pack(sender, media))
        case Fir(sender, entries):
            items = b"".join(_WORD.pack(ssrc) + bytes((number & 0xFF, 0, 0, 0)) for ssrc, number in entries)
            return _framed(4, PAYLOAD_FEEDBACK, _PAIR.pack(sender, 0) + items)
        case Nack(sender, media, lost):
            return _framed(1, TRANSPORT_FEEDBACK, _PAIR.pack(sender, media) + _build_lost(lost))
        case Remb(sender, bitrate_bps, ssrcs):
            return _framed(15, PAYLOAD_FEEDBACK, _PAIR.pack(sender, 0) + _build_remb(bitrate_bps, ssrcs))


def _build_blocks(blocks: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | max(-0x800000, min(0x7FFFFF, block.packets_lost)) & 0xFFFFFF,
            block.highest_sequence & 0xFFFFFFFF,
            min(block.jitter, 0xFFFFFFFF),
            block.lsr,
            min(block.dlsr, 0xFFFFFFFF),
        )
        for block in blocks
    )


def _build_chunk(ssrc: int, cname: str) -> bytes:
    text = cname.encode()
    if len(text) > 255:
        raise ValueError("a cname has at most 255 bytes")
    chunk = _WORD.pack(ssrc) + bytes((1, len(text))) + text
    return chunk + bytes(4 - len(chunk) % 4)  # at least one null ends the items (RFC 3550 6.5)


def _build_lost(lost: tuple[int, ...]) -> bytes:
    """Pairs of number and bitmask; `lost` in ascending order (across the wrap) packs best."""
    out = bytearray()
    at = 0
    while at < len(lost):
        number = lost[at]
        mask = 0
        at += 1
        while at < len(lost) and 1 <= (lost[at] - number) & 0xFFFF <= 16:
            mask |= 1 << ((lost[at] - number) & 0xFFFF) - 1
            at += 1
        out += _NACK_ITEM.pack(number, mask)
    return bytes(out)


def _build_remb(bitrate_bps: int, ssrcs: tuple[int, ...]) -> bytes:
    exponent = max(0, bitrate_bps.bit_length() - 18)
    if exponent > 63 or len(ssrcs) > 255:
        raise ValueError("more than a REMB can say")
    word = len(ssrcs) << 24 | exponent << 18 | bitrate_bps >> exponent
    return b"REMB" + _WORD.pack(word) + b"".join(_WORD.pack(ssrc) for ssrc in ssrcs)
