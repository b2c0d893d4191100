"""From here to there of a composed file, to the picture: decoded and encoded anew, because a cut must not begin with
what was said before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from recordings import outcome
from recordings.compose import onward
from recordings.compose.drawing import add_video
from recordings.compose.finishing import ENCODERS, SAMPLES
from recordings.compose.orders import Clip, Done, Progress
from recordings.compose.pieces import Pieces
from recordings.compose.sources import RATE
from recordings.seal import SealedReader
from recordings.timeline import FPS, FRAME_MS

NAME = "video.mp4"


class Cutter:
    """As Composer, for a clip."""

    def __init__(self, order: Clip, wait: Callable[[], None], tell: Callable[[Progress], None]) -> None:
        self._order, self._wait, self._tell = order, wait, tell
        self._into = Path(order.into)
        self._from_ms = order.from_ms // FRAME_MS * FRAME_MS
        self._length_ms = max(FRAME_MS, (order.until_ms - self._from_ms) // FRAME_MS * FRAME_MS)

    def run(self) -> Done:
        """OSError, av.FFmpegError, SealBroken."""
        pieces = Pieces(self._into, self._order.key)
        pieces.drop(frozenset())
        self._picture(pieces)
        self._sound(pieces)
        self._join(pieces)
        with SealedReader(pieces.path(NAME), self._order.key) as reader:
            size = reader.size
        made = outcome.made(self._into, NAME, size)
        digest = outcome.write(self._into, outcome.Outcome(length_ms=self._length_ms, files=(made,)))
        pieces.drop(frozenset({NAME}))
        return Done(digest, size, 1, self._length_ms)

    @contextmanager
    def _source(self) -> Iterator[Any]:
        with SealedReader(Path(self._order.source), self._order.key) as reader, av.open(reader, "r") as container:
            yield container

    def _picture(self, pieces: Pieces) -> None:
        frames = self._length_ms // FRAME_MS
        with self._source() as source, pieces.muxing("h264") as out:
            taken, stream = source.streams.video[0], add_video(out, "h264")
            taken.thread_type = "AUTO"
            source.seek(int(Fraction(self._from_ms, 1000) / taken.time_base), stream=taken)
            count = 0
            for frame in source.decode(taken):
                if frame.pts * frame.time_base * 1000 < self._from_ms:
                    continue
                if count >= frames:
                    break
                self._wait()
                frame.pts, frame.time_base, frame.pict_type = count, Fraction(1, FPS), 0
                count += 1
                for packet in stream.encode(frame):
                    out.mux(packet)
                if count % FPS == 0:
                    self._tell(Progress("drawing", count * FRAME_MS, self._length_ms + 1))
            for packet in stream.encode(None):
                out.mux(packet)

    def _sound(self, pieces: Pieces) -> None:
        begin, end = (at * RATE // 1000 for at in (self._from_ms, self._from_ms + self._length_ms))
        name, rate_bps = ENCODERS["aac"]
        with self._source() as source, pieces.muxing("aac") as out:
            taken, stream = source.streams.audio[0], out.add_stream(name, rate=RATE)
            stream.layout, stream.bit_rate = "stereo", rate_bps
            source.seek(int(Fraction(max(0, self._from_ms - 200), 1000) / taken.time_base), stream=taken)
            for frame in source.decode(taken):
                place = round(frame.pts * frame.time_base * RATE)
                if place >= end:
                    break
                low, high = max(begin, place), min(end, place + frame.samples)
                if low < high:
                    self._encode(out, stream, frame.to_ndarray()[:, low - place : high - place], low - begin)
            for packet in stream.encode(None):
                out.mux(packet)

    @staticmethod
    def _encode(out: Any, stream: Any, samples: Any, at: int) -> None:
        part = av.AudioFrame.from_ndarray(samples.copy(), format="fltp", layout="stereo")
        part.sample_rate, part.pts, part.time_base = RATE, at, Fraction(1, RATE)
        for packet in stream.encode(part):
            out.mux(packet)

    def _join(self, pieces: Pieces) -> None:
        def fill(container: Any) -> None:
            container.metadata["title"] = self._order.title
            with pieces.opened("h264") as one, pieces.opened("aac") as two:
                seen = container.add_stream_from_template(one.streams[0])
                heard = container.add_stream_from_template(two.streams[0])
            for target, packet in sorted(
                (*_counted(seen, pieces, "h264", 1, FPS), *_counted(heard, pieces, "aac", SAMPLES["aac"], RATE)),
                key=lambda pair: pair[1].dts * pair[1].time_base,
            ):
                packet.stream = target
                container.mux(packet)

        with pieces.writing(NAME) as writer:
            onward.write(writer, "mp4", fill, {"moov_size": str(onward.index_bytes("mp4", fill))})


def _counted(target: Any, pieces: Pieces, name: str, step: int, rate: int) -> Iterator[tuple[Any, Any]]:
    first: int | None = None
    for count, packet in enumerate(pieces.packets(name)):
        if first is None:
            first = round(packet.pts * packet.time_base * rate)
        packet.pts = packet.dts = first + count * step
        packet.duration, packet.time_base = step, Fraction(1, rate)
        yield target, packet
