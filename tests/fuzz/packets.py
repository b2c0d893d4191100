"""Targets that read packets: RTP and its extensions, RTCP, payload descriptors, transport-wide feedback, STUN, framing.

A target takes any bytes and returns; what it raises is a finding. Each holds its parser to its one error type, and to
the lengths that it was told: bytes behind them are poisoned, and must not be seen.
"""

from __future__ import annotations

from array import array
from struct import pack
from typing import Any

from aioice import stun

from server.rtp import rtcp
from server.rtp.av1 import Av1Descriptor
from server.rtp.departures import Departures
from server.rtp.h264 import H264Descriptor
from server.rtp.line import ViewerLine
from server.rtp.packet import LOOKED_THROUGH, PacketError, RtpHeader, extension_text, extensions, find_extension
from server.rtp.payload import Descriptor
from server.rtp.twcc import TransportFeedback
from server.rtp.vp8 import Vp8Descriptor
from server.rtp.vp9 import Vp9Descriptor
from server.sfu.ice import LONGEST_REQUEST_BYTES, IceLite
from tests.fuzz.choices import Choices

POISON = b"\xff" * 64


def _fields(read: object) -> list[Any]:
    return [getattr(read, name) for kind in type(read).__mro__ for name in getattr(kind, "__slots__", ())]


_exact, _poisoned = RtpHeader(), RtpHeader()


def _header(data: bytes) -> RtpHeader | None:
    try:
        _exact.read(data, len(data))
    except PacketError:
        return None
    return _exact


def rtp(data: bytes) -> None:
    """A header, its extensions in both forms, and an RTX payload."""
    header = _header(data)
    longer = data + POISON
    try:
        _poisoned.read(longer, len(data))
    except PacketError:
        assert header is None
        return
    assert header is not None
    assert _fields(header) == _fields(_poisoned)
    assert header.payload_offset >= 12
    assert header.payload_offset + header.payload_length + header.padding == len(data)
    end = header.extension_offset + header.extension_length
    assert end <= header.payload_offset
    first: dict[int, tuple[int, int]] = {}
    try:
        for identifier, at, size in extensions(longer, header):
            assert header.extension_offset < at
            assert at + size <= end
            first.setdefault(identifier, (at, size))
    except PacketError:
        pass
    for wanted in (1, 5, 15, 200):
        at, size = found = find_extension(data, header, wanted)
        assert found == find_extension(longer, header, wanted)
        if found == (0, 0):
            continue
        assert at + size <= header.extension_offset + LOOKED_THROUGH
        assert at + size <= end
        assert found == first[wanted]
        assert len(extension_text(data, header, wanted)) in {0, size}
    before = header.payload_length
    if header.unwrap_rtx(data, 96, 7):
        assert header.payload_length == before - 2
    else:
        assert before < 2


def rtcp_compound(data: bytes) -> None:
    """A compound; each of its packets must read the same alone: none sees another's bytes."""
    try:
        found = rtcp.parse(data)
    except PacketError:
        return
    alone: list[rtcp.Rtcp] = []
    at = 0
    while at < len(data):
        size = 4 * (int.from_bytes(data[at + 2 : at + 4], "big") + 1)
        alone += rtcp.parse(data[at : at + size])
        at += size
    assert [type(one) for one in found] == [type(one) for one in alone]
    lost = 0
    for one, other in zip(found, alone, strict=True):
        if isinstance(one, rtcp.Nack):
            lost += len(one.lost)
            assert isinstance(other, rtcp.Nack)
            assert one.lost == other.lost[: len(one.lost)]
        else:
            assert one == other
            _again(one)
    assert lost <= rtcp.MAX_LOST
    assert sum(len(one.arrivals) for one in found if isinstance(one, rtcp.TransportCc)) <= rtcp.MAX_STATUSES


def _again(packet: rtcp.Rtcp) -> None:
    """What was read can be written, and reads the same."""
    if isinstance(packet, rtcp.SenderReport | rtcp.ReceiverReport | rtcp.Bye | rtcp.Pli):
        assert rtcp.parse(rtcp.build(packet)) == [packet]


def _payload(descriptor: Descriptor, other: Descriptor, data: bytes) -> bool:
    """Read with poison before and behind; a patch writes nothing but its own fields. True: it was read."""
    size = len(data)
    framed = POISON[:7] + data + POISON
    try:
        descriptor.read(data, 0, size)
    except PacketError:
        try:
            other.read(framed, 7, size)
        except PacketError:
            return False
        raise AssertionError("bytes behind the payload were read") from None
    other.read(framed, 7, size)
    assert _fields(descriptor) == _fields(other)
    assert 0 <= descriptor.picture_id_at + (descriptor.picture_id_bits + 7) // 8 <= size
    assert 0 <= descriptor.tl0_at < size
    copy = bytearray(framed)
    descriptor.patch(copy, 7, 0x7ABC, 0x5A)
    assert copy[:7] == POISON[:7]
    assert copy[7 + size :] == POISON
    before = _fields(descriptor)
    try:
        other.read(copy, 7, size)
    except PacketError:
        raise AssertionError("a patched payload does not read any more") from None
    if descriptor.picture_id_bits:
        assert other.picture_id == (0x7ABC if descriptor.picture_id_bits == 15 else 0x3C)
    if descriptor.tl0_at:
        assert other.tl0 == 0x5A
    other.picture_id, other.tl0 = descriptor.picture_id, descriptor.tl0
    assert _fields(other) == before
    return True


