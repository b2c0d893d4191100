"""What cameras and microphones of this folder play: grain that wanders, so that every layer is worth its bitrate.

The film is played over and over: where it began with a jump, that picture alone would cost as much as a second of the
others, and stand still every two seconds on any line.
"""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageChops

from tests.interop.sources import write_microphone

WIDTH_PX, HEIGHT_PX, FRAMES, FRAMES_A_SECOND = 640, 360, 30, 15
GRAIN_PX = 12
RADIUS_PX = 36  # of the circle on which it wanders: 7.5 pixels a frame


def write(folder: Path) -> list[str]:
    """Both files, into a new folder. Returns Chromium's arguments."""
    folder.mkdir(parents=True)
    camera, microphone = folder / "camera.y4m", folder / "microphone.wav"
    _write_camera(camera)
    write_microphone(microphone)
    return [f"--use-file-for-fake-video-capture={camera}", f"--use-file-for-fake-audio-capture={microphone}"]


def _write_camera(path: Path) -> None:
    size = (WIDTH_PX, HEIGHT_PX)
    small = Image.effect_noise((WIDTH_PX // GRAIN_PX, HEIGHT_PX // GRAIN_PX), 45)
    grain = small.resize(size, Image.Resampling.BICUBIC)
    grey = bytes([128]) * (WIDTH_PX * HEIGHT_PX // 2)  # both chroma planes
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH_PX} H{HEIGHT_PX} F{FRAMES_A_SECOND}:1 Ip A1:1 C420\n".encode())
        for number in range(FRAMES):
            turn = 2 * math.pi * number / FRAMES
            x, y = round(RADIUS_PX * math.cos(turn)), round(RADIUS_PX * math.sin(turn))
            file.write(b"FRAME\n" + ImageChops.offset(grain, x, y).tobytes() + grey)
