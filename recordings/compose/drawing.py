"""The second stage: every segment's pictures, painted once and encoded for each outcome."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import structlog

from recordings.compose.canvas import BRASS, EMPTY, INK, Canvas, Scaler
from recordings.compose.pieces import Pieces
from recordings.compose.sources import Look, Picture, look
from recordings.compose.words import Setter, Words
from recordings.layout import BAR, HEIGHT, WIDTH, Tile
from recordings.plan import Plan
from recordings.scenes import Placed, Scene, Segment, Shown
from recordings.seal import SealBroken
from recordings.timeline import FPS, FRAME_MS, Part

log = structlog.get_logger(__name__)

PICTURES = frozenset({"camera", "screen"})
KEY_EVERY = 2 * FPS
# Measured on faces and slides: what follows costs 7 and 8 ms of a core a picture; VP8 would cost 45.
ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    "h264": ("libx264", {"preset": "veryfast", "crf": "24", "bf": "0", "profile": "main"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "34", "b": "0"}),
}


def looks(plan: Plan, folder: Path, key: bytes, pieces: Pieces) -> dict[int, Look]:
    """stream -> what is known of it; one that cannot be read has no picture."""

    def make() -> dict[int, Look]:
        found: dict[int, Look] = {}
        for place, stream in enumerate(plan.streams):
            if stream.source in PICTURES:
                try:
                    found[place] = look(folder / stream.path, key, stream.source)
                except (OSError, SealBroken, av.FFmpegError) as error:
                    log.warning("a recorded picture cannot be opened", file=stream.path, error=str(error))
        return found

    return pieces.remembered("looks", dict[int, Look], make)


def shown(plan: Plan, known: dict[int, Look]) -> list[Shown]:
    """In composed time."""
    found: list[Shown] = []
    for place, one in known.items():
        for part in plan.parts:
            if part.card or part.recording_id != plan.streams[place].recording_id:
                continue
            for begin, end in one.spans:
                from_ms = max(part.at_ms, begin - part.from_ms + part.at_ms)
                until_ms = min(part.end_ms, end - part.from_ms + part.at_ms)
                if from_ms < until_ms:
                    found.append(Shown(place, from_ms, until_ms))
    return found


class Painter:
    """Paints frame after frame; any jump forward is fine."""

    def __init__(self, plan: Plan, folder: Path, key: bytes, known: dict[int, Look], rows: Sequence[Scene]) -> None:
        self._plan, self._folder, self._key, self._known, self._scenes = plan, folder, key, known, rows
        self._canvas = Canvas()
        self._setter = Setter(plan.language)
        self._sources: dict[int, Picture | None] = {}
        self._scalers: dict[tuple[int, int], Scaler] = {}
        self._scene: Scene | None = None
        self._painted: dict[Tile, Any] = {}

    def frame(self, at_ms: int) -> av.VideoFrame:
        scene = self._scenes[bisect_right(self._scenes, at_ms, key=lambda one: one.from_ms) - 1]
        if scene is not self._scene:
            self._begin(scene)
        part = self._plan.parts[bisect_right(self._plan.parts, at_ms, key=lambda one: one.at_ms) - 1]
        for placed in scene.placed:
            if placed.stream >= 0:
                self._picture(placed, part, at_ms)
        return self._canvas.frame()

    def _begin(self, scene: Scene) -> None:
        canvas, plan, set_words = self._canvas, self._plan, self._setter.set
        self._scene, self._painted = scene, {}
        self._let_go(scene)
        canvas.fill(0, 0, WIDTH, HEIGHT, INK)
        if scene.card:
            canvas.lay(set_words(Words("card", WIDTH, HEIGHT, scene.card, plan.title)), 0, 0)
            return
        canvas.lay(set_words(Words("bar", WIDTH, BAR, plan.title, scene.chapter, scene.clock)), 0, HEIGHT - BAR)
        for placed in scene.placed:
            tile = placed.tile
            if tile.lit:
                canvas.ring(tile.x, tile.y, tile.width, tile.height, BRASS)
            if placed.stream < 0:
                self._card(tile)
            else:
                canvas.fill(tile.x, tile.y, tile.width, tile.height, EMPTY)

    def _card(self, tile: Tile) -> None:
        named = self._plan.people[tile.person_id]
        card = self._setter.set(Words("person", tile.width, tile.height, named.name, named.function))
        self._canvas.lay(card, tile.x, tile.y)
        if tile.height < 170:
            self._name(tile)

    def _name(self, tile: Tile) -> None:
        name = self._setter.set(Words("name", min(tile.width - 12, 600), 30, self._plan.people[tile.person_id].name))
        self._canvas.lay(name, tile.x + 6, tile.y + tile.height - 36)

    def _picture(self, placed: Placed, part: Part, at_ms: int) -> None:
        tile = placed.tile
        source = self._source(placed.stream)
        frame = None if source is None else source.at(part.from_ms + at_ms - part.at_ms)
        if frame is None or self._painted.get(tile) is frame:
            return
        scaler = self._scalers.setdefault((placed.stream, tile.width), Scaler())
        made, right, down = scaler.fit(frame, tile.width, tile.height)
        before = self._painted.get(tile)
        if before is not None and (before.width, before.height) != (frame.width, frame.height):
            self._canvas.fill(tile.x, tile.y, tile.width, tile.height, EMPTY)
        self._canvas.paste(made, tile.x + right, tile.y + down)
        self._name(tile)
        self._painted[tile] = frame

    def _source(self, stream: int) -> Picture | None:
        if stream not in self._sources:
            path = self._folder / self._plan.streams[stream].path
            try:
                self._sources[stream] = Picture(path, self._key, self._known[stream])
            except (OSError, SealBroken, av.FFmpegError) as error:
                log.warning("a recorded picture cannot be opened", file=path.name, error=str(error))
                self._sources[stream] = None
        return self._sources[stream]

    def _let_go(self, scene: Scene) -> None:
        """A decoder that has not been looked at for long costs memory; it finds its place again."""
        used = {one.stream for one in scene.placed}
        while len(self._sources) > 12:
            unused = next((one for one in self._sources if one not in used), None)
            if unused is None:
                return
            source = self._sources.pop(unused)
            if source is not None:
                source.close()

    def close(self) -> None:
        for source in self._sources.values():
            if source is not None:
                source.close()


def draw(
    painter: Painter, pieces: Pieces, todo: Sequence[Segment], wait: Callable[[], None], done: Callable[[int], None]
) -> None:
    """Every segment's `h264-N` and `vp9-N`. wait() before each picture; done(ms) after each segment. OSError."""
    for segment in todo:
        names = {one: f"{one}-{segment.number:05}" for one in ENCODERS}
        if not all(map(pieces.has, names.values())):
            _encode(painter, pieces, segment, names, wait)
        done(segment.until_ms - segment.from_ms)


