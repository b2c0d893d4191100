"""Signing in by a provider: to it and back (authorization code with PKCE), the account it stands for, and out again.

State, nonce and verifier are ours, belong to one browser and are used once. An account is found by the provider's
subject only, never by a name or an address.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import structlog

from server.clock import Clock
from server.errors import BalaiError, Conflict, Invalid, NotFound, Refused, Unauthenticated
from server.identity.accounts import EMAIL, LANGUAGES, Accounts, Particulars
from server.identity.attempts import fold
from server.identity.audit import Audit
from server.identity.begun import Begun
from server.identity.keys import token_hash
from server.identity.oidc.provider import Provider
from server.identity.oidc.tokens import Claims, WrongToken
from server.identity.ports import Account
from server.identity.records import Identity, IdentityStore, ProviderSession, ProviderSessionStore
from server.identity.roles import Groups, role_of
from server.identity.sessions import Sessions

log = structlog.get_logger(__name__)

BEGUN_MS = 10 * 60_000
CODE_LENGTH = 4096


class _Begun(msgspec.Struct, frozen=True):
    provider: str
    bound: str
    nonce: str
    verifier: str
    target: str
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """What the provider's answer came to. `linked`: it was for somebody who was signed in already."""

    account: Account
    target: str
    linked: bool
    provider: str
    subject: str
    sid: str
    id_token: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brings back from the provider (RFC 6749, 4.1.2; `iss`: RFC 9207)."""

    state: str
    code: str = ""
    issuer: str = ""
    error: str = ""


class Oidc:
    def __init__(
        self,
        providers: tuple[Provider, ...],
        accounts: Accounts,
        sessions: Sessions,
        *,
        identities: IdentityStore,
        provider_sessions: ProviderSessionStore,
        begun: Begun,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._providers = {one.config.name: one for one in providers}
        self._accounts, self._sessions = accounts, sessions
        self._identities, self._kept = identities, provider_sessions
        self._begun, self._audit, self._clock = begun, audit, clock

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """(name, title) of every provider, in the order of the configuration."""
        return tuple((one.config.name, one.config.title or one.config.name) for one in self._providers.values())

    # ------------------------------------------------------------ there and back

    async def begin(self, name: str, redirect_uri: str, visitor: str, target: str, account_id: str = "") -> str:
        """Where the browser goes. `account_id`: to be linked with who that is there. NotFound("oidc.unknown_provider"),
        Unavailable("oidc.unreachable")."""
        provider = self._provider(name)
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        await provider.metadata()  # before anything is kept
        begun = _Begun(name, token_hash(visitor), nonce, verifier, target, account_id)
        state = await self._begun.start("oidc", begun, BEGUN_MS)
        return await provider.authorization_url(redirect_uri, state, nonce, challenge)

    async def finish(self, name: str, redirect_uri: str, visitor: str, answer: Answer) -> Returned:
        """Unauthenticated("begun.over" | "oidc.refused"), Refused("oidc.no_account" | "oidc.no_group"),
        Conflict("oidc.login_taken" | "oidc.linked"), Unavailable("oidc.unreachable")."""
        provider = self._provider(name)
        begun = await self._begun.take("oidc", answer.state, _Begun)
        if begun.provider != name or begun.bound != token_hash(visitor):
            raise Unauthenticated("begun.over")
        known = await provider.metadata()
        missing = known.authorization_response_iss_parameter_supported and not answer.issuer
        if missing or (answer.issuer and answer.issuer != known.issuer):  # RFC 9207, 2.4: somebody mixed providers up
            raise Unauthenticated("oidc.refused")
        if answer.error or not 0 < len(answer.code) <= CODE_LENGTH:
            log.info("provider refused", provider=name, error=answer.error[:60])
            raise Unauthenticated("oidc.refused")
        try:
            raw, claims = await provider.exchange(answer.code, begun.verifier, redirect_uri, begun.nonce)
        except WrongToken as error:
            log.warning("wrong token", provider=name, reason=str(error))
            raise Unauthenticated("oidc.refused") from None
        account = await self._account(provider, claims, begun.account_id)
        sid = claims.get("sid")
        return Returned(
            account, begun.target, bool(begun.account_id), name, str(claims["sub"]),
            sid if isinstance(sid, str) else "", raw,
        )  # fmt: skip

    async def remember(self, session_token: str, returned: Returned) -> None:
        """The new session stands on one at the provider, which may end it."""
        await self._kept.add(
            ProviderSession(
                token_hash(session_token), returned.provider, returned.subject, returned.sid[:255], returned.id_token,
                self._clock.now_ms(),
            )
        )  # fmt: skip

    # ------------------------------------------------------------ whose account

    async def _account(self, provider: Provider, claims: Claims, link_to: str) -> Account:
        name, subject = provider.config.name, str(claims["sub"])
        groups = Groups(
            provider.config.administrator_groups, provider.config.secretary_groups, provider.config.official_groups
        )
        role = role_of(_texts(claims.get(provider.config.groups_claim)), groups)
        if role.of_group is None and groups.officials and not link_to:
            raise Refused("oidc.no_group")
        known = await self._identities.find(name, subject)
        if known is not None:
            if link_to and known.account_id != link_to:
                raise Conflict("oidc.linked")
            account = await self._accounts.by_id(known.account_id)
        elif link_to:
            account = await self._accounts.by_id(link_to)
            await self._link(account, name, subject)
        else:
            account = await self._created(provider, claims, role.of_group)
        return account if link_to else await self._accounts.take_role(account, role.wanted)

    async def _created(self, provider: Provider, claims: Claims, of_group: object) -> Account:
        """Whose first visit it is: Refused("oidc.no_account") unless the configuration lets them in."""
        config, email = provider.config, _text(claims, "email").strip()
        verified = email if claims.get("email_verified") is True and EMAIL.fullmatch(email) else ""
        domain = verified.rpartition("@")[2].casefold()
        welcome = {
            "no": False,
            "anyone": True,
            "group": of_group is not None,
            "domain": bool(domain) and domain in {one.casefold() for one in config.domains},
        }[config.create]
        if not welcome:
            raise Refused("oidc.no_account")
        login = fold(_text(claims, config.login_claim)) or verified.casefold()
        language = _text(claims, "locale")[:2]
        wanted = Particulars(
            login=login,
            name=" ".join(_text(claims, "name").split())[:120] or login,
            email=verified,
            language=language if language in LANGUAGES else "id",
        )
        try:
            account = await self._accounts.create_elsewhere_known(wanted)
        except Conflict:
            raise Conflict("oidc.login_taken", login=login) from None
        except Invalid as error:
            log.warning("provider's claims make no account", provider=config.name, code=error.code)
            raise Refused("oidc.no_account") from None
        await self._link(account, config.name, str(claims["sub"]))
        return account

    async def _link(self, account: Account, name: str, subject: str) -> None:
        if not await self._identities.add(Identity(name, subject, account.account_id, self._clock.now_ms())):
            raise Conflict("oidc.linked")
        await self._audit.record("identity_linked", account.account_id, provider=name)

    async def identities(self, account_id: str) -> tuple[Identity, ...]:
        return await self._identities.of_account(account_id)

    async def unlink(self, account: Account, name: str) -> None:
        """Refused("oidc.only_way") for an account that has no password. NotFound("oidc.unknown_provider")."""
        if not account.password_hash:
            raise Refused("oidc.only_way")
        if not await self._identities.remove(account.account_id, name):
            raise NotFound("oidc.unknown_provider")
        await self._audit.record("identity_unlinked", account.account_id, provider=name)

    # ------------------------------------------------------------ out

    async def leave(self, session_id: str, back: str) -> tuple[str, str] | None:
        """Where the browser logs out at the provider too, and its title; None where there is no such place."""
        kept = await self._kept.by_id(session_id)
        provider = self._providers.get(kept.provider) if kept else None
        if kept is None or provider is None:
            return None
        try:
            url = await provider.logout_url(kept.id_token, back)
        except BalaiError:  # it cannot be reached: Balai's own session has ended all the same
            return None
        return (url, provider.config.title or provider.config.name) if url else None

    async def logged_out(self, name: str, raw: str) -> int:
        """The provider says so (Back-Channel Logout 1.0): how many sessions ended. Invalid("oidc.logout"),
        NotFound("oidc.unknown_provider"), Unavailable("oidc.unreachable")."""
        provider = self._provider(name)
        try:
            token = await provider.logout(raw)
        except WrongToken as error:
            log.warning("wrong logout token", provider=name, reason=str(error))
            raise Invalid("oidc.logout") from None
        lasts_ms = max(60_000, token.expires_s * 1000 - self._clock.now_ms() + 2 * 60_000)
        if not await self._begun.once("oidc.logout", f"{name}|{token.jti}", lasts_ms):
            raise Invalid("oidc.logout")
        kept = await (self._kept.of_sid(name, token.sid) if token.sid else self._kept.of_subject(name, token.subject))
        ended = 0
        for one in kept:
            if not token.subject or one.subject == token.subject:
                ended += await self._sessions.end(one.session_id)
        found = await self._identities.find(name, token.subject or (kept[0].subject if kept else ""))
        await self._audit.record(
            "provider_logout", found.account_id if found else "", actor_id="", provider=name, sessions=str(ended)
        )
        return ended

    def _provider(self, name: str) -> Provider:
        found = self._providers.get(name)
        if found is None:
            raise NotFound("oidc.unknown_provider")
        return found


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    """Groups come as a list, or as one text."""
    listed = [value] if isinstance(value, str) else value
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()
