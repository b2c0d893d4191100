"""What one sends, the others get: complete, in their own numbers, and not one packet more after a pause."""

from __future__ import annotations

from itertools import pairwise

import pytest

from server.errors import Invalid, NotFound
from server.meeting.ports import View
from server.rtp import rtcp
from server.rtp.packet import extension_text, find_extension, seq_diff
from server.rtp.parameters import ExtensionId
from server.sfu import link
from tests.unit.sfu.hall import Hall, payload, read, rtx_ssrc_of, ssrc_of

WRAPS = [0, 1, 32_767, 65_530, 65_535]


def continuous(packets: list[bytes]) -> bool:
    numbers = [read(packet).sequence for packet in packets]
    return all(seq_diff(after, before) == 1 for before, after in pairwise(numbers))


@pytest.mark.parametrize("sequence", WRAPS)
def test_a_picture_and_sound_arrive_under_the_announced_numbers(sequence: int) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera, microphone = ani.camera(layers=1, sequence=sequence), ani.microphone(sequence=sequence)
    picture, sound = budi.watch(camera), budi.watch(microphone)
    for number in range(20):
        camera.frame(key=number == 0)
        microphone.speak()

    heard = budi.hear()
    pictures = [packet for packet in heard if read(packet).ssrc == ssrc_of(picture)]
    sounds = [packet for packet in heard if read(packet).ssrc == ssrc_of(sound)]
    assert len(pictures) == 40
    assert len(sounds) == 20
    assert continuous(pictures)
    assert continuous(sounds)
    assert b"0.0.0 " in payload(pictures[0])
    assert payload(sounds[0]).startswith(b"\x78sound")
    assert extension_text(pictures[0], read(pictures[0]), ExtensionId.MID) == picture.rtp_parameters["mid"]
    at, size = find_extension(sounds[0], read(sounds[0]), ExtensionId.AUDIO_LEVEL)
    assert (size, sounds[0][at]) == (1, 0x80 | 30)


def test_a_sender_does_not_hear_itself_and_others_hear_only_what_they_asked_for() -> None:
    hall = Hall()
    ani, budi, citra = hall.join("ani"), hall.join("budi"), hall.join("citra")
    camera = ani.camera(layers=1)
    budi.watch(camera)
    camera.frame(key=True)
    assert budi.hear()
    assert not citra.hear()
    assert not ani.hear()


def test_who_comes_later_waits_for_a_key_frame_that_is_asked_for() -> None:
    hall = Hall()
    ani, budi, citra = hall.join("ani"), hall.join("budi"), hall.join("citra")
    camera = ani.camera(layers=1)
    budi.watch(camera)
    camera.frame(key=True)
    hall.pass_ms(1000)
    ani.sending.hear()
    citra.watch(camera)
    hall.egress.flush()
    plis = [one for one in ani.sending.hear()[1] if isinstance(one, rtcp.Pli)]
    assert [one.media for one in plis] == camera.ssrcs
    camera.frame()
    assert not citra.hear()
    camera.frame(key=True)
    assert len(citra.hear()) == 2


@pytest.mark.parametrize(("answered", "most"), [(True, 11), (False, 21)])
def test_key_frames_are_asked_for_twice_a_second_and_again_where_none_comes_however_many_want_them(
    answered: bool, most: int
) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    picture = budi.watch(camera)
    camera.frame(key=True)
    hall.pass_ms(2000)
    ani.sending.hear()
    plis = 0
    for _ in range(100):
        budi.receiving.send(rtcp.build(rtcp.Pli(1, ssrc_of(picture))))
        hall.pass_ms(50)
        heard = [one for one in ani.sending.hear()[1] if isinstance(one, rtcp.Pli)]
        plis += len(heard)
        if heard and answered:
            camera.frame(key=True)
    assert most // 2 <= plis <= most


@pytest.mark.parametrize("sequence", WRAPS)
def test_a_paused_producer_is_silent_at_once_and_goes_on_without_a_gap(sequence: int) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera, microphone = ani.camera(layers=1, sequence=sequence), ani.microphone(sequence=sequence)
    picture = budi.watch(camera)
    budi.watch(microphone)
    camera.frame(key=True)
    microphone.speak(3)
    before = budi.hear()
    for source in (camera, microphone):
        assert source.producer is not None
        hall.exchange.set_paused(source.producer.producer_id, True)
        assert hall.told(link.ProducerChanged)[-1].producer.paused
    camera.frame()
    camera.frame(key=True)
    microphone.speak(5)
    assert not budi.hear()
    assert any(event.reason == "sender" and event.paused for event in hall.told(link.ConsumerChanged))
    hall.events.clear()
    hall.exchange.tell_again("budi")  # to who may have missed it
    assert [(event.reason, event.paused) for event in hall.told(link.ConsumerChanged)] == [("sender", True)] * 2

    hall.pass_ms(1000)
    for source in (camera, microphone):
        assert source.producer is not None
        hall.exchange.set_paused(source.producer.producer_id, False)
    camera.frame()
    microphone.speak()
    camera.frame(key=True)
    after = budi.hear()
    for one in (True, False):
        stream = [packet for packet in before + after if (read(packet).ssrc == ssrc_of(picture)) is one]
        assert continuous(stream)
    assert not any(b"0.3." in packet for packet in after), "a frame before the key frame"
    assert hall.told(link.ConsumerChanged)[-1].paused is False


