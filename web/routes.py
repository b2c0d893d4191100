"""Every address of the house, and what stands before all of them. `setup` is all that the roof calls."""

from __future__ import annotations

from pathlib import Path

from aiohttp.web import Application, FileResponse, Request, Response, StreamResponse

from web.assets import Assets
from web.house import House
from web.i18n import Catalogues
from web.ports import Office, Services
from web.proxies import Proxies
from web.reader import Readers
from web.render import Pages
from web.routes_directory import add_directory
from web.security import Guard, add_headers
from web.views.account import OwnAccount
from web.views.admin import Admin
from web.views.answers import Answers
from web.views.arrivals import ArrivalPages
from web.views.audit import AuditPages
from web.views.ballot import BallotSlot
from web.views.checkin import CheckIns
from web.views.connection import ConnectionCheck
from web.views.documents import Documents
from web.views.doors import Doors
from web.views.entry import Entry
from web.views.factors import OwnFactors
from web.views.feeds import FeedPages
from web.views.home import Home
from web.views.invitations import Invitations
from web.views.letter_book import LetterBook
from web.views.letter_desk import LetterDesk
from web.views.meeting import Meeting
from web.views.metrics import MetricsView
from web.views.minutes import MinutesPage
from web.views.office import OfficePage
from web.views.outcomes import OutcomesPage
from web.views.papers import Downloads
from web.views.personal import PersonalPage
from web.views.phrases import PhrasesPage
from web.views.planning import Planning
from web.views.providers import Providers
from web.views.recordings import RecordingsPage
from web.views.reset import PasswordReset
from web.views.retention import RetentionPages
from web.views.room import RoomPage
from web.views.search import SearchPage
from web.views.security import SecurityPages
from web.views.series import SeriesPage
from web.views.sign_in import SignIn
from web.views.takeaway import TakeawayPage
from web.views.verify import Verify
from web.views.writing import Writing

MEETING = "/m/{meeting_id:[0-9a-f]{16}}"
ACCOUNT = "/admin/accounts/{account_id:[0-9a-f]{32}}"
PROVIDER = "{provider:[a-z][a-z0-9-]{0,30}}"
DOCUMENT = "{document_id:[0-9a-f]{16}}"
ARRIVAL = "{arrival_id:[0-9a-f]{32}}"
MARK = Path(__file__).parent / "mark.svg"
SCANNED = "{pass:room-\\d{1,3}~\\d{1,15}~[\\w-]{43}}"
SESSION = "{session_id:[0-9a-f]{64}}"


def setup(app: Application, services: Services, catalogues: Catalogues | None = None) -> None:
    """Serve the pages on `app`. Unavailable("client.not_built") where the client was not built."""
    assets = Assets(services.dist)
    pages = Pages(catalogues or Catalogues(), assets, services.office)
    readers = Readers(services)
    house = House(services, pages, readers)
    again = SignIn(house).again
    guard = Guard(Proxies(services.trusted_proxies), readers, services.public_url, fail=pages.failure, again=again)
    app.middlewares.append(guard.middleware())
    app.on_response_prepare.append(add_headers)
    _open_to_all(app, house, assets)
    if (monitoring := services.monitoring) is not None:
        metrics = MetricsView(monitoring.page, Proxies(services.trusted_proxies), monitoring.networks, monitoring.token)
        app.router.add_get("/metrics", metrics.show)
    if services.reach is not None:
        app.router.add_get("/connection", ConnectionCheck(house, services.reach).show)
    if services.recordings is not None:
        _recordings(app, RecordingsPage(house, services.recordings))
    _meetings(app, house)
    _post(app, house)
    _record(app, house)
    _accounts(app, house)
    _office(app, house)
    add_directory(app, house)
    _letters(app, house)


