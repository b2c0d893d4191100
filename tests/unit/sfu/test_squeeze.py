"""A viewer on a thin line, with real SRTP and real feedback: one small picture, all sound, and back at full quality."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.meeting.ports import Consumer
from server.rtp.packet import find_extension
from server.rtp.parameters import ExtensionId
from server.rtp.rtcp import Nack, build
from server.rtp.twcc import TransportFeedback
from server.sfu import link
from server.sfu.outlet import MOST_VOICES
from tests.unit.rtp.wire import START_US, Bottleneck
from tests.unit.sfu.hall import Camera, Hall, Microphone, Person, payload, read, rtx_ssrc_of, ssrc_of

FRAME_BYTES = (750, 2_500, 9_000)  # at 20 frames a second: 120, 400 and 1,440 kbit/s


class Viewer:
    """Somebody behind a bottleneck who watches one camera and hears one voice."""

    def __init__(self, hall: Hall, camera: Camera, voice: Microphone, wire: Bottleneck) -> None:
        self.hall = hall
        self.wire = wire
        self.person: Person = hall.join("budi")
        self.picture: Consumer = self.person.watch(camera, 720)
        self.sound: Consumer = self.person.watch(voice)
        self.feedback = TransportFeedback(1)
        self.began_us = hall.us
        self.coming: list[tuple[int, int, bytes]] = []
        self.seen: list[bytes] = []

    def collect(self) -> None:
        """What was sent at this moment goes through the wire."""
        us = START_US + self.hall.us - self.began_us
        for packet in self.person.hear():
            came = self.wire.send(us, len(packet) + 44)
            if came is not None:
                self.coming.append((came, len(self.coming), packet))

    def tick(self) -> None:
        """What came meanwhile is told."""
        self.collect()
        us = START_US + self.hall.us - self.began_us
        self.coming.sort()
        while self.coming and self.coming[0][0] <= us:
            came, _, packet = self.coming.pop(0)
            self.seen.append(packet)
            at, size = find_extension(packet, read(packet), ExtensionId.TRANSPORT_CC)
            if size:
                self.feedback.receive(int.from_bytes(packet[at : at + 2], "big"), came)
        for report in self.feedback.build(ssrc_of(self.picture)):
            self.person.receiving.send(report)

    def layers(self) -> set[int]:
        """The layers of the pictures that came since the last call, and nothing else that was sent again."""
        seen, self.seen = self.seen, []
        media = [one for one in seen if read(one).ssrc == ssrc_of(self.picture)]
        return {int(payload(one).split(b" ppp")[0].rsplit(b".", 2)[0][-1:]) for one in media if b" ppp" in payload(one)}


def meet(hall: Hall, wire: Bottleneck) -> tuple[Viewer, Iterator[None]]:
    ani = hall.join("ani")
    camera, voice = ani.camera(), ani.microphone()
    viewer = Viewer(hall, camera, voice, wire)

    def run() -> Iterator[None]:
        number = 0
        while True:
            for layer, size in enumerate(FRAME_BYTES):
                for packet in camera.make(
                    layer, key=number % 40 == 0, parts=1 + size // 1100, fill=b"p" * (min(size, 1100) // 50)
                ):
                    ani.sending.send(packet)
            voice.speak(2)
            viewer.collect()
            hall.pass_ms(50)
            viewer.tick()
            if number % 100 == 0:  # consent (RFC 7675)
                ani.sending.check()
                viewer.person.receiving.check()
            number += 1
            yield

    return viewer, run()


def pass_s(run: Iterator[None], seconds: float) -> None:
    for _ in range(int(seconds * 20)):
        next(run)


def test_squeezed_to_300_kbit_a_viewer_keeps_all_sound_and_a_small_picture_and_comes_back_within_ten_seconds() -> None:
    hall = Hall()
    rate = 20_000_000
    viewer, run = meet(hall, Bottleneck(lambda _: rate))
    pass_s(run, 5)
    viewer.layers()
    pass_s(run, 1)
    assert viewer.layers() == {2}
    rate = 300_000
    pass_s(run, 5)
    viewer.layers()
    pass_s(run, 10)
    sounds = sum(read(one).ssrc == ssrc_of(viewer.sound) for one in viewer.seen)
    assert sounds >= 10 * 20 * 2 * 0.95
    assert viewer.layers() == {0}
    rate = 20_000_000
    pass_s(run, 10)
    viewer.layers()
    pass_s(run, 1)
    assert viewer.layers() == {2}


def test_with_no_room_for_any_picture_it_is_paused_with_a_reason_and_returns_by_itself() -> None:
    hall = Hall()
    rate = 20_000_000
    viewer, run = meet(hall, Bottleneck(lambda _: rate))
    pass_s(run, 3)
    rate = 90_000
    pass_s(run, 10)
    changed = [one for one in hall.told(link.ConsumerChanged) if one.consumer_id == viewer.picture.consumer_id]
    assert (changed[-1].paused, changed[-1].reason) == (True, "bandwidth")
    viewer.layers()
    rate = 20_000_000
    pass_s(run, 12)
    viewer.layers()
    pass_s(run, 1)
    assert viewer.layers() == {2}
    changed = [one for one in hall.told(link.ConsumerChanged) if one.consumer_id == viewer.picture.consumer_id]
    assert (changed[-1].paused, changed[-1].reason) == (False, "")


def test_padding_is_on_the_repair_stream_and_new_to_the_ciphers() -> None:
    hall = Hall()
    viewer, run = meet(hall, Bottleneck(lambda _: 400_000))
    pass_s(run, 12)
    padding = [one for one in viewer.seen if read(one).ssrc == rtx_ssrc_of(viewer.picture)]
    assert padding
    numbers = [read(one).sequence for one in padding]
    assert len(set(numbers)) == len(numbers)
    media = {read(one).sequence for one in viewer.seen if read(one).ssrc == ssrc_of(viewer.picture)}
    assert all(read(one).padding or int.from_bytes(payload(one)[:2], "big") in media for one in padding)


@pytest.mark.parametrize("voices", [1, 20])
def test_sound_is_not_taken_from_what_was_found_for_pictures(voices: int) -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    camera = ani.camera()
    budi.watch(camera, 720)
    for name in range(voices):
        budi.watch(hall.join(f"s{name}").microphone())
    outlet = hall.exchange._sessions["budi"].outlet
    wish = outlet.wish()
    assert wish.reserved_bps == min(voices, MOST_VOICES) * 40_000
    assert wish.available_bps - wish.reserved_bps == 3_000_000


def test_a_repair_is_numbered_once_more() -> None:
    hall = Hall()
    viewer, run = meet(hall, Bottleneck(lambda _: 20_000_000))
    pass_s(run, 2)
    media = [one for one in viewer.seen if read(one).ssrc == ssrc_of(viewer.picture)]
    viewer.seen.clear()
    viewer.person.receiving.send(build(Nack(1, ssrc_of(viewer.picture), (read(media[-1]).sequence,))))
    (repair,) = [one for one in viewer.person.hear() if read(one).ssrc == rtx_ssrc_of(viewer.picture)]
    at, size = find_extension(repair, read(repair), ExtensionId.TRANSPORT_CC)
    assert size == 2
    assert repair[at : at + 2] != media[-1][at : at + 2]
