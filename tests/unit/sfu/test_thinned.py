"""A viewer who gets every other frame only, of a sender on a bad line: what is repaired finds its place, nothing stays
open, and no base frame is left behind when the viewer changes from all frames to some."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rtp.layers import Choice
from server.rtp.packet import seq_diff
from server.rtp.vp8 import Vp8Descriptor
from server.sfu.downlink import Downlink
from tests.unit.sfu.hall import Camera, Hall, Person, payload, read

WRAPS = [0, 1, 32_767, 65_530, 65_535]
ALL, EVERY_OTHER = Choice(0, 1, 300_000), Choice(0, 0, 150_000)


def descriptor(packet: bytes) -> Vp8Descriptor | None:
    """None: there is nothing in it."""
    header, found = read(packet), Vp8Descriptor()
    if not header.payload_length:
        return None
    found.read(packet, header.payload_offset, header.payload_length)
    return found


class Scene:
    """One camera of one layer, whose odd frames are above the base, and one who watches it."""

    def __init__(self, sequence: int) -> None:
        hall = Hall()
        self.ani: Person = hall.join("ani")
        self.budi: Person = hall.join("budi")
        self.camera: Camera = self.ani.camera(layers=1, sequence=sequence)
        consumer = self.budi.watch(self.camera, 180)
        self.downlink: Downlink = hall.sessions["budi"].outlet.downlinks[consumer.consumer_id]
        self.send(self.camera.make(key=True, parts=1))
        self.send(self.camera.make(parts=1, temporal=1))

    def send(self, packets: list[bytes]) -> None:
        for packet in packets:
            self.ani.sending.send(packet)

    def repair(self, packets: list[bytes]) -> None:
        for packet in packets:
            self.ani.sending.send(self.camera.repair(packet))


def whole(heard: list[bytes]) -> bool:
    """Every number once, from the first to the last."""
    numbers = sorted(seq_diff(read(packet).sequence, read(heard[0]).sequence) for packet in heard)
    return numbers == list(range(len(numbers)))


def text(packet: bytes) -> bytes:
    return payload(packet)[-56:]  # what follows the descriptor


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(WRAPS),
    st.lists(
        st.tuples(st.lists(st.booleans(), min_size=1, max_size=3), st.sampled_from([None, None, ALL, EVERY_OTHER])),
        min_size=2,
        max_size=14,
    ),
    st.integers(1, 6),
    st.randoms(use_true_random=False),
)
def test_after_all_repairs_no_number_is_open_and_every_base_frame_is_there(
    sequence: int, frames: list[tuple[list[bool], Choice | None]], every: int, chance: random.Random
) -> None:
    """frames: of each which packets are lost at first, and what is wanted from then on; repairs come after every so
    many frames, in any order."""
    scene = Scene(sequence)
    base: list[bytes] = []
    lost: list[bytes] = []
    for number, (fates, wanted) in enumerate(frames):
        packets = scene.camera.make(parts=len(fates), temporal=number % 2)
        base += packets if number % 2 == 0 else []
        for packet, is_lost in zip(packets, fates, strict=True):
            if is_lost:
                lost.append(packet)
            else:
                scene.send([packet])
        if number % every == 0:
            chance.shuffle(lost)
            scene.repair(lost)
            lost.clear()
        if wanted is not None:
            scene.downlink.aim(wanted)
    scene.send(scene.camera.make(parts=1, temporal=len(frames) % 2))
    scene.repair(lost)
    scene.send(scene.camera.make(parts=1, temporal=0))
    heard = scene.budi.hear()
    assert whole(heard)
    got = [text(packet) for packet in heard]
    assert all(got.count(text(packet)) == 1 for packet in base)
    filled = [found for packet in heard if (found := descriptor(packet)) is not None]
    bases = [found.tl0 for found in filled if found.temporal_id == 0]
    assert {(one - bases[0]) & 0xFF for one in bases} == set(range(len(set(bases))))


@pytest.mark.parametrize("sequence", WRAPS)
def test_a_thinned_out_picture_is_not_begun_while_something_is_missing(sequence: int) -> None:
    scene = Scene(sequence)
    scene.send(scene.camera.make(parts=1))
    lost, kept = scene.camera.make(parts=2)
    scene.send([kept])
    scene.downlink.aim(EVERY_OTHER)
    above = scene.camera.make(parts=1, temporal=1)
    scene.send(above)
    scene.repair([lost])
    scene.send(scene.camera.make(parts=1))
    scene.send(left_out := scene.camera.make(parts=1, temporal=1))
    scene.send(scene.camera.make(parts=1))
    heard = scene.budi.hear()
    got = [text(packet) for packet in heard]
    assert whole(heard)
    assert text(lost) in got
    assert text(above[0]) in got
    assert text(left_out[0]) not in got


@pytest.mark.parametrize("sequence", WRAPS)
def test_a_frame_lost_whole_before_its_layer_was_known_fills_the_numbers_kept_for_it(sequence: int) -> None:
    scene = Scene(sequence)
    scene.downlink.aim(EVERY_OTHER)
    scene.send(scene.camera.make(parts=1))
    lost = scene.camera.make(parts=2, temporal=1)
    head, middle, tail = scene.camera.make(parts=3, temporal=1)
    scene.send([head, tail])
    scene.repair([*lost, middle])
    scene.send(scene.camera.make(parts=1))
    heard = scene.budi.hear()
    assert whole(heard)
    assert [text(packet) for packet in heard if text(packet) in {text(one) for one in lost}] == [*map(text, lost)]
    assert sum(descriptor(packet) is None for packet in heard) == 1  # in the middle's place
