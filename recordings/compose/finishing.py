"""The last stage: the loudness is set, and the pieces are put together: MP4 and WebM to watch, MP3 for the car."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from heapq import merge
from typing import Any

from recordings.compose import loudness, onward
from recordings.compose.drawing import KEY_EVERY, counted
from recordings.compose.pieces import Pieces
from recordings.compose.sources import RATE
from recordings.plan import Caption, Plan
from recordings.scenes import Segment
from recordings.timeline import FRAME_MS

ENCODERS: Mapping[str, tuple[str, int]] = {
    "aac": ("aac", 128_000),
    "opus": ("libopus", 96_000),
    "mp3": ("libmp3lame", 128_000),
}
SAMPLES = {"aac": 1024, "opus": 960, "mp3": 1152}
CUE_BYTES = 40  # at most, for each key picture
_MS = Fraction(1, 1000)


class Finisher:
    """`sounds`, then `film` and `audio` in any order. done(ms) after pieces of the work."""

    def __init__(self, plan: Plan, pieces: Pieces, todo: Sequence[Segment], wait: Callable[[], None]) -> None:
        self._plan, self._pieces, self._todo, self._wait = plan, pieces, todo, wait

    def sounds(self) -> None:
        """`aac`, `opus` and `mp3`, from one decoding."""
        if all(map(self._pieces.has, ENCODERS)):
            return
        heard = self._pieces.remembered("loudness", float, lambda: loudness.measured(self._mixed()))
        for one in ENCODERS:
            self._encode(one, heard)

    def _encode(self, one: str, heard: float) -> None:
        name, rate_bps = ENCODERS[one]
        with self._pieces.muxing(one) as out:
            stream = out.add_stream(name, rate=RATE)
            stream.layout, stream.bit_rate = "stereo", rate_bps
            for frame in loudness.evened(self._mixed(), heard):
                for packet in stream.encode(frame):
                    out.mux(packet)
            for packet in stream.encode(None):
                out.mux(packet)

    def _mixed(self) -> Iterator[Any]:
        place = 0
        for segment in self._todo:
            self._wait()
            with self._pieces.opened(f"sound-{segment.number:05}") as container:
                for frame in container.decode(audio=0):
                    frame.pts, frame.time_base = place, Fraction(1, RATE)
                    place += frame.samples
                    yield frame

    def film(self, name: str) -> None:
        """`video.mp4` (its index in front, so that it plays while it comes) or `video.webm`."""
        if self._pieces.has(name):
            return
        form, picture, sound = ("mp4", "h264", "aac") if name.endswith("mp4") else ("webm", "vp9", "opus")

        def fill(container: Any) -> None:
            self._describe(container)
            with self._pieces.opened(f"{picture}-{self._todo[0].number:05}") as one, self._pieces.opened(sound) as two:
                seen = container.add_stream_from_template(one.streams[0])
                heard = container.add_stream_from_template(two.streams[0])
            for target, packet in merge(
                self._timed(seen, counted(self._pieces, picture, self._todo)),
                self._timed(heard, self._sound(sound)),
                key=lambda pair: pair[1].dts * pair[1].time_base,
            ):
                packet.stream = target
                container.mux(packet)

        if form == "mp4":
            options = {"moov_size": str(onward.index_bytes(form, fill))}
        else:
            pictures = self._plan.length_ms // FRAME_MS
            options = {"reserve_index_space": str(1024 + CUE_BYTES * (pictures // KEY_EVERY + len(self._todo)))}
        with self._pieces.writing(name) as writer:
            onward.write(writer, form, fill, options)

    def audio(self, name: str) -> None:
        """`audio.mp3`."""
        if self._pieces.has(name):
            return

        def fill(container: Any) -> None:
            self._describe(container)
            with self._pieces.opened("mp3") as one:
                target = container.add_stream_from_template(one.streams[0])
            for packet in self._sound("mp3"):
                self._wait()
                packet.stream = target
                container.mux(packet)

        with self._pieces.writing(name) as writer:
            onward.write(writer, "mp3", fill, {})

    def _describe(self, container: Any) -> None:
        container.metadata["title"] = self._plan.title
        container.metadata["date"] = self._plan.day
        container.set_chapters(chapters(self._plan.chapters, self._plan.length_ms))

    def _timed(self, target: Any, packets: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
        for packet in packets:
            self._wait()
            yield target, packet

    def _sound(self, one: str) -> Iterator[Any]:
        """Counted in samples: the pieces' own times are whole milliseconds. What an encoder needs to begin stands
        before 0."""
        samples = SAMPLES[one]
        first: int | None = None
        for count, packet in enumerate(self._pieces.packets(one)):
            if first is None:
                first = round(packet.pts * packet.time_base * RATE)
            packet.pts = packet.dts = first + count * samples
            packet.duration = samples
            packet.time_base = Fraction(1, RATE)
            yield packet


def chapters(rows: Sequence[Caption], length_ms: int) -> list[Any]:
    ends = [*(one.at_ms for one in rows[1:]), length_ms]
    return [
        {"id": place, "start": one.at_ms, "end": end, "time_base": _MS, "metadata": {"title": one.text}}
        for place, (one, end) in enumerate(zip(rows, ends, strict=True), 1)
    ]
