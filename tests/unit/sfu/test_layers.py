"""A viewer's layer follows the size it shows and the line it has, and the seam is not to be seen."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rtp import rtcp
from server.rtp.packet import seq_diff, timestamp_diff
from server.rtp.vp8 import Vp8Descriptor
from server.sfu import link
from tests.unit.sfu.hall import Hall, payload, read

WRAPS = [0, 1, 32_767, 65_530, 65_535]


def layer_of(packet: bytes) -> int:
    """The layer is written into the payload, after the descriptor and the frame's header."""
    text = payload(packet)
    at = text.index(b" ppp")
    return int(text[:at].rsplit(b".", 2)[0][-1:])


def descriptor(packet: bytes) -> Vp8Descriptor:
    header, found = read(packet), Vp8Descriptor()
    found.read(packet, header.payload_offset, header.payload_length)
    return found


def seamless(packets: list[bytes]) -> bool:
    """Numbers go up by one, times never run back, pictures count on, and a layer begins with a key frame."""
    for before, after in pairwise(packets):
        step = descriptor(after).picture_id - descriptor(before).picture_id & 0x7FFF
        if seq_diff(read(after).sequence, read(before).sequence) != 1 or step not in (0, 1):
            return False
        moved = timestamp_diff(read(after).timestamp, read(before).timestamp)
        if (moved == 0) != (step == 0) or moved < 0:
            return False
        base = step if descriptor(after).temporal_id == 0 else 0
        if descriptor(after).tl0 - descriptor(before).tl0 & 0xFF != base:
            return False
        if layer_of(before) != layer_of(after) and not descriptor(after).key_frame:
            return False
    return True


@pytest.mark.parametrize("sequence", WRAPS)
def test_the_shown_size_chooses_the_layer_and_the_old_one_flows_until_the_key_frame(sequence: int) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(sequence=sequence)
    picture = budi.watch(camera, 180)
    camera.all_layers(key=True)
    camera.all_layers()
    packets = budi.hear()
    shown = [[layer_of(packet) for packet in packets]]
    for height in (720, 360, 180, 720):
        hall.pass_ms(1000)
        ani.sending.hear()
        budi.show(picture, height)
        plis = [one.media for one in ani.sending.hear()[1] if isinstance(one, rtcp.Pli)]
        assert plis == [camera.ssrcs[{180: 0, 360: 1, 720: 2}[height]]]
        camera.all_layers()
        camera.all_layers(key=True)
        camera.all_layers()
        heard = budi.hear()
        shown.append([layer_of(packet) for packet in heard])
        packets += heard
    assert shown == [
        [0, 0, 0, 0],
        [0, 0, 0, 0, 2, 2, 2, 2],
        [2, 2, 1, 1, 1, 1],
        [1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 2, 2, 2, 2],
    ]
    assert seamless(packets)
    assert [event.width_px for event in hall.told(link.ConsumerChanged)][-4:] == [1280, 640, 320, 1280]


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(WRAPS),
    st.lists(st.tuples(st.sampled_from([180, 360, 720]), st.booleans(), st.integers(1, 3)), min_size=1, max_size=25),
)
def test_no_order_of_wishes_and_key_frames_tears_the_picture(sequence: int, steps: list[tuple[int, bool, int]]) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(sequence=sequence)
    picture = budi.watch(camera, 180)
    camera.all_layers(key=True)
    for height, key, parts in steps:
        budi.show(picture, height)
        camera.all_layers(key=key, parts=parts)
        hall.pass_ms(50)
    assert seamless(budi.hear())


def test_two_layers_of_one_sender_meet_at_the_senders_clock() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=2)
    picture = budi.watch(camera, 180)
    camera.all_layers(key=True)
    # Both layers' clocks at one moment: the larger picture is taken half a frame (1,800 ticks) after the small one.
    ntp = 0xE000_0000 << 32
    for layer, ahead in ((0, 0), (1, 1800)):
        rtp = (camera.timestamps[layer] - ahead) & 0xFFFF_FFFF
        ani.sending.send(rtcp.build(rtcp.SenderReport(camera.ssrcs[layer], ntp, rtp, 1, 1)))
    camera.all_layers()
    budi.show(picture, 360)
    camera.all_layers(key=True)
    heard = budi.hear()
    last_small = [packet for packet in heard if layer_of(packet) == 0][-1]
    first_large = next(packet for packet in heard if layer_of(packet) == 1)
    assert timestamp_diff(read(first_large).timestamp, read(last_small).timestamp) == 1800


def test_a_layer_that_falls_silent_gives_way_to_one_that_lives() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=2)
    budi.watch(camera, 360)
    camera.all_layers(key=True)
    hall.pass_ms(50)
    camera.all_layers(key=True)
    assert layer_of(budi.hear()[-1]) == 1
    for number in range(40):
        camera.frame(0, key=number % 10 == 9)
        hall.pass_ms(50)
    heard = budi.hear()
    assert layer_of(heard[-1]) == 0
    assert len(heard) >= 20


def test_a_thin_line_gets_less_and_is_told_so() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera()
    budi.watch(camera, 720, remb=True)

    def two_seconds(line_bps: int) -> None:
        for number in range(40):
            budi.receiving.send(rtcp.build(rtcp.Remb(1, line_bps, ())))
            for layer in range(3):
                # 16 packets, 20 frames a second: about 180, 560 and 2,100 kbit/s
                for packet in camera.make(layer, key=number % 5 == 0, parts=16, fill=b"p" * 4**layer):
                    ani.sending.send(packet)
            hall.pass_ms(50)

    two_seconds(5_000_000)
    assert layer_of(budi.hear()[-1]) == 2
    two_seconds(700_000)
    assert layer_of(budi.hear()[-1]) == 1
    two_seconds(20_000)
    changed = hall.told(link.ConsumerChanged)
    assert (changed[-1].paused, changed[-1].reason) == (True, "bandwidth")
    budi.hear()
    camera.all_layers(key=True)
    assert not budi.hear()


@pytest.mark.parametrize("sequence", WRAPS)
def test_half_the_frames_are_left_out_without_a_seam_and_come_back(sequence: int) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1, sequence=sequence)
    budi.watch(camera, 180, remb=True)

    def two_seconds(line_bps: int) -> list[bytes]:
        for number in range(40):
            budi.receiving.send(rtcp.build(rtcp.Remb(1, line_bps, ())))
            # 16 packets, 20 frames a second, every other one in temporal layer 1: about 180 and 360 kbit/s
            for packet in camera.make(key=number == 0, parts=16, temporal=number % 2, fill=b"pp"):
                ani.sending.send(packet)
            hall.pass_ms(50)
        return budi.hear()

    whole = two_seconds(5_000_000)
    assert {descriptor(packet).temporal_id for packet in whole[-64:]} == {0, 1}
    thinned = two_seconds(260_000)
    assert {descriptor(packet).temporal_id for packet in thinned[-64:]} == {0}
    again: list[bytes] = []
    for _ in range(8):
        again += two_seconds(5_000_000)
    assert {descriptor(packet).temporal_id for packet in again[-64:]} == {0, 1}
    assert seamless(whole + thinned + again)