def _encode(
    painter: Painter, pieces: Pieces, segment: Segment, names: dict[str, str], wait: Callable[[], None]
) -> None:
    with ExitStack() as stack:
        outs = [(out := stack.enter_context(pieces.muxing(name)), add_video(out, one)) for one, name in names.items()]
        for count, at_ms in enumerate(range(segment.from_ms, segment.until_ms, FRAME_MS)):
            wait()
            frame = painter.frame(at_ms)
            frame.pts, frame.time_base = count, Fraction(1, FPS)
            for out, stream in outs:
                for packet in stream.encode(frame):
                    out.mux(packet)
        for out, stream in outs:
            for packet in stream.encode(None):
                out.mux(packet)


def add_video(out: Any, one: str) -> Any:
    name, options = ENCODERS[one]
    stream = out.add_stream(name, rate=FPS, options=options)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.time_base = Fraction(1, FPS)
    context = stream.codec_context
    context.gop_size = KEY_EVERY
    context.time_base = Fraction(1, FPS)
    context.colorspace = context.color_primaries = context.color_trc = 6  # SMPTE 170M, which is BT.601
    context.color_range = 1  # limited
    return stream


def counted(pieces: Pieces, name: str, todo: Sequence[Segment]) -> Iterator[Any]:
    """The packets of all segments with their time in the whole file, in frames."""
    for segment in todo:
        first = segment.from_ms // FRAME_MS
        for count, packet in enumerate(pieces.packets(f"{name}-{segment.number:05}")):
            packet.pts = packet.dts = first + count
            packet.duration = 1
            packet.time_base = Fraction(1, FPS)
            yield packet
