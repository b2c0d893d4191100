"""Keys of a provider: fetched when they are needed, fetched anew when they changed, and not at anybody's bidding."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response
from joserfc import jwt
from joserfc.jwk import ECKey

from server.errors import Unavailable
from server.identity.oidc import tokens
from server.identity.oidc.provider import KEYS_AGAIN_MS, Provider
from server.identity.oidc.tokens import WrongToken
from server.sign_in_config import OidcProvider
from tests.fakes import FakeClock


def key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


@dataclass
class Publisher:
    """What a provider publishes, on a real port."""

    keys: list[ECKey]
    asked: int = 0
    body: bytes = b""
    server: TestServer = field(init=False)

    async def start(self) -> None:
        app = Application()
        app.router.add_get("/.well-known/openid-configuration", self.metadata)
        app.router.add_get("/keys", self.published)
        self.server = TestServer(app)
        await self.server.start_server()

    @property
    def issuer(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def metadata(self, _: Request) -> Response:
        names = ("authorization_endpoint", "token_endpoint")
        told = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"} | dict.fromkeys(names, f"{self.issuer}/x")
        return Response(body=msgspec.json.encode(told))

    async def published(self, _: Request) -> Response:
        self.asked += 1
        shown = {"keys": [one.as_dict(private=False) for one in self.keys]}
        return Response(body=self.body or msgspec.json.encode(shown))


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    one = Publisher([key("old")])
    await one.start()
    yield one
    await one.server.close()


@pytest.fixture
async def provider(publisher: Publisher, clock: FakeClock) -> AsyncIterator[Provider]:
    async with ClientSession() as session:
        yield Provider(OidcProvider("office", "", publisher.issuer, "balai"), clock, session)


def logout(publisher: Publisher, by: ECKey, clock: FakeClock) -> str:
    now_s = clock.now_ms() // 1000
    claims = {
        "iss": publisher.issuer, "aud": "balai", "sub": "s", "iat": now_s, "exp": now_s + 60, "jti": "j",
        "events": {tokens.LOGOUT_EVENT: {}},
    }  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": by.kid}, claims, by)


async def test_changed_keys_are_fetched_but_not_without_end(
    publisher: Publisher, provider: Provider, clock: FakeClock
) -> None:
    old, new = publisher.keys[0], key("new")
    for _ in range(3):
        assert (await provider.logout(logout(publisher, old, clock))).subject == "s"
    assert publisher.asked == 1
    publisher.keys = [new]
    clock.advance(KEYS_AGAIN_MS + 1)
    assert (await provider.logout(logout(publisher, new, clock))).subject == "s"
    assert publisher.asked == 2
    for number in range(5):
        with pytest.raises(WrongToken):
            await provider.logout(logout(publisher, key(f"strange-{number}"), clock))
    assert publisher.asked == 2, "strange keys make us ask nobody, so soon"
    with pytest.raises(WrongToken):
        await provider.logout(logout(publisher, old, clock))


@pytest.mark.parametrize("body", [b"x", b"[]", b'{"keys": 5}', b'{"keys": [{"kty": "EC"}]}', b"{" * 600_000])
async def test_keys_that_are_none_are_told_as_such(
    publisher: Publisher, provider: Provider, clock: FakeClock, body: bytes
) -> None:
    publisher.body = body
    with pytest.raises(Unavailable):
        await provider.logout(logout(publisher, publisher.keys[0], clock))
