"""The picture that is painted on: 4:2:0, BT.601 as browsers send it. Only what changed is painted anew."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from recordings.compose.words import Stamp
from recordings.layout import HEIGHT, WIDTH

INK = (39, 137, 120)  # #0F1B2D
EMPTY = (30, 134, 124)  # around a picture of another shape
BRASS = (145, 80, 163)  # #D9A441

RING = 4  # pixels


class Canvas:
    def __init__(self) -> None:
        self._whole: NDArray[np.uint8] = np.zeros((HEIGHT * 3 // 2, WIDTH), np.uint8)
        flat = self._whole.reshape(-1)
        luma, chroma = WIDTH * HEIGHT, WIDTH * HEIGHT // 4
        self._planes = (
            flat[:luma].reshape(HEIGHT, WIDTH),
            flat[luma : luma + chroma].reshape(HEIGHT // 2, WIDTH // 2),
            flat[luma + chroma :].reshape(HEIGHT // 2, WIDTH // 2),
        )
        self.fill(0, 0, WIDTH, HEIGHT, INK)

    def fill(self, x: int, y: int, width: int, height: int, colour: tuple[int, int, int]) -> None:
        """Even pixels."""
        for plane, value, by in zip(self._planes, colour, (1, 2, 2), strict=True):
            plane[y // by : (y + height) // by, x // by : (x + width) // by] = value

    def ring(self, x: int, y: int, width: int, height: int, colour: tuple[int, int, int]) -> None:
        """Around it, outside."""
        thick = RING
        self.fill(x - thick, y - thick, width + 2 * thick, thick, colour)
        self.fill(x - thick, y + height, width + 2 * thick, thick, colour)
        self.fill(x - thick, y, thick, height, colour)
        self.fill(x + width, y, thick, height, colour)

    def lay(self, stamp: Stamp, x: int, y: int) -> None:
        for plane, over, cover, by in zip(self._planes, stamp.planes, stamp.cover, (1, 2, 2), strict=True):
            height, width = over.shape
            spot = plane[y // by : y // by + height, x // by : x // by + width]
            spot[:] = spot + (over - spot) * cover + 0.5

    def paste(self, frame: Any, x: int, y: int) -> None:
        """A frame of 4:2:0 in its own size."""
        for plane, part, by in zip(self._planes, frame.planes, (1, 2, 2), strict=True):
            rows, columns = frame.height // by, frame.width // by
            pixels = np.frombuffer(part, np.uint8)[: rows * part.line_size].reshape(rows, part.line_size)
            plane[y // by : y // by + rows, x // by : x // by + columns] = pixels[:, :columns]

    def frame(self) -> av.VideoFrame:
        return av.VideoFrame.from_ndarray(self._whole, format="yuv420p")


class Scaler:
    """Makes a picture fit a place, whole: nobody's head is cut off. One for each tile."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def fit(self, frame: Any, width: int, height: int) -> tuple[Any, int, int]:
        """The frame in its new size, and its offset in the place."""
        share = min(width / frame.width, height / frame.height)
        made_width = min(width, max(2, round(frame.width * share) // 2 * 2))
        made_height = min(height, max(2, round(frame.height * share) // 2 * 2))
        made = self._reformatter.reformat(
            frame,
            made_width,
            made_height,
            "yuv420p",
            interpolation=Interpolation.BICUBIC if share > 1 else Interpolation.AREA,
        )
        return made, (width - made_width) // 4 * 2, (height - made_height) // 4 * 2
