"""Signing in, whichever way: password, then a second step where there is one; a passkey alone; a provider; a directory.

Every way ends in `_begin`, is counted against guessing, and stands in the audit log. No page, no cookie here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog

from server.errors import Invalid, Refused, Unauthenticated
from server.identity.accounts import Accounts
from server.identity.attempts import Attempts, fold, network
from server.identity.audit import Audit
from server.identity.begun import Begun
from server.identity.factors import ONE_FACTOR, Factors
from server.identity.keys import Signer, new_id, token_hash
from server.identity.passkeys import Passkeys, Site
from server.identity.ports import Account, BrowserSession
from server.identity.records import Method
from server.identity.sessions import Sessions

log = structlog.get_logger(__name__)

HALFWAY_MS = 10 * 60_000
LOCKOUT_TOLD_MS = 15 * 60_000


class Directory(Protocol):
    """Who is known elsewhere by login and password; server/identity/directory.py."""

    async def sign_in(self, login: str, password: str) -> Account | None:
        """The account, made or brought up to date; None: there is no such person, or another password.
        Unavailable("ldap.unreachable")."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """The browser that asks: its network address, what it calls itself, its visitor cookie, and the mark that says who
    signed in with it before."""

    address: str
    agent: str = ""
    visitor: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody signed in: their session's token, and a mark for the browser that proves it was here before."""

    account: Account
    token: str
    device: str


@dataclass(frozen=True, slots=True)
class Halfway:
    """The password fits, a second step is wanted. `passkeys`: whether there is one to do it with."""

    token: str
    codes: bool
    passkeys: bool


class _Half(msgspec.Struct, frozen=True):
    account_id: str
    bound: str


