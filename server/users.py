"""`balai user`: accounts at the command line, through the same doors as in the browser, also while Balai serves."""

from __future__ import annotations

from server import ways_in
from server.clock import SystemClock
from server.config import Config
from server.errors import NotFound
from server.identity import service
from server.identity.accounts import Accounts, Particulars
from server.identity.ports import Account
from server.identity.service import Identity
from server.store.store import Store
from server.tasks import TaskOwner
from web.i18n import Catalogues


def identity(store: Store) -> Identity:
    return service.build(ways_in.stores(store), SystemClock(), store.vault.secret("identity"))


def accounts(store: Store) -> Accounts:
    return identity(store).accounts


async def add(store: Store, wanted: Particulars) -> str:
    """The start password, told once. What accounts.create raises."""
    return (await accounts(store).create(wanted))[1]


async def set_password(store: Store, login: str) -> str:
    """A new start password, told once; every session of the account ends. NotFound("account")."""
    return await accounts(store).reset_password((await _by_login(store, login)).account_id)


async def forget_factors(store: Store, login: str) -> None:
    """Second factors and recovery codes are gone. NotFound("account")."""
    await identity(store).factors.reset((await _by_login(store, login)).account_id)


async def sync(store: Store, config: Config) -> str:
    """What was done, in one line. NotFound("ldap.none"), and what DirectoryPeople.sync raises."""
    ways = ways_in.build(
        config, store, identity(store), SystemClock(), TaskOwner("sync"),
        words=Catalogues().words, url=lambda: config.server.public_url, signature=None,
    )  # fmt: skip
    try:
        if ways.people is None:
            raise NotFound("ldap.none")
        done = await ways.people.sync()
    finally:
        await ways.close()
    return (
        f"{done.seen} people in the directory, {done.deactivated} accounts deactivated, {done.changed} rights changed"
    )


async def set_active(store: Store, login: str, *, active: bool) -> None:
    """NotFound("account"), Refused("account.last_administrator")."""
    one = await _by_login(store, login)
    await (accounts(store).activate(one.account_id) if active else accounts(store).deactivate(one.account_id))


async def table(store: Store) -> list[tuple[str, ...]]:
    """A row per account: login, role, whether it may sign in, name, function."""
    rows = await accounts(store).all()
    return [
        (one.login, one.office_role, "active" if one.active else "disabled", one.name, one.function) for one in rows
    ]


async def _by_login(store: Store, login: str) -> Account:
    found = await store.accounts.by_login(login.strip().casefold())
    if found is None:
        raise NotFound("account")
    return found