def _open_to_all(app: Application, house: House, assets: Assets) -> None:
    sign_in, doors = SignIn(house), Doors(house)
    add = app.router
    add.add_get("/healthz", _healthz)
    add.add_post("/ballot", BallotSlot(house.services.meetings).put)
    add.add_get("/verify/{code:[\\w-]{1,64}}", Verify(house).show)
    add.add_get("/static/{path:.+}", assets.serve)
    add.add_get("/office/logo", _Logo(house.services.office).serve)
    add.add_get("/login", sign_in.show)
    add.add_post("/login", sign_in.submit)
    add.add_post("/login/second", sign_in.second)
    add.add_post("/login/second/options", sign_in.second_options)
    add.add_post("/login/passkey", sign_in.passkey)
    add.add_post("/login/passkey/options", sign_in.passkey_options)
    add.add_post("/logout", sign_in.leave)
    reset, providers = PasswordReset(house), Providers(house)
    add.add_get("/login/forgot", reset.show)
    add.add_post("/login/forgot", reset.ask)
    add.add_get("/login/reset/{token:[\\w-]{43}}", reset.choose)
    add.add_post("/login/reset/{token:[\\w-]{43}}", reset.save)
    add.add_get(f"/login/oidc/{PROVIDER}", providers.begin)
    add.add_get(f"/login/oidc/{PROVIDER}/callback", providers.back)
    add.add_post(f"/login/oidc/{PROVIDER}/logout", providers.logged_out)
    add.add_get("/j/{token:[0-9a-f]{32}\\.[\\w-]{43}}", doors.link)
    add.add_post("/j/{token:[0-9a-f]{32}\\.[\\w-]{43}}", doors.use_link)
    answers = Answers(house)
    add.add_get("/a/{token:[0-9a-f]{32}\\.[\\w-]{43}}", answers.by_link)
    add.add_post("/a/{token:[0-9a-f]{32}\\.[\\w-]{43}}", answers.record_by_link)
    add.add_get("/g/{meeting_id:[0-9a-f]{16}}", doors.guest)
    add.add_post("/g/{meeting_id:[0-9a-f]{16}}", doors.ask)
    add.add_get("/w/{meeting_id:[0-9a-f]{16}}", doors.public)
    add.add_post("/w/{meeting_id:[0-9a-f]{16}}", doors.watch)


def _meetings(app: Application, house: House) -> None:
    home, planning, meeting, writing = Home(house), Planning(house), Meeting(house), Writing(house)
    add = app.router
    add.add_get("/", home.show)
    add.add_get("/meetings/coming", home.coming)
    add.add_get("/meetings/past", home.past)
    add.add_get("/meetings/new", planning.new)
    add.add_post("/meetings/new", planning.create)
    add.add_post("/meetings/new/check", planning.check_new)
    add.add_post(f"{MEETING}/edit/check", planning.check)
    add.add_post("/meetings/new/letter.{form:png|pdf}", planning.draft_new)
    add.add_post(f"{MEETING}/edit/letter.{{form:png|pdf}}", planning.draft)
    add.add_get(MEETING, meeting.show)
    add.add_get(f"{MEETING}/edit", planning.edit)
    add.add_post(f"{MEETING}/edit", planning.save)
    add.add_get(f"{MEETING}/cancel", planning.cancel_page)
    add.add_post(f"{MEETING}/cancel", planning.cancel)
    add.add_post(f"{MEETING}/links/{{person_id:[\\w-]{{1,64}}}}/renew", meeting.renew_link)
    invitations, answers = Invitations(house), Answers(house)
    add.add_get(f"{MEETING}/invitations", invitations.show)
    add.add_post(f"{MEETING}/invitations", invitations.send)
    add.add_get(f"{MEETING}/invitations/preview", invitations.preview)
    add.add_post(f"{MEETING}/invitations/letter.{{form:png|pdf}}", invitations.draft)
    add.add_post(f"{MEETING}/invitations/{{person_id:[\\w-]{{1,64}}}}/again", invitations.again)
    add.add_get(f"{MEETING}/answers/{{person_id:[\\w-]{{1,64}}}}", answers.show)
    add.add_post(f"{MEETING}/answers/{{person_id:[\\w-]{{1,64}}}}", answers.record)
    add.add_get(f"{MEETING}/undangan.{{form:pdf|docx}}", invitations.paper)
    add.add_get(f"{MEETING}/room", RoomPage(house).show)
    add.add_get(f"{MEETING}/attendance", meeting.timeline)
    entry = Entry(house)
    add.add_get(f"{MEETING}/entry", entry.show)
    add.add_post(f"{MEETING}/entry", entry.save)
    checkins = CheckIns(house)
    add.add_get("/c/{code:[0-9a-f]{16}\\.room-\\d{1,3}\\.\\d{1,12}\\.[\\w-]{16}}", checkins.scanned)
    add.add_post(f"{MEETING}/rooms", checkins.add_room)
    add.add_get(f"{MEETING}/checkin.svg", checkins.code)
    add.add_get(f"{MEETING}/checkin", checkins.status)
    add.add_post(f"{MEETING}/checkin", checkins.check_out)
    add.add_get(f"{MEETING}/checkin/{SCANNED}", checkins.show)
    add.add_post(f"{MEETING}/checkin/{SCANNED}", checkins.check_in)
    add.add_get(f"{MEETING}/record", writing.show)
    add.add_post(f"{MEETING}/record", writing.submit)
    minutes = MinutesPage(house)
    add.add_get(f"{MEETING}/minutes", minutes.show)
    add.add_post(f"{MEETING}/minutes", minutes.submit)
    add.add_get(f"{MEETING}/minutes.json", minutes.lines)
    add.add_post(f"{MEETING}/minutes/sign", minutes.sign)
    add.add_post(f"{MEETING}/minutes/scan", minutes.scan)
    _papers(app, house)


