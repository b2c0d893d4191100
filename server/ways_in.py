"""The ways in beside passwords of our own, put together for the roof: providers, the directory, mails to an account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, DummyCookieJar

from server.clock import Clock
from server.config import Config
from server.identity.ldap.directory import Directory
from server.identity.ldap.people import DirectoryPeople
from server.identity.oidc.flow import Oidc
from server.identity.oidc.provider import Provider
from server.identity.service import Identity, Stores
from server.mail.errand_desk import ErrandDesk, Surroundings
from server.mail.notices import Maker, NoticeDesk
from server.mail.ports import Meetings, Wording
from server.mail.smtp import Signature, SmtpCarrier
from server.store.store import Store
from server.tasks import TaskOwner


def stores(store: Store) -> Stores:
    """What identity keeps, where it is kept."""
    return Stores(
        store.accounts,
        store.browser_sessions,
        store.attempts,
        store.join_links,
        store.guests,
        store.factors,
        store.pending,
        store.identities,
        store.provider_sessions,
        store.settings,
        store.audit,
        store.offices,
    )


@dataclass(slots=True)
class WaysIn:
    """What is not configured is None. `session`: the one that asks providers."""

    config: Config
    clock: Clock
    tasks: TaskOwner
    oidc: Oidc | None
    people: DirectoryPeople | None
    notices: NoticeDesk | None
    session: ClientSession | None
    errands: ErrandDesk | None = None

    @property
    def letterbox(self) -> NoticeDesk | None:
        """Where somebody asks who forgot a password."""
        return self.notices if self.config.sign_in.password_reset else None

    def start(self, ended: Callable[[], Awaitable[object]]) -> None:
        """`ended`: sessions may have ended."""
        if self.notices is not None:
            self.notices.start()
        if self.errands is not None:
            self.errands.start()
        if self.people is not None:
            zone = ZoneInfo(self.config.office.zone)
            self.tasks.start("directory", self.people.keep_synced(lambda hour: self._until(hour, zone), ended))

    def _until(self, hour: int, zone: ZoneInfo) -> int:
        return ms_until(self.clock.now_ms(), hour, zone)

    async def close(self) -> None:
        if self.errands is not None:
            await self.errands.close()
        if self.notices is not None:
            await self.notices.close()
        if self.session is not None:
            await self.session.close()


def ms_until(now_ms: int, hour: int, zone: ZoneInfo) -> int:
    """Until the next time that clocks in that zone show this full hour; at least a minute."""
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    wanted = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if wanted <= now:
        wanted += timedelta(days=1)
    return max(60_000, int((wanted.astimezone(UTC) - now.astimezone(UTC)).total_seconds() * 1000))


def build(
    config: Config,
    store: Store,
    identity: Identity,
    clock: Clock,
    tasks: TaskOwner,
    *,
    meetings: Meetings | None = None,
    words: Callable[[str], Wording],
    url: Callable[[], str],
    signature: Signature | None,
) -> WaysIn:
    """Nothing is asked of anybody yet. The directory is where `identity` looks from now on."""
    section, session, oidc, people, notices, errands = config.sign_in, None, None, None, None, None
    if section.oidc:
        session = ClientSession(cookie_jar=DummyCookieJar())
        oidc = Oidc(
            tuple(Provider(one, clock, session) for one in section.oidc),
            identity.accounts,
            identity.sessions,
            identities=store.identities,
            provider_sessions=store.provider_sessions,
            begun=identity.begun,
            audit=identity.audit,
            clock=clock,
        )
    if section.ldap.url:
        people = DirectoryPeople(
            Directory(section.ldap),
            section.ldap,
            identity.accounts,
            identities=store.identities,
            audit=identity.audit,
            clock=clock,
        )
        identity.entrance.directory = people
    if config.mail.host:
        makers: dict[str, Maker] = {}
        if meetings is not None:
            others = Surroundings(meetings, store.outcomes, store.accounts, identity.links, words, url)
            errands = ErrandDesk(store.errands, others, clock, config.mail, config.office)
            makers = {"errand": errands, "tasks": errands.digests()}
        notices = NoticeDesk(
            store.notices, SmtpCarrier(config.mail), identity.recovery, clock,
            mail=config.mail, office=config.office, words=words, url=url, signature=signature,
            makers=makers,
        )  # fmt: skip
    return WaysIn(config, clock, tasks, oidc, people, notices, session, errands)