_vp8, _vp9, _h264, _av1 = ((kind(), kind()) for kind in (Vp8Descriptor, Vp9Descriptor, H264Descriptor, Av1Descriptor))


def vp8(data: bytes) -> None:
    _payload(*_vp8, data)


def vp9(data: bytes) -> None:
    _payload(*_vp9, data)


def h264(data: bytes) -> None:
    _payload(*_h264, data)


def av1(data: bytes) -> None:
    _payload(*_av1, data)


def feedback_in(data: bytes) -> None:
    """Transport-wide feedback: as many statuses as were declared; the send side survives it, and keeps its bounds."""
    body = data + bytes(-len(data) % 4)
    words = 2 + len(body) // 4
    whole = pack("!BBHII", 0x8F, rtcp.TRANSPORT_FEEDBACK, words, 1, 2) + body
    if len(body) < 8 or words > 0xFFFF:
        return
    try:
        (read,) = rtcp.parse(whole)
    except PacketError:
        return
    assert isinstance(read, rtcp.TransportCc)
    base, count = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    assert [number for number, _ in read.arrivals] == [(base + place) & 0xFFFF for place in range(count)]
    _line_feedback(read)


_line = ViewerLine(1_000_000, 1_000_000)
_departures: Departures = _line.number()
_clock = array("Q", (1_000_000_000,))


def _line_feedback(read: rtcp.TransportCc) -> None:
    """Into one line that lives as long as the fuzzer: whatever comes, in any order."""
    now_us = _clock[0] = _clock[0] + 50_000
    for place in range(20):
        _departures.add(now_us + place, 1100)
    newest = _departures.next - 1
    told = tuple(((number - 100 + newest) & 0xFFFF, came_us) for number, came_us in read.arrivals)
    _line.feedback(rtcp.TransportCc(1, 2, 0, told), now_us // 1000, 100)
    padding = _line.tick(0, now_us // 1000, 50, 100)
    assert 0 < _line.available_bps < 10**9
    assert 0 <= padding <= 1_000_000


def feedback_out(data: bytes) -> None:
    """Arrivals of any numbers at any times: what is built reads back, and tells of nothing that did not come."""
    choices = Choices(data)
    feedback = TransportFeedback(1)
    now_us = choices.number(4)
    number = choices.number(2)
    came: dict[int, int] = {}
    while choices.left:
        step = choices.byte()
        if step == 255:
            _told(feedback, came)
            continue
        number = (number + (choices.number(2) if step == 254 else step - 8)) & 0xFFFF
        now_us += choices.number(3) if step & 1 else choices.byte() << 6
        feedback.receive(number, now_us)
        came.setdefault(number, now_us)
    _told(feedback, came)


def _told(feedback: TransportFeedback, came: dict[int, int]) -> None:
    packets = feedback.build(9)
    assert len(packets) <= 4096
    for packet in packets:
        assert len(packet) <= 1200
        (read,) = rtcp.parse(packet)
        assert isinstance(read, rtcp.TransportCc)
        for number, at_us in read.arrivals:
            assert at_us is None or number in came


_ice: IceLite[str] = IceLite()
_session = _ice.open("owner")
_KEY = _session.credentials.password.encode()
_USERNAME = f"{_session.credentials.fragment}:peer".encode()


def _attribute(kind: int, value: bytes) -> bytes:
    return pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def binding(data: bytes) -> None:
    """A STUN request as it comes, signed as somebody who knows the password would, or with a fingerprint only."""
    choices = Choices(data)
    mode = choices.byte() & 3
    packet = choices.rest()
    if mode and len(packet) >= 20:
        packet = packet[:2] + pack("!HI", len(packet) - 20, stun.COOKIE) + packet[8:]
        if mode & 2:
            packet += _attribute(0x0006, _USERNAME)
            packet += _attribute(0x0008, stun.message_integrity(packet, _KEY))
        packet += _attribute(0x8028, pack("!I", stun.message_fingerprint(packet)))
        packet = stun.set_body_length(packet, len(packet) - 20)
    _ice.renew()
    check = _ice.answer(packet, ("192.0.2.7", 40_000))
    if check is None:
        return
    assert len(packet) <= LONGEST_REQUEST_BYTES
    reply = stun.parse_message(check.reply)
    assert reply.transaction_id == packet[8:20]
    assert reply.message_class in {stun.Class.RESPONSE, stun.Class.ERROR}
    # Who has no password gets little more than what was sent: no flood of others through us.
    assert check.owner is not None or len(check.reply) <= len(packet) + 60
    if check.owner is not None:
        assert mode & 2, "an owner without a signature"
