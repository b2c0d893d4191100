"""From packets to frames and into a file that plays: every codec, any loss, any order, around the wrap of numbers."""

from __future__ import annotations

import io
from random import Random

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.container import Matroska
from recordings.frames import HOLE_US, Frame, FrameReader
from server.rtp.packet import build_packet
from tests.unit.recordings.sources import VideoSender, pictures, read, sound

VIDEO = ("video/VP8", "video/VP9", "video/H264", "video/AV1")
MS_40 = 40_000


def taken(mime_type: str, packets: list[tuple[bytes, int]]) -> tuple[list[Frame], FrameReader]:
    """(packet, arrival in microseconds) in the order of arrival."""
    reader = FrameReader(mime_type)
    frames: list[Frame] = []
    now_us = 0
    for packet, now_us in packets:
        frames += reader.push(*read(packet), now_us)
        frames += reader.sweep(now_us)
    return frames + reader.finish(), reader


def played(mime_type: str, frames: list[Frame]) -> list[int]:
    """The brightness of every picture that a player shows."""
    file = io.BytesIO()
    matroska = Matroska(file, mime_type)
    for number, frame in enumerate(frames):
        matroska.put(frame, number * 40)
    matroska.close()
    with av.open(io.BytesIO(file.getvalue())) as container:
        return [bytes(frame.planes[0])[500] for frame in container.decode(video=0)]


@pytest.mark.parametrize("mime_type", VIDEO)
def test_what_was_sent_is_what_plays(mime_type: str) -> None:
    sent = pictures(mime_type, 12)
    sender = VideoSender(mime_type)
    packets = [(packet, number * MS_40) for number, one in enumerate(sent) for packet in sender.packets(one)]
    frames, reader = taken(mime_type, packets)
    assert len(frames) == 12
    assert frames[0].key
    assert (reader.lost, reader.left_out) == (0, 0)
    shown = played(mime_type, frames)
    assert len(shown) == 12
    assert all(abs(luma - 16 - 2 * number) <= 8 for number, luma in enumerate(shown))


@pytest.mark.parametrize("mime_type", VIDEO)
def test_a_hole_costs_the_pictures_up_to_the_next_key_frame(mime_type: str) -> None:
    sent = pictures(mime_type, 30, key_every=10)
    keys = [number for number, one in enumerate(sent) if one.key]
    sender = VideoSender(mime_type)
    packets = []
    for number, one in enumerate(sent):
        made = sender.packets(one)
        packets += [(packet, number * MS_40) for packet in (made[1:] if number == 3 else made)]
    frames, reader = taken(mime_type, packets)
    following = next(number for number in keys if number > 3)
    assert len(frames) == 3 + 30 - following
    assert reader.lost == 1
    assert not reader.lost_thread
    assert len(played(mime_type, frames)) == len(frames)


def test_without_a_key_frame_nothing_is_taken() -> None:
    sender = VideoSender("video/VP8")
    sent = pictures("video/VP8", 5)
    packets = [(packet, 0) for one in sent for packet in sender.packets(one)]
    frames, reader = taken("video/VP8", packets[len(VideoSender("video/VP8").packets(sent[0])) :])
    assert not frames
    assert reader.lost_thread


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 0.3), st.integers(65_400, 65_535))
def test_order_and_repairs_change_nothing(seed: int, late: float, sequence: int) -> None:
    """A packet that comes late, but before it is given up, is as if it had come in time."""
    chance = Random(seed)  # noqa: S311
    sender = VideoSender("video/VP8", sequence=sequence)
    sent = pictures("video/VP8", 8, width=640)
    packets = [(packet, number * MS_40) for number, one in enumerate(sent) for packet in sender.packets(one)]
    delayed = [
        (packet, at + (chance.randrange(HOLE_US // 2) if chance.random() < late else 0)) for packet, at in packets
    ]
    first, *others = delayed
    frames, reader = taken("video/VP8", [first, *sorted(others, key=lambda one: one[1])])
    assert [frame.data for frame in frames] == [one.data for one in sent]
    assert reader.lost == 0


def test_sound_goes_on_over_a_hole() -> None:
    packets = []
    for number, body in enumerate(sound(20)):
        packet = build_packet(
            payload_type=111, sequence=65_530 + number & 0xFFFF, timestamp=number * 960, ssrc=3, payload=body
        )
        if number not in {4, 5}:
            packets.append((packet, number * 20_000))
    frames, reader = taken("audio/opus", packets)
    assert len(frames) == 18
    assert reader.lost == 2
    file = io.BytesIO()
    matroska = Matroska(file, "audio/opus")
    for frame in frames:
        matroska.put(frame, frame.timestamp // 48)
    matroska.close()
    with av.open(io.BytesIO(file.getvalue())) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) >= 17 * 960


def test_nonsense_is_left_out() -> None:
    sender = VideoSender("video/H264")
    reader = FrameReader("video/H264")
    chance = Random(1)  # noqa: S311
    for one in pictures("video/H264", 4):
        for packet in sender.packets(one):
            torn = bytearray(packet)
            torn[12:] = chance.randbytes(len(torn) - 12)
            reader.push(*read(bytes(torn)), 0)
    assert reader.packets
