"""ID tokens and logout tokens: whatever is not right in one of them is refused, whoever signed it."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from server.identity.oidc import tokens
from server.identity.oidc.tokens import Expected, UnknownKey, WrongToken

KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
OTHER = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
KEYS = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})
NOW_S = 1_795_485_600
EXPECTED = Expected("https://id.example", "balai", NOW_S)
ID = {
    "iss": "https://id.example", "aud": "balai", "sub": "s1", "nonce": "n", "iat": NOW_S, "exp": NOW_S + 300,
}  # fmt: skip
LOGOUT = {
    "iss": "https://id.example", "aud": "balai", "sub": "s1", "sid": "x", "iat": NOW_S, "exp": NOW_S + 120,
    "jti": "j1", "events": {tokens.LOGOUT_EVENT: {}},
}  # fmt: skip


def signed(claims: dict[str, object], key: ECKey = KEY, **header: str) -> str:
    return jwt.encode({"alg": "ES256", "kid": "k1", **header}, claims, key)


def without(claims: dict[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in claims.items() if key != name}


def test_a_right_token_is_taken() -> None:
    assert tokens.id_token(signed(ID), KEYS, EXPECTED, "n")["sub"] == "s1"
    several = {**ID, "aud": ["balai", "other"], "azp": "balai"}
    assert tokens.id_token(signed(several), KEYS, EXPECTED, "n")["sub"] == "s1"
    assert tokens.id_token(signed({**ID, "exp": NOW_S - 59}), KEYS, EXPECTED, "n")["sub"] == "s1", "clocks differ a bit"
    assert tokens.logout_token(signed(LOGOUT, typ="logout+jwt"), KEYS, EXPECTED).sid == "x"


@pytest.mark.parametrize(
    "claims",
    [
        {**ID, "iss": "https://id.example/"},
        {**ID, "iss": "https://evil.example"},
        {**ID, "aud": "other"},
        {**ID, "aud": ["other"]},
        {**ID, "aud": ["balai", "other"]},
        {**ID, "azp": "other"},
        {**ID, "nonce": "m"},
        {**ID, "nonce": ["n"]},
        {**ID, "exp": NOW_S - 61},
        {**ID, "exp": "tomorrow"},
        {**ID, "nbf": NOW_S + 61},
        {**ID, "iat": NOW_S + 61},
        {**ID, "sub": "x" * 256},
        {**ID, "sub": 5},
        *(without(ID, name) for name in ID),
    ],
)
def test_a_wrong_claim_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(WrongToken):
        tokens.id_token(signed(claims), KEYS, EXPECTED, "n")


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _none() -> str:
    return f"{_part(json.dumps({'alg': 'none', 'kid': 'k1'}).encode())}.{_part(json.dumps(ID).encode())}."


def _of_another() -> str:
    """Somebody else's claims between the head and the signature of a right token."""
    head, _, signature = signed(ID).split(".")
    return f"{head}.{signed({**ID, 'sub': 's2'}).split('.')[1]}.{signature}"


def _by_public_key() -> str:
    """The old trick: an HMAC whose key is the provider's public key."""
    body = f"{_part(json.dumps({'alg': 'HS256', 'kid': 'k1'}).encode())}.{_part(json.dumps(ID).encode())}"
    return f"{body}.{_part(hmac.digest(KEY.as_pem(private=False), body.encode(), 'sha256'))}"


@pytest.mark.parametrize(
    "make",
    [
        _none,
        _by_public_key,
        lambda: signed(ID, OTHER),
        lambda: signed(ID)[:-4] + "AAAA",
        _of_another,
        lambda: signed(LOGOUT, typ="logout+jwt"),
        lambda: "x",
        lambda: "a.b.c",
        lambda: "",
        lambda: "é.é.é",
        lambda: "e30." * 20_000,
    ],
)
def test_a_token_that_the_provider_did_not_make_is_refused(make: Callable[[], str]) -> None:
    with pytest.raises(WrongToken):
        tokens.id_token(make(), KEYS, EXPECTED, "n")


def test_an_unknown_key_is_told_apart_so_that_new_keys_are_fetched() -> None:
    with pytest.raises(UnknownKey):
        tokens.id_token(signed(ID, kid="k2"), KEYS, EXPECTED, "n")
    rsa = RSAKey.generate_key(2048, {"kid": "k3"})
    keys = KeySet.import_key_set({"keys": [KEY.as_dict(private=False), rsa.as_dict(private=False)]})
    raw = jwt.encode({"alg": "PS256", "kid": "k3"}, ID, rsa, algorithms=["PS256"])
    assert tokens.id_token(raw, keys, EXPECTED, "n")["sub"] == "s1"


@pytest.mark.parametrize(
    "claims",
    [
        {**LOGOUT, "nonce": "n"},
        {**LOGOUT, "events": {}},
        {**LOGOUT, "events": {tokens.LOGOUT_EVENT: "yes"}},
        {**LOGOUT, "aud": "other"},
        {**LOGOUT, "exp": NOW_S - 300},
        without(without(LOGOUT, "sub"), "sid"),
        without(LOGOUT, "jti"),
        without(LOGOUT, "events"),
        without(LOGOUT, "iat"),
        ID,
    ],
)
def test_a_logout_that_is_none_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(WrongToken):
        tokens.logout_token(signed(claims), KEYS, EXPECTED)
