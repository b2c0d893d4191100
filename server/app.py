"""The roof: the only file that knows every room. It builds all from the configuration and owns start and shutdown.

Nothing is decided here; nobody imports this but the command line and tests.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog
from aiohttp.web import Application, AppRunner, TCPSite

from recordings.desk import RecordingDesk
from recordings.library import Library
from recordings.space import Space
from recordings.studio import Shop, Studio
from server import ways_in
from server.clock import Clock, SystemClock
from server.config import Config, MailSection, MediaSection
from server.documents.kept import KeptPapers
from server.documents.letter_templates import LetterTemplates
from server.documents.papers import OfficePapers, Signing
from server.documents.phrases import OfficePhrases
from server.documents.saved_profiles import SavedProfiles
from server.documents.signers import open_signer
from server.documents.takeaway import Archivist
from server.identity import service as identity_service
from server.identity.attempts import Limits
from server.identity.service import Identity
from server.identity.sessions import Lifetimes
from server.mail.desk import MailDesk
from server.mail.desk import Rooms as MailRooms
from server.mail.feeds import CalendarFeeds
from server.mail.imap import ImapMailbox
from server.mail.inbox import Around, InboxDesk
from server.mail.marks import Marks
from server.mail.smtp import Signature, SmtpCarrier
from server.meeting.facts import NumberedFact
from server.meeting.ports import Recorder
from server.meeting.rooms import Rooms
from server.meeting.state import State
from server.metrics import Metrics, TimedJournal
from server.notes.desk import NotesDesk
from server.personal import PersonalData
from server.recurring import SeriesKeeper
from server.retention import Retention
from server.sfu.config import MediaConfig, Site
from server.sfu.plane import MediaPlaneProcess
from server.sfu.probe import Probes
from server.sfu.turn import TurnServer
from server.store.store import Store, open_store
from server.tasks import TaskOwner
from server.ways_in import WaysIn
from signaling.attach import Signaling, attach
from signaling.notes import Scribes
from signaling.watchers import Watchers
from web.i18n import Catalogues
from web.ports import Monitoring, Office, Services
from web.routes import setup

log = structlog.get_logger(__name__)

GIGABYTE = 1_000_000_000


@dataclass(slots=True)
class Balai:
    """A running house. `url` is where it listens; `start` and `close` go through its rooms in order."""

    config: Config
    store: Store
    identity: Identity
    rooms: Rooms
    plane: MediaPlaneProcess
    signaling: Signaling
    runner: AppRunner
    clock: Clock
    tasks: TaskOwner
    notes: NotesDesk
    recordings: RecordingDesk
    studio: Studio
    retention: Retention
    mail: MailDesk | None = None
    inbox: InboxDesk | None = None
    ways: WaysIn | None = None
    series: SeriesKeeper | None = None
    url: str = field(default="", init=False)

    async def start(self) -> None:
        """Media first, then the meetings that were under way, then the doors."""
        await self.plane.start()
        self.rooms.start()
        self.notes.start()
        await self.runner.setup()
        host, _, port = self.config.server.listen.rpartition(":")
        secure = _tls(self.config)
        site = TCPSite(self.runner, host.strip("[]"), int(port), ssl_context=secure)
        await site.start()
        self.url = self.config.server.public_url or _url(self.runner, secure is not None)
        self.tasks.start("identity", self.identity.keep_tidy())
        self.tasks.start("retention", self.retention.nightly())
        if self.series is not None:
            self.tasks.start("series", self.series.keep())
        journal = self.store.journal
        waiting = {*await journal.left_behind(), *await journal.comments_open()}
        await self.rooms.take_up(waiting | {*self.plane.meetings()})
        await self.studio.start()
        if self.mail is not None:
            self.mail.start()
        if self.inbox is not None:
            self.inbox.start()
        if self.ways is not None:
            self.ways.start(self.signaling.look_again)
        log.info("balai serves", url=self.url, media=self.plane.ports)

    async def close(self, *, keep: bool = False) -> None:
        """The reverse: doors, meetings, media, memory. Each stage is bounded, and named when it takes too long.

        keep: people who see and hear each other go on doing so, for the next process to find them."""
        for name, stage in (
            ("signaling", self.signaling.close),
            ("doors", self.runner.cleanup),
            ("inbox", self.inbox.close if self.inbox else _nothing),
            ("mail", self.mail.close if self.mail else _nothing),
            ("studio", self.studio.close),
            ("recordings", self.recordings.close),
            ("ways in", self.ways.close if self.ways else _nothing),
            ("meetings", partial(self.rooms.close, keep=keep)),
            ("notes", self.notes.close),
            ("media", partial(self.plane.close, keep=keep)),
            ("tasks", self.tasks.close),
            ("store", self.store.close),
        ):
            try:
                await asyncio.wait_for(stage(), 10.0)
            except TimeoutError:
                log.error("does not end", stage=name)


async def build(config: Config, clock: Clock | None = None) -> Balai:
    """Open the store and put the house together; nothing listens yet. Raises what the rooms raise (BalaiError)."""
    clock = clock or SystemClock()
    store = await open_store(config.database.url, config.server.data_folder, clock)
    identity = identity_service.build(
        ways_in.stores(store),
        clock,
        store.vault.secret("identity"),
        lifetimes=Lifetimes(config.session.idle_minutes * 60_000, config.session.absolute_hours * 3_600_000),
        limits=Limits(
            config.session.attempts_per_account,
            config.session.attempts_per_address,
            window_ms=config.session.attempts_window_minutes * 60_000,
        ),
    )
    tasks = TaskOwner("balai")
    audience = Watchers()
    media = config.media
    plane = MediaPlaneProcess(
        _media(media),
        clock,
        config.log.level,
        workers=media.worker_count,
        folder=config.server.data_folder / "media",
        turn=tuple(TurnServer(one.urls, one.secret, one.username, one.password, one.ttl_minutes) for one in media.turn),
    )
    metrics = Metrics()
    scribes = Scribes()
    notes = NotesDesk(store.notes, scribes, clock)
    folder, space = _recordings(config)
    desk = RecordingDesk(folder, plane, store.recording_keys, space)
    catalogues = Catalogues()

    def busy() -> bool:
        return not config.recording.compose_beside_meetings and any(map(plane.sessions, plane.meetings()))

    studio = Studio(
        Shop(folder, store.recording_keys, space, catalogues.words(config.office.language), busy),
        after_meetings=config.recording.compose,
        at_once=config.recording.compose_at_once,
    )
    journal = TimedJournal(store.journal, clock, metrics.appends.observe)
    rooms = Rooms(
        journal, plane, audience, clock, boxes=store.boxes, notebook=notes, recorder=Recorders((desk, studio))
    )
    notes.serve(rooms)
    desk.write_to(rooms)
    studio.write_to(rooms)
    metrics.gather(rooms, plane.vitals)
    plane.listen(rooms)
    app = Application(client_max_size=2 * 1024 * 1024)
    signaling = attach(
        app,
        rooms=rooms,
        audience=audience,
        plane=plane,
        doorkeeper=identity.tickets,
        sentences=catalogues,
        clock=clock,
        secret_key=store.vault.secret("signaling"),
        tasks=tasks,
        notes=notes,
        scribes=scribes,
        origins=(config.server.public_url.rstrip("/"),) if config.server.public_url else None,
    )
    office = config.office
    papers = OfficePapers(
        rooms,
        catalogues.words,
        office,
        clock,
        public_url=config.server.public_url,
        signing=_signing(config),
        profiles=SavedProfiles(store.settings),
        templates=KeptPapers(config.server.data_folder / "templates", ".docx"),
    )
    mail, marks = None, Marks(store.vault.secret("mail"))
    if config.mail.host:
        mail = MailDesk(
            store.post_office,
            SmtpCarrier(config.mail),
            MailRooms(
                rooms,
                papers,
                identity.links,
                store.accounts,
                catalogues.words,
                lambda: config.server.public_url or _url(runner, bool(config.tls.certificate)),
                marks,
            ),
            clock,
            mail=config.mail,
            office=office,
            signature=_signature(config.mail),
        )
    inbox = _inbox(config, store, rooms, marks, clock)
    retention = Retention(config, store, clock, rooms.put_away)
    ways = ways_in.build(
        config, store, identity, clock, tasks,
        meetings=rooms, words=catalogues.words,
        url=lambda: config.server.public_url or _url(runner, bool(config.tls.certificate)),
        signature=_signature(config.mail),
    )  # fmt: skip
    series = SeriesKeeper(rooms, store.listings, clock)
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
        series=series,
        archivist=archivist(config, store, papers, clock),
        doors=signaling,
        clock=clock,
        secret=store.vault.secret("web"),
        office=Office(office.name, Path(office.logo) if office.logo else None, office.zone, office.language),
        public_url=config.server.public_url,
        trusted_proxies=config.server.trusted_proxies,
        mail=mail,
        inbox=inbox,
        feeds=CalendarFeeds(
            store.feeds,
            store.listings,
            clock,
            store.vault.secret("calendar"),
            words=catalogues.words,
            url=lambda: config.server.public_url or _url(runner, bool(config.tls.certificate)),
        ),
        recordings=Library(folder, store.recording_keys, studio.job),
        reach=Probes(plane, tasks),
        letterbox=ways.letterbox,
        oidc=ways.oidc,
        monitoring=Monitoring(metrics, config.metrics.networks, config.metrics.token),
    )
    setup(app, services, catalogues)
    runner = AppRunner(app, access_log=None, shutdown_timeout=2.0)
    return Balai(
        config,
        store,
        identity,
        rooms,
        plane,
        signaling,
        runner,
        clock,
        tasks,
        notes,
        desk,
        studio,
        retention,
        mail,
        inbox,
        ways,
        series,
    )


def _inbox(config: Config, store: Store, rooms: Rooms, marks: Marks, clock: Clock) -> InboxDesk | None:
    section = config.mail.imap
    if not section.host:
        return None
    around = Around(rooms, store.post_office, store.arrivals, marks)
    return InboxDesk(ImapMailbox(section), around, clock, section)


def _recordings(config: Config) -> tuple[Path, Space]:
    section, folder = config.recording, config.recordings_folder
    return folder, Space(folder, section.quota_gb * GIGABYTE, section.keep_free_gb * GIGABYTE)


class Recorders:
    """All who look at what is recorded."""

    def __init__(self, each: Sequence[Recorder]) -> None:
        self._each = each

    def look(self, state: State) -> None:
        for one in self._each:
            one.look(state)


class JournalReader:
    """Facts straight from the journal: for papers made without a room, while the server may be serving it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]:
        return await self._store.journal.read(meeting_id, number)


