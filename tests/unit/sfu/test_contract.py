"""What the meeting relies on, held against the media process and against the fake that stands for it in other tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.clock import SystemClock
from server.errors import NotFound
from server.meeting.ports import MediaPlane
from server.rtp.router import router_rtp_capabilities
from server.sfu.config import MediaConfig
from server.sfu.plane import MediaPlaneProcess
from tests.fakes import FakeMediaPlane
from tests.load import announce

VIDEO = announce.video_parameters(announce.camera_stream(1))
AUDIO = announce.audio_parameters(announce.microphone_stream(1))


@pytest.fixture(params=["process", "fake"])
async def plane(request: pytest.FixtureRequest) -> AsyncIterator[MediaPlane]:
    if request.param == "fake":
        yield FakeMediaPlane()
        return
    process = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR")
    await process.start()
    yield process
    await process.close()


async def test_a_ticket_names_the_epoch_and_two_transports(plane: MediaPlane) -> None:
    ticket = await plane.admit("rapat", "ani")
    assert ticket.epoch == plane.epoch_of("rapat")
    assert plane.epoch_of("lain") is None
    assert ticket.send.transport_id != ticket.receive.transport_id


async def test_who_was_admitted_is_known_until_dismissed(plane: MediaPlane) -> None:
    assert plane.meetings() == ()
    await plane.admit("rapat", "ani")
    await plane.admit("rapat", "budi")
    assert plane.meetings() == ("rapat",)
    assert plane.sessions("rapat") == {"ani": None, "budi": None}
    await plane.dismiss("budi")
    assert plane.sessions("rapat") == {"ani": None}
    await plane.dismiss("ani")
    assert plane.meetings() == ()
    assert plane.epoch_of("rapat") is None


async def test_streams_are_known_until_they_end(plane: MediaPlane) -> None:
    await plane.admit("rapat", "ani")
    await plane.admit("lain", "eve")
    camera = await plane.produce("ani", "camera", "video", VIDEO)
    microphone = await plane.produce("ani", "microphone", "audio", AUDIO)
    assert set(plane.producers("rapat")) == {camera, microphone}
    assert plane.producers("lain") == ()
    await plane.set_paused(camera.producer_id, True)
    assert {one.source: one.paused for one in plane.producers("rapat")} == {"camera": True, "microphone": False}
    await plane.unproduce(camera.producer_id)
    assert plane.producers("rapat") == (microphone,)


async def test_a_second_stream_of_one_source_replaces_the_first(plane: MediaPlane) -> None:
    await plane.admit("rapat", "ani")
    await plane.produce("ani", "camera", "video", VIDEO)
    second = await plane.produce("ani", "camera", "video", VIDEO)
    assert plane.producers("rapat") == (second,)


async def test_a_stream_can_be_watched(plane: MediaPlane) -> None:
    await plane.admit("rapat", "ani")
    await plane.admit("rapat", "budi")
    camera = await plane.produce("ani", "camera", "video", VIDEO)
    consumer = await plane.consume("budi", camera.producer_id, router_rtp_capabilities())
    assert (consumer.producer_id, consumer.kind, consumer.paused) == (camera.producer_id, "video", False)
    await plane.view("budi", [])
    await plane.unconsume("budi", consumer.consumer_id)


async def test_dismissing_ends_all_and_never_raises(plane: MediaPlane) -> None:
    await plane.admit("rapat", "ani")
    await plane.produce("ani", "camera", "video", VIDEO)
    await plane.dismiss("ani")
    await plane.dismiss("ani")
    await plane.dismiss("nobody")
    assert plane.producers("rapat") == ()
    with pytest.raises(NotFound):
        await plane.produce("ani", "camera", "video", VIDEO)


async def test_what_nobody_knows_is_not_found(plane: MediaPlane) -> None:
    await plane.admit("rapat", "ani")
    with pytest.raises(NotFound):
        await plane.tell_again("nobody")
    with pytest.raises(NotFound):
        await plane.unproduce("nothing")
    with pytest.raises(NotFound):
        await plane.set_paused("nothing", True)
    with pytest.raises(NotFound):
        await plane.consume("ani", "nothing", router_rtp_capabilities())


async def test_admitting_again_starts_afresh(plane: MediaPlane) -> None:
    first = await plane.admit("rapat", "ani")
    await plane.produce("ani", "camera", "video", VIDEO)
    second = await plane.admit("rapat", "ani")
    assert second.epoch == first.epoch
    assert plane.producers("rapat") == ()
