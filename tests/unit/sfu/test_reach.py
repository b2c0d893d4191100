"""Where browsers can reach a media process: both families on the same ports, several addresses, host names."""

from __future__ import annotations

import pytest

from server.clock import SystemClock
from server.errors import Unavailable
from server.sfu.config import MediaConfig
from server.sfu.plane import MediaPlaneProcess
from tests.unit.sfu.guest import Guest, server_transport


async def candidates(config: MediaConfig) -> list[tuple[str, str, int]]:
    plane = MediaPlaneProcess(config, SystemClock(), log_level="ERROR")
    await plane.start()
    try:
        ticket = await plane.admit("rapat", "ani")
        priorities = [one["priority"] for one in ticket.send.ice_candidates]
        assert len(set(priorities)) == len(priorities)
        return [(one["protocol"], one["ip"], one["port"]) for one in ticket.send.ice_candidates]
    finally:
        await plane.close()


async def test_each_family_and_each_announced_address_is_a_candidate_on_the_same_ports() -> None:
    announced = ("192.0.2.7 203.0.113.9", "2001:db8::7")
    told = await candidates(MediaConfig(("127.0.0.1", "::1"), announced))
    assert [(protocol, address) for protocol, address, _ in told] == [
        (protocol, address) for address in ("192.0.2.7", "203.0.113.9", "2001:db8::7") for protocol in ("udp", "tcp")
    ]
    assert len({port for protocol, _, port in told if protocol == "udp"}) == 1
    assert len({port for protocol, _, port in told if protocol == "tcp"}) == 1


async def test_a_host_name_is_announced_as_its_address_of_the_right_family() -> None:
    told = await candidates(MediaConfig(("127.0.0.1",), ("localhost",)))
    assert {address for _, address, _ in told} == {"127.0.0.1"}


async def test_a_host_name_without_address_is_a_fault_that_is_named() -> None:
    with pytest.raises(Unavailable) as refused:
        await candidates(MediaConfig(("127.0.0.1",), ("media.balai.invalid",)))
    assert refused.value.code == "media.announce"
    assert refused.value.values["address"] == "media.balai.invalid"


async def test_media_are_had_over_ipv6() -> None:
    plane = MediaPlaneProcess(MediaConfig(("127.0.0.1", "::1")), SystemClock(), log_level="ERROR")
    await plane.start()
    ani = Guest(plane, 1)
    try:
        ani.reachable = lambda offer: server_transport(offer, "::1")
        await ani.join()
        assert all(one.socket.getpeername()[0] == "::1" for one in ani.participant.transports)
    finally:
        ani.leave()
        await plane.close()


async def test_new_ice_credentials_are_told_on_request() -> None:
    plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR")
    await plane.start()
    try:
        ticket = await plane.admit("rapat", "ani")
        fresh = await plane.restart_ice("ani", "send")
        assert fresh["usernameFragment"] != ticket.send.ice_parameters["usernameFragment"]
        assert fresh["iceLite"] is True
    finally:
        await plane.close()
