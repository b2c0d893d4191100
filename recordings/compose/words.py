"""Names and other words as pictures: set by Typst with the letters it brings along, as the papers are. Slow (tenths of
a second), so each is made once. What anybody typed goes in as data and is never read as markup.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av
import msgspec
import numpy as np
import typst
from numpy.typing import NDArray

TEMPLATE = Path(__file__).parent / "words.typ"
Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Words:
    """width, height in pixels; the height of a name is its own. text, below, aside: what is written."""

    kind: Literal["name", "person", "bar", "card"]
    width: int
    height: int
    text: str
    below: str = ""
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A picture to be laid over: planes of 4:2:0 (BT.601, limited range) and how much each covers (0 to 1)."""

    planes: tuple[Plane, Plane, Plane]
    cover: tuple[Plane, Plane, Plane]

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.planes[0].shape
        return width, height


class Setter:
    """Keeps what it has made: a meeting has some dozens of them."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._made: dict[Words, Stamp] = {}

    def set(self, words: Words) -> Stamp:
        if words not in self._made:
            if len(self._made) > 500:
                self._made.clear()
            self._made[words] = stamp(_png(words, self._language))
        return self._made[words]


def _png(words: Words, language: str) -> bytes:
    data = {
        "kind": words.kind,
        "width": words.width,
        "height": words.height,
        "text": words.text,
        "below": words.below,
        "aside": words.aside,
        "initials": initials(words.text),
        "language": language,
    }
    made = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        format="png",
        ppi=72.0,
        ignore_system_fonts=True,
        sys_inputs={"data": msgspec.json.encode(data).decode()},
    )
    return made[0] if isinstance(made, list) else made


def initials(name: str) -> str:
    """Of the first two words that are a name, not a title."""
    words = [one for one in name.split(",", maxsplit=1)[0].split() if one[0].isalpha() and not one.endswith(".")]
    return "".join(one[0] for one in words[:2]).upper()


def stamp(png: bytes) -> Stamp:
    with av.open(io.BytesIO(png), "r", format="png_pipe") as container:
        pixels: Any = next(container.decode(video=0)).to_ndarray(format="rgba").astype(np.float32)
    height, width = (side // 2 * 2 for side in pixels.shape[:2])
    red, green, blue, alpha = (pixels[:height, :width, part] / 255 for part in range(4))
    luma = 16 + 65.481 * red + 128.553 * green + 24.966 * blue
    cb = 128 - 37.797 * red - 74.203 * green + 112 * blue
    cr = 128 + 112 * red - 93.786 * green - 18.214 * blue
    half = _halved(alpha)
    return Stamp((luma, _halved(cb), _halved(cr)), (alpha, half, half))


def _halved(plane: Plane) -> Plane:
    height, width = plane.shape
    made: Plane = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return made
