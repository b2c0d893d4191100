"""The media process as the server starts it: over real sockets, killed, hung, orphaned, and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiortc.rtcdtlstransport import RTCCertificate, certificate_digest

from server.clock import SystemClock
from server.errors import Unavailable
from server.meeting.ports import TransportOffer
from server.sfu.config import MediaConfig
from server.sfu.plane import MediaPlaneProcess
from tests.load import announce
from tests.load.checks import BindingChecks, IceCredentials
from tests.load.dtls import DtlsHandshake
from tests.unit.sfu.guest import PROFILE, Guest, seen, until_gone
from tests.unit.sfu.listener import WITHIN_S, Ear


@pytest.fixture
async def ear() -> Ear:
    return Ear()


@pytest.fixture
async def plane(ear: Ear) -> AsyncIterator[MediaPlaneProcess]:
    running = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR")
    running.listen(ear)
    await running.start()
    yield running
    await running.close()


def own_pid(plane: MediaPlaneProcess) -> int:
    [pid] = plane.pids
    return pid


async def test_two_participants_see_and_hear_each_other_over_udp(plane: MediaPlaneProcess, ear: Ear) -> None:
    ani, budi = Guest(plane, 1), Guest(plane, 2)
    try:
        await ani.join()
        await budi.join()
        await seen(ani, budi)
        await seen(budi, ani)
        await ear.hears("media_flows", 2)
        assert {what[1] for what in ear.verbs("media_flows")} == {"session-1", "session-2"}
        assert [what[1].source for what in ear.verbs("producer_opened")] == ["camera", "microphone"] * 2
        assert {one.session_id for one in plane.producers("rapat")} == {"session-1", "session-2"}
        assert plane.producers("lain") == ()
        await plane.dismiss("session-1")
        await ear.hears("producer_closed", 2)
        assert {one.session_id for one in plane.producers("rapat")} == {"session-2"}
    finally:
        ani.leave()
        budi.leave()


async def test_a_killed_media_process_is_started_again_on_the_same_ports(plane: MediaPlaneProcess, ear: Ear) -> None:
    ani, budi = Guest(plane, 1), Guest(plane, 2)
    ports = plane.ports
    try:
        await ani.join()
        epoch = plane.epoch_of("rapat")
        await ani.speak()
        assert len(plane.producers("rapat")) == 2
        before_ms = SystemClock().now_ms()
        os.kill(own_pid(plane), signal.SIGKILL)
        where, since_ms = await ear.hears("plane_down")
        assert where == "rapat"
        assert before_ms <= since_ms <= SystemClock().now_ms()
        assert plane.epoch_of("rapat") is None
        assert plane.producers("rapat") == ()
        with pytest.raises(Unavailable) as refused:
            await plane.admit("rapat", "session-9")
        assert refused.value.code == "media.down"

        where, fresh = await ear.hears("plane_up")
        assert fresh == plane.epoch_of("rapat") != epoch
        assert plane.ports == ports
        ani.leave()
        ani = Guest(plane, 1)
        await ani.join()
        await budi.join()
        await seen(ani, budi)
    finally:
        ani.leave()
        budi.leave()


async def test_what_was_asked_of_a_dying_process_is_answered_with_unavailable(plane: MediaPlaneProcess) -> None:
    os.kill(own_pid(plane), signal.SIGSTOP)
    asked = [asyncio.ensure_future(plane.admit("rapat", f"session-{number}")) for number in range(5)]
    await asyncio.sleep(0)
    os.kill(own_pid(plane), signal.SIGKILL)
    answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), WITHIN_S)
    assert all(isinstance(answer, Unavailable) for answer in answers)


async def test_a_media_process_that_hangs_is_replaced(plane: MediaPlaneProcess, ear: Ear) -> None:
    hung = own_pid(plane)
    await plane.admit("rapat", "session-1")
    os.kill(hung, signal.SIGSTOP)
    await ear.hears("plane_up")
    await until_gone(hung)
    assert own_pid(plane) != hung


async def test_closing_ends_the_process_in_order() -> None:
    plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR")
    plane.listen(ear := Ear())
    await plane.start()
    pid = own_pid(plane)
    await plane.close()
    await until_gone(pid)
    assert not plane.pids
    assert not ear.verbs("plane_down")


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        plane = MediaPlaneProcess(MediaConfig(udp_port=taken.getsockname()[1]), SystemClock(), log_level="ERROR")
        with pytest.raises(Unavailable) as refused:
            await plane.start()
        assert refused.value.code == "media.port"
        assert refused.value.values["port"] == str(taken.getsockname()[1])  # a number, not a quantity
        await plane.close()


PARENT = """
import asyncio
from server.clock import SystemClock
from server.sfu.config import MediaConfig
from server.sfu.plane import MediaPlaneProcess

