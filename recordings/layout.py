"""Who is where in the picture: pure, from what there is to be shown. Knows no pixel's colour and no name.

A shared screen large with who speaks beside it; else a grid for few, or the speaker large over a strip of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

WIDTH, HEIGHT = 1280, 720
BAR = 40  # of the lower edge: what the meeting is about, and the time of day
GAP = 12
FEW = 4  # so many are shown alike
STRIP = 5
BESIDE = 3  # beside a screen
What: TypeAlias = Literal["camera", "screen", "card"]


@dataclass(frozen=True, slots=True)
class Situation:
    """people: who is recorded, in an order that does not change; recent: who spoke last comes first. speaker "": nobody
    yet; screen: whose it is, "" none."""

    people: tuple[str, ...] = ()
    cameras: frozenset[str] = frozenset()
    screen: str = ""
    speaker: str = ""
    recent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """Even pixels, as 4:2:0 wants them. card: a name where there is no camera. lit: speaks."""

    person_id: str
    what: What
    x: int
    y: int
    width: int
    height: int
    lit: bool = False


def arrange(now: Situation) -> tuple[Tile, ...]:
    """Tiles that do not overlap, all above the bar. Nobody who is not in `people` is among them."""
    if now.screen:
        return _beside(now)
    if len(now.people) <= FEW:
        return _grid(now)
    return _strip(now)


def _beside(now: Situation) -> tuple[Tile, ...]:
    room = HEIGHT - BAR
    side = 256
    large = _even(WIDTH - side - 3 * GAP)
    screen = Tile(now.screen, "screen", GAP, GAP, large, room - 2 * GAP)
    x, height = large + 2 * GAP, _even(side * 9 // 16)
    tiles = [screen]
    for place, one in enumerate(_first(now)[:BESIDE]):
        tiles.append(_tile(now, one, (x, GAP + place * (height + GAP), side, height)))
    return tuple(tiles)


def _grid(now: Situation) -> tuple[Tile, ...]:
    count = len(now.people)
    if not count:
        return ()
    columns = 1 if count == 1 else 2
    rows = (count + columns - 1) // columns
    width = (WIDTH - GAP * (columns + 1)) // columns
    height = (HEIGHT - BAR - GAP * (rows + 1)) // rows
    width, height = _fitting(width, height)
    top = (HEIGHT - BAR - rows * height - (rows - 1) * GAP) // 2
    tiles = []
    for place, one in enumerate(now.people):
        row, column = divmod(place, columns)
        in_row = min(columns, count - row * columns)
        left = (WIDTH - in_row * width - (in_row - 1) * GAP) // 2
        tiles.append(_tile(now, one, (left + column * (width + GAP), top + row * (height + GAP), width, height)))
    return tuple(tiles)


def _strip(now: Situation) -> tuple[Tile, ...]:
    order = _first(now)
    small_width, small_height = _fitting((WIDTH - GAP * (STRIP + 1)) // STRIP, 120)
    width, height = _fitting(WIDTH - 2 * GAP, HEIGHT - BAR - small_height - 3 * GAP)
    tiles = [_tile(now, order[0], ((WIDTH - width) // 2, GAP, width, height))]
    others = sorted(order[1 : STRIP + 1], key=now.people.index)  # a face keeps its place while it is there
    left = (WIDTH - len(others) * small_width - (len(others) - 1) * GAP) // 2
    for place, one in enumerate(others):
        tiles.append(_tile(now, one, (left + place * (small_width + GAP), height + 2 * GAP, small_width, small_height)))
    return tuple(tiles)


def _first(now: Situation) -> list[str]:
    """The speaker, who spoke last, who has a camera, everybody else."""
    there = set(now.people)
    order = [now.speaker, *now.recent, *(one for one in now.people if one in now.cameras), *now.people]
    return [one for one in dict.fromkeys(order) if one in there]


def _tile(now: Situation, one: str, place: tuple[int, int, int, int]) -> Tile:
    x, y, width, height = place
    what: What = "camera" if one in now.cameras else "card"
    return Tile(one, what, _even(x), _even(y), width, height, lit=one == now.speaker)


def _fitting(width: int, height: int) -> tuple[int, int]:
    """The largest 16:9 in it."""
    if width * 9 > height * 16:
        width = height * 16 // 9
    else:
        height = width * 9 // 16
    return _even(width), _even(height)


def _even(number: int) -> int:
    return number // 2 * 2
