"""Passkeys (WebAuthn): enrolled by somebody who is signed in, used as a second step or as the whole sign-in.

A challenge belongs to the browser that asked for it and is used once. Nobody is signed in here.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from server.clock import Clock
from server.errors import Conflict, Invalid
from server.identity.begun import Begun
from server.identity.factors import Factors, clean_name
from server.identity.keys import new_id, token_hash
from server.identity.ports import Account
from server.identity.records import Authenticator, FactorStore

CHALLENGE_MS = 5 * 60_000
MOST = 20  # of one account
CREDENTIAL_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class Site:
    """Where the browser is: `rp_id` the host's name, `origin` as browsers write it, `name` the office's; and which one
    it is, by its visitor cookie."""

    rp_id: str
    origin: str
    name: str
    visitor: str

    @property
    def takes_passkeys(self) -> bool:
        """Browsers want HTTPS (or this very machine) and a name: an address is no relying party (WebAuthn, 5.1.2)."""
        try:
            ipaddress.ip_address(self.rp_id.strip("[]"))
        except ValueError:
            return self.origin.startswith("https:") or self.rp_id == "localhost"
        return False


class _Challenge(msgspec.Struct, frozen=True):
    challenge: str
    bound: str
    account_id: str = ""


class Passkeys:
    def __init__(self, store: FactorStore, factors: Factors, begun: Begun, clock: Clock) -> None:
        self._store, self._factors, self._begun, self._clock = store, factors, begun, clock

    async def begin_enrolment(self, account: Account, site: Site) -> tuple[str, str]:
        """(token, creation options as JSON). Conflict("passkey.many")."""
        known = [one for one in await self._store.of_account(account.account_id) if one.kind == "passkey"]
        if len(known) >= MOST:
            raise Conflict("passkey.many", most=MOST)
        options = webauthn.generate_registration_options(
            rp_id=site.rp_id,
            rp_name=site.name,
            user_name=account.login,
            user_id=account.account_id.encode(),
            user_display_name=account.name,
            timeout=CHALLENGE_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
            exclude_credentials=_descriptors(known),
        )
        token = await self._start("passkey.new", options.challenge, site.visitor, account.account_id)
        return token, webauthn.options_to_json(options)

    async def finish_enrolment(
        self, account: Account, token: str, credential: str, name: str, site: Site
    ) -> tuple[str, ...]:
        """Recovery codes as Factors.keep tells them. Invalid("passkey.wrong"), Conflict("passkey.known"),
        Unauthenticated("begun.over")."""
        begun = await self._take("passkey.new", token, site.visitor)
        if begun.account_id != account.account_id:
            raise Invalid("passkey.wrong")
        try:
            made = webauthn.verify_registration_response(
                credential=credential[:CREDENTIAL_LENGTH],
                expected_challenge=base64url_to_bytes(begun.challenge),
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise Invalid("passkey.wrong") from None
        return await self._factors.keep(
            Authenticator(
                new_id(), account.account_id, "passkey", clean_name(name), made.credential_public_key,
                bytes_to_base64url(made.credential_id), made.sign_count, self._clock.now_ms(),
            )
        )  # fmt: skip

    async def begin_use(self, site: Site, account_id: str = "") -> tuple[str, str]:
        """(token, request options as JSON). `account_id`: a second step of this account; "": the whole sign-in, in
        which the browser says who it is, and no account's keys are told to anybody."""
        known = [one for one in await self._store.of_account(account_id) if one.kind == "passkey"] if account_id else []
        verification = UserVerificationRequirement.PREFERRED if account_id else UserVerificationRequirement.REQUIRED
        options = webauthn.generate_authentication_options(
            rp_id=site.rp_id,
            timeout=CHALLENGE_MS,
            allow_credentials=_descriptors(known),
            user_verification=verification,
        )
        token = await self._start("passkey.use", options.challenge, site.visitor, account_id)
        return token, webauthn.options_to_json(options)

    async def finish_use(self, token: str, credential: str, site: Site, account_id: str = "") -> str:
        """Whose passkey it was: `account_id` if one is given. Invalid("passkey.wrong"), Unauthenticated("begun.over").
        Without an account the person was verified too (PIN, finger, face): two factors at once."""
        begun = await self._take("passkey.use", token, site.visitor)
        if begun.account_id != account_id:
            raise Invalid("passkey.wrong")
        try:
            parsed = webauthn.helpers.parse_authentication_credential_json(credential[:CREDENTIAL_LENGTH])
            known = await self._store.by_credential(bytes_to_base64url(parsed.raw_id))
            if known is None or (account_id and known.account_id != account_id):
                raise Invalid("passkey.wrong")
            handle = parsed.response.user_handle
            if not account_id and handle != known.account_id.encode():
                raise Invalid("passkey.wrong")  # WebAuthn level 3, 7.2, step 6
            used = webauthn.verify_authentication_response(
                credential=parsed,
                expected_challenge=base64url_to_bytes(begun.challenge),
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
                credential_public_key=known.secret,
                credential_current_sign_count=known.counter,
                require_user_verification=not account_id,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise Invalid("passkey.wrong") from None
        counts = used.new_sign_count > 0  # passkeys that are synchronised always say 0
        if not await self._store.use(known.authenticator_id, used.new_sign_count, self._clock.now_ms(), rising=counts):
            raise Invalid("passkey.wrong")
        return known.account_id

    async def _start(self, kind: str, challenge: bytes, visitor: str, account_id: str) -> str:
        begun = _Challenge(bytes_to_base64url(challenge), token_hash(visitor), account_id)
        return await self._begun.start(kind, begun, CHALLENGE_MS, account_id)

    async def _take(self, kind: str, token: str, visitor: str) -> _Challenge:
        begun = await self._begun.take(kind, token, _Challenge)
        if begun.bound != token_hash(visitor):
            raise Invalid("passkey.wrong")
        return begun


def _descriptors(known: list[Authenticator]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in known]