def _post(app: Application, house: House) -> None:
    """What came in by mail, and reminders."""
    add = app.router
    arrivals = ArrivalPages(house)
    add.add_post(f"{MEETING}/arrivals/{ARRIVAL}", arrivals.settle)
    add.add_post(f"{MEETING}/reminders", arrivals.remind)
    add.add_get("/inbox", arrivals.show)
    feeds = FeedPages(house)
    add.add_get("/calendar/{token:[0-9a-f]{32}\\.[0-9a-f]{40}}.ics", feeds.send)
    add.add_post("/account/calendar", feeds.change)
    add.add_post(f"/inbox/{ARRIVAL}", arrivals.settle_of_office)


def _papers(app: Application, house: House) -> None:
    downloads, add = Downloads(house), app.router
    add.add_get(f"{MEETING}/{{kind:notula|risalah|report|attendance|votes}}.{{form:[a-z]{{2,4}}}}", downloads.send)
    add.add_get(f"{MEETING}/{{kind:decision}}-{{number:[1-9][0-9]{{0,5}}}}.{{form:[a-z]{{2,4}}}}", downloads.send)


def _office(app: Application, house: House) -> None:
    office, add = OfficePage(house), app.router
    phrases = PhrasesPage(house)
    add.add_get("/admin/phrases", phrases.show)
    add.add_post("/admin/phrases", phrases.save)
    add.add_get("/admin/office", office.show)
    add.add_post("/admin/office", office.save)
    add.add_get("/admin/office/templates/{kind:[a-z]{1,20}}.docx", office.template)
    add.add_post("/admin/office/templates/{kind:[a-z]{1,20}}", office.take_template)
    add.add_get("/admin/office/preview.png", office.preview)
    add.add_post("/admin/office/preview.png", office.preview)


def _letters(app: Application, house: House) -> None:
    """The book of outgoing letters, what letters are made with, and what goes with them."""
    documents, add = Documents(house), app.router
    add.add_post(f"{MEETING}/documents", documents.add)
    add.add_get(f"{MEETING}/documents/{DOCUMENT}", documents.send)
    add.add_post(f"{MEETING}/documents/{DOCUMENT}/remove", documents.remove)
    book, desk = LetterBook(house), LetterDesk(house)
    add.add_get("/letters", book.show)
    add.add_post("/letters", book.reserve)
    add.add_get("/letters.{form:csv|xlsx}", book.export)
    add.add_get("/admin/letters", desk.show)
    add.add_post("/admin/letters/registers", desk.save_register)
    add.add_post("/admin/letters/sample", desk.sample)
    add.add_post("/admin/letters/templates", desk.save_template)


