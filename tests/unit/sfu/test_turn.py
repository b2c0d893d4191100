"""TURN: the credentials, and that they open a real coturn which only speaks TCP and from which media are reached."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b64encode
from pathlib import Path

import pytest
from aioice import stun, turn

from server.clock import SystemClock
from server.sfu.config import MediaConfig
from server.sfu.plane import MediaPlaneProcess
from server.sfu.turn import TurnServer, credentials, ice_servers
from tests.load.checks import BindingChecks, IceCredentials
from tests.unit.sfu.coturn import SECRET, coturn
from tests.unit.sfu.listener import WITHIN_S


def test_credentials_end_by_themselves_and_are_made_from_the_secret() -> None:
    now_ms = 1_767_229_200_123
    shared = TurnServer(("turn:a.example?transport=tcp",), SECRET, ttl_minutes=60)
    [told] = ice_servers([shared], "sesi-1", now_ms)
    assert told["username"] == "1767232800:sesi-1"
    digest = hmac.new(SECRET.encode(), told["username"].encode(), hashlib.sha1).digest()
    assert told["credential"] == b64encode(digest).decode()
    assert told["urls"] == ["turn:a.example?transport=tcp"]
    assert ice_servers([shared], "sesi-2", now_ms)[0]["credential"] != told["credential"]


def test_fixed_credentials_and_none_are_told_as_they_are() -> None:
    fixed, stun_only = ice_servers(
        [TurnServer(("turn:a",), username="balai", password="x"), TurnServer(("stun:b",))], "s", 0
    )
    assert fixed == {"urls": ["turn:a"], "username": "balai", "credential": "x"}
    assert stun_only == {"urls": ["stun:b"]}


class Relayed(asyncio.DatagramProtocol):
    """What comes back through the relay."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self.answer.done():
            self.answer.set_result(data)


async def test_a_browser_that_reaches_only_the_turn_server_over_tcp_reaches_the_media(tmp_path: Path) -> None:
    async with coturn(tmp_path) as (host, port):
        server = TurnServer((f"turn:{host}:{port}?transport=tcp",), SECRET)
        plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR", turn=[server])
        await plane.start()
        try:
            ticket = await plane.admit("rapat", "ani")
            [told] = ticket.ice_servers
            ice, candidates = ticket.receive.ice_parameters, ticket.receive.ice_candidates
            media = next(one for one in candidates if one["protocol"] == "udp")
            checks = BindingChecks(IceCredentials(ice["usernameFragment"], ice["password"]))
            transport, relayed = await asyncio.wait_for(
                turn.create_turn_endpoint(Relayed, (host, port), told["username"], told["credential"], transport="tcp"),
                WITHIN_S,
            )
            transport.sendto(checks.request(), (media["ip"], media["port"]))
            assert checks.accept(await asyncio.wait_for(relayed.answer, WITHIN_S))
            transport.close()
        finally:
            await plane.close()


async def test_a_credential_that_is_over_opens_nothing(tmp_path: Path) -> None:
    async with coturn(tmp_path) as (host, port):
        username, password = credentials(SECRET, "ani", SystemClock().now_ms() // 1000 - 60)
        with pytest.raises(stun.TransactionFailed):
            await asyncio.wait_for(
                turn.create_turn_endpoint(Relayed, (host, port), username, password, transport="tcp"), WITHIN_S
            )
