"""Several media processes: meetings among them, one that dies, and all of them outliving the web process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from server.clock import SystemClock
from server.sfu import link, rendezvous
from server.sfu.budgets import Budgets
from server.sfu.config import MediaConfig, Site
from server.sfu.placement import Busy, choose
from server.sfu.plane import MediaPlaneProcess
from server.sfu.slot import Slot
from tests.load.reception import ReceivedStream
from tests.unit.sfu.guest import Guest, seen, until_gone
from tests.unit.sfu.listener import WITHIN_S, Ear
from tests.unit.sfu.web import Web

FRAME_S = 0.04
ROUNDED_MS = 5
BACK_WITHIN_S = 3.0  # what a media process's death may cost its meetings


def test_a_meeting_goes_where_there_is_most_room() -> None:
    assert choose([Busy(0.6), Busy(0.2), Busy(0.4)]) == 1
    assert choose([Busy(down=True), Busy(0.9)]) == 1
    assert choose([Busy(down=True), Busy(down=True)]) == 0
    assert choose([Busy(0.011, streams=40), Busy(0.013, streams=2)]) == 1  # the processor's noise decides nothing
    assert choose([Busy(0.2, unmeasured=5), Busy(0.2)]) == 1
    assert choose([Busy(meetings=1), Busy(), Busy()]) == 1


@pytest.fixture
async def ear() -> Ear:
    return Ear()


@pytest.fixture
async def two(ear: Ear) -> AsyncIterator[MediaPlaneProcess]:
    running = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR", workers=2)
    running.listen(ear)
    await running.start()
    yield running
    await running.close()


@contextmanager
def guests(plane: MediaPlaneProcess | Web, *places: tuple[int, str]) -> Iterator[list[Guest]]:
    all_of_them = [Guest(plane, number, meeting_id) for number, meeting_id in places]
    try:
        yield all_of_them
    finally:
        for one in all_of_them:
            one.leave()


async def flows(speaker: Guest, viewer: Guest, frames: int = 3) -> None:
    """Pictures that are sent from now on arrive."""
    [stream] = [one for one in viewer.participant.streams.values() if one.video]
    wanted = stream.count.received + 4 * frames
    async with asyncio.timeout(WITHIN_S):
        while (before := stream.count.received) < wanted:
            for one in (speaker, viewer):
                one.participant.keep_consent()
            speaker.participant.send_frame()
            with suppress(TimeoutError):  # the next frame is sent whether this one arrived or not
                await asyncio.wait_for(viewer.until(partial(_more, stream, before)), FRAME_S)


def _more(stream: ReceivedStream, before: int) -> bool:
    return stream.count.received > before


async def test_a_death_is_felt_by_its_own_meetings_only_and_not_for_long(two: MediaPlaneProcess, ear: Ear) -> None:
    with guests(two, (1, "satu"), (2, "satu"), (3, "dua"), (4, "dua"), (5, "satu"), (6, "satu")) as people:
        ani, budi, citra, dewi, again_ani, again_budi = people
        for one in (ani, budi, citra, dewi):
            await one.join()
        await seen(ani, budi)
        await seen(citra, dewi)
        doomed = two.pid_of("satu")
        assert doomed is not None
        assert set(two.pids) == {doomed, two.pid_of("dua")}
        kept_epoch, ports = two.epoch_of("dua"), two.ports

        os.kill(doomed, signal.SIGKILL)
        async with asyncio.timeout(BACK_WITHIN_S):
            assert await ear.hears("plane_up") == ("satu", two.epoch_of("satu"))
        await flows(citra, dewi)
        await again_ani.join()
        await again_budi.join()
        await seen(again_ani, again_budi)
        await flows(citra, dewi)
        assert (two.epoch_of("dua"), two.ports) == (kept_epoch, ports)
        assert [what[0] for what in ear.verbs("plane_down")] == ["satu"]


async def test_a_meeting_that_ended_is_placed_anew(two: MediaPlaneProcess) -> None:
    await two.admit("satu", "s1")
    await two.admit("dua", "s2")
    await two.dismiss("s1")
    await two.admit("tiga", "s3")
    assert two.pid_of("satu") is None
    assert two.pid_of("tiga") != two.pid_of("dua")


async def test_the_next_process_has_the_next_ports() -> None:
    first = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR")
    await first.start()
    [(udp_port, tcp_port)] = first.ports
    await first.close()
    config = MediaConfig(udp_port=udp_port, tcp_port=tcp_port)
    plane = MediaPlaneProcess(config, SystemClock(), log_level="ERROR", workers=2)
    await plane.start()
    assert plane.ports == ((udp_port, tcp_port), (udp_port + 1, tcp_port + 1))
    await plane.close()


# ------------------------------------------------------------ without a web process


async def test_processes_without_a_web_process_end_after_their_grace(tmp_path: Path) -> None:
    web = Web()
    await web.start(tmp_path / "media", 0.2)
    await web.is_killed()
    for pid in web.pids:
        await until_gone(pid)
    assert rendezvous.names(tmp_path / "media") == []


async def test_closing_ends_all_of_them_and_leaves_no_sockets(tmp_path: Path) -> None:
    plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR", workers=2, folder=tmp_path / "media")
    await plane.start()
    pids = plane.pids
    assert len(rendezvous.names(tmp_path / "media")) == 2
    await plane.close()
    for pid in pids:
        await until_gone(pid)
    assert rendezvous.names(tmp_path / "media") == []


async def test_media_outlive_a_killed_web_process_and_the_next_one_goes_on_with_them(tmp_path: Path) -> None:
    folder = tmp_path / "a folder whose name alone is longer than the address of a socket may be" / ("m" * 100)
    web = Web()
    await web.start(folder, 3 * WITHIN_S)
    with guests(web, (1, "rapat"), (2, "rapat"), (3, "rapat")) as (ani, budi, citra):
        await ani.join()
        await budi.join()
        await seen(ani, budi)
        await web.flowing("rapat")
        flowing_since_ms = SystemClock().now_ms()
        await web.is_killed()
        await flows(ani, budi, frames=25)  # a gap in which nobody could have answered anything

        ear = Ear()
        plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR", workers=2, folder=folder)
        plane.listen(ear)
        await plane.start()
        try:
            await flows(ani, budi)
            assert sorted(plane.pids) == sorted(web.pids)
            assert plane.meetings() == ("rapat",)
            assert plane.epoch_of("rapat") == ani.epoch
            sessions = plane.sessions("rapat")
            assert set(sessions) == {"session-1", "session-2"}
            assert all(since is not None and since <= flowing_since_ms + ROUNDED_MS for since in sessions.values())
            assert {one.source for one in plane.producers("rapat")} == {"camera", "microphone"}
            citra.plane = plane
            await citra.join()
            for producer in plane.producers("rapat"):
                consumer = await citra.watch(producer)
                ssrc = int(consumer.rtp_parameters["encodings"][0]["ssrc"])
                citra.participant.expect(ssrc, video=producer.kind == "video")
            await flows(ani, citra)
            await ear.hears("media_flows")
            assert not ear.verbs("plane_down")

            os.kill(plane.pid_of("rapat") or 0, signal.SIGKILL)  # also one that was taken over is watched
            assert await ear.hears("plane_up") == ("rapat", plane.epoch_of("rapat"))
        finally:
            pids = plane.pids
            await plane.close()
        for pid in pids:
            await until_gone(pid)


async def test_what_another_configuration_left_behind_ends(tmp_path: Path) -> None:
    web = Web()
    await web.start(tmp_path, WITHIN_S)
    await web.is_killed()
    plane = MediaPlaneProcess(MediaConfig(("127.0.0.2",)), SystemClock(), log_level="ERROR", folder=tmp_path)
    await plane.start()
    for pid in web.pids:
        await until_gone(pid)
    assert not set(plane.pids) & set(web.pids)
    await plane.close()


async def test_a_second_web_process_does_not_take_what_the_first_one_has(tmp_path: Path) -> None:
    plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR", folder=tmp_path)
    await plane.start()
    await plane.admit("rapat", "ani")
    second = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR", folder=tmp_path)
    await second.start()
    assert not set(second.pids) & set(plane.pids)
    assert second.meetings() == ()
    await second.close()
    assert await plane.admit("rapat", "budi")
    await plane.close()


async def test_an_orderly_restart_keeps_what_serves_somebody_and_ends_the_rest(tmp_path: Path) -> None:
    config, clock, ear = MediaConfig(), SystemClock(), Ear()
    plane = MediaPlaneProcess(config, clock, log_level="ERROR", workers=2, folder=tmp_path)
    plane.listen(ear)
    await plane.start()
    with guests(plane, (1, "rapat"), (2, "rapat")) as (ani, budi):
        await ani.join()
        await budi.join()
        await seen(ani, budi)
        await ear.hears("media_flows", 2)
        await plane.admit("lain", "nobody-there")
        serving, idle = plane.pid_of("rapat"), plane.pid_of("lain")
        assert serving is not None
        assert idle is not None
        assert serving != idle
        await plane.close(keep=True)
        await until_gone(idle)
        await flows(ani, budi, frames=25)
        again = MediaPlaneProcess(config, clock, log_level="ERROR", workers=2, folder=tmp_path)
        await again.start()
        await flows(ani, budi)
        assert again.pid_of("rapat") == serving
        assert again.meetings() == ("rapat",)
        await again.close()
    await until_gone(serving)


async def test_nobody_comes_after_an_orderly_end_and_media_end_by_themselves(tmp_path: Path) -> None:
    ear = Ear()
    plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR", folder=tmp_path, restart_s=0.2)
    plane.listen(ear)
    await plane.start()
    with guests(plane, (1, "rapat")) as [ani]:
        await ani.join()
        await ear.hears("media_flows")
        [pid] = plane.pids
        await plane.close(keep=True)
        await until_gone(pid)  # not a minute later, as when a web process dies
    assert rendezvous.names(tmp_path) == []


# ------------------------------------------------------------ one budget for an office, whichever processes it meets in


async def shows(speaker: Guest, viewer: Guest) -> None:
    """The speaker's picture comes, once the viewer has its share of the budget."""
    picture, _ = await speaker.speak()
    consumer = await viewer.watch(picture)
    viewer.participant.expect(int(consumer.rtp_parameters["encodings"][0]["ssrc"]), video=True)
    await flows(speaker, viewer)