def _record(app: Application, house: House) -> None:
    """The record of all meetings, and what becomes of it."""
    add = app.router
    add.add_get("/search", SearchPage(house).show)
    outcomes = OutcomesPage(house)
    add.add_get("/tasks", outcomes.tasks)
    add.add_post("/tasks", outcomes.settle)
    add.add_get("/tasks.{form:csv|xlsx}", outcomes.export_tasks)
    add.add_get("/decisions", outcomes.decisions)
    add.add_get("/decisions.{form:csv|xlsx}", outcomes.export_decisions)
    retention = RetentionPages(house)
    add.add_get("/admin/retention", retention.show)
    add.add_get(r"/admin/retention/{name:destroyed-[\d-]+\.txt}", retention.report)
    add.add_get(f"{MEETING}/retention", retention.of_meeting)
    add.add_post(f"{MEETING}/retention", retention.change)
    add.add_get(f"{MEETING}/next", SeriesPage(house).show)
    add.add_post(f"{MEETING}/next", SeriesPage(house).create)
    add.add_get(f"{MEETING}/archive.zip", TakeawayPage(house).send)


def _recordings(app: Application, pages: RecordingsPage) -> None:
    add, place = app.router, f"{MEETING}/recordings"
    add.add_get(place, pages.show)
    add.add_post(place, pages.act)
    add.add_get(f"{place}.json", pages.status)
    add.add_get(f"{place}/play", pages.play)
    name = "{name:video\\.mp4|video\\.webm|audio\\.mp3}"
    add.add_get(f"{place}/{{composition_id:[\\w-]{{1,64}}}}/{name}", pages.send)


def _accounts(app: Application, house: House) -> None:
    own, admin = OwnAccount(house), Admin(house)
    add = app.router
    add.add_get("/account", own.show)
    personal = PersonalPage(house)
    add.add_get("/account/data.zip", personal.own)
    add.add_get(f"{ACCOUNT}/data.zip", personal.of_account)
    add.add_post("/account/password", own.change_password)
    add.add_post("/account/language", own.set_language)
    add.add_post("/account/sessions/others/end", own.end_others)
    add.add_post(f"/account/sessions/{SESSION}/end", own.end_session)
    factors, providers = OwnFactors(house), Providers(house)
    add.add_post(f"/account/factors/providers/{PROVIDER}/link", providers.link)
    add.add_post(f"/account/factors/providers/{PROVIDER}/unlink", providers.unlink)
    add.add_post("/account/factors/code", factors.new_code)
    add.add_post("/account/factors/code/finish", factors.finish_code)
    add.add_post("/account/factors/passkey/options", factors.passkey_options)
    add.add_post("/account/factors/passkey", factors.finish_passkey)
    add.add_post("/account/factors/codes", factors.new_codes)
    add.add_post("/account/factors/{factor_id:[0-9a-f]{32}}/remove", factors.remove)
    add.add_get("/admin/accounts", admin.list)
    add.add_get("/admin/accounts/new", admin.new)
    add.add_post("/admin/accounts/new", admin.create)
    add.add_get(ACCOUNT, admin.show)
    add.add_post(ACCOUNT, admin.save)
    add.add_post(f"{ACCOUNT}/reset", admin.reset)
    add.add_post(f"{ACCOUNT}/deactivate", admin.deactivate)
    add.add_post(f"{ACCOUNT}/activate", admin.activate)
    add.add_post(f"{ACCOUNT}/sessions/{SESSION}/end", admin.end_session)
    add.add_post(f"{ACCOUNT}/sessions/all/end", admin.end_sessions)
    add.add_post(f"{ACCOUNT}/factors/reset", admin.reset_factors)
    security, audit = SecurityPages(house), AuditPages(house)
    add.add_get("/admin/security", security.show)
    add.add_post("/admin/security", security.require)
    add.add_post(f"/admin/security/sessions/{SESSION}/end", security.end)
    add.add_get("/admin/audit", audit.show)
    add.add_get("/admin/audit.{form:csv|jsonl}", audit.export)


async def _healthz(_: Request) -> Response:
    return Response(text="ok\n", headers={"Cache-Control": "no-store"})


class _Logo:
    """The office's own mark, as it was configured, or the house's."""

    def __init__(self, office: Office) -> None:
        path = office.logo
        self._path = path if path is not None and path.suffix.lower() in (".svg", ".png") else MARK

    async def serve(self, _: Request) -> StreamResponse:
        kind = "image/png" if self._path.suffix.lower() == ".png" else "image/svg+xml"
        return FileResponse(self._path, headers={"Content-Type": kind, "Cache-Control": "public, max-age=3600"})
