"""The compiled path against its specification: whatever is sent, lost, turned about or forged, both send the same bytes
to the viewers, the same reports to the sender, and tell the same events."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.meeting.ports import View
from server.rtp import rtcp
from server.rtp.packet import build_packet
from server.sfu import numbers
from server.sfu.native import Native
from tests.unit.sfu.hall import LEVEL_ID, MID_ID, OPUS, TRANSPORT_ID, VP8, Camera, Hall, read, ssrc_of

STARTS = st.sampled_from([0, 1, 32_767, 65_480, 65_530, 65_535])
STEP = st.one_of(
    st.tuples(st.just("frame"), st.integers(1, 40)),
    st.tuples(st.just("thin"), st.integers(0, 2)),
    st.tuples(st.just("key"), st.integers(0, 1)),
    st.tuples(st.just("sound"), st.integers(1, 20)),
    st.tuples(st.sampled_from(["lose", "turn", "late", "repair", "twice", "padding", "second", "narrow"]), st.just(0)),
    st.tuples(st.just("pass"), st.sampled_from([50, 500, 1000])),
    st.tuples(st.just("nack"), st.integers(1, 40)),
    st.tuples(st.just("show"), st.sampled_from([0, 180, 720])),
    st.tuples(st.just("pause"), st.booleans()),
    st.tuples(st.just("forge"), st.integers(0, 1 << 31)),
)

Steps = list[tuple[str, int]]


class Show:
    """One hall, played through; `seen` is all that anybody outside can see of it."""

    def __init__(self, start: int) -> None:
        self.hall = Hall()
        self.ani, self.budi, self.citra = (self.hall.join(name) for name in ("ani", "budi", "citra"))
        self.camera = self.ani.camera(layers=2, sequence=start)
        self.microphone = self.ani.microphone(sequence=start)
        self.picture = self.budi.watch(self.camera, 720)
        self.budi.watch(self.microphone)
        self.lost: list[bytes] = []
        self.joined = False
        self.outputs: list[int] = []
        self.seen: list[object] = []

    def send(self, packets: list[bytes]) -> None:
        for packet in packets:
            self.hall.us += 1300
            self.ani.sending.send(packet)

    def step(self, what: str, value: int) -> None:
        camera, hall = self.camera, self.hall
        match what:
            case "frame":
                for _ in range(value):
                    self.send(camera.make(0) + camera.make(1, parts=3))
            case "thin":
                self.send(camera.make(0, temporal=value) + camera.make(1, temporal=value))
            case "key":
                self.send(camera.make(value, key=True) + camera.make(1 - value, key=True))
            case "sound":
                for level in range(value):
                    self.hall.us += 20_000
                    self.microphone.speak(level_dbov=20 + level)
            case "lose":
                first, *rest = camera.make(0, parts=3)
                self.lost.append(first)
                self.send(rest)
            case "turn":
                self.send(camera.make(0, parts=3)[::-1])
            case "late" | "repair" if self.lost:
                packet = self.lost.pop()
                self.send([packet if what == "late" else camera.repair(packet)])
            case "padding":
                camera.padding()
            case "twice":
                packets = [self.ani.sending.protect(one) for one in camera.make(0)]
                for packet in packets * 2:
                    hall.deliver(packet, self.ani.sending.line)
            case "narrow":
                camera.narrow = not camera.narrow
            case "second" if not self.joined:
                self.joined = True
                self.citra.watch(camera, 180)
            case _:
                self.other(what, value)
        self.look()

    def other(self, what: str, value: int) -> None:
        hall = self.hall
        match what:
            case "pass":
                hall.pass_ms(value)
            case "nack" if self.outputs:
                wanted = tuple(dict.fromkeys(self.outputs[-value:]))
                self.budi.receiving.send(rtcp.build(rtcp.Nack(1, ssrc_of(self.picture), wanted)))
            case "show":
                view = View(self.picture.consumer_id, width_px=value * 16 // 9, height_px=value, paused=not value)
                hall.exchange.show("budi", [view])
            case "pause":
                assert self.camera.producer is not None
                hall.exchange.set_paused(self.camera.producer.producer_id, bool(value))
            case "forge":
                self.send([forged(random.Random(value), self.camera, self.microphone.ssrc)])  # noqa: S311

    def look(self) -> None:
        for person in (self.budi, self.citra):
            media, control = person.receiving.hear()
            self.seen += [*media, *control]
            if person is self.budi:
                video = ssrc_of(self.picture)
                self.outputs += [read(one).sequence for one in media if read(one).ssrc == video]
        self.seen += self.ani.sending.hear()[1]
        self.seen += [(type(event).__name__, told(event)) for event in self.hall.events]
        self.hall.events.clear()


def told(event: Any) -> object:
    """An event without ids that are random."""
    return [getattr(event, name, None) for name in ("paused", "reason", "width_px", "levels")]


def forged(chance: random.Random, camera: Camera, sound_ssrc: int) -> bytes:
    """An authentic packet of a known stream that a browser would not send: any flags, extensions, padding and sizes."""
    video = chance.random() < 0.7
    length = chance.choice([0, 1, 2, 3, 5, 40, 1200, 1300])
    payload = bytes(chance.choice([0x90, 0x80, 0xF0, 0x10, 0x00, 0xFF, 0x7F]) for _ in range(length))
    extensions = [
        (chance.choice([MID_ID, TRANSPORT_ID, LEVEL_ID, 7, 14, 15, 200]), bytes(chance.choice([0, 1, 2, 3, 16, 40])))
        for _ in range(chance.choice([0, 0, 1, 2, 5]))
    ]
    sequence = camera.sequences[0]
    if video and chance.random() < 0.6:
        camera.sequences[0] = (sequence + 1) & 0xFFFF
    packet = build_packet(
        payload_type=chance.choice([VP8 if video else OPUS, 97, 0])
        if chance.random() < 0.3
        else VP8
        if video
        else OPUS,
        sequence=(sequence if video else chance.randrange(65_536)),
        timestamp=chance.randrange(1 << 32),
        ssrc=camera.ssrcs[0] if video else sound_ssrc,
        payload=payload,
        marker=chance.random() < 0.5,
        extensions=tuple(extensions),
        padding=chance.choice([0, 0, 0, 1, 4, 255]) if length < 1000 else 0,
        csrcs=tuple(range(chance.choice([0, 0, 0, 1, 15]))),
    )
    if chance.random() < 0.3 and len(packet) > 16:
        # libsrtp itself walks the extension block and refuses one beyond the packet; whatever passes it may come here
        broken = bytearray(packet)
        broken[chance.randrange(12, min(len(broken), 40))] ^= 1 << chance.randrange(8)
        packet = bytes(broken)
    return packet


def play(compiled: Native | None, start: int, steps: Steps) -> list[object]:
    Hall.native = compiled
    chance = random.Random(7)  # noqa: S311
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(numbers.secrets, "randbits", chance.getrandbits)
        show = Show(start)
        show.step("key", 0)
        for what, value in steps:
            show.step(what, value)
        show.step("pass", 1000)
    return show.seen


# A rendition whose first picture ids had 7 bits, and then 15.
NARROW_FIRST: Steps = [
    ("show", 0),
    ("narrow", 0),
    ("show", 180),
    ("key", 0),
    ("frame", 1),
    ("narrow", 0),
    ("frame", 40),
]
# A key frame is awaited while nothing comes but sound, which the compiled path forwards without a word.
ASKED_MEANWHILE: Steps = [("sound", 19), ("pass", 1000), ("sound", 17), ("pass", 50), ("padding", 0)]
# Numbers that jump once around: two packets of sound would have been encrypted under one number.
ONCE_AROUND: Steps = [("sound", 11), ("forge", 1_015_064_884), ("forge", 185_992_391), ("sound", 6)]


@settings(max_examples=25, deadline=None)
@example(0, NARROW_FIRST)
@example(0, ASKED_MEANWHILE)
@example(65_480, ONCE_AROUND)
@given(STARTS, st.lists(STEP, max_size=14))
def test_both_paths_send_the_same_bytes(compiled: Native, start: int, steps: Steps) -> None:
    assert play(compiled, start, steps) == play(None, start, steps)


def test_what_is_simply_the_next_packet_does_not_reach_python(compiled: Native) -> None:
    Hall.native = compiled
    show = Show(65_500)
    show.step("key", 0)
    show.send([packet for _ in range(10) for packet in show.camera.make(0)])
    uplinks = show.hall.sessions["ani"].inlet.uplinks.values()
    counts = [layer.native.record.count for uplink in uplinks for layer in uplink.layers if layer and layer.native]
    assert max(counts) == 20
