"""A recording as the recorder would have left it, without a meeting: real encoders, real Matroska, sealed. What is in
its pictures and sounds is known: a colour for each person, a white flash and a beep at the beginning of each second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from recordings.container import Matroska
from recordings.frames import Frame
from recordings.manifest import NAME, File, Manifest, encode, hash_of
from recordings.seal import SealedWriter

KEY = b"k" * 32
FPS = 25
BEEP_HZ, BEEP_MS, FLASH_MS = 1000, 80, 80
Yuv = tuple[int, int, int]
RED, GREEN, BLUE, YELLOW = (82, 90, 200), (110, 90, 80), (70, 190, 110), (170, 50, 150)


def pictures(
    colour: Yuv, count: int, first_ms: int, *, flashes: bool, size: tuple[int, int] = (320, 180)
) -> Iterator[tuple[int, Any]]:
    """(ms, packet): VP8, one every 40 ms; white at the beginning of each second of the recording's clock."""
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, FPS), Fraction(FPS), 10_000
    encoder.bit_rate = 800_000
    encoder.options = {"deadline": "realtime", "cpu-used": "16", "lag-in-frames": "0"}
    for number in range(count):
        at_ms = first_ms + number * 1000 // FPS
        frame = av.VideoFrame(*size, "yuv420p")
        lit = flashes and at_ms % 1000 < FLASH_MS
        for plane, value in zip(frame.planes, (235, 128, 128) if lit else colour, strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts = number
        for packet in encoder.encode(frame):
            yield at_ms, packet


def sounds(
    count: int, first_ms: int, *, tone_hz: int = 0, level: float = 0.2, beeps: bool = False
) -> Iterator[tuple[int, Any]]:
    """(ms, packet): Opus of 20 ms; a tone, or a beep at the beginning of each second."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.time_base, encoder.bit_rate = Fraction(1, 48_000), 64_000
    for number in range(count):
        at = first_ms * 48 + number * 960 + np.arange(960)
        wave = np.sin(2 * np.pi * (BEEP_HZ if beeps else tone_hz) * at / 48_000) * level
        if beeps:
            wave = wave * (at % 48_000 < BEEP_MS * 48)
        frame = av.AudioFrame.from_ndarray(
            np.repeat((wave * 32_767).astype(np.int16), 2).reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate, frame.pts = 48_000, number * 960
        for packet in encoder.encode(frame):
            yield first_ms + number * 20, packet


@dataclass
class Take:
    """One recording being made up. began_ms: Unix ms when its clock was zero."""

    folder: Path
    recording_id: str = "r1"
    began_ms: int = 1_790_000_000_000
    files: list[File] = field(default_factory=list)

    def add(self, person_id: str, source: str, mime_type: str, packets: Iterator[tuple[int, Any]]) -> File:
        place = self.folder / self.recording_id
        place.mkdir(parents=True, exist_ok=True)
        name = f"{len(self.files) + 1:04}-01.sealed"
        writer = SealedWriter(place / name, KEY)
        matroska = Matroska(writer, mime_type)
        times = []
        for at_ms, packet in packets:
            width, height = (320, 180) if mime_type.startswith("video") else (0, 0)
            matroska.put(Frame(bytes(packet), 0, bool(packet.is_keyframe), 0, width, height), at_ms)
            times.append(at_ms)
            writer.flush()
        matroska.close()
        writer.close()
        file = File(
            name=name,
            person_id=person_id,
            source=source,
            mime_type=mime_type,
            from_ms=times[0],
            until_ms=times[-1],
            frames=len(times),
            packets_lost=0,
            bytes=writer.size,
            sha256=hash_of(place / name),
        )
        self.files.append(file)
        return file

    def camera(self, person_id: str, colour: Yuv, from_ms: int, until_ms: int, *, flashes: bool = False) -> File:
        count = (until_ms - from_ms) * FPS // 1000
        return self.add(person_id, "camera", "video/VP8", pictures(colour, count, from_ms, flashes=flashes))

    def screen(self, person_id: str, colour: Yuv, from_ms: int, until_ms: int) -> File:
        count = (until_ms - from_ms) * FPS // 1000
        return self.add(person_id, "screen", "video/VP8", pictures(colour, count, from_ms, flashes=False))

    def voice(self, person_id: str, from_ms: int, until_ms: int, *, tone_hz: int = 0, level: float = 0.2) -> File:
        packets = sounds((until_ms - from_ms) // 20, from_ms, tone_hz=tone_hz, level=level, beeps=not tone_hz)
        return self.add(person_id, "microphone", "audio/opus", packets)

    def manifest(self, ended_ms: int) -> Manifest:
        """Written too."""
        made = Manifest(
            meeting_id="rapat",
            recording_id=self.recording_id,
            began_ms=self.began_ms,
            ended_ms=ended_ms,
            files=tuple(self.files),
        )
        (self.folder / self.recording_id / NAME).write_bytes(encode(made))
        return made
