"""Payload descriptors: what starts a key frame, what may be dropped, and the numbers patched in place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp.codecs import descriptor_for
from server.rtp.packet import PacketError
from server.rtp.payload import Descriptor

KEY = bytes.fromhex("500e009d012a80026801")  # frame tag (key), start code, 640x360
MIMES = ("video/VP8", "video/VP9", "video/H264", "video/AV1")


def read(mime: str, hexed: str, frame: bytes = KEY) -> Descriptor:
    descriptor = descriptor_for(mime)
    data = b"\xff" * 3 + bytes.fromhex(hexed) + frame
    descriptor.read(data, 3, len(data) - 3)
    return descriptor


def test_a_vp8_key_frame_starts() -> None:
    vp8 = read("video/VP8", "90e0" + "8123" + "07" + "20")
    assert (vp8.start, vp8.key_frame, vp8.width, vp8.height) == (True, True, 640, 360)
    assert (vp8.picture_id, vp8.picture_id_bits, vp8.tl0, vp8.temporal_id, vp8.sync) == (0x123, 15, 7, 0, True)


def test_vp8_continuation_and_delta_frames_are_no_key_frames() -> None:
    assert not read("video/VP8", "80e0812307a0").key_frame
    assert read("video/VP8", "80e0812307a0").temporal_id == 2
    delta = read("video/VP8", "90e081230740", b"\x51" + bytes(20))
    assert (delta.start, delta.key_frame, delta.temporal_id) == (True, False, 1)
    assert not read("video/VP8", "91e0812307a0").start  # partition 1


def test_a_bare_vp8_descriptor_has_no_numbers() -> None:
    vp8 = read("video/VP8", "10")
    assert (vp8.picture_id, vp8.tl0, vp8.key_frame) == (-1, -1, True)
    buffer = bytearray(b"\x10\x00")
    vp8.patch(buffer, 0, 5, 6)
    assert buffer == b"\x10\x00"


@pytest.mark.parametrize(("hexed", "out"), [("90e0812307a0", "90e0ffff01a0"), ("90e02307a0", "90e07f01a0")])
def test_vp8_numbers_are_patched_in_their_width(hexed: str, out: str) -> None:
    vp8 = read("video/VP8", hexed)
    buffer = bytearray(b"\xee" * 5 + bytes.fromhex(hexed) + KEY)
    vp8.patch(buffer, 5, 0x7FFF, 0x101)
    assert buffer == b"\xee" * 5 + bytes.fromhex(out) + KEY


def test_a_reused_descriptor_forgets() -> None:
    vp8 = descriptor_for("video/vp8")
    first = bytes.fromhex("90e0812307a0") + KEY
    vp8.read(first, 0, len(first))
    vp8.read(b"\x00\x51\x00", 0, 3)
    assert (vp8.picture_id, vp8.tl0, vp8.temporal_id, vp8.sync, vp8.key_frame, vp8.width) == (
        -1,
        -1,
        0,
        False,
        False,
        0,
    )


def test_vp9_key_frames_and_layers() -> None:
    # I, L, B, V: 15-bit picture id, layer byte, tl0; one spatial layer with its size
    key = read("video/VP9", "aa" + "8005" + "10" + "09" + "10" + "02800168")
    assert (key.start, key.key_frame, key.picture_id, key.tl0, key.width, key.height) == (True, True, 5, 9, 640, 360)
    delta = read("video/VP9", "e8" + "8006" + "50" + "09")
    assert (delta.start, delta.key_frame, delta.temporal_id, delta.sync) == (True, False, 2, True)
    buffer = bytearray(bytes.fromhex("e880065009") + KEY)
    delta.patch(buffer, 0, 0x1234, 0x77)
    assert buffer[:5].hex() == "e892345077"


def test_vp9_upper_spatial_layers_do_not_start_a_picture() -> None:
    assert not read("video/VP9", "a8" + "8005" + "02" + "09").key_frame


def test_h264_key_frames_start_with_their_sps() -> None:
    assert read("video/H264", "67" + "42e01f").key_frame
    assert read("video/H264", "78" + "0004" + "6742e01f" + "0002" + "68ce", b"").key_frame
    assert read("video/H264", "7c87" + "42", b"").key_frame  # first fragment of an SPS
    assert not read("video/H264", "7c85" + "88", b"").key_frame
    assert read("video/H264", "7c85" + "88", b"").start
    assert not read("video/H264", "7c05" + "88", b"").start
    slice_ = read("video/H264", "419a")
    assert (slice_.start, slice_.key_frame) == (True, False)


@pytest.mark.parametrize("head", ["", "1c01", "1c81", "1c41"], ids=["whole", "middle", "first", "last"])
def test_h264_slices_that_nothing_refers_to_may_be_left_out(head: str) -> None:
    """Each packet of the frame says so by itself; parameter sets and what is referred to never do."""
    for reference in (0x00, 0x20, 0x40, 0x60):
        first = f"{reference | int(head[:2] or '01', 16):02x}" + head[2:]
        h264 = read("video/H264", first + "9a", b"")
        assert (h264.temporal_id, h264.sync) == ((1, True) if reference == 0 else (0, False))
    assert read("video/H264", "0605", b"").temporal_id == 0  # supplemental information
    assert read("video/H264", "0709", b"").temporal_id == 0


def test_av1_sequences_start_with_n() -> None:
    key = read("video/AV1", "18" + "0a")
    assert (key.start, key.key_frame, key.temporal_id) == (True, True, 0)
    later = read("video/AV1", "10" + "3448")
    assert (later.key_frame, later.temporal_id) == (False, 0)  # forwarded whole
    assert not read("video/AV1", "90" + "32").start


@pytest.mark.parametrize("mime", MIMES)
@given(st.binary(max_size=40))
def test_random_payloads_raise_only_packet_errors(mime: str, data: bytes) -> None:
    descriptor = descriptor_for(mime)
    try:
        descriptor.read(data, 0, len(data))
    except PacketError:
        return
    buffer = bytearray(data)
    descriptor.patch(buffer, 0, 0x7FFF, 0xFF)
    assert len(buffer) == len(data)


@pytest.mark.parametrize("mime", MIMES)
def test_an_empty_payload_is_refused(mime: str) -> None:
    with pytest.raises(PacketError):
        descriptor_for(mime).read(b"", 0, 0)


def test_every_audio_packet_stands_alone() -> None:
    opus = descriptor_for("audio/opus")
    opus.read(b"\x78", 0, 1)
    assert (opus.start, opus.key_frame, opus.picture_id) == (True, True, -1)
