"""What Chromium's fake camera and microphone play: two fields of colour with a moving bar, and an interrupted tone."""

from __future__ import annotations

import io
import math
import struct
import wave
from pathlib import Path

from PIL import Image, ImageDraw

LEFT_RGB, RIGHT_RGB = (225, 120, 30), (60, 70, 190)
TONE_HZ = 1_200
WIDTH, HEIGHT, FRAMES = 1280, 720, 30
RATE_HZ = 48_000


def write(folder: Path) -> tuple[Path, Path]:
    """Both files, in a new folder."""
    folder.mkdir(parents=True)
    camera, microphone = folder / "camera.mjpeg", folder / "microphone.wav"
    _write_camera(camera)
    write_microphone(microphone)
    return camera, microphone


def _write_camera(path: Path) -> None:
    """Motion JPEG, one second, played in a loop. The bar wanders along the bottom, so that colours above it stay."""
    with path.open("wb") as file:
        for number in range(FRAMES):
            picture = Image.new("RGB", (WIDTH, HEIGHT), LEFT_RGB)
            draw = ImageDraw.Draw(picture)
            draw.rectangle((WIDTH // 2, 0, WIDTH, HEIGHT), fill=RIGHT_RGB)
            x = number * WIDTH // FRAMES
            draw.rectangle((x, HEIGHT - 160, x + 80, HEIGHT), fill=(255, 255, 255))
            jpeg = io.BytesIO()
            picture.save(jpeg, "JPEG", quality=85)
            file.write(jpeg.getvalue())


def write_microphone(path: Path) -> None:
    """Mono, two seconds: a tone that is on for a tenth of a second and off for a tenth, as noise suppression takes
    a steady one for a fan."""
    samples = (
        round(20_000 * math.sin(2 * math.pi * TONE_HZ * n / RATE_HZ)) if n * 10 // RATE_HZ % 2 == 0 else 0
        for n in range(2 * RATE_HZ)
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
