"""A listener hears what a viewer would see: the best layer, all sound, numbers without gaps; and nobody hears of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.errors import NotFound
from server.meeting.ports import View
from server.rtp import rtcp
from server.rtp.parameters import TRANSPORT_CC_URI
from server.rtp.router import router_rtp_capabilities
from server.sfu import link
from server.sfu.listening import WAITING_LIMIT_BYTES, Frames, ListenerLine, PipeRoute, fresh_keys
from tests.unit.sfu.hall import SIZES, Hall, payload


class Pipe(asyncio.Transport):
    """What the media process wrote into it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.waiting = 0
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        written, self.written = bytes(self.written), bytearray()
        return written


class Listener:
    """A recorder's end in a hall."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.pipe = Pipe()
        self.gone = 0
        keys = fresh_keys()
        self.line = ListenerLine(keys)
        self.route = PipeRoute(hall.now, hall.egress, hall.inbox, self._left)
        self.route.connection_made(self.pipe)
        hall.exchange.listen_in("rapat", "ear", self.route, keys)

    def _left(self) -> None:
        self.gone += 1

    def follow(self, producer_id: str, height_px: int = 1080) -> int:
        """The SSRC under which it comes."""
        capabilities: dict[str, Any] = router_rtp_capabilities()
        extensions = capabilities["headerExtensions"]
        capabilities["headerExtensions"] = [one for one in extensions if one["uri"] != TRANSPORT_CC_URI]
        consumer = self.hall.exchange.consume("ear", producer_id, capabilities)
        self.hall.exchange.show("ear", [View(consumer.consumer_id, width_px=height_px * 16 // 9, height_px=height_px)])
        self.hall.egress.flush()
        return int(consumer.rtp_parameters["encodings"][0]["ssrc"])

    def hear(self) -> tuple[list[bytes], list[rtcp.Rtcp]]:
        media: list[bytes] = []
        control: list[rtcp.Rtcp] = []
        for packet in self.line.feed(self.pipe.take()):
            if 192 <= packet[1] < 224:
                control += rtcp.parse(bytes(packet))
            else:
                media.append(bytes(packet))
        return media, control


def _ssrc(packet: bytes) -> int:
    return int.from_bytes(packet[8:12], "big")


def test_a_listener_gets_the_largest_picture_and_the_sound() -> None:
    hall = Hall()
    alice = hall.join("alice")
    camera, microphone = alice.camera(), alice.microphone()
    for _ in range(3):
        camera.all_layers(key=True)
        microphone.speak()
    listener = Listener(hall)
    assert camera.producer is not None
    assert microphone.producer is not None
    picture, sound = listener.follow(camera.producer.producer_id), listener.follow(microphone.producer.producer_id)
    camera.all_layers(key=True)
    for _ in range(20):
        camera.all_layers()
        microphone.speak()
    media, _ = listener.hear()
    heard = [one for one in media if _ssrc(one) == sound]
    seen = [one for one in media if _ssrc(one) == picture]
    assert len(heard) == 20
    assert len(seen) >= 21
    numbers = [int.from_bytes(one[2:4], "big") for one in seen]
    assert numbers == [(numbers[0] + at) & 0xFFFF for at in range(len(numbers))]
    assert SIZES[-1][0].to_bytes(2, "little") in payload(seen[0])


def test_nobody_is_told_of_a_listener() -> None:
    hall = Hall()
    hall.join("alice").camera()
    before = len(hall.events)
    listener = Listener(hall)
    hall.pass_ms(3000)
    assert {type(event) for event in hall.events[before:]} <= {link.MediaFlows, link.LineQuality, link.Speakers}
    assert not [one for one in hall.events if getattr(one, "session_id", "") == "ear"]
    assert [seat.session_id for place in hall.exchange.standing() for seat in place.seats] == ["alice"]
    assert not listener.gone


def test_reports_go_with_it_and_it_may_ask_for_a_key_frame() -> None:
    hall = Hall()
    alice = hall.join("alice")
    camera = alice.camera()
    camera.all_layers(key=True)
    listener = Listener(hall)
    assert camera.producer is not None
    ssrc = listener.follow(camera.producer.producer_id)
    camera.all_layers(key=True)
    report = rtcp.SenderReport(camera.ssrcs[-1], 0xE000_0000 << 32, camera.timestamps[-1], 10, 1000)
    alice.sending.send(rtcp.build(report))
    hall.pass_ms(2000)
    _, control = listener.hear()
    assert [one.ssrc for one in control if isinstance(one, rtcp.SenderReport)][-1] == ssrc
    alice.sending.hear()
    listener.route.data_received(listener.line.report(rtcp.build(rtcp.Pli(1, ssrc))))
    hall.pass_ms(1000)
    assert [one for one in alice.sending.hear()[1] if isinstance(one, rtcp.Pli)]


def test_a_recorder_that_does_not_read_costs_nobody_anything() -> None:
    hall = Hall()
    alice = hall.join("alice")
    camera, microphone = alice.camera(), alice.microphone()
    camera.all_layers(key=True)
    microphone.speak()
    listener = Listener(hall)
    assert camera.producer is not None
    assert microphone.producer is not None
    picture, sound = listener.follow(camera.producer.producer_id), listener.follow(microphone.producer.producer_id)
    camera.all_layers(key=True)
    listener.hear()
    listener.pipe.waiting = WAITING_LIMIT_BYTES // 2 + 1
    camera.all_layers()
    microphone.speak()
    assert {_ssrc(one) for one in listener.hear()[0]} == {sound}
    listener.pipe.waiting = WAITING_LIMIT_BYTES + 1
    microphone.speak()
    assert not listener.hear()[0]
    listener.pipe.waiting = 0
    camera.all_layers()
    camera.all_layers()
    microphone.speak()
    assert {_ssrc(one) for one in listener.hear()[0]} == {picture, sound}


def test_a_line_that_ends_ends_the_listener() -> None:
    hall = Hall()
    hall.join("alice")
    listener = Listener(hall)
    listener.route.connection_lost(None)
    assert listener.gone == 1
    hall.exchange.dismiss("ear")
    assert "ear" not in hall.sessions


def test_a_dismissed_listener_is_hung_up() -> None:
    hall = Hall()
    hall.join("alice")
    listener = Listener(hall)
    hall.exchange.dismiss("ear")
    assert listener.pipe.closed


def test_an_empty_meeting_has_nothing_to_hear() -> None:
    hall = Hall()
    route = PipeRoute(hall.now, hall.egress, hall.inbox, lambda: None)
    with pytest.raises(NotFound):
        hall.exchange.listen_in("elsewhere", "ear", route, fresh_keys())


def test_what_is_no_packet_ends_the_line() -> None:
    for bad in (b"\0\0", b"\0\1x", b"\xff\xffabc"):
        with pytest.raises(ConnectionError):
            list(Frames().feed(bad))
    frames = Frames()
    assert list(frames.feed(b"\0\3ab")) == []
    assert list(frames.feed(b"c\0\2de")) == [b"abc", b"de"]
