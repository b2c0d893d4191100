"""ID tokens and logout tokens, checked claim by claim (OpenID Connect Core 1.0, 3.1.3.7; Back-Channel Logout 1.0, 2.6).

Pure: keys and the time are given. Which point was wrong is for the log, never for whoever sent it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by the provider's own key only: neither "none" nor one made with the client's secret."""
LEEWAY_S = 60
TOKEN_LENGTH = 32_768
TEXT_LENGTH = 255
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
Claims = dict[str, object]


class WrongToken(Exception):
    """`args[0]` says why, in words for the log."""


class UnknownKey(WrongToken):
    """It was signed with a key that is not among these: the provider may have changed its keys."""


@dataclass(frozen=True, slots=True)
class Expected:
    issuer: str
    client_id: str
    now_s: int


@dataclass(frozen=True, slots=True)
class Logout:
    """`subject` or `sid` may be empty, not both. `jti` is used once."""

    subject: str
    sid: str
    jti: str
    expires_s: int


def id_token(raw: str, keys: KeySet, expected: Expected, nonce: str) -> Claims:
    """The claims. WrongToken."""
    claims = _signed(raw, keys)
    _check(claims, expected)
    if not hmac.compare_digest(_text(claims, "nonce").encode(), nonce.encode()):
        raise WrongToken("nonce")
    if not _text(claims, "sub"):
        raise WrongToken("sub")
    if _number(claims, "exp") is None:
        raise WrongToken("exp")
    return claims


def logout_token(raw: str, keys: KeySet, expected: Expected) -> Logout:
    """Back-Channel Logout 1.0, 2.6. WrongToken."""
    claims = _signed(raw, keys, logout=True)
    _check(claims, expected)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise WrongToken("events")
    if "nonce" in claims:  # so that an ID token is never taken for one
        raise WrongToken("nonce")
    subject, sid, jti = _text(claims, "sub"), _text(claims, "sid"), _text(claims, "jti")
    if not (subject or sid):
        raise WrongToken("sub and sid")
    if not jti:
        raise WrongToken("jti")
    return Logout(subject, sid, jti, _number(claims, "exp") or expected.now_s + 2 * LEEWAY_S)


def key_name(raw: str) -> str:
    """The `kid` of an unchecked token's header; "" where it names none. WrongToken."""
    try:
        head = raw[:TOKEN_LENGTH].split(".", maxsplit=1)[0].encode()
        header = msgspec.json.decode(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)), type=dict[str, object])
    except (binascii.Error, msgspec.DecodeError, UnicodeEncodeError, ValueError):
        raise WrongToken("header") from None
    return str(header.get("kid", ""))


def _signed(raw: str, keys: KeySet, *, logout: bool = False) -> Claims:
    if len(raw) > TOKEN_LENGTH:
        raise WrongToken("length")
    kid = key_name(raw)
    if kid and not any(one.kid == kid for one in keys.keys):
        raise UnknownKey("kid")
    try:
        opened = jws.deserialize_compact(raw, keys, algorithms=list(ALGORITHMS))
        claims = msgspec.json.decode(opened.payload, type=dict[str, object])
    except (JoseError, ValueError, KeyError, TypeError, msgspec.DecodeError) as error:
        raise WrongToken(f"signature: {type(error).__name__}") from None
    kind = str(opened.headers().get("typ", "JWT")).lower()
    if logout and kind not in ("jwt", "logout+jwt"):
        raise WrongToken("typ")
    if not logout and kind not in ("jwt", "application/jwt"):
        raise WrongToken("typ")
    return claims


def _check(claims: Mapping[str, object], expected: Expected) -> None:
    """What both kinds of token share."""
    if claims.get("iss") != expected.issuer:
        raise WrongToken("iss")
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or expected.client_id not in named:
        raise WrongToken("aud")
    if ("azp" in claims or len(named) > 1) and claims.get("azp") != expected.client_id:
        raise WrongToken("azp")
    now_s, until, since = expected.now_s, _number(claims, "exp"), _number(claims, "nbf")
    if until is not None and until <= now_s - LEEWAY_S:
        raise WrongToken("exp")
    if since is not None and since > now_s + LEEWAY_S:
        raise WrongToken("nbf")
    made = _number(claims, "iat")
    if made is None or made > now_s + LEEWAY_S:
        raise WrongToken("iat")


def _text(claims: Mapping[str, object], name: str) -> str:
    """ "" for what is no text, or too long for one."""
    value = claims.get(name)
    return value if isinstance(value, str) and len(value) <= TEXT_LENGTH else ""


def _number(claims: Mapping[str, object], name: str) -> int | None:
    """WrongToken for what is there and no time."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 53:
        raise WrongToken(name)
    return int(value)