async def main():
    plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR")
    await plane.start()
    print(*plane.pids, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_media_process_ends_with_the_server_that_started_it() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), WITHIN_S))
    parent.kill()
    await parent.wait()
    await until_gone(pid)


class TcpBrowser:
    """One receiving transport over TCP alone (RFC 4571)."""

    def __init__(self, offer: TransportOffer) -> None:
        self.certificate = RTCCertificate.generateCertificate()
        ice, self.candidates = offer.ice_parameters, offer.ice_candidates
        self.checks = BindingChecks(IceCredentials(ice["usernameFragment"], ice["password"]))
        self.handshake = DtlsHandshake(self.certificate, client=True, profiles=(PROFILE,))

    @property
    def fingerprint(self) -> str:
        return certificate_digest(self.certificate._cert, "sha-256")

    async def connect(self) -> None:
        passive = next(one for one in self.candidates if one["protocol"] == "tcp")
        assert passive["tcpType"] == "passive"
        self.reader, self.writer = await asyncio.open_connection(passive["ip"], passive["port"])
        self.send(self.checks.request())
        assert self.checks.accept(await self.packet())
        for datagram in self.handshake.start():
            self.send(datagram)
        while self.handshake.srtp is None:
            for datagram in self.handshake.receive(await self.packet()):
                self.send(datagram)

    def send(self, packet: bytes) -> None:
        self.writer.write(len(packet).to_bytes(2, "big") + packet)

    async def packet(self) -> bytes:
        async with asyncio.timeout(WITHIN_S):
            size = int.from_bytes(await self.reader.readexactly(2), "big")
            return await self.reader.readexactly(size)

    async def media(self) -> bytes:
        """The next RTP packet, in the clear."""
        assert self.handshake.srtp is not None
        inbound = self.handshake.srtp.inbound
        while True:
            packet = await self.packet()
            if 128 <= packet[0] < 192 and not 192 <= packet[1] < 224:
                inbound.buffer[: len(packet)] = packet
                size = inbound.unprotect(len(packet))
                assert size
                return bytes(inbound.buffer[:size])


async def test_a_browser_without_udp_is_served_over_tcp(plane: MediaPlaneProcess, ear: Ear) -> None:
    ani = Guest(plane, 1)
    try:
        await ani.join()
        picture, sound = await ani.speak()
        ticket = await plane.admit("rapat", "tcp")
        browser = TcpBrowser(ticket.receive)
        await plane.connect("tcp", "receive", announce.dtls_parameters(browser.fingerprint))
        await browser.connect()
        await ear.until(lambda: ("rapat", "tcp") in ear.verbs("media_flows"))
        capabilities = announce.receive_capabilities(ticket.router_capabilities)
        kinds = {}
        for producer in (picture, sound):
            consumer = await plane.consume("tcp", producer.producer_id, capabilities)
            kinds[int(consumer.rtp_parameters["encodings"][0]["ssrc"])] = producer.kind
        for _ in range(10):
            ani.participant.camera.key_frame_wanted = True  # type: ignore[union-attr]
            ani.participant.send_frame()
            ani.participant.send_audio()
        heard: set[str] = set()
        while len(heard) < 2:
            heard.add(kinds[int.from_bytes((await browser.media())[8:12], "big")])
        browser.writer.close()
    finally:
        ani.leave()


async def test_a_stranger_on_tcp_gets_nothing_and_nobody_notices(plane: MediaPlaneProcess) -> None:
    ticket = await plane.admit("rapat", "tcp")
    passive = next(one for one in ticket.receive.ice_candidates if one["protocol"] == "tcp")
    reader, writer = await asyncio.open_connection(passive["ip"], passive["port"])
    for nonsense in (b"\x00\x00", b"\x00\x03GET", b"\x00\x20" + bytes(32), b"\x00\x14\x80\x60" + bytes(18)):
        writer.write(nonsense)
    stranger = TcpBrowser(ticket.receive)
    stranger.checks = BindingChecks(IceCredentials("nobody", "nothing"))
    stranger.reader, stranger.writer = reader, writer
    stranger.send(stranger.checks.request())
    answer = await stranger.packet()
    assert answer[:2] == b"\x01\x11"
    writer.close()
    await plane.dismiss("tcp")
