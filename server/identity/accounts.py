"""Accounts: making and changing them, their passwords, the first administrator. Signing in is entrance.py's.

No page, no cookie and no table is known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import structlog

from server.clock import Clock
from server.errors import Invalid, NotFound, Refused
from server.identity import passwords
from server.identity.attempts import Attempts, fold
from server.identity.audit import Audit
from server.identity.keys import new_id
from server.identity.nik import is_nik
from server.identity.nip import is_nip
from server.identity.passwords import Passwords
from server.identity.ports import Account, AccountStore, OfficeRole
from server.identity.sessions import Sessions

log = structlog.get_logger(__name__)

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,99}")
EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}")
ROLES: tuple[OfficeRole, ...] = ("administrator", "secretary", "official")
LANGUAGES = ("id", "en")


@dataclass(frozen=True, slots=True)
class Particulars:
    """What an administrator writes of somebody."""

    login: str
    name: str
    office_role: OfficeRole = "official"
    function: str = ""
    office: str = ""
    rank: str = ""
    nip: str = ""
    email: str = ""
    language: str = "id"
    nik: str = ""


class Accounts:
    def __init__(
        self,
        store: AccountStore,
        sessions: Sessions,
        attempts: Attempts,
        *,
        passwords_: Passwords,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._store, self._sessions, self._attempts = store, sessions, attempts
        self._passwords, self._audit, self._clock = passwords_, audit, clock

    # ------------------------------------------------------------ who it is

    async def with_password(self, login: str, password: str) -> Account | None:
        """Whose login and password these are; takes as long where there is no such account, or no password."""
        account = await self._store.by_login(fold(login))
        kept = account.password_hash if account is not None and account.active else ""
        fits = await self._passwords.fits(kept, password)
        if account is None or not fits:
            return None
        if self._passwords.is_old(account.password_hash):
            account = await self._rehash(account, password)
        return account

    async def is_local(self, login: str) -> bool:
        """There is an account with a password of its own (active or not): no directory is asked for it."""
        account = await self._store.by_login(fold(login))
        return account is not None and bool(account.password_hash)

    async def id_of(self, login: str) -> str:
        """The account of this login; "" where there is none."""
        account = await self._store.by_login(fold(login)) if login else None
        return account.account_id if account is not None else ""

    async def _rehash(self, account: Account, password: str) -> Account:
        make = self._passwords.hash_start if passwords.is_start(account.password_hash) else self._passwords.hash
        account = replace(account, password_hash=await make(password))
        await self._store.change(account)
        return account

    # ------------------------------------------------------------ passwords

    async def change_password(self, account: Account, old: str, new: str, *, keep_session: str) -> None:
        """Ends every other session. Invalid("password.wrong") and those of passwords.check_choice."""
        await self._attempts.count_password_change(account.account_id)
        if not await self._passwords.fits(account.password_hash, old):
            raise Invalid("password.wrong", field="old_password")
        if new == old:
            raise Invalid("password.same", field="password")
        passwords.check_choice(new, account.login, account.name)
        await self._store.change(replace(account, password_hash=await self._passwords.hash(new)))
        await self._sessions.end_all(account.account_id, but=keep_session)
        await self._audit.record("password_changed", account.account_id)
        log.info("password changed", account=account.account_id)

    async def choose_password(self, account: Account, new: str) -> None:
        """Without the old one: for whoever proved by a mail that the account is theirs. Every session ends."""
        passwords.check_choice(new, account.login, account.name)
        await self._store.change(replace(account, password_hash=await self._passwords.hash(new)))
        await self._sessions.end_all(account.account_id)
        log.info("password chosen anew", account=account.account_id)

    async def reset_password(self, account_id: str) -> str:
        """A new start password, told once; every session of the account ends."""
        account = await self.by_id(account_id)
        password = passwords.new_start_password()
        await self._store.change(replace(account, password_hash=await self._passwords.hash_start(password)))
        await self._sessions.end_all(account_id)
        await self._audit.record("password_given", account_id)
        log.info("password reset", account=account_id)
        return password

    # ------------------------------------------------------------ making and changing

    async def create_first_administrator(self) -> tuple[str, str] | None:
        """(login, password) to be told once; None where there are accounts already."""
        password = passwords.new_start_password()
        account = Account(
            new_id(),
            "admin",
            "Administrator",
            "administrator",
            password_hash=await self._passwords.hash_start(password),
            created_ms=self._clock.now_ms(),
        )
        if not await self._store.add_first(account):
            return None
        await self._audit.record("account_created", account.account_id, login=account.login, role=account.office_role)
        return account.login, password

    async def create(self, wanted: Particulars, password: str = "") -> tuple[Account, str]:
        """The account and its start password, told once; a `password` given is the person's own and is not told again.
        Invalid("account.login" | "account.name" | "account.role" | "account.nip" | "account.nik" | "account.email"),
        Conflict."""
        check_particulars(wanted)
        if password:
            passwords.check_choice(password, wanted.login, wanted.name)
            kept, told = await self._passwords.hash(password), ""
        else:
            told = passwords.new_start_password()
            kept = await self._passwords.hash_start(told)
        account = _with(
            Account(new_id(), "", "", "official", password_hash=kept, created_ms=self._clock.now_ms()), wanted
        )
        await self._added(account)
        return account, told

    async def create_elsewhere_known(self, wanted: Particulars) -> Account:
        """Without a password: a provider or a directory says who it is. As create."""
        check_particulars(wanted)
        account = _with(Account(new_id(), "", "", "official", created_ms=self._clock.now_ms()), wanted)
        await self._added(account)
        return account

    async def _added(self, account: Account) -> None:
        await self._store.add(account)
        await self._audit.record("account_created", account.account_id, login=account.login, role=account.office_role)
        log.info("account created", account=account.account_id, role=account.office_role)

    async def change(self, account_id: str, wanted: Particulars) -> Account:
        check_particulars(wanted)
        account = await self.by_id(account_id)
        if account.office_role == "administrator" and wanted.office_role != "administrator":
            await self._keep_one_administrator(account)
        changed = _with(account, wanted)
        await self._store.change(changed)
        await self._tell_change(account, changed)
        return changed

    async def _tell_change(self, before: Account, after: Account) -> None:
        names = [name for name in Particulars.__slots__ if getattr(before, name) != getattr(after, name)]
        if "office_role" in names:
            names.remove("office_role")
            rises = ROLES.index(after.office_role) < ROLES.index(before.office_role)
            act = "role_elevated" if rises else "role_changed"
            was = {"from": before.office_role, "to": after.office_role}
            await self._audit.record(act, after.account_id, **was)
        if names:
            await self._audit.record("account_changed", after.account_id, fields=", ".join(names))

    async def take_role(self, account: Account, role: OfficeRole | None) -> Account:
        """The right that a provider's or the directory's groups give; None: as it is. The last administrator stays."""
        if role is None or role == account.office_role:
            return account
        if account.office_role == "administrator":
            try:
                await self._keep_one_administrator(account)
            except Refused:
                log.warning("stays administrator: there is no other", account=account.account_id)
                return account
        changed = replace(account, office_role=role)
        await self._store.change(changed)
        await self._tell_change(account, changed)
        return changed

    def check_choice(self, account: Account, password: str) -> None:
        """Invalid, as passwords.check_choice."""
        passwords.check_choice(password, account.login, account.name)

    async def set_language(self, account: Account, language: str) -> None:
        if language in LANGUAGES and language != account.language:
            await self._store.change(replace(account, language=language))

    async def deactivate(self, account_id: str) -> None:
        """Nobody is deleted: facts name them. Every session ends. Refused("account.last_administrator")."""
        account = await self.by_id(account_id)
        if account.office_role == "administrator":
            await self._keep_one_administrator(account)
        await self._store.change(replace(account, active=False))
        await self._sessions.end_all(account_id)
        await self._audit.record("account_deactivated", account_id)
        log.info("account deactivated", account=account_id)

    async def activate(self, account_id: str) -> None:
        account = await self.by_id(account_id)
        await self._store.change(replace(account, active=True))
        await self._audit.record("account_activated", account_id)
        log.info("account activated", account=account_id)

    async def _keep_one_administrator(self, leaving: Account) -> None:
        others = await self._store.all(active_only=True)
        if not any(one.office_role == "administrator" and one.account_id != leaving.account_id for one in others):
            raise Refused("account.last_administrator")

    # ------------------------------------------------------------ looking up

    async def by_id(self, account_id: str) -> Account:
        """NotFound("account")."""
        account = await self._store.by_id(account_id)
        if account is None:
            raise NotFound("account")
        return account

    async def all(self, *, active_only: bool = False) -> tuple[Account, ...]:
        return await self._store.all(active_only=active_only)


def check_particulars(wanted: Particulars) -> None:
    """Shapes only; whether the login is free is for the store to say."""
    if not LOGIN.fullmatch(fold(wanted.login)):
        raise Invalid("account.login", field="login")
    if not wanted.name.strip():
        raise Invalid("account.name", field="name")
    if wanted.office_role not in ROLES:
        raise Invalid("account.role", field="office_role")
    if wanted.nip and not is_nip(wanted.nip):
        raise Invalid("account.nip", field="nip")
    if wanted.nik and not is_nik(wanted.nik):
        raise Invalid("account.nik", field="nik")
    if wanted.email and not EMAIL.fullmatch(wanted.email):
        raise Invalid("account.email", field="email")


def _with(account: Account, wanted: Particulars) -> Account:
    return replace(
        account,
        login=fold(wanted.login),
        name=wanted.name.strip(),
        office_role=wanted.office_role,
        function=wanted.function.strip(),
        office=wanted.office.strip(),
        rank=wanted.rank.strip(),
        nip=wanted.nip,
        nik=wanted.nik,
        email=wanted.email.strip(),
        language=wanted.language if wanted.language in LANGUAGES else "id",
    )
