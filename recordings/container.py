"""Frames into Matroska, as they came: nothing is decoded or encoded. What a player must know beforehand is read from
the first frame by the same library that reads the file later.
"""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from typing import Any, Protocol

import av

from recordings.frames import Frame

_MS = Fraction(1, 1000)
_OPUS_RATE = 48_000
_IVF = {"video/vp8": b"VP80", "video/vp9": b"VP90", "video/av1": b"AV01"}
# live: no going back to write lengths, so that what is there plays after a crash. A cluster leaves when it is full.
_OPTIONS = {"live": "1", "cluster_time_limit": "400", "cluster_size_limit": "1048576", "flush_packets": "1"}


class Sink(Protocol):
    """Where the bytes go; never asked to seek."""

    def write(self, data: bytes, /) -> int: ...


class Matroska:
    """One stream. `put` frames with rising times; the first one must be one that a decoder can begin with."""

    def __init__(self, sink: Sink, mime_type: str) -> None:
        self._name = mime_type.lower()
        self._sink = _Forward(sink)
        self._container: Any = None
        self._stream: Any = None
        self._begins_with = b""

    def put(self, frame: Frame, at_ms: int) -> None:
        """at_ms: on the recording's clock. ValueError when the first frame cannot be understood."""
        if self._container is None:
            self._open(frame)
        packet = av.Packet(frame.data)
        packet.stream = self._stream
        packet.time_base = _MS
        packet.pts = packet.dts = at_ms
        packet.is_keyframe = frame.key
        self._container.mux(packet)

    def fits(self, frame: Frame) -> bool:
        """Can this frame go into the file that the first one began? H.264 and AV1 say once for all what they are."""
        if self._container is None or not frame.key or self._name not in {"video/h264", "video/av1"}:
            return True
        return parameters_of(self._name, frame.data) == self._begins_with

    def _open(self, frame: Frame) -> None:
        try:
            with av.open(io.BytesIO(_sample(self._name, frame)), format=_format(self._name)) as sample:
                container = av.open(self._sink, "w", format="matroska", options=_OPTIONS)
                self._stream = container.add_stream_from_template(sample.streams[0], opaque=True)
                self._stream.time_base = _MS
        except av.FFmpegError as error:
            raise ValueError(f"a first frame that is none: {error}") from error
        self._begins_with = parameters_of(self._name, frame.data)
        self._container = container

    def close(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None


class _Forward(io.RawIOBase):
    """Only forwards, which is how the library learns that it cannot go back."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._to = sink

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._to.write(bytes(data))


def _format(name: str) -> str:
    return {"audio/opus": "ogg", "video/h264": "h264"}.get(name, "ivf")


def _sample(name: str, frame: Frame) -> bytes:
    """A file of this one frame, in the plainest format there is for its codec."""
    if name == "audio/opus":
        return _OGG
    if name == "video/h264":
        return frame.data
    head = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, _IVF[name], frame.width, frame.height, 1000, 1, 1, 0)
    return head + struct.pack("<IQ", len(frame.data), 0) + frame.data


def parameters_of(name: str, data: bytes) -> bytes:
    """What the codec says of the whole stream, from a key frame: parameter sets (H.264), sequence header (AV1)."""
    if name == "video/h264":
        units = data.split(b"\0\0\0\1")
        return b"\0\0\0\1".join(unit for unit in units if unit and unit[0] & 0x1F in {7, 8})
    if name == "video/av1" and data and data[0] >> 3 & 15 == 1:
        size = data[2 if data[0] & 4 else 1] & 0x7F  # a sequence header is far shorter than 128 bytes
        return data[: size + 2]
    return b""


def _ogg() -> bytes:
    """Two channels of Opus at 48 kHz, as every browser sends them (RFC 7587 7): only the head is ever read."""
    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_OPUS_RATE)
        stream.layout = "stereo"
        silence = av.AudioFrame(format="s16", layout="stereo", samples=960)
        silence.sample_rate = _OPUS_RATE
        silence.pts = 0
        silence.planes[0].update(bytes(silence.planes[0].buffer_size))
        for packet in (*stream.encode(silence), *stream.encode(None)):
            container.mux(packet)
    return out.getvalue()


_OGG = _ogg()


def measure(file: io.RawIOBase) -> tuple[int, int]:
    """(frames, the last one's time in ms) of a Matroska file, also of one that was cut off. ValueError: it is none."""
    frames = last_ms = 0
    try:
        with av.open(file, "r") as container:
            for packet in container.demux():
                if packet.size and packet.pts is not None and packet.time_base is not None:
                    frames += 1
                    last_ms = int(packet.pts * packet.time_base * 1000)
    except av.FFmpegError as error:
        if not frames:
            raise ValueError(f"no recording: {error}") from error
    return frames, last_ms
