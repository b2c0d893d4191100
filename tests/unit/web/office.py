"""A whole office to test pages with: real store, real identity, real meetings; only clock, media and documents are not.

No assertion lives here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiohttp import ClientResponse, CookieJar
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application
from argon2 import PasswordHasher

from recordings.library import Library
from server import ways_in
from server.clock import Clock
from server.config import Config, MailSection, OfficeSection, RetentionSection, ScheduleSection, ServerSection
from server.documents.kept import KeptPapers
from server.documents.letter_templates import LetterTemplates
from server.documents.pades import PadesSigner, Pkcs12Key, Trust
from server.documents.papers import Form, Kind, MinutesPaper, OfficePapers, Signed, Signing
from server.documents.phrases import OfficePhrases
from server.documents.profile import Profile
from server.documents.saved_profiles import SavedProfiles, Settings
from server.documents.signatures_seen import SignatureSeen
from server.documents.signing import Asks, Credentials, Signer
from server.documents.takeaway import Archivist
from server.identity import service
from server.identity.accounts import Particulars
from server.identity.oidc.flow import Oidc
from server.identity.passwords import Passwords
from server.identity.ports import Account, OfficeRole
from server.identity.service import Identity
from server.mail.desk import MailDesk
from server.mail.desk import Rooms as MailRooms
from server.mail.feeds import CalendarFeeds
from server.mail.imap import ImapMailbox
from server.mail.inbox import Around, InboxDesk
from server.mail.marks import Marks
from server.mail.smtp import SmtpCarrier
from server.mail_config import ImapSection
from server.meeting.commands import Actor, Command, Invitee, PlanMeeting
from server.meeting.facts import AgendaItem, Role
from server.meeting.rooms import Rooms
from server.meeting.state import State
from server.personal import PersonalData
from server.recurring import SeriesKeeper
from server.retention import Retention
from server.sign_in_config import OidcProvider, SignInSection
from server.store.store import Store, open_store
from server.tasks import TaskOwner
from server.ways_in import WaysIn
from tests.fakes import FakeMediaPlane, RecordingAudience
from tests.unit.documents import keys
from web.i18n import Catalogues
from web.ports import Office, Services
from web.routes import setup

IMAP, MARKS = ImapSection("mail.contoh.go.id", username="rapat"), Marks(b"rahasia")
PASSWORD = "kuda-nil-terbang-7"
HOUR_MS = 3_600_000
KEPT = RetentionSection("rutin", (ScheduleSection("rutin", 3650, 1825, 30), ScheduleSection("statis")))
DAY_MS = 24 * HOUR_MS
PLANNER = Actor(account_id="planner", office_role="secretary")


class QuickPasswords(Passwords):
    """Argon2id all the same, but without the work."""

    def __init__(self) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


class PlainPapers:
    """Says what it was asked for; the notula to read is the real one."""

    def __init__(self, rooms: Rooms, clock: Clock, folder: Path, settings: Settings) -> None:
        self._key, self.root = keys.make(folder)
        self._given = (rooms, clock, folder, settings)
        self.sign_with(Trust())

    def sign_with(self, trust: Trust) -> None:
        self.serve(PadesSigner(Pkcs12Key(self._key, keys.PASSPHRASE), trust))

    def serve(self, signer: Signer) -> None:
        rooms, clock, folder, settings = self._given
        signing = Signing(KeptPapers(folder / "signed"), signer)
        profiles = SavedProfiles(settings)
        words = Catalogues().words
        kept = KeptPapers(folder / "templates", ".docx")
        self._papers = OfficePapers(
            rooms, words, OfficeSection(), clock, signing=signing, profiles=profiles, templates=kept
        )

    @property
    def signs(self) -> bool:
        return self._papers.signs

    @property
    def asks(self) -> Asks:
        return self._papers.asks

    async def sign(self, meeting_id: str, person_id: str, credentials: Credentials | None = None) -> Signed:
        return await self._papers.sign(meeting_id, person_id, credentials)

    async def signatures(self, meeting_id: str, digest: str) -> tuple[SignatureSeen, ...]:
        return await self._papers.signatures(meeting_id, digest)

    async def take_scan(self, meeting_id: str, previous: str, files: Sequence[bytes]) -> Signed:
        return await self._papers.take_scan(meeting_id, previous, files)

    async def signed(self, meeting_id: str, digest: str) -> bytes:
        return await self._papers.signed(meeting_id, digest)

    async def discard(self, meeting_id: str, digest: str) -> None:
        await self._papers.discard(meeting_id, digest)

    async def minutes(self, meeting_id: str, language: str) -> MinutesPaper:
        return await self._papers.minutes(meeting_id, language)

    async def profile(self, at_ms: int | None = None) -> Profile:
        return await self._papers.profile(at_ms)

    async def template(self, kind: str, *, new: bool = False) -> bytes:
        return await self._papers.template(kind, new=new)

    async def take_template(self, kind: str, content: bytes, by: str) -> None:
        await self._papers.take_template(kind, content, by)

    async def drop_template(self, kind: str, by: str) -> None:
        await self._papers.drop_template(kind, by)

    async def save_profile(self, profile: Profile, by: str) -> None:
        await self._papers.save_profile(profile, by)

    async def draw(self, profile: Profile, language: str) -> bytes:
        return await self._papers.draw(profile, language)

    async def invitation_pdf(self, meeting_id: str, language: str) -> bytes:
        return await self._papers.invitation_pdf(meeting_id, language)

    async def draft(self, state: State, language: str, form: Literal["png", "pdf"]) -> bytes:
        return await self._papers.draft(state, language, form)

    async def paper(self, meeting_id: str, kind: Kind, form: Form, language: str, number: int = 0) -> bytes:
        return f"{kind} {form} {meeting_id} {language} {number}".encode()


class CountingDoors:
    def __init__(self) -> None:
        self.looks = 0

    async def look_again(self) -> int:
        self.looks += 1
        return 0


class Lender:
    """Lends test sessions, as far as the page is concerned."""

    offered: Mapping[str, Any] = {
        "processes": [{"parameters": {"usernameFragment": "a</script>"}, "candidates": []}],
        "ice_servers": [],
    }

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def offer(self, who: str) -> Mapping[str, Any]:
        self.asked.append(who)
        return self.offered


@dataclass
class TheOffice:
    store: Store
    identity: Identity
    rooms: Rooms
    clock: Clock
    doors: CountingDoors
    app: Application
    lender: Lender
    papers: PlainPapers
    folder: Path
    retention: Retention
    url: str = ""
    ways: WaysIn | None = None

    @property
    def oidc(self) -> Oidc | None:
        return self.ways.oidc if self.ways else None

    async def account(self, login: str, name: str, role: OfficeRole = "official", function: str = "") -> Account:
        account, _ = await self.identity.accounts.create(Particulars(login, name, role, function), PASSWORD)
        return account

    async def meeting(
        self, *people: Invitee, title: str = "Rapat Koordinasi", in_ms: int = 0, items: Sequence[str] = ("Laporan",)
    ) -> str:
        start_ms = self.clock.now_ms() + in_ms
        agenda = tuple(AgendaItem("", item, 30) for item in items)
        wish = PlanMeeting(title, start_ms, start_ms + 2 * HOUR_MS, "Asia/Jakarta", agenda, people, "Ruang Rapat")
        return await self.rooms.plan(wish, PLANNER)

    async def act(self, meeting_id: str, person_id: str, command: Command) -> int:
        return await self.rooms.submit(meeting_id, Actor(person_id), command)

    async def archive(self, meeting_id: str) -> bytes:
        archivist = Archivist(self.store.journal, self.papers, self.clock, "id", shelf=self.store.documents)
        return (await archivist.pack(meeting_id)).content

    async def close(self) -> None:
        if self.ways is not None:
            await self.ways.close()
        await self.rooms.close()
        await self.store.close()


async def open_office(
    folder: Path,
    clock: Clock,
    dist: Path,
    *,
    proxies: tuple[str, ...] = (),
    public_url: str = "",
    quick: bool = True,
    providers: tuple[OidcProvider, ...] = (),
    mail: MailSection | None = None,
    by_mail: bool = False,
) -> TheOffice:
    """`by_mail`: people are invited by mail too; nothing goes out or comes in by itself."""
    store = await open_store("", folder, clock)
    identity = service.build(
        ways_in.stores(store), clock, store.vault.secret("identity"), passwords=QuickPasswords() if quick else None
    )
    rooms = Rooms(store.journal, FakeMediaPlane(), RecordingAudience(), clock, boxes=store.boxes)
    doors = CountingDoors()
    lender = Lender()
    papers = PlainPapers(rooms, clock, folder, store.settings)
    kept = Config(server=ServerSection(data_folder=folder), retention=KEPT)
    retention = Retention(kept, store, clock, rooms.put_away)
    config = Config(
        server=ServerSection(public_url=public_url), sign_in=SignInSection(oidc=providers), mail=mail or MailSection()
    )
    ways = ways_in.build(
        config,
        store,
        identity,
        clock,
        TaskOwner("test"),
        meetings=rooms,
        words=Catalogues().words,
        url=lambda: public_url or "https://rapat.example",
        signature=None,
    )
    services = Services(
        identity=identity,
        meetings=rooms,
        lists=store.listings,
        searches=store.searches,
        outcomes=store.outcomes,
        papers=papers,
        retention=retention,
        personal=PersonalData(store, clock),
        registers=store.registers,
        templates=LetterTemplates(store.settings),
        phrases=OfficePhrases(store.settings),
        documents=store.documents,
        series=SeriesKeeper(rooms, store.listings, clock),
        archivist=Archivist(store.journal, papers, clock, "id", shelf=store.documents),
        doors=doors,
        clock=clock,
        secret=store.vault.secret("web"),
        office=Office("Kabupaten Contoh"),
        public_url=public_url,
        trusted_proxies=proxies,
        reach=lender,
        letterbox=ways.letterbox,
        feeds=CalendarFeeds(
            store.feeds,
            store.listings,
            clock,
            store.vault.secret("calendar"),
            words=Catalogues().words,
            url=lambda: public_url or "https://rapat.example",
        ),
        mail=_mail_desk(store, rooms, identity, papers, clock=clock, mail=mail) if mail and by_mail else None,
        inbox=InboxDesk(ImapMailbox(IMAP), Around(rooms, store.post_office, store.arrivals, MARKS), clock, IMAP),
        oidc=ways.oidc,
        dist=dist,
        recordings=Library(folder / "recordings", store.recording_keys, lambda _, __: None),
    )
    app = Application()
    setup(app, services)
    return TheOffice(store, identity, rooms, clock, doors, app, lender, papers, folder, retention, public_url, ways)


def _mail_desk(
    store: Store, rooms: Rooms, identity: Identity, papers: PlainPapers, *, clock: Clock, mail: MailSection
) -> MailDesk:
    words, house = Catalogues().words, OfficeSection()
    others = MailRooms(rooms, papers, identity.links, store.accounts, words, lambda: "https://rapat.example", MARKS)
    return MailDesk(store.post_office, SmtpCarrier(mail), others, clock, mail=mail, office=house)


def invited(account: Account, role: Role = "participant") -> Invitee:
    return Invitee(account.name, role, function=account.function, account_id=account.account_id)


CSRF = re.compile(r'name="csrf" value="([\w-]+)"')


class Browser:
    """One browser with its own cookies. Follows no redirects unless told; sends forms as browsers do."""

    def __init__(self, server: TestServer) -> None:
        self.client = TestClient(server, cookie_jar=CookieJar(unsafe=True))
        self.page = ""
        self.response: ClientResponse

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> ClientResponse:
        self.response = await self.client.get(path, allow_redirects=False, headers=headers)
        self.page = await self.response.text(errors="replace")
        return self.response

    async def post(
        self,
        path: str,
        fields: Mapping[str, str] | None = None,
        *,
        csrf: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ClientResponse:
        """The token is the one of the page last seen, unless another is given."""
        if csrf is None:
            csrf = self.csrf()
        self.response = await self.client.post(
            path, data={"csrf": csrf, **(fields or {})}, allow_redirects=False, headers=headers
        )
        self.page = await self.response.text(errors="replace")
        return self.response

    async def follow(self) -> ClientResponse:
        return await self.get(self.response.headers["Location"])

    def csrf(self) -> str:
        found = CSRF.search(self.page)
        return found[1] if found else ""

    async def sign_in(self, login: str, password: str = PASSWORD) -> ClientResponse:
        await self.get("/login")
        return await self.post("/login", {"login": login, "password": password})

    async def close(self) -> None:
        await self.client.session.close()
