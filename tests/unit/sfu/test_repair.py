"""Loss on either side: what was lost is asked for, sent again, and told apart from what was never there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rtp import rtcp
from server.rtp.packet import seq_diff
from tests.unit.sfu.hall import OPUS, RTX, Camera, Hall, Microphone, payload, read, rtx_ssrc_of, ssrc_of

WRAPS = [0, 1, 32_767, 65_530, 65_535]


def repaired(packet: bytes) -> tuple[int, bytes]:
    """(original sequence number, payload) of an RTX packet."""
    whole = payload(packet)
    return int.from_bytes(whole[:2], "big"), whole[2:]


@pytest.mark.parametrize("sequence", WRAPS)
def test_a_hole_is_asked_for_at_once_and_its_repair_is_forwarded_in_its_place(sequence: int) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1, sequence=sequence)
    picture = budi.watch(camera)
    camera.frame(key=True)
    lost, kept = camera.make()
    ani.sending.hear()
    ani.sending.send(kept)
    nacks = [one for one in ani.sending.hear()[1] if isinstance(one, rtcp.Nack)]
    assert [(one.media, one.lost) for one in nacks] == [(camera.ssrcs[0], (read(lost).sequence,))]

    hall.pass_ms(500)
    again = [one for one in ani.sending.hear()[1] if isinstance(one, rtcp.Nack)]
    assert 1 <= len(again) <= 10
    ani.sending.send(camera.repair(lost))
    ani.sending.send(camera.repair(lost))
    heard = budi.hear()
    assert all(read(packet).ssrc == ssrc_of(picture) for packet in heard)
    assert payload(heard[-1])[-60:] == payload(lost)[-60:]
    assert seq_diff(read(heard[-1]).sequence, read(heard[-2]).sequence) == -1
    hall.pass_ms(500)
    assert not [one for one in ani.sending.hear()[1] if isinstance(one, rtcp.Nack)]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(WRAPS),
    st.lists(st.sampled_from(["arrives", "lost", "late", "twice"]), min_size=5, max_size=60),
)
def test_whatever_the_line_does_a_viewer_gets_every_packet_once_under_one_number(
    sequence: int, fates: list[str]
) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1, sequence=sequence)
    budi.watch(camera)
    camera.frame(key=True, parts=1)
    sent = [packet for _ in fates for packet in camera.make(parts=1)]
    late: list[bytes] = []
    for packet, fate in zip(sent, fates, strict=True):
        if fate == "late":
            late.append(ani.sending.protect(packet))
        elif fate != "lost":
            ani.sending.send(packet)
        if fate == "twice":
            ani.sending.send(camera.repair(packet))
    for datagram in late:
        hall.deliver(datagram, ani.sending.line)
    for packet in sent:
        ani.sending.send(camera.repair(packet))
    heard = budi.hear()
    assert sorted(payload(packet)[-60:] for packet in heard[1:]) == sorted(payload(packet)[-60:] for packet in sent)
    first = read(heard[0]).sequence
    by_number = {seq_diff(read(packet).sequence, first): payload(packet)[-60:] for packet in heard}
    assert [by_number[number + 1] for number in range(len(sent))] == [payload(packet)[-60:] for packet in sent]


@pytest.mark.parametrize("sequence", WRAPS)
def test_a_viewer_gets_again_what_it_missed_as_rtx(sequence: int) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1, sequence=sequence)
    picture = budi.watch(camera)
    for number in range(10):
        camera.frame(key=number == 0)
    heard = budi.hear()
    lost = heard[3:15:2]
    budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(picture), tuple(read(packet).sequence for packet in lost))))
    again = budi.hear()
    assert [repaired(packet) for packet in again] == [(read(packet).sequence, payload(packet)) for packet in lost]
    assert {(read(packet).ssrc, read(packet).payload_type) for packet in again} == {(rtx_ssrc_of(picture), RTX)}
    assert [read(packet).timestamp for packet in again] == [read(packet).timestamp for packet in lost]
    assert [read(packet).marker for packet in again] == [read(packet).marker for packet in lost]


def test_a_repair_after_a_layer_switch_carries_the_numbers_the_viewer_was_sent() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=2)
    picture = budi.watch(camera, 180)
    camera.all_layers(key=True)
    camera.all_layers()
    budi.show(picture, 360)
    camera.all_layers(key=True)
    camera.all_layers()
    heard = budi.hear()
    assert len(heard) == 10
    numbers = tuple(read(packet).sequence for packet in heard)
    budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(picture), numbers)))
    again = {repaired(packet)[0]: (repaired(packet)[1], read(packet).timestamp) for packet in budi.hear()}
    assert again == {read(packet).sequence: (payload(packet), read(packet).timestamp) for packet in heard}


def test_sound_is_sent_again_bit_by_bit_the_same() -> None:
    """Under its own number: another plaintext under the same key and number would betray both (RFC 7714 8.1)."""
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    microphone = ani.microphone()
    sound = budi.watch(microphone)
    microphone.speak(5)
    encrypted = budi.receiving.line.take()
    hall.us += 123_456
    numbers = tuple(int.from_bytes(packet[2:4], "big") for packet in encrypted if packet[1] & 0x7F == 111)
    budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(sound), numbers[1:3])))
    assert budi.receiving.line.take() == [packet for packet in encrypted if packet[1] & 0x7F == 111][1:3]


def test_a_hole_from_upstream_is_not_answered() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    picture = budi.watch(camera)
    camera.frame(key=True)
    camera.make(parts=3)
    camera.frame()
    heard = budi.hear()
    hole = (read(heard[1]).sequence + 1) & 0xFFFF
    budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(picture), (hole, hole + 1 & 0xFFFF, hole + 2 & 0xFFFF))))
    assert not budi.hear()


def test_greedy_nacks_cost_bounded_work() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    picture = budi.watch(camera)
    for number in range(400):
        camera.frame(key=number == 0)
    heard = budi.hear()
    everything = tuple(read(packet).sequence for packet in heard[-800:])
    for _ in range(20):
        budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(picture), everything)))
    assert len(budi.hear()) <= 800
    hall.pass_ms(50)
    budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(picture), everything)))
    assert len(budi.hear()) <= 100


def test_what_was_repaired_still_counts_as_lost_in_the_report() -> None:
    """Else Opus would never switch its own error correction on, and a sender never slow down."""
    hall = Hall()
    ani = hall.join("ani")
    camera = ani.camera(layers=1)
    camera.frame(key=True)
    lost, kept = camera.make()
    ani.sending.send(kept)
    ani.sending.send(camera.repair(lost))
    hall.pass_ms(1000)
    [report] = [one for one in ani.sending.hear()[1] if isinstance(one, rtcp.ReceiverReport)]
    assert (report.blocks[0].packets_lost, report.blocks[0].fraction_lost) == (1, 256 // 4)


def test_who_came_later_is_not_sent_a_repair_from_before() -> None:
    hall = Hall()
    ani, budi, citra = hall.join("ani"), hall.join("budi"), hall.join("citra")
    camera = ani.camera(layers=1)
    budi.watch(camera)
    camera.frame(key=True)
    lost, kept = camera.make()
    ani.sending.send(kept)
    citra.watch(camera)
    camera.frame(key=True)
    budi.hear()
    assert len(citra.hear()) == 2
    ani.sending.send(camera.repair(lost))
    assert len(budi.hear()) == 1
    assert not citra.hear()


def far_on(hall: Hall, source: Camera | Microphone, numbers: int) -> None:
    """So many numbers later, most of them lost."""
    for _ in range(numbers // 500):
        if isinstance(source, Camera):
            source.sequences[0] = (source.sequences[0] + 498) & 0xFFFF
            source.frame()
        else:
            source.sequence = (source.sequence + 499) & 0xFFFF
            source.speak()
        hall.pass_ms(50)


@pytest.mark.parametrize("numbers", [20_000, 40_000, 60_000, 66_000, 100_000])
def test_pictures_are_repaired_however_long_they_have_been_watched(numbers: int) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    picture = budi.watch(camera)
    camera.frame(key=True)
    far_on(hall, camera, numbers)
    hall.pass_ms(1000)
    camera.frame(key=True)
    budi.hear()

    lost, kept = camera.make()
    ani.sending.send(kept)
    ani.sending.send(camera.repair(lost))
    newest, late = budi.hear()
    assert seq_diff(read(late).sequence, read(newest).sequence) == -1, "lost on its way to the server"
    budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(picture), (read(newest).sequence,))))
    again = [packet for packet in budi.hear() if read(packet).ssrc == rtx_ssrc_of(picture)]
    assert [repaired(packet) for packet in again] == [(read(newest).sequence, payload(newest))], "and to its viewer"


@pytest.mark.parametrize("numbers", [20_000, 40_000, 65_500])
def test_sound_that_is_sent_again_is_to_the_bit_what_was_sent_under_its_number(numbers: int) -> None:
    """The last of these come round to the numbers that were used before the pause."""
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    microphone = ani.microphone()
    sound = budi.watch(microphone)
    microphone.speak(10)
    assert microphone.producer is not None
    for paused in (True, False):
        hall.exchange.set_paused(microphone.producer.producer_id, paused)
    microphone.speak(5)
    far_on(hall, microphone, numbers)
    microphone.speak(30)
    sent = [packet for packet in budi.receiving.line.take() if packet[1] & 0x7F == OPUS]
    last = read(sent[-1]).sequence
    wanted = tuple((last - back) & 0xFFFF for back in range(30))
    budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(sound), wanted)))
    again = [packet for packet in budi.receiving.line.take() if packet[1] & 0x7F == OPUS]
    assert sorted(again) == sorted(sent[-30:])


def test_a_repair_asked_for_again_is_sent_twice_and_not_before_half_a_round_trip() -> None:
    """Jitter brings the second question sooner than a round trip; at first one of 100 ms is believed."""
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    picture = budi.watch(camera)
    camera.frame(key=True)
    lost = read(budi.hear()[-1]).sequence
    sent = []
    for wait_ms in (0, 30, 30, 40, 60):
        hall.us += wait_ms * 1000
        budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(picture), (lost,))))
        again = [packet for packet in budi.hear() if read(packet).ssrc == rtx_ssrc_of(picture)]
        assert {repaired(packet)[0] for packet in again} <= {lost}
        sent.append(len(again))
    assert sent == [1, 0, 2, 0, 2]