class Told:
    """A media process that only remembers what it was told of the budget."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.parts: list[int] = []

    def tell(self, verb: link.Verb) -> None:
        assert isinstance(verb, link.Budgets)
        self.parts.append(verb.parts["here"])


def test_each_process_is_told_its_part_when_it_changes_and_a_dead_one_leaves_its_to_the_others() -> None:
    one, other = (SimpleNamespace(process=Told(pid), needs=()) for pid in (1, 2))
    told: list[Told] = [one.process, other.process]
    budgets = Budgets((Site("here", ("127.0.0.0/8",), 1_000_000),), cast("list[Slot]", [one, other]))
    budgets.share()
    one.needs = (link.SiteNeed("here", 50_000, (2_000_000, 2_000_000)), link.SiteNeed("elsewhere", 9, (9,)))
    budgets.share()
    other.needs = (link.SiteNeed("here", 50_000, (2_000_000,)),)
    budgets.share()
    budgets.share()
    assert [each.parts for each in told] == [[500_000, 1_000_000, 650_000], [500_000, 0, 350_000]]
    one.process, one.needs = None, ()
    budgets.share()
    assert told[1].parts[-1] == 1_000_000
    one.process = Told(3)
    budgets.share()
    assert one.process.parts == [0]


async def test_a_process_that_is_taken_over_tells_what_its_viewers_want(tmp_path: Path) -> None:
    config, clock, ear = MediaConfig(sites=(Site("here", ("127.0.0.0/8",), 2_000_000),)), SystemClock(), Ear()
    plane = MediaPlaneProcess(config, clock, log_level="ERROR", workers=2, folder=tmp_path)
    plane.listen(ear)
    await plane.start()
    with guests(plane, (1, "satu"), (2, "satu")) as (ani, budi):
        await ani.join()
        await budi.join()
        await shows(ani, budi)
        await ear.hears("media_flows", 2)
        slot = plane._placed("satu")
        assert slot is not None
        async with asyncio.timeout(WITHIN_S):
            while not slot.needs:
                await plane.tell_again(ani.session_id)  # what was told before this answer has been heard by then
        await plane.close(keep=True)
        again = MediaPlaneProcess(config, clock, log_level="ERROR", workers=2, folder=tmp_path)
        await again.start()
        found = again._placed("satu")
        assert found is not None
        assert [one.site for one in found.needs] == ["here"]
        await flows(ani, budi)
        await again.close()