def test_a_viewer_that_looks_away_gets_nothing_more() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    picture = budi.watch(camera, 180)
    camera.frame(key=True)
    budi.hear()
    hall.exchange.show("budi", [View(picture.consumer_id, paused=True)])
    camera.frame(key=True)
    assert not budi.hear()
    budi.show(picture, 180)
    camera.frame(key=True)
    assert len(budi.hear()) == 2


def test_padding_leaves_no_trace_in_a_viewers_numbers() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    budi.watch(camera)
    camera.frame(key=True)
    for _ in range(10):
        camera.padding()
        camera.frame()
    heard = budi.hear()
    assert len(heard) == 22
    assert continuous(heard)


def test_a_second_camera_replaces_the_first_and_everybody_is_told() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    first = ani.camera(layers=1)
    consumer = budi.watch(first)
    second = ani.camera(layers=1)
    closed = hall.told(link.ProducerClosed)
    assert [event.producer for event in closed] == [first.producer]
    with pytest.raises(NotFound):
        hall.exchange.unconsume("budi", consumer.consumer_id)
    budi.watch(second)
    second.frame(key=True)
    assert budi.hear()


def test_what_is_dismissed_is_gone() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    budi.watch(camera)
    hall.exchange.dismiss("ani")
    hall.exchange.dismiss("ani")
    assert [event.producer.producer_id for event in hall.told(link.ProducerClosed)] == [
        camera.producer.producer_id if camera.producer else ""
    ]
    camera.frame(key=True)
    assert not budi.hear()
    with pytest.raises(NotFound):
        hall.exchange.restart_ice("ani", "send")


def test_nobody_watches_another_meeting() -> None:
    hall = Hall()
    ani, eve = hall.join("ani"), hall.join("eve", meeting_id="lain")
    camera = ani.camera(layers=1)
    with pytest.raises(NotFound):
        eve.watch(camera)
    with pytest.raises(Invalid):
        hall.exchange.produce("eve", "camera", "video", {"codecs": "no"})
    with pytest.raises(Invalid):
        hall.exchange.produce("eve", "microphone", "video", camera.parameters())


def test_who_speaks_is_told_loudest_first_and_silence_too() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    loud, soft = ani.microphone(), budi.microphone()
    for _ in range(20):
        loud.speak(3, level_dbov=20)
        soft.speak(3, level_dbov=40)
        hall.pass_ms(50)
    told = hall.told(link.Speakers)
    assert list(told[-1].levels) == ["ani", "budi"]
    assert all(0 < level <= 100 for level in told[-1].levels.values())
    hall.pass_ms(2000)
    assert hall.told(link.Speakers)[-1].levels == {}


def test_senders_hear_feedback_and_reports_and_viewers_the_senders_clock() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera(layers=1)
    picture = budi.watch(camera)
    ntp = 0xE000_0000 << 32
    for number in range(30):
        camera.frame(key=number == 0)
        if number == 5:
            clock = rtcp.SenderReport(camera.ssrcs[0], ntp, camera.timestamps[0], 1, 1)
            ani.sending.send(rtcp.build(clock))
        hall.pass_ms(50)
    told_sender = ani.sending.hear()[1]
    assert len([one for one in told_sender if isinstance(one, rtcp.TransportCc)]) >= 20
    blocks = [one.blocks for one in told_sender if isinstance(one, rtcp.ReceiverReport)]
    assert blocks[-1][0].ssrc == camera.ssrcs[0]
    assert blocks[-1][0].packets_lost == 0
    heard, control = budi.receiving.hear()
    told = [one for one in control if isinstance(one, rtcp.SenderReport)]
    assert told[-1].ssrc == ssrc_of(picture)
    assert 0 < told[-1].packets <= len(heard)
    assert 0 <= (told[-1].ntp - ntp) >> 32 <= 3


def test_every_picture_packet_to_a_viewer_has_the_next_number_of_its_own_and_sound_has_none() -> None:
    hall = Hall()
    ani, budi, citra = (hall.join(name) for name in ("ani", "budi", "citra"))
    camera, voice = ani.camera(layers=1), ani.microphone()
    picture, sound = budi.watch(camera, 180), budi.watch(voice)
    camera.frame(key=True, parts=3)
    citra.watch(camera, 180)
    voice.speak(2)
    camera.frame(key=True, parts=3)
    seen = budi.hear()
    lost = read(next(one for one in seen if read(one).ssrc == ssrc_of(picture))).sequence
    budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(picture), (lost,))))
    seen += budi.hear()

    def numbers(packets: list[bytes]) -> list[int]:
        places = [(one, *find_extension(one, read(one), ExtensionId.TRANSPORT_CC)) for one in packets]
        return [int.from_bytes(one[at : at + 2], "big") for one, at, size in places if size]

    assert numbers(seen) == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(citra.hear()) == [1, 2, 3]
    assert numbers([one for one in seen if read(one).ssrc == ssrc_of(sound)]) == []
    assert read(seen[-1]).ssrc == rtx_ssrc_of(picture)