def archivist(config: Config, store: Store, papers: OfficePapers, clock: Clock) -> Archivist:
    folder = config.recordings_folder

    def recordings(meeting_id: str) -> dict[str, bytes]:
        """Only what describes them: the pictures and voices stay where they lie."""
        return {f"{one.parent.name}.json": one.read_bytes() for one in (folder / meeting_id).glob("*/manifest.json")}

    return Archivist(store.journal, papers, clock, config.office.language, recordings, shelf=store.documents)


def papers_of(config: Config, store: Store, clock: Clock) -> OfficePapers:
    """A meeting's papers without the house around them, for the command line."""
    url = config.server.public_url
    return OfficePapers(
        JournalReader(store),
        Catalogues().words,
        config.office,
        clock,
        public_url=url,
        signing=_signing(config),
        profiles=SavedProfiles(store.settings),
        templates=KeptPapers(config.server.data_folder / "templates", ".docx"),
    )


async def _nothing() -> None:
    """Where a room of the house was not opened."""


def _signature(mail: MailSection) -> Signature | None:
    if not mail.dkim_key:
        return None
    return Signature(mail.sender.rpartition("@")[2], mail.dkim_selector, mail.dkim_key)


def _signing(config: Config) -> Signing:
    """SignatureKeyError."""
    return Signing(KeptPapers(config.server.data_folder / "signed"), open_signer(config.signature))


def _media(media: MediaSection) -> MediaConfig:
    sites = tuple(Site(one.name, one.networks, one.budget_kbit * 1000) for one in media.site)
    return MediaConfig(
        media.listen,
        media.announce,
        media.udp_port,
        media.tcp_port,
        voices=media.voices,
        voices_above=media.voices_above,
        pictures=media.pictures,
        sites=sites,
        video_codecs=media.video_codecs,
    )


def _tls(config: Config) -> ssl.SSLContext | None:
    if not config.tls.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(config.tls.certificate, config.tls.key)
    return context


def _url(runner: AppRunner, secure: bool) -> str:
    host, port = runner.addresses[0][:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{shown}:{port}"
