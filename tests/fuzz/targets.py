"""Every target by its name, and the seeds it starts from. A seed is a packet as a browser sends it; no file is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from struct import pack

from server.rtp import rtcp
from server.rtp.packet import build_packet
from server.rtp.twcc import TransportFeedback
from tests.fuzz import framing, objects, packets
from tests.fuzz.compiled import compiled
from tests.load.sources import vp8_payload_head

Target = Callable[[bytes], None]
#: bytes of the longest input for coverage-guided runs: what needs more has no path that a shorter one has not
LONGEST = {"stun": 300, "rtp": 160, "rtcp": 200, "feedback_in": 80, "feedback_out": 64, "ortc": 400, "messages": 300}
LONGEST_BYTES = 128
CORPUS = Path(__file__).with_name("corpus")

TARGETS: dict[str, Target] = {
    "stun": packets.binding,
    "rtp": packets.rtp,
    "rtcp": packets.rtcp_compound,
    "vp8": packets.vp8,
    "vp9": packets.vp9,
    "h264": packets.h264,
    "av1": packets.av1,
    "feedback_in": packets.feedback_in,
    "feedback_out": packets.feedback_out,
    "framing": framing.framing,
    "ortc": objects.ortc,
    "messages": objects.messages,
}
if (_path := compiled()) is not None:
    TARGETS["path"] = _path


def _video(payload: bytes, *, two_byte: bool = False) -> bytes:
    extensions: tuple[tuple[int, bytes], ...] = ((1, b"0"), (2, b"r0"), (5, b"\x12\x34"), (4, b"abc"))
    if two_byte:
        extensions = (*extensions, (200, b"x" * 20))
    return build_packet(
        payload_type=96, sequence=65_535, timestamp=7, ssrc=0x01020304, payload=payload, extensions=extensions
    )


def _vp8(*, key: bool) -> bytes:
    head = vp8_payload_head(
        frame_start=True, key_frame=key, picture_id=0x1234, tl0_picture_index=9, width=640, height=360
    )
    return head + b"picture"


def _feedback() -> bytes:
    feedback = TransportFeedback(1)
    for number in (*range(65_500, 65_536), *range(3, 90, 2)):
        feedback.receive(number & 0xFFFF, 1_000_000 + number * 700)
    return b"".join(feedback.build(2))


def _reports() -> list[bytes]:
    block = rtcp.ReportBlock(9, 12, -3, 70_000, 44, 5, 6)
    everything: tuple[rtcp.Buildable, ...] = (
        rtcp.SenderReport(1, 1 << 40, 2, 3, 4, (block,)),
        rtcp.ReceiverReport(1, (block, block)),
        rtcp.Sdes(((1, "cam"), (2, "microphone"))),
        rtcp.Bye((1, 2, 3)),
        rtcp.Pli(1, 2),
        rtcp.Fir(1, ((2, 3), (4, 5))),
        rtcp.Nack(1, 2, (65_534, 65_535, 0, 9, 40)),
        rtcp.Remb(1, 2_500_000, (7, 8)),
    )
    return [*(rtcp.build(one) for one in everything), rtcp.build(*everything) + _feedback()]


def seeds(name: str) -> list[bytes]:
    """What a target's first inputs are made of, with what was once found (tests/fuzz/corpus)."""
    made: dict[str, list[bytes]] = {
        "stun": [bytes((mode,)) + pack("!HHI12s", 1, 0, 0x2112A442, b"transaction!") for mode in range(4)],
        "rtp": [
            _video(_vp8(key=True)),
            _video(b"\x00\x07" + _vp8(key=False), two_byte=True),
            build_packet(payload_type=111, sequence=0, timestamp=1, ssrc=2, payload=b"x", padding=9, csrcs=(1, 2)),
        ],
        "rtcp": _reports(),
        "vp8": [_vp8(key=True), _vp8(key=False), b"\x10\x00x", b"\x90\x80\x11\x00"],
        "vp9": [
            b"\xaa\x80\x01\x20\x07" + b"\x18\x02\x80\x01\x68\x01\x04\x04" + b"frame",
            b"\xe8\x81\x23\x21\x07f",
            b"\x8c\x05x",
        ],
        "h264": [
            b"\x67\x42\x00",
            b"\x78\x00\x03\x67\x42\x00\x00\x02\x65\x88",
            b"\x7c\x85\x88",
            b"\x7c\x05\x88",
            b"\x09\x10",
        ],
        "av1": [b"\x18\x0e\x20x", b"\x08\x02\x0a\x00\x03\x36\x08x", b"\x90xyz"],
        "feedback_in": [_feedback()[12:]],
        "feedback_out": [bytes(range(4, 250)), b"\0\0\0\1\xff\xf0" + b"\x09\x10" * 60 + b"\xff\x0a\x20"],
        "framing": [
            b"\x05\x00\x14\x00" + bytes(19) + b"\x00\x0e\x80" + bytes(13) + b"\x00\x0d\x16" + bytes(12),
            b"\0\xff\xff\x80",
        ],
        "ortc": [bytes(range(256)), bytes(64), bytes(reversed(range(256)))],
        "messages": [
            b'\0{"type":"say","chat_id":"c1","text":"halo"}',
            b'\0{"type":"produce","source":"camera","kind":"video","rtp_parameters":{}}',
            b'\0{"type":"view","views":[{"consumer_id":"c","width_px":3}]}',
            b'\0{"ticket":"x","language":"id","protocol":1}',
            bytes((1, *range(60))),
            bytes((2, *range(60, 120))),
            bytes((3, *range(90))),
        ],
        "path": [b"\x01" + _video(_vp8(key=False)), b"\x00" + _video(b"sound"), b"\x01" + _video(_vp8(key=True))],
    }
    found = sorted((CORPUS / name).glob("*")) if (CORPUS / name).is_dir() else []
    return [*made[name], *(path.read_bytes() for path in found)]
