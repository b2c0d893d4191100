"""Several layers in one stream (VP9 SVC): each viewer gets the layers that it wants and those below that these
build upon, as whole pictures, in numbers without a gap, and no frame that refers to one that did not come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.meeting.ports import Consumer
from server.rtp import rtcp
from server.rtp.codecs import descriptor_for
from server.rtp.layers import Choice
from server.rtp.packet import build_packet, build_rtx, seq_diff, timestamp_diff
from tests.unit.sfu.hall import MID_ID, RTX, SIZES, Camera, Hall, Peer, Person, payload, read

CODECS = ["vp9 L3T3_KEY", "vp9 L3T3", "vp9 flexible L3T3_KEY"]
WRAPS = [0, 1, 32_767, 65_530, 65_535]
#: temporal layer, and how many pictures back is what it refers to
PATTERN = ((0, 4), (2, 1), (1, 2), (2, 1))
PARTS = 2
SPATIAL = 3


class ScalableCamera(Camera):
    """One stream of three spatial layers with three temporal layers each."""

    def __init__(self, peer: Peer, codec: str, sequence: int) -> None:
        super().__init__(peer, 5000, 1, sequence)
        self.codec, _, self.mode = codec.partition(" L")
        self.key_only = self.mode.endswith("_KEY")
        self.place = self.number = 0
        self.sent = SPATIAL  # layers that are being sent
        self.withheld: list[bytes] = []

    @property
    def mime(self) -> str:
        return "video/" + self.codec.split()[0]

    def parameters(self) -> dict[str, Any]:
        told = super().parameters()
        told["codecs"][0] |= {"mimeType": self.mime, "parameters": {}}
        told["encodings"] = [
            {"ssrc": self.ssrcs[0], "rtx": {"ssrc": self.rtx_ssrcs[0]}, "scalabilityMode": "L" + self.mode}
        ]
        return told

    def picture(self, *, key: bool = False, withhold: int = -1) -> None:
        """One picture, sent. withhold: the place of the packet that is lost."""
        self.place = 0 if key else self.place + 1
        temporal, back = PATTERN[self.place % 4]
        self.bases[0] += temporal == 0
        for at in range(self.sent * PARTS):
            spatial, part = divmod(at, PARTS)
            refers = "-" if key else str(self.number - back)
            below = spatial > 0 and (key or not self.key_only)
            packet = build_packet(
                payload_type=96,
                sequence=self.sequences[0],
                timestamp=self.timestamps[0],
                ssrc=self.ssrcs[0],
                payload=self._payload_head(spatial, temporal, back, part, key=key)
                + b" %d.%d.%s.%d.%d.%d " % (spatial, self.number, refers.encode(), below, temporal, part),
                marker=at == self.sent * PARTS - 1,
                extensions=((MID_ID, b"0"),),
            )
            self.sequences[0] = (self.sequences[0] + 1) & 0xFFFF
            if at == withhold:
                self.withheld.append(packet)
            else:
                self.peer.send(packet)
        self.number += 1
        self.timestamps[0] = (self.timestamps[0] + 3000) & 0xFFFF_FFFF

    def repair_all(self) -> None:
        """What was lost comes again, by RTX."""
        withheld, self.withheld = self.withheld, []
        for packet in withheld:
            self.peer.send(build_rtx(packet, payload_type=RTX, sequence=self.rtx_sequences[0], ssrc=self.rtx_ssrcs[0]))
            self.rtx_sequences[0] += 1

    def _payload_head(self, spatial: int, temporal: int, back: int, part: int, *, key: bool) -> bytes:
        flexible = "flexible" in self.codec
        structure = key and spatial == part == 0
        last = spatial == self.sent - 1
        flags = (
            0xA0
            | 0x40 * (not key)
            | 0x10 * flexible
            | 0x08 * (part == 0)
            | 0x04 * (part == PARTS - 1)
            | 0x02 * structure
            | (last or (self.key_only and not key))  # Z
        )
        depends = spatial > 0 and (key or not self.key_only)
        head = bytes((flags,)) + (self.number & 0x7FFF | 0x8000).to_bytes(2, "big")
        head += bytes((temporal << 5 | 0x10 * (temporal > 0) | spatial << 1 | depends,))
        if not flexible:
            head += bytes((self.bases[0] & 0xFF,))
        elif not key:
            head += bytes((back << 1,))
        if structure:
            head += bytes(((self.sent - 1) << 5 | 0x10,))
            for width, height in SIZES[: self.sent]:
                head += width.to_bytes(2, "big") + height.to_bytes(2, "big")
        return head


@dataclass(frozen=True)
class Frame:
    spatial: int
    number: int
    refers: int  # -1: to nothing before it
    below: bool
    temporal: int
    part: int


class Decoder:
    """Takes packets in the order of their numbers and finds fault with them."""

    def __init__(self, mime: str) -> None:
        self.mime = mime
        self.came: set[tuple[int, int]] = set()
        self.sequence: int | None = None
        self.timestamp = 0
        self.picture: list[Frame] = []
        self.shown: list[tuple[int, int]] = []  # of each picture: its number and highest layer

    def take(self, packets: list[bytes]) -> None:
        for packet in sorted(packets, key=lambda one: seq_diff(read(one).sequence, read(packets[0]).sequence)):
            self._take(packet)

    def _take(self, packet: bytes) -> None:
        header = read(packet)
        assert self.sequence is None or seq_diff(header.sequence, self.sequence) == 1
        self.sequence = header.sequence
        if header.payload_length == 0:
            return
        told = payload(packet).rsplit(b" ", 2)[1].decode().split(".")
        spatial, number, below, temporal, part = (int(told[at]) for at in (0, 1, 3, 4, 5))
        frame = Frame(spatial, number, -1 if told[2] == "-" else int(told[2]), bool(below), temporal, part)
        if self.picture:
            assert header.timestamp == self.timestamp
            assert self.picture[0].number == number
        elif self.shown:
            assert timestamp_diff(header.timestamp, self.timestamp) > 0
        self.timestamp = header.timestamp
        if part == 0:
            self._begins(frame)
        self.picture.append(frame)
        if header.marker:
            self._ends(packet)

    def _begins(self, frame: Frame) -> None:
        if frame.refers >= 0:
            assert (frame.spatial, frame.refers) in self.came, f"{frame} refers to what did not come"
        else:
            self.came = {one for one in self.came if one[1] == frame.number}
        if frame.below:
            assert (frame.spatial - 1, frame.number) in self.came, f"{frame} is built upon what did not come"
        self.came.add((frame.spatial, frame.number))

    def _ends(self, packet: bytes) -> None:
        assert len(self.picture) % PARTS == 0
        for at in range(0, len(self.picture), PARTS):
            assert [one.part for one in self.picture[at : at + PARTS]] == list(range(PARTS))
        self.shown.append((self.picture[0].number, self.picture[-1].spatial))
        self.picture.clear()
        if self.mime == "video/vp9":
            header, told = read(packet), descriptor_for(self.mime)
            told.read(packet, header.payload_offset, header.payload_length)
            assert told.end


class Scene:
    def __init__(self, codec: str, sequence: int) -> None:
        self.hall = Hall()
        self.sender = self.hall.join("ani")
        self.camera = ScalableCamera(self.sender.sending, codec, sequence)
        self.camera.producer = self.hall.exchange.produce("ani", "camera", "video", self.camera.parameters())
        self.viewers: list[tuple[Person, Consumer, Decoder]] = []
        for name in ("budi", "citra"):
            viewer = self.hall.join(name)
            self.viewers.append((viewer, viewer.watch(self.camera), Decoder(self.camera.mime)))
        self.send(1, key=True)  # the sizes are known: from here on only the test wishes
        self.shown(0)
        self.shown(1)

    def aim(self, viewer: int, spatial: int, temporal: int) -> None:
        person, consumer, _ = self.viewers[viewer]
        self.hall.sessions[person.session_id].outlet.downlinks[consumer.consumer_id].aim(Choice(spatial, temporal, 0))
        self.hall.egress.flush()

    def send(self, count: int, *, key: bool = False, withhold: int = -1) -> None:
        for at in range(count):
            self.hall.us += 33_000
            self.camera.picture(key=key and at == 0, withhold=withhold if at == count - 1 else -1)

    def watch(self) -> None:
        for person, _, decoder in self.viewers:
            decoder.take(person.hear())

    def shown(self, viewer: int) -> list[tuple[int, int]]:
        self.watch()
        decoder = self.viewers[viewer][2]
        shown, decoder.shown = decoder.shown, []
        return shown


STEP = st.tuples(
    st.integers(0, 1), st.integers(0, 2), st.integers(0, 2), st.booleans(), st.integers(0, 9)
)  # viewer, spatial, temporal, key frame first, pictures


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=12, deadline=None)
@given(st.sampled_from(WRAPS), st.lists(STEP, min_size=1, max_size=10))
def test_no_wish_tears_a_stream(codec: str, sequence: int, steps: list[tuple[int, int, int, bool, int]]) -> None:
    scene = Scene(codec, sequence)
    scene.send(3, key=True)
    for viewer, spatial, temporal, key, pictures in steps:
        scene.aim(viewer, spatial, temporal)
        scene.send(pictures, key=key)
    scene.watch()


@pytest.mark.parametrize("codec", CODECS)
def test_two_viewers_get_two_sizes_of_one_stream(codec: str) -> None:
    scene = Scene(codec, 65_530)
    for spatial in (0, 1, 2):
        scene.aim(0, spatial, 2)
        scene.aim(1, 2 - spatial, 2)
        scene.send(9, key=True)
        assert {layer for _, layer in scene.shown(0)[-8:]} == {spatial}
        assert {layer for _, layer in scene.shown(1)[-8:]} == {2 - spatial}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("spatial", [0, 1, 2])
def test_pictures_are_thinned_out_and_come_back(codec: str, spatial: int) -> None:
    scene = Scene(codec, 65_530)
    scene.aim(0, spatial, 2)
    scene.send(8, key=True)
    counts = []
    for temporal in (2, 1, 0, 2):
        scene.aim(0, spatial, temporal)
        scene.send(4)
        scene.shown(0)
        scene.send(8)
        shown = scene.shown(0)
        assert {layer for _, layer in shown} == {spatial}
        counts.append(len(shown))
    assert counts == [8, 4, 2, 8]


@pytest.mark.parametrize("codec", CODECS)
def test_another_size_comes_with_a_key_frame_that_is_asked_for_on_the_only_stream(codec: str) -> None:
    scene = Scene(codec, 65_530)
    scene.aim(0, 0, 2)
    scene.send(6, key=True)
    for spatial in (2, 1, 0):
        scene.sender.sending.hear()
        scene.hall.us += 1_000_000
        scene.send(1)
        before = scene.shown(0)[-1][1]
        scene.aim(0, spatial, 2)
        assert [one.media for one in scene.sender.sending.hear()[1] if isinstance(one, rtcp.Pli)] == [5000]
        scene.send(3)
        scene.send(3, key=True)
        assert [layer for _, layer in scene.shown(0)] == [before] * 3 + [spatial] * 3


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("withheld", range(SPATIAL * PARTS))
def test_what_is_lost_and_repaired_leaves_no_hole_whoever_it_was_for(codec: str, withheld: int) -> None:
    scene = Scene(codec, 65_530)
    scene.aim(0, 1, 2)
    scene.aim(1, 2, 2)
    scene.send(4, key=True)
    scene.send(2, withhold=withheld)
    scene.send(2)
    scene.camera.repair_all()
    scene.send(2)
    assert [number for number, _ in scene.shown(0)] == list(range(1, 11))
    assert [number for number, _ in scene.shown(1)] == list(range(1, 11))


@pytest.mark.parametrize("codec", CODECS)
def test_a_key_frame_of_fewer_layers_is_shown_to_all_who_wanted_more(codec: str) -> None:
    scene = Scene(codec, 65_530)
    scene.aim(0, 2, 2)
    scene.send(4, key=True)
    scene.camera.sent = 1
    scene.send(4, key=True)
    assert [layer for _, layer in scene.shown(0)] == [2] * 4 + [0] * 4


def test_what_each_layer_costs_and_how_large_it_is_is_told_to_the_allocation() -> None:
    scene = Scene("vp9 L3T3_KEY", 1)
    scene.aim(0, 2, 2)
    scene.send(15, key=True)
    scene.hall.pass_ms(500)
    (uplink,) = scene.hall.sessions["ani"].inlet.uplinks.values()
    living = uplink.living()
    assert [(one.spatial, one.width, one.height) for one in living] == [(at, *SIZES[at]) for at in range(SPATIAL)]
    assert all(list(one.temporal_bps) == sorted(one.temporal_bps) for one in living)
    full = [one.temporal_bps[-1] for one in living]
    assert full[0] < full[1] < full[2] < 1.5 * full[0]  # of the layers below, their key frames only
    scene.camera.sent = 2
    scene.send(30)
    assert [one.spatial for one in uplink.living()] == [0, 1]
    scene.hall.pass_ms(50)
    assert uplink.alive == (0, 1)


@pytest.mark.parametrize("mode", ["L1T1", "L1T3", "S3T3", "L3T3h", "L9T9", "L3T3_KEY_SHIFT"])
def test_a_stream_whose_layers_are_not_told_apart_is_forwarded_whole(mode: str) -> None:
    hall = Hall()
    camera = ScalableCamera(hall.join("ani").sending, "vp9 L3T3", 1)
    parameters = camera.parameters()
    parameters["encodings"][0]["scalabilityMode"] = mode
    hall.exchange.produce("ani", "camera", "video", parameters)
    (uplink,) = hall.sessions["ani"].inlet.uplinks.values()
    assert not uplink.payload.layered