class Entrance:
    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        attempts: Attempts,
        *,
        factors: Factors,
        passkeys: Passkeys,
        begun: Begun,
        audit: Audit,
        secret: bytes,
    ) -> None:
        self._accounts, self._sessions, self._attempts = accounts, sessions, attempts
        self._factors, self._passkeys, self._begun, self._audit = factors, passkeys, begun, audit
        self._devices = Signer(secret, "device")
        self.directory: Directory | None = None  # set by the roof, where one is configured

    # ------------------------------------------------------------ a password

    async def by_password(self, login: str, password: str, visit: Visit) -> Entry | Halfway:
        """Unauthenticated("login.wrong") says neither which of the two was wrong nor whether there is such an account,
        and takes as long in every case; Refused("login.too_many"), Unavailable("ldap.unreachable")."""
        nonce = self._known_device(login, visit.device)
        await self._counted(login, visit, nonce)
        account = await self._accounts.with_password(login, password)
        method: Method = "password"
        if account is None and self.directory is not None and not await self._accounts.is_local(login):
            account, method = await self.directory.sign_in(login, password), "ldap"
        if account is None:
            await self._failed(login, "password")
            raise Unauthenticated("login.wrong")
        known = await self._factors.of_account(account.account_id)
        if known:
            half = _Half(account.account_id, token_hash(visit.visitor))
            token = await self._begun.start("halfway", half, HALFWAY_MS, account.account_id)
            return Halfway(token, True, any(one.kind == "passkey" for one in known))
        await self._attempts.succeeded(login, visit.address, nonce)
        return await self._begin(account, method, visit)

    # ------------------------------------------------------------ the second step

    async def halfway(self, token: str, visit: Visit) -> Account:
        """Who is in the middle of signing in. Unauthenticated("begun.over")."""
        half = await self._begun.look("halfway", token, _Half)
        if half.bound != token_hash(visit.visitor):
            raise Unauthenticated("begun.over")
        account = await self._accounts.by_id(half.account_id)
        if not account.active:
            raise Unauthenticated("begun.over")
        return account

    async def by_code(self, token: str, code: str, visit: Visit) -> Entry:
        """Invalid("factor.wrong"), Refused("login.too_many"), Unauthenticated("begun.over")."""
        account = await self._second_try(token, visit)
        try:
            method = await self._factors.check_code(account.account_id, code)
        except Invalid:
            await self._failed(account.login, "code")
            raise
        return await self._complete(token, account, method, visit)

    async def by_second_passkey(self, token: str, begun: str, credential: str, site: Site, visit: Visit) -> Entry:
        """As by_code, and Invalid("passkey.wrong")."""
        account = await self._second_try(token, visit)
        try:
            await self._passkeys.finish_use(begun, credential, site, account.account_id)
        except Invalid:
            await self._failed(account.login, "passkey")
            raise
        return await self._complete(token, account, "passkey", visit)

    async def _second_try(self, token: str, visit: Visit) -> Account:
        account = await self.halfway(token, visit)
        try:
            await self._attempts.count_second_step(account.account_id, visit.address)
        except Refused:
            await self._locked(account.account_id, visit, "second")
            raise
        return account

    async def _complete(self, token: str, account: Account, method: Method, visit: Visit) -> Entry:
        await self._begun.take("halfway", token, _Half)
        await self._attempts.second_step_succeeded(account.account_id)
        nonce = self._known_device(account.login, visit.device)
        await self._attempts.succeeded(account.login, visit.address, nonce)
        return await self._begin(account, method, visit)

    # ------------------------------------------------------------ a passkey alone, a provider

    async def by_passkey(self, begun: str, credential: str, site: Site, visit: Visit) -> Entry:
        """Invalid("passkey.wrong"), Refused("login.too_many" | "passkey.not_alone"), Unauthenticated("begun.over")."""
        try:
            await self._attempts.count_address(visit.address)
        except Refused:
            await self._locked("", visit, "passkey")
            raise
        try:
            account_id = await self._passkeys.finish_use(begun, credential, site)
        except Invalid:
            await self._failed("", "passkey")
            raise
        account = await self._accounts.by_id(account_id)
        if not account.active:
            await self._failed(account.login, "passkey")
            raise Invalid("passkey.wrong")
        if not account.password_hash:  # a provider or a directory says who still belongs to the office
            raise Refused("passkey.not_alone")
        await self._attempts.succeeded("", visit.address, "")
        return await self._begin(account, "passkey", visit)

    async def by_provider(self, account: Account, visit: Visit) -> Entry:
        """Whom a provider vouches for. Unauthenticated("login.inactive")."""
        if not account.active:
            await self._failed(account.login, "oidc")
            raise Unauthenticated("login.inactive")
        return await self._begin(account, "oidc", visit)

    async def needs_factor(self, account: Account, session: BrowserSession) -> bool:
        """The role must have a second factor, and this session was begun without: it may only make one."""
        if session.method not in ONE_FACTOR:
            return False
        return account.office_role in await self._factors.required_of()

    async def strengthened(self, account: Account, session: BrowserSession, method: Method, visit: Visit) -> str:
        """A second factor was just made in a session that began without: another one in its place; its token."""
        await self._sessions.end(session.session_id)
        return await self._sessions.begin(account, visit.address, visit.agent, method)

    # ------------------------------------------------------------

    async def _begin(self, account: Account, method: Method, visit: Visit) -> Entry:
        token = await self._sessions.begin(account, visit.address, visit.agent, method)
        await self._audit.record(
            "signed_in", account.account_id, actor_id=account.account_id, method=method, agent=visit.agent
        )
        log.info("signed in", account=account.account_id, address=visit.address, method=method)
        return Entry(account, token, self._new_device(account.login))

    async def _counted(self, login: str, visit: Visit, nonce: str) -> None:
        try:
            await self._attempts.count_sign_in(login, visit.address, nonce)
        except Refused:
            await self._locked(await self._accounts.id_of(login), visit, "password")
            raise

    async def _locked(self, account_id: str, visit: Visit, step: str) -> None:
        """Once in a while, however often somebody tries on."""
        if await self._begun.once("lockout", f"{account_id}|{network(visit.address)}|{step}", LOCKOUT_TOLD_MS):
            await self._audit.record("locked_out", account_id, actor_id="", step=step)

    async def _failed(self, login: str, step: str) -> None:
        """What was typed as a login is kept only where it is one: people type passwords there too."""
        log.info("sign-in failed", step=step)
        await self._audit.record("sign_in_failed", await self._accounts.id_of(login), actor_id="", step=step)

    def _known_device(self, login: str, device: str) -> str:
        """The mark's own number if it was made for this login, else ""."""
        nonce, _, signature = device.partition(".")
        return nonce if nonce and self._devices.fits(signature, nonce, fold(login)) else ""

    def _new_device(self, login: str) -> str:
        nonce = new_id()
        return f"{nonce}.{self._devices.sign(nonce, fold(login))}"
