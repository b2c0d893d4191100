"""A container whose index stands in front, written into a file that never goes back; and read again at any place."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.compose import onward
from recordings.seal import CHUNK_BYTES, SealBroken, SealedReader, SealedWriter
from tests.unit.recordings.taken import RED, pictures

KEY = b"k" * 32


def _fill(container: Any) -> None:
    stream = container.add_stream("libx264", rate=25, options={"bf": "0"})
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    for number in range(60):
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([number * 3]) * plane.buffer_size)
        frame.pts = number
        for packet in stream.encode(frame):
            container.mux(packet)
    for packet in stream.encode(None):
        container.mux(packet)


@pytest.mark.parametrize("form", ["mp4", "webm"])
def test_it_is_what_a_file_that_can_go_back_would_be(form: str) -> None:
    fill = _fill if form == "mp4" else _fill_webm
    room = str(onward.index_bytes("mp4", _fill)) if form == "mp4" else "4096"
    options = {"moov_size": room} if form == "mp4" else {"reserve_index_space": room}
    once, sealed = io.BytesIO(), io.BytesIO()
    with av.open(once, "w", format=form, container_options={"fflags": "+bitexact", **options}) as container:
        fill(container)
    onward.write(sealed, form, fill, options)
    assert sealed.getvalue() == once.getvalue()
    if form == "mp4":
        whole = sealed.getvalue()
        assert whole.index(b"moov") < whole.index(b"mdat")
    sealed.seek(0)
    with av.open(sealed) as container:
        assert sum(1 for packet in container.demux(video=0) if packet.size) == (60 if form == "mp4" else 50)


def _fill_webm(container: Any) -> None:
    packets = list(pictures(RED, 50, 0, flashes=True))
    stream = container.add_stream("libvpx", rate=25)
    stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
    for at_ms, packet in packets:
        packet.stream = stream
        packet.pts = packet.dts = at_ms
        packet.time_base = stream.time_base = Fraction(1, 1000)
        container.mux(packet)


def test_a_container_that_comes_out_differently_is_refused() -> None:
    turns = iter(range(2))

    def fill(container: Any) -> None:
        container.metadata["title"] = "x" * (1 + next(turns))
        _fill(container)

    with pytest.raises(OSError, match="differently"):
        onward.write(io.BytesIO(), "mp4", fill, {})


@given(st.integers(0, 3), st.integers(0, 40), st.lists(st.tuples(st.integers(0, 900_000), st.integers(0, 300_000))))
def test_an_even_file_is_read_at_any_place_without_a_walk(
    tmp_path_factory: pytest.TempPathFactory, chunks: int, more: int, spans: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("even") / "file"
    plain = bytes(range(251)) * ((chunks * CHUNK_BYTES + more) // 251 + 1)
    plain = plain[: chunks * CHUNK_BYTES + more]
    writer = SealedWriter(path, KEY)
    writer.write(plain)
    writer.close()
    with SealedReader(path, KEY) as reader:
        assert (reader.size, reader.complete) == (len(plain), True)
        assert isinstance(reader._starts, range) == bool(chunks)
        for start, size in spans:
            reader.seek(start)
            assert reader.read(size) == plain[start : start + size]


def test_an_even_file_that_was_cut_or_changed_does_not_pass(tmp_path: Path) -> None:
    path = tmp_path / "file"
    writer = SealedWriter(path, KEY)
    writer.write(bytes(3 * CHUNK_BYTES + 5))
    writer.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with SealedReader(path, KEY) as reader:
        assert not reader.complete
    swapped = bytearray(whole)
    swapped[40 + CHUNK_BYTES] ^= 1
    path.write_bytes(bytes(swapped))
    with SealedReader(path, KEY) as reader:
        reader.seek(2 * CHUNK_BYTES)
        assert reader.read(10) == bytes(10)
        reader.seek(0)
        with pytest.raises(SealBroken):
            reader.read(2 * CHUNK_BYTES)
