"""What a test's cameras and microphones give: one plain colour and one pure tone per person, as files that Chromium
plays in a loop. Nothing here starts a browser."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from server.demo import PEOPLE

Rgb: TypeAlias = tuple[int, int, int]

WIDTH_PX, HEIGHT_PX, FRAMES_A_SECOND = 640, 360, 15  # enough for two simulcast layers, cheap for two cores
SAMPLES_A_SECOND = 48_000  # what Opus and AudioContext use: nothing is resampled
LOUDNESS = 0.35  # of full scale

NAMES = {one.login: one.name for one in PEOPLE}


@dataclass(frozen=True, slots=True)
class Likeness:
    """How one person looks and sounds. No tone is near a multiple of another one, so an overtone is nobody."""

    name: str
    rgb: Rgb
    tone_hz: int

    def flags(self, folder: Path, scale: int = 1) -> list[str]:
        """Chromium's arguments that make it this person; the files are written into `folder`. scale: of the picture."""
        picture, sound = folder / "camera.y4m", folder / "microphone.wav"
        folder.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(y4m(self.rgb, scale))
        sound.write_bytes(wav(self.tone_hz))
        return [f"--use-file-for-fake-video-capture={picture}", f"--use-file-for-fake-audio-capture={sound}"]


LIKENESSES = {
    "sekda": Likeness(NAMES["sekda"], (205, 45, 45), 500),
    "notulis": Likeness(NAMES["notulis"], (40, 150, 60), 700),
    "dinkes": Likeness(NAMES["dinkes"], (50, 70, 200), 1_100),
    "dindik": Likeness(NAMES["dindik"], (215, 185, 50), 1_300),
}


def y4m(rgb: Rgb, scale: int = 1) -> bytes:
    """One frame of one colour: BT.601 in its limited range, chroma halved both ways."""
    red, green, blue = (part / 255 for part in rgb)
    luma = round(16 + 65.481 * red + 128.553 * green + 24.966 * blue)
    cb = round(128 - 37.797 * red - 74.203 * green + 112 * blue)
    cr = round(128 + 112 * red - 93.786 * green - 18.214 * blue)
    width, height = scale * WIDTH_PX, scale * HEIGHT_PX
    pixels = width * height
    head = f"YUV4MPEG2 W{width} H{height} F{FRAMES_A_SECOND}:1 Ip A1:1 C420\nFRAME\n".encode()
    return head + bytes([luma]) * pixels + bytes([cb]) * (pixels // 4) + bytes([cr]) * (pixels // 4)


def wav(tone_hz: int) -> bytes:
    """One second of a sine, 16 bit, one channel: whole periods, so that the loop has no seam."""
    step = 2 * math.pi * tone_hz / SAMPLES_A_SECOND
    samples = struct.pack(
        f"<{SAMPLES_A_SECOND}h", *(round(32_767 * LOUDNESS * math.sin(step * at)) for at in range(SAMPLES_A_SECOND))
    )
    shape = struct.pack("<IHHIIHH", 16, 1, 1, SAMPLES_A_SECOND, SAMPLES_A_SECOND * 2, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(samples))
        + b"WAVEfmt "
        + shape
        + b"data"
        + struct.pack("<I", len(samples))
        + samples
    )
