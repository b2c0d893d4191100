"""The loudness of the whole: measured by EBU R 128 and brought to one target, its peaks held. By libavfilter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import av
from av.filter import Graph

TARGET_LUFS = -16.0  # of speech on the web, on phones and in cars; EBU's -23 is for broadcasting
PEAK_DB = -1.5
MOST_GAIN_DB = 20.0  # a room in which nobody spoke is not to be heard hissing
SILENT_LUFS = -60.0
_FORM = "sample_fmts={}:sample_rates=48000:channel_layouts=stereo"


def measured(sound: Iterable[Any]) -> float:
    """Integrated LUFS of 48 kHz stereo frames; SILENT_LUFS at least."""
    graph, source, sink = _graph(("ebur128", "metadata=1:framelog=quiet"))
    heard = SILENT_LUFS
    for frame in _through(sound, source, sink):
        heard = float(frame.metadata.get("lavfi.r128.I", heard))
    del graph
    return max(SILENT_LUFS, heard)


def gain_db(heard_lufs: float) -> float:
    return 0.0 if heard_lufs <= SILENT_LUFS else min(MOST_GAIN_DB, TARGET_LUFS - heard_lufs)


def evened(sound: Iterable[Any], heard_lufs: float) -> Iterator[Any]:
    """The same frames at the target, as floats for each channel."""
    limit = 10 ** (PEAK_DB / 20)
    graph, source, sink = _graph(
        ("volume", f"volume={gain_db(heard_lufs):.2f}dB:precision=float"),
        ("alimiter", f"limit={limit:.4f}:attack=5:release=80:level=0:latency=1"),
        ("aformat", _FORM.format("fltp")),
    )
    yield from _through(sound, source, sink)
    del graph


def _graph(*filters: tuple[str, str]) -> tuple[Graph, Any, Any]:
    graph = Graph()
    source = graph.add_abuffer(sample_rate=48_000, format="s16", layout="stereo")
    last = source
    for name, arguments in filters:
        one = graph.add(name, arguments)
        last.link_to(one)
        last = one
    sink = graph.add("abuffersink")
    last.link_to(sink)
    graph.configure()
    return graph, source, sink


def _through(sound: Iterable[Any], source: Any, sink: Any) -> Iterator[Any]:
    for frame in sound:
        source.push(frame)
        yield from _pulled(sink)
    source.push(None)
    yield from _pulled(sink)


def _pulled(sink: Any) -> Iterator[Any]:
    while True:
        try:
            yield sink.pull()
        except (av.BlockingIOError, av.EOFError):
            return
