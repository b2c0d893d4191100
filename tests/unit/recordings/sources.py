"""Real pictures and sound as packets: encoded by real encoders, cut as browsers cut them. What was sent is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av

from server.rtp.packet import RtpHeader, build_packet

FPS = 25
MOST_BODY = 900
WIDTH, HEIGHT = 320, 180
_ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    "video/VP8": ("libvpx", {"deadline": "realtime", "cpu-used": "16"}),
    "video/VP9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
    "video/H264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency"}),
    "video/AV1": ("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:lookahead=0"}),
}


@dataclass(frozen=True)
class Picture:
    data: bytes
    key: bool


def pictures(mime_type: str, count: int, *, key_every: int = 1000, width: int = WIDTH) -> list[Picture]:
    """Grey pictures, each brighter than the one before: the n-th has luma 16 + 2n."""
    name, options = _ENCODERS[mime_type]
    encoder: Any = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, width * 9 // 16, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, FPS), Fraction(FPS), key_every
    encoder.options, encoder.max_b_frames = options, 0
    found: list[Any] = []
    for number in range(count):
        frame = av.VideoFrame(width, width * 9 // 16, "yuv420p")
        for plane, value in zip(frame.planes, ((16 + 2 * number) % 235, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts = number
        found += encoder.encode(frame)
    found += encoder.encode(None)
    return [Picture(bytes(one), bool(one.is_keyframe)) for one in found]


def payloads(mime_type: str, picture: Picture, number: int) -> list[bytes]:
    """As browsers cut them."""
    if mime_type == "video/VP8":  # RFC 7741
        return [
            bytes([0x90 if at == 0 else 0x80, 0x80, 0x80 | number >> 8 & 0x7F, number & 0xFF]) + part
            for at, part in _parts(picture.data)
        ]
    if mime_type == "video/VP9":  # RFC 9628, flexible mode off, no layers
        parts = list(_parts(picture.data))
        return [
            bytes([0x80 | (0 if picture.key else 0x40) | (8 * (at == 0)) | (4 * (at + len(part) == len(picture.data)))])
            + bytes([0x80 | number >> 8 & 0x7F, number & 0xFF])
            + part
            for at, part in parts
        ]
    if mime_type == "video/H264":
        return [payload for unit in _units(picture.data) for payload in _fragments(unit)]
    return list(_obus(picture))


def _units(data: bytes) -> list[bytes]:
    """Between the start codes, of three bytes or four."""
    return [unit for unit in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    for at in range(0, len(data), MOST_BODY):
        yield at, data[at : at + MOST_BODY]


def _fragments(unit: bytes) -> Iterator[bytes]:
    if len(unit) <= MOST_BODY:
        yield unit
        return
    body = unit[1:]
    for at, part in _parts(body):  # RFC 6184 5.8
        flags = (0x80 if at == 0 else 0) | (0x40 if at + len(part) == len(body) else 0)
        yield bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 0x1F]) + part


def _obus(picture: Picture) -> Iterator[bytes]:
    """One element a packet, without its size field, as the specification recommends."""
    elements = []
    at, data = 0, picture.data
    while at < len(data):
        head = data[at]
        start = at + 1 + (head >> 2 & 1)
        size, shift = 0, 0
        while True:
            size |= (data[start] & 0x7F) << shift
            shift += 7
            start += 1
            if not data[start - 1] & 0x80:
                break
        if head >> 3 & 15 != 2:  # no temporal delimiter on the wire
            elements.append(bytes([head & 0xFD]) + data[start : start + size])
        at = start + size
    first = True
    for element in elements:
        for offset, part in _parts(element):
            more = offset + len(part) < len(element)
            aggregation = 0x10 | 0x80 * (offset > 0) | 0x40 * more | 0x08 * (first and picture.key)
            first = False
            yield bytes([aggregation]) + part


class VideoSender:
    """Packets of pictures, one every 40 ms of its own clock."""

    def __init__(self, mime_type: str, ssrc: int = 7, sequence: int = 65_500, timestamp: int = 0xFFFF_F000) -> None:
        self.mime_type = mime_type
        self.ssrc, self.sequence, self.timestamp = ssrc, sequence, timestamp
        self.number = 0

    def packets(self, picture: Picture) -> list[bytes]:
        found = payloads(self.mime_type, picture, self.number)
        self.number += 1
        packets = []
        for index, body in enumerate(found):
            packets.append(
                build_packet(
                    payload_type=96,
                    sequence=self.sequence,
                    timestamp=self.timestamp,
                    ssrc=self.ssrc,
                    payload=body,
                    marker=index == len(found) - 1,
                )
            )
            self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + 90_000 // FPS) & 0xFFFF_FFFF
        return packets


def sound(count: int) -> list[bytes]:
    """Opus packets of 20 ms: a tone of 440 Hz."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.time_base = Fraction(1, 48_000)
    found = []
    for number in range(count):
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.sample_rate, frame.pts = 48_000, number * 960
        wave = bytearray()
        for at in range(960):
            value = int(8000 * math.sin(2 * math.pi * 440 * (number * 960 + at) / 48_000))
            wave += value.to_bytes(2, "little", signed=True) * 2
        frame.planes[0].update(bytes(wave))
        found += encoder.encode(frame)
    return [bytes(one) for one in found]


def read(packet: bytes) -> tuple[RtpHeader, memoryview]:
    header = RtpHeader()
    header.read(packet, len(packet))
    return header, cast("memoryview", memoryview(packet))
