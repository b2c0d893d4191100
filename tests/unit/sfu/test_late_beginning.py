"""Who waits for a key frame whose first packet is lost begins when that is repaired, not with another key frame."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rtp import rtcp
from tests.unit.sfu.hall import Camera, Hall, Person, payload
from tests.unit.sfu.test_layers import layer_of, seamless
from tests.unit.sfu.test_thinned import text, whole

WRAPS = [0, 1, 32_767, 65_530, 65_535]


class Scene:
    """A camera in two layers, and viewers of the smaller one who want the larger."""

    def __init__(self, sequence: int, *, watched: bool, waits: bool = True) -> None:
        self.hall = Hall()
        self.ani: Person = self.hall.join("ani")
        self.camera: Camera = self.ani.camera(layers=2, sequence=sequence)
        self.budi: Person = self.hall.join("budi")
        self.citra: Person = self.hall.join("citra")
        self.picture = self.budi.watch(self.camera, 180)
        self.citra.watch(self.camera, 360 if watched else 180)
        self.camera.all_layers(key=True)
        self.camera.all_layers()
        if waits:
            self.budi.show(self.picture, 360)
        self.ani.sending.hear()

    def asked(self) -> int:
        return sum(isinstance(one, rtcp.Pli) for one in self.ani.sending.hear()[1])


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("sequence", WRAPS)
def test_a_late_first_packet_is_a_beginning(sequence: int, watched: bool) -> None:
    scene = Scene(sequence, watched=watched)
    first, *rest = scene.camera.make(1, key=True, parts=3)
    more = [packet for _ in range(3) for packet in scene.camera.make(1)]
    for packet in rest + more[:4]:
        scene.ani.sending.send(packet)
    scene.camera.frame(0)
    scene.ani.sending.send(scene.camera.repair(first, 1))
    for packet in more[4:]:
        scene.ani.sending.send(packet)
    heard = scene.budi.hear()
    assert seamless(heard)
    assert [text(packet) for packet in heard if layer_of(packet) == 1] == [*map(text, [first, *rest, *more])]
    scene.hall.pass_ms(300)
    assert not scene.asked()
    others = [text(packet) for packet in scene.citra.hear() if payload(packet)]
    assert len(others) == len(set(others))


def test_what_came_before_somebody_waited_is_not_guessed_at() -> None:
    scene = Scene(0, watched=False, waits=False)
    first, *rest = scene.camera.make(1, key=True, parts=3)
    for packet in rest:
        scene.ani.sending.send(packet)
    scene.budi.show(scene.picture, 360)
    scene.camera.frame(1)
    scene.ani.sending.send(scene.camera.repair(first, 1))
    scene.camera.frame(1)
    assert {layer_of(packet) for packet in scene.budi.hear()} == {0}
    scene.hall.pass_ms(600)
    assert scene.asked()


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(WRAPS),
    st.booleans(),
    st.lists(st.booleans(), min_size=2, max_size=40),
    st.randoms(use_true_random=False),
)
def test_whatever_is_lost_the_layer_is_whole_after_all_repairs(
    sequence: int, watched: bool, fates: list[bool], chance: random.Random
) -> None:
    scene = Scene(sequence, watched=watched)
    sent = scene.camera.make(1, key=True, parts=2)
    while len(sent) < len(fates):
        sent += scene.camera.make(1, parts=1)
    lost = [packet for packet, is_lost in zip(sent, fates, strict=True) if is_lost]
    for packet, is_lost in zip(sent, fates, strict=True):
        if not is_lost:
            scene.ani.sending.send(packet)
    scene.camera.frame(1)
    chance.shuffle(lost)
    for packet in lost:
        scene.ani.sending.send(scene.camera.repair(packet, 1))
    scene.camera.frame(1)
    heard = scene.budi.hear()
    assert whole(heard)
    large = [text(packet) for packet in heard if layer_of(packet) == 1]
    assert {text(packet) for packet in sent} <= set(large)
