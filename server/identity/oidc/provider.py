"""One OpenID provider: what it publishes (discovery, keys), and the two questions that Balai asks it.

Answers are bounded in size and time, redirects are not followed, certificates are checked. Nobody is signed in here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
import structlog
from aiohttp import BasicAuth, ClientError, ClientSession, ClientTimeout
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from server.clock import Clock
from server.errors import Unavailable
from server.identity.oidc import tokens
from server.identity.oidc.tokens import Claims, Expected, Logout, UnknownKey, WrongToken
from server.sign_in_config import LOOPBACK, OidcProvider

log = structlog.get_logger(__name__)
_T = TypeVar("_T")

ANSWER_S = 10.0
ANSWER_BYTES = 512 * 1024
METADATA_MS = 3_600_000
KEYS_AGAIN_MS = 30_000
"""An unknown key makes us ask for the keys anew, but not more often: else anybody could make us ask without end."""


class Metadata(msgspec.Struct, frozen=True):
    """What of the discovery document is used (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class Provider:
    def __init__(self, config: OidcProvider, clock: Clock, session: ClientSession) -> None:
        self.config, self._clock, self._session = config, clock, session
        self._metadata: Metadata | None = None
        self._metadata_ms = self._keys_ms = -METADATA_MS
        self._keys: KeySet | None = None
        self._asking = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """Unavailable("oidc.unreachable")."""
        async with self._asking:
            if self._metadata is None or self._clock.monotonic_ms() - self._metadata_ms > METADATA_MS:
                url = self.config.issuer.rstrip("/") + "/.well-known/openid-configuration"
                found = self._read(await self._get(url), Metadata)
                if found.issuer != self.config.issuer:
                    raise self._unreachable("issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    self._check_url(getattr(found, name))
                for optional in (found.userinfo_endpoint, found.end_session_endpoint):
                    if optional:
                        self._check_url(optional)
                self._metadata, self._metadata_ms = found, self._clock.monotonic_ms()
            return self._metadata

    async def authorization_url(self, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Where the browser goes (RFC 6749, 4.1.1; PKCE: RFC 7636, 4.3). Unavailable("oidc.unreachable")."""
        query = {
            "response_type": "code",
            "client_id": self.config.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.config.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with_query((await self.metadata()).authorization_endpoint, query)

    async def logout_url(self, id_token: str, back: str) -> str:
        """Where the browser logs out there too (RP-Initiated Logout 1.0, 2); "" where it cannot."""
        endpoint = (await self.metadata()).end_session_endpoint
        query = {
            "id_token_hint": id_token,
            "client_id": self.config.client_id,
            "post_logout_redirect_uri": back,
        }
        return _with_query(endpoint, query) if endpoint else ""

    async def exchange(self, code: str, verifier: str, redirect_uri: str, nonce: str) -> tuple[str, Claims]:
        """(the ID token, its claims and those of the userinfo endpoint). WrongToken, Unavailable."""
        found = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        auth = None
        if not self.config.secret:
            form["client_id"] = self.config.client_id
        elif "client_secret_basic" in found.token_endpoint_auth_methods_supported:
            # RFC 6749, 2.3.1: both parts are form-encoded before they are joined
            auth = BasicAuth(_encoded(self.config.client_id), _encoded(self.config.secret))
        else:
            form |= {"client_id": self.config.client_id, "client_secret": self.config.secret}
        answer = self._read(await self._ask("POST", found.token_endpoint, data=form, auth=auth), _Tokens)
        claims = await self._checked(lambda keys: tokens.id_token(answer.id_token, keys, self._expected(), nonce))
        if found.userinfo_endpoint and answer.access_token:
            claims = await self._userinfo(found.userinfo_endpoint, answer.access_token, claims)
        return answer.id_token, claims

    async def logout(self, raw: str) -> Logout:
        """WrongToken, Unavailable("oidc.unreachable")."""
        return await self._checked(lambda keys: tokens.logout_token(raw, keys, self._expected()))

    async def _userinfo(self, url: str, access_token: str, claims: Claims) -> Claims:
        """What the ID token says wins; the subject must be the same (Core, 5.3.2)."""
        headers = {"Authorization": f"Bearer {access_token}"}
        told = self._read(await self._ask("GET", url, headers=headers), Claims)
        if told.get("sub") != claims["sub"]:
            raise WrongToken("userinfo sub")
        return told | claims

    async def _checked(self, check: Callable[[KeySet], _T]) -> _T:
        """With the keys that are known, and once more with new ones if the signing key is not among them."""
        try:
            return check(await self._key_set(anew=False))
        except UnknownKey:
            return check(await self._key_set(anew=True))

    async def _key_set(self, *, anew: bool) -> KeySet:
        found = await self.metadata()
        async with self._asking:
            age_ms = self._clock.monotonic_ms() - self._keys_ms
            if self._keys is None or age_ms > METADATA_MS or (anew and age_ms > KEYS_AGAIN_MS):
                published = self._read(await self._get(found.jwks_uri), dict[str, list[dict[str, object]]])
                try:
                    known = [one for one in published["keys"] if one.get("kty") in ("RSA", "EC", "OKP")]
                    signing = [one for one in known if one.get("use", "sig") == "sig"]
                    self._keys = KeySet.import_key_set({"keys": signing})  # type: ignore[typeddict-item]
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise self._unreachable(f"keys: {type(error).__name__}") from None
                self._keys_ms = self._clock.monotonic_ms()
            return self._keys

    def _expected(self) -> Expected:
        return Expected(self.config.issuer, self.config.client_id, self._clock.now_ms() // 1000)

    # ------------------------------------------------------------ the wire

    async def _get(self, url: str) -> bytes:
        return await self._ask("GET", url)

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str] | None = None,
        auth: BasicAuth | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        sent = {"Accept": "application/json", **(headers or {})}
        try:
            async with self._session.request(
                method, url, data=data, auth=auth, headers=sent, allow_redirects=False,
                timeout=ClientTimeout(total=ANSWER_S),
            ) as answer:  # fmt: skip
                body = await answer.content.read(ANSWER_BYTES)
                while len(body) < ANSWER_BYTES and (more := await answer.content.read(ANSWER_BYTES - len(body))):
                    body += more
                if 400 <= answer.status < 500:
                    raise WrongToken(f"the provider says {answer.status}")
                if answer.status != 200 or not answer.content.at_eof():
                    raise self._unreachable(f"status {answer.status}")
                return body
        except (ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(type(error).__name__) from None

    def _read(self, body: bytes, shape: type[_T]) -> _T:
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.DecodeError:
            raise self._unreachable("not the JSON that was asked for") from None

    def _check_url(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise self._unreachable("an endpoint without TLS")

    def _unreachable(self, reason: str) -> Unavailable:
        log.warning("provider does not answer as it should", provider=self.config.name, reason=reason)
        return Unavailable("oidc.unreachable", provider=self.config.title or self.config.name)


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _encoded(text: str) -> str:
    return urlencode({"": text})[1:]
