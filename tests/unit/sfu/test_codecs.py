"""Every codec's streams as a viewer's decoder sees them: whatever layers are wished for, whoever else watches, each
frame comes whole and refers to frames that came, under numbers that tell the same references as the sender's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import Invalid
from server.meeting.ports import Consumer
from server.rtp import rtcp
from server.rtp.codecs import descriptor_for
from server.rtp.layers import Choice
from server.rtp.packet import build_packet, seq_diff, timestamp_diff
from server.rtp.parameters import DEPENDENCY_URI, ExtensionId
from server.rtp.payload import Descriptor
from server.rtp.router import router_rtp_capabilities
from tests.unit.rtp.dependencies import Layering
from tests.unit.sfu.hall import RID_ID, SIZES, Camera, Hall, Peer, Person, payload, read

WRAPS = [0, 1, 32_767, 65_530, 65_535]
CODECS = ["vp8", "vp9 by picture group", "vp9 flexible", "h264", "av1"]
#: temporal layer, and how many frames back is what it refers to: what browsers send as L1T3
PATTERN = ((0, 4), (2, 1), (1, 2), (2, 1))
PARTS = 2


class LayeredCamera(Camera):
    """Two simulcast layers of one codec, each with three temporal layers."""

    def __init__(self, peer: Peer, codec: str, sequence: int) -> None:
        super().__init__(peer, 5000, 2, sequence)
        self.codec = codec
        self.places = [0, 0]  # in PATTERN, since the last key frame
        self.layering = Layering(1, 3, False, offset=61)

    @property
    def mime(self) -> str:
        return "video/" + self.codec.split()[0]

    def parameters(self) -> dict[str, Any]:
        told = super().parameters()
        told["codecs"][0] |= {
            "mimeType": self.mime,
            "parameters": {"packetization-mode": 1, "profile-level-id": "42e01f"} if self.codec == "h264" else {},
        }
        if self.codec == "av1":
            told["headerExtensions"].append({"uri": DEPENDENCY_URI, "id": int(ExtensionId.DEPENDENCY)})
        return told

    def picture(self, key: bool) -> None:
        """One frame of both layers, sent."""
        for layer in range(2):
            self.layered(layer, key)

    def layered(self, layer: int, key: bool) -> None:
        self.places[layer] = 0 if key else self.places[layer] + 1
        temporal, back = PATTERN[self.places[layer] % 4]
        self.bases[layer] += temporal == 0
        number = self.pictures[layer]
        for part in range(PARTS):
            refers = -1 if key else number - back
            self.peer.send(
                build_packet(
                    payload_type=96,
                    sequence=self.sequences[layer],
                    timestamp=self.timestamps[layer],
                    ssrc=self.ssrcs[layer],
                    payload=self._head(layer, key, temporal, back, part)
                    + b" %d.%d.%d.%d.%d " % (layer, number, refers, temporal, part),
                    marker=part == PARTS - 1,
                    extensions=self._extensions(layer, key, temporal, part),
                )
            )
            self.sequences[layer] = (self.sequences[layer] + 1) & 0xFFFF
        self.pictures[layer] += 1
        self.timestamps[layer] = (self.timestamps[layer] + 3000) & 0xFFFF_FFFF

    def _extensions(self, layer: int, key: bool, temporal: int, part: int) -> tuple[tuple[int, bytes], ...]:
        extensions = super()._head(RID_ID, layer)
        if self.codec != "av1":
            return extensions
        told = self.layering.descriptor(
            0,
            temporal,
            of_key=key,
            start=part == 0,
            end=part == PARTS - 1,
            number=self.pictures[layer],
            tell=key and part == 0,
        )
        return (*extensions, (ExtensionId.DEPENDENCY, told))

    def _head(self, layer: int, key: bool, temporal: int, back: int, part: int) -> bytes:  # type: ignore[override]
        number = (self.pictures[layer] & 0x7FFF | 0x8000).to_bytes(2, "big")
        base = bytes((self.bases[layer] & 0xFF,))
        width, height = SIZES[layer]
        size = width.to_bytes(2, "big") + height.to_bytes(2, "big")
        if self.codec == "vp8":  # RFC 7741 4.2
            head = bytes((0x80 | 0x10 * (part == 0), 0xE0)) + number + base + bytes((temporal << 6 | 0x20,))
            if part:
                return head
            little = width.to_bytes(2, "little") + height.to_bytes(2, "little")
            return head + (b"\x10\0\0\x9d\x01\x2a" + little if key else b"\x11\0\0")
        if self.codec.startswith("vp9"):  # RFC 9628 4.2
            flexible = self.codec == "vp9 flexible"
            structure = key and part == 0
            flags = (
                0xA0 | 0x40 * (not key) | 0x10 * flexible | 0x08 * (part == 0) | 0x04 * (part == 1) | 0x02 * structure
            )
            head = bytes((flags,)) + number + bytes((temporal << 5 | 0x10 * (temporal > 0),))
            if not flexible:
                head += base
            elif not key:
                head += bytes((back << 1,))
            return head + (b"\x10" + size if structure else b"")
        if self.codec == "av1":
            return bytes((0x10 | 0x08 * (key and part == 0) | 0x80 * (part > 0),)) + b"\x32"
        if key:
            return b"\x67\x42\xe0\x1f" if part == 0 else b"\x65\x88"
        return bytes((0x1C | (0x60 if temporal < 2 else 0), 0x81 if part == 0 else 0x41, 0x9A))


@dataclass(frozen=True)
class Frame:
    layer: int
    number: int
    refers: int
    temporal: int
    part: int
    sequence: int
    timestamp: int
    told: Descriptor


def frame_of(packet: bytes, mime: str) -> Frame:
    header, told = read(packet), descriptor_for(mime)
    told.read(packet, header.payload_offset, header.payload_length)
    layer, number, refers, temporal, part = map(int, payload(packet).rsplit(b" ", 2)[1].split(b"."))
    return Frame(layer, number, refers, temporal, part, header.sequence, header.timestamp, told)


class Decoder:
    """Takes packets in order and finds fault with them."""

    def __init__(self, codec: str) -> None:
        self.mime = "video/" + codec.split(maxsplit=1)[0]
        self.codec = codec
        self.known: dict[int, Frame] = {}
        self.last: Frame | None = None
        self.shown = 0

    def take(self, packets: list[bytes]) -> None:
        for packet in packets:
            self._take(frame_of(packet, self.mime))

    def _take(self, frame: Frame) -> None:
        last, self.last = self.last, frame
        if last is not None:
            assert seq_diff(frame.sequence, last.sequence) == 1
            moved = timestamp_diff(frame.timestamp, last.timestamp)
            assert moved == 0 if frame.part else moved > 0
        if frame.part:
            assert last is not None
            assert (last.layer, last.number, last.part) == (frame.layer, frame.number, frame.part - 1)
            assert last.told.picture_id == frame.told.picture_id
            assert last.told.tl0 == frame.told.tl0
            return
        assert last is None or last.part == PARTS - 1
        if frame.refers < 0:
            assert frame.told.key_frame
            self.known.clear()
        else:
            assert last is not None
            assert last.layer == frame.layer
            assert frame.refers in self.known, "a frame refers to one that did not come"
        self.shown += 1
        self._numbers(last, frame)
        self.known[frame.number] = frame

    def _numbers(self, last: Frame | None, frame: Frame) -> None:
        if self.codec in {"h264", "av1"}:
            return
        if last is not None:
            step = (frame.told.picture_id - last.told.picture_id) & 0x7FFF
            if self.mime == "video/vp8":
                assert step == 1
            elif frame.refers >= 0:
                assert step == frame.number - last.number
            else:  # a switch, or the same stream on: what was left out before leaves a gap
                assert 1 <= step < 0x1000
            if self.codec != "vp9 flexible":
                assert (frame.told.tl0 - last.told.tl0) & 0xFF == int(frame.temporal == 0)
        if frame.refers >= 0 and self.mime == "video/vp9":
            told = frame.told.picture_id - self.known[frame.refers].told.picture_id & 0x7FFF
            assert told == frame.number - frame.refers


class Scene:
    """One sender, two viewers with their decoders."""

    def __init__(self, codec: str, sequence: int) -> None:
        self.hall = Hall()
        ani = self.hall.join("ani")
        self.camera = LayeredCamera(ani.sending, codec, sequence)
        self.camera.producer = self.hall.exchange.produce("ani", "camera", "video", self.camera.parameters())
        self.sender = ani
        self.viewers: list[tuple[Person, Consumer, Decoder]] = []
        for name in ("budi", "citra"):
            viewer = self.hall.join(name)
            self.viewers.append((viewer, viewer.watch(self.camera), Decoder(codec)))

    def aim(self, viewer: int, spatial: int, temporal: int) -> None:
        person, consumer, _ = self.viewers[viewer]
        assert self.hall.exchange
        outlet = self.hall.sessions[person.session_id].outlet
        outlet.downlinks[consumer.consumer_id].aim(Choice(spatial, temporal, 0))
        self.hall.egress.flush()

    def send(self, count: int, key: bool = False) -> None:
        for at in range(count):
            self.hall.us += 33_000
            self.camera.picture(key and at == 0)

    def watch(self) -> None:
        for person, _, decoder in self.viewers:
            decoder.take(person.hear())


STEP = st.tuples(
    st.integers(0, 1), st.integers(0, 1), st.integers(0, 2), st.booleans(), st.integers(0, 9)
)  # viewer, spatial, temporal, key frame first, frames


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=15, deadline=None)
@given(st.sampled_from(WRAPS), st.lists(STEP, min_size=1, max_size=12))
def test_no_wish_tears_a_stream(codec: str, sequence: int, steps: list[tuple[int, int, int, bool, int]]) -> None:
    scene = Scene(codec, sequence)
    scene.send(3, key=True)
    for viewer, spatial, temporal, key, frames in steps:
        scene.aim(viewer, spatial, temporal)
        scene.send(frames, key)
    scene.watch()


@pytest.mark.parametrize("codec", CODECS)
def test_frames_are_thinned_out_and_come_back(codec: str) -> None:
    """Of eight frames: all, four, two (H.264 tells only what nothing refers to), and all again."""
    scene = Scene(codec, 65_530)
    scene.aim(0, 1, 2)
    scene.send(8, key=True)
    counts = []
    for temporal in (2, 1, 0, 2):
        scene.aim(0, 1, temporal)
        scene.send(4)
        scene.watch()
        before = scene.viewers[0][2].shown
        scene.send(8)
        scene.watch()
        counts.append(scene.viewers[0][2].shown - before)
    assert counts == ([8, 8, 4, 8] if codec == "h264" else [8, 4, 2, 8])


@pytest.mark.parametrize("codec", CODECS)
def test_a_layer_changes_with_its_key_frame(codec: str) -> None:
    scene = Scene(codec, 65_530)
    scene.aim(0, 0, 2)
    scene.send(6, key=True)
    for spatial in (1, 0, 1):
        scene.sender.sending.hear()
        scene.hall.us += 1_000_000
        scene.aim(0, spatial, 2)
        asked = [one.media for one in scene.sender.sending.hear()[1] if isinstance(one, rtcp.Pli)]
        assert asked == [scene.camera.ssrcs[spatial]]
        scene.send(3)
        scene.send(3, key=True)
        scene.watch()
        last = scene.viewers[0][2].last
        assert last is not None
        assert last.layer == spatial


@pytest.mark.parametrize("codec", ["vp9 flexible", "h264", "av1"])
def test_the_compiled_path_leaves_other_codecs_to_python(codec: str) -> None:
    scene = Scene(codec, 65_530)
    scene.send(6, key=True)
    (uplink,) = scene.hall.sessions["ani"].inlet.uplinks.values()
    assert [layer.native for layer in uplink.layers if layer is not None] == [None, None]


def test_who_cannot_decode_a_producer_is_told_so() -> None:
    scene = Scene("vp9 flexible", 1)
    dedi = scene.hall.join("dedi")
    capabilities: dict[str, Any] = router_rtp_capabilities()
    capabilities["codecs"] = [one for one in capabilities["codecs"] if one["mimeType"] != "video/VP9"]
    assert scene.camera.producer is not None
    with pytest.raises(Invalid) as caught:
        scene.hall.exchange.consume(dedi.session_id, scene.camera.producer.producer_id, capabilities)
    assert caught.value.code == "media.codec"


def test_redundant_sound_is_refused() -> None:
    """RED (RFC 2198) is not offered: sound is repaired by asking for it again, at half of the bytes."""
    hall = Hall()
    ani = hall.join("ani")
    microphone = ani.microphone()
    parameters = microphone.parameters()
    parameters["codecs"][0] |= {"mimeType": "audio/red"}
    with pytest.raises(Invalid):
        hall.exchange.produce("ani", "microphone", "audio", parameters)
    names = {str(codec["mimeType"]).lower() for codec in _codecs()}
    assert "audio/red" not in names


def _codecs() -> list[dict[str, object]]:
    told: Any = router_rtp_capabilities()
    return list(told["codecs"])
