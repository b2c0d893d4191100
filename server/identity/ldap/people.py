"""Accounts that stand on the directory: made or found at sign-in, and held to it every night.

A person is found by what never changes of them in the directory, never by name. A directory that cannot be asked, or
that suddenly knows hardly anybody, changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from server.clock import Clock
from server.errors import BalaiError, Conflict, Invalid, Refused
from server.identity.accounts import EMAIL, Accounts, Particulars
from server.identity.acting import Acting, act_as
from server.identity.audit import Audit
from server.identity.ldap.directory import Entry
from server.identity.ports import Account
from server.identity.records import Identity, IdentityStore
from server.identity.roles import Groups, Role, role_of
from server.sign_in_config import LdapSection

log = structlog.get_logger(__name__)

PROVIDER = "ldap"
AT_ONCE = 8  # questions to the directory at the same time: each holds a thread
MOST_GONE = 0.5
"""When more than half of a dozen or more have vanished it is the directory that is broken, not the office."""
FEW = 12


class Asked(Protocol):
    """server/identity/ldap/directory.py: both block."""

    def check(self, login: str, password: str) -> Entry | None: ...

    def everybody(self) -> list[Entry]: ...


@dataclass(frozen=True, slots=True)
class Synced:
    seen: int
    deactivated: int
    changed: int


class DirectoryPeople:
    """Implements Entrance's Directory."""

    def __init__(
        self,
        directory: Asked,
        config: LdapSection,
        accounts: Accounts,
        *,
        identities: IdentityStore,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._directory, self._config, self._accounts = directory, config, accounts
        self._identities, self._audit, self._clock = identities, audit, clock
        self._groups = Groups(config.administrator_groups, config.secretary_groups, config.official_groups)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def sign_in(self, login: str, password: str) -> Account | None:
        """The account, made or brought up to date; None: nobody's login and password, or nobody who may come in.
        Unavailable("ldap.unreachable")."""
        async with self._turns:
            entry = await asyncio.to_thread(self._directory.check, login, password)
        if entry is None or not self._welcome(entry):
            return None
        known = await self._identities.find(PROVIDER, entry.subject)
        if known is None:
            account = await self._created(entry)
        else:
            account = await self._accounts.by_id(known.account_id)
        if account is None or not account.active:
            return None
        return await self._accounts.take_role(account, self._role(entry).wanted)

    def _welcome(self, entry: Entry) -> bool:
        return not entry.disabled and (not self._config.only_groups or self._role(entry).of_group is not None)

    def _role(self, entry: Entry) -> Role:
        return role_of(entry.groups, self._groups)

    async def _created(self, entry: Entry) -> Account | None:
        """None where no account may be made, or its login belongs to somebody else here."""
        if not self._config.create:
            return None
        wanted = Particulars(
            login=entry.login,
            name=entry.name[:120],
            function=entry.function[:120],
            office=entry.office[:120],
            email=entry.email if EMAIL.fullmatch(entry.email) else "",
        )
        try:
            account = await self._accounts.create_elsewhere_known(wanted)
        except (Conflict, Invalid) as error:
            log.warning("directory entry makes no account", code=error.code)
            return None
        await self._identities.add(Identity(PROVIDER, entry.subject, account.account_id, self._clock.now_ms()))
        await self._audit.record("identity_linked", account.account_id, provider=PROVIDER)
        return account

    # ------------------------------------------------------------ every night

    async def sync(self) -> Synced:
        """Who is gone from the directory, disabled or no longer in a group, is deactivated here, and out at once;
        rights follow the groups. Nobody is activated: that an administrator closed an account stands.
        Unavailable("ldap.unreachable"), Refused("ldap.too_many_gone"): nothing was changed then."""
        with act_as(Acting(way="directory")):
            async with self._turns:
                entries = await asyncio.to_thread(self._directory.everybody)
            here = {one.subject: one for one in entries if self._welcome(one)}
            linked = await self._identities.of_provider(PROVIDER)
            accounts = [(one, await self._accounts.by_id(one.account_id)) for one in linked]
            active = [(one, account) for one, account in accounts if account.active and not account.password_hash]
            gone = [account for one, account in active if one.subject not in here]
            if len(active) >= FEW and len(gone) > MOST_GONE * len(active):
                await self._audit.record("directory_refused", gone=str(len(gone)), known=str(len(active)))
                raise Refused("ldap.too_many_gone", gone=len(gone), known=len(active))
            for account in gone:
                await self._deactivate(account)
            changed = 0
            for one, account in active:
                if one.subject in here:
                    after = await self._accounts.take_role(account, self._role(here[one.subject]).wanted)
                    changed += after.office_role != account.office_role
            done = Synced(len(here), len(gone), changed)
            await self._audit.record(
                "directory_synced", seen=str(done.seen), deactivated=str(done.deactivated), changed=str(done.changed)
            )
            return done

    async def _deactivate(self, account: Account) -> None:
        try:
            await self._accounts.deactivate(account.account_id)
        except Refused as error:  # the last administrator: somebody must be able to put things right
            log.warning("not deactivated", account=account.account_id, code=error.code)

    async def keep_synced(self, wait_ms: Callable[[int], int], ended: Callable[[], Awaitable[object]]) -> None:
        """Every night at the configured hour, until cancelled: a task for the roof to own. `wait_ms`: until that
        hour in the office's zone. `ended`: sessions may have ended."""
        while True:
            await asyncio.sleep(wait_ms(self._config.sync_hour) / 1000)
            try:
                result = await self.sync()
            except BalaiError as error:
                log.error("directory not synchronised", code=error.code)
            else:
                log.info("directory synchronised", seen=result.seen, deactivated=result.deactivated)
                await ended()
