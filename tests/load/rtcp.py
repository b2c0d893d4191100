"""The little RTCP a synthetic participant speaks: sender reports, receiver reports with an REMB, and hearing a wish for
a key frame (RFC 3550 section 6.4, RFC 4585 section 6.3.1, RFC 5104 section 4.3.1). Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tests.load.reception import ReceivedStream
from tests.load.sources import RtpStream

NTP_UNIX_OFFSET_S = 2_208_988_800
MOST_REPORT_BLOCKS = 31
SENDER_REPORT, RECEIVER_REPORT, PAYLOAD_FEEDBACK = 200, 201, 206
PLI, FIR, APPLICATION = 1, 4, 15


def sender_report(stream: RtpStream, now_ns: int) -> bytes:
    seconds, rest_ns = divmod(now_ns, 1_000_000_000)
    return struct.pack(
        "!BBHIIIIII",
        0x80,
        SENDER_REPORT,
        6,
        stream.ssrc,
        (seconds + NTP_UNIX_OFFSET_S) & 0xFFFFFFFF,
        (rest_ns << 32) // 1_000_000_000,
        stream.timestamp & 0xFFFFFFFF,
        stream.packets & 0xFFFFFFFF,
        stream.octets & 0xFFFFFFFF,
    )


def receiver_reports(reporter_ssrc: int, streams: list[ReceivedStream]) -> Iterator[bytes]:
    """One packet per 31 streams; loss fraction and jitter are left zero, the highest sequence number is true."""
    for start in range(0, len(streams), MOST_REPORT_BLOCKS):
        blocks = streams[start : start + MOST_REPORT_BLOCKS]
        packet = struct.pack("!BBHI", 0x80 | len(blocks), RECEIVER_REPORT, 1 + 6 * len(blocks), reporter_ssrc)
        for one in blocks:
            lost = min(one.count.lost, 0x7FFFFF)
            packet += struct.pack("!IIIIII", one.ssrc, lost, one.count.extended_highest & 0xFFFFFFFF, 0, 0, 0)
        yield packet


def remb(reporter_ssrc: int, ssrcs: list[int], bitrate_bps: int) -> bytes:
    """draft-alvestrand-rmcat-remb section 2.2: "this viewer has room for bitrate_bps"."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    mantissa = bitrate_bps >> exponent
    ssrcs = ssrcs[:255]
    body = struct.pack("!II", reporter_ssrc, 0) + b"REMB"
    body += struct.pack("!I", len(ssrcs) << 24 | exponent << 18 | mantissa)
    body += struct.pack(f"!{len(ssrcs)}I", *ssrcs)
    return struct.pack("!BBH", 0x80 | APPLICATION, PAYLOAD_FEEDBACK, len(body) // 4) + body


def key_frames_wanted(compound: memoryview) -> Iterator[int]:
    """The SSRCs for which a compound packet asks for a key frame, by PLI or FIR."""
    position = 0
    while position + 4 <= len(compound):
        size = 4 + 4 * int.from_bytes(compound[position + 2 : position + 4], "big")
        packet = compound[position : position + size]
        if packet[1] == PAYLOAD_FEEDBACK and len(packet) >= 12:
            form = packet[0] & 0x1F
            if form == PLI:
                yield int.from_bytes(packet[8:12], "big")
            elif form == FIR:
                for entry in range(12, len(packet) - 7, 8):
                    yield int.from_bytes(packet[entry : entry + 4], "big")
        position += size
