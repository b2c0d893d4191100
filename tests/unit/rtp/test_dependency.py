"""AV1's dependency descriptor: read back as it was written, for every shape of layers; nonsense is one error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp.dependency import DependencyDescriptor
from server.rtp.packet import PacketError
from tests.unit.rtp.dependencies import Layering

layerings = st.builds(
    Layering,
    st.integers(1, 3),
    st.integers(1, 3),
    st.booleans(),
    offset=st.integers(0, 63),
    chains=st.integers(0, 1),
    sizes=st.just(()),
)


def put(descriptor: DependencyDescriptor, data: bytes) -> None:
    descriptor.read(b"\xff" + data, 1, len(data))


@given(layerings, st.integers(0, 0xFFFF), st.booleans())
def test_each_frame_is_read_as_it_was_written(layering: Layering, number: int, custom: bool) -> None:
    told = DependencyDescriptor()
    layering.sizes = tuple((320 << at, 180 << at) for at in range(layering.spatial))
    put(told, layering.descriptor(0, 0, of_key=True, start=True, end=False, number=number, tell=True))
    assert told.structure is not None
    assert list(told.structure.targets) == layering.targets
    assert told.structure.sizes == layering.sizes
    for spatial, temporal, of_key in layering.templates:
        put(
            told,
            layering.descriptor(spatial, temporal, of_key=of_key, start=False, end=True, number=number, custom=custom),
        )
        assert (told.spatial_id, told.temporal_id, told.frame_number) == (spatial, temporal, number)
        assert (told.start, told.end) == (False, True)
        assert list(told.dtis) == layering.indications((spatial, temporal, of_key))
        for at, target in enumerate(layering.targets):
            assert told.structure.target(*target) == at
    assert told.structure.target(7, 8) == len(layering.targets) - 1


def test_the_decode_targets_that_are_sent_are_read_too() -> None:
    layering, told = Layering(3, 3, True), DependencyDescriptor()
    put(told, layering.descriptor(0, 0, of_key=True, start=True, end=True, number=1, tell=True, active=0b000_111_111))
    assert told.active == 0b000_111_111
    put(told, layering.descriptor(0, 1, of_key=False, start=True, end=True, number=2))
    assert told.active == 0b000_111_111
    put(told, layering.descriptor(0, 0, of_key=False, start=True, end=True, number=3, active=0b000_000_111))
    assert told.active == 0b000_000_111


#: what Chromium 156 sends with L3T3_KEY: a key frame's base layer, and the frames that follow
CHROMIUM = (
    "c0000180081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54923157e001"
    "974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf"
)


def test_what_chromium_sends_is_read() -> None:
    told = DependencyDescriptor()
    put(told, bytes.fromhex(CHROMIUM))
    assert told.structure is not None
    assert told.structure.targets == tuple((spatial, temporal) for spatial in range(3) for temporal in range(3))
    assert told.structure.sizes == ((320, 180), (640, 360), (1280, 720))
    assert (told.start, told.end, told.steps_up, told.dtis) == (True, True, True, (2,) * 9)
    followed = [("c50002", 1, 0), ("ca0003", 2, 0), ("c30007", 0, 2), ("c2000a", 0, 1), ("cb0012", 2, 0)]
    for text, spatial, temporal in followed:
        put(told, bytes.fromhex(text))
        assert (told.spatial_id, told.temporal_id) == (spatial, temporal)
    assert told.dtis == (0, 0, 0, 0, 0, 0, 2, 2, 2)


def test_nothing_is_known_before_the_structure_and_an_unknown_template_changes_nothing() -> None:
    layering, told = Layering(2, 2, True, offset=60), DependencyDescriptor()
    plain = layering.descriptor(0, 1, of_key=False, start=True, end=True, number=7)
    with pytest.raises(PacketError):
        put(told, plain)
    put(told, layering.descriptor(0, 0, of_key=True, start=True, end=True, number=6, tell=True))
    put(told, plain)
    with pytest.raises(PacketError):
        put(told, bytes((0xC0 | 59, 0, 9)))
    assert (told.temporal_id, told.frame_number) == (1, 7)


@given(st.binary(max_size=120), st.booleans())
def test_nonsense_is_one_error(data: bytes, known: bool) -> None:
    told = DependencyDescriptor()
    if known:
        put(told, Layering(3, 3, True).descriptor(0, 0, of_key=True, start=True, end=True, number=6, tell=True))
    for size in (len(data), 0, 2):
        try:
            told.read(data, 0, size)
        except PacketError:
            continue
        assert told.structure is not None
        assert len(told.dtis) == len(told.structure.targets)
        assert all(told.structure.target(spatial, 7) >= -1 for spatial in range(4))
    with pytest.raises(PacketError):
        told.read(data, 0, len(data) + 1)
