"""What the pages need of the other rooms, as Protocols; the roof (server/app.py) builds the adapters. No page here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol

from recordings.library import OpenFile, Shelf
from recordings.speaker import Speech
from server.clock import Clock
from server.documents.letter_templates import LetterTemplate
from server.documents.papers import Form, Kind, MinutesPaper, Signed
from server.documents.phrases import Phrase
from server.documents.profile import Profile
from server.documents.signatures_seen import SignatureSeen
from server.documents.signing import Asks, Credentials
from server.documents.takeaway import Takeaway
from server.identity.oidc.flow import Oidc
from server.identity.ports import Account
from server.identity.recovery import Letterbox
from server.identity.service import Identity
from server.mail.inbox_ports import Arrival
from server.mail.ports import Post
from server.meeting.commands import Actor, Command, PlanMeeting
from server.meeting.correspondence import Reminders
from server.meeting.facts import NumberedFact, SecretBallot
from server.meeting.finding import DecisionLine, DecisionWish, Found, LetterLine, LetterWish, Search, Task, TaskWish
from server.meeting.numbering import Register
from server.meeting.recurrence import Rule
from server.meeting.retention import Due, Schedule
from server.meeting.state import State


class Meetings(Protocol):
    """All meetings of this process; server/meeting/rooms.py."""

    async def plan(self, wish: PlanMeeting, actor: Actor) -> str:
        """A new meeting; its id. Raises what the rules raise."""
        ...

    async def submit(self, meeting_id: str, actor: Actor, command: Command) -> int: ...

    async def put_ballot(self, meeting_id: str, motion_id: str, ballot: SecretBallot) -> None:
        """A secret ballot, whoever it is from. NotFound for a meeting that is not on, Refused, Invalid, Unavailable."""
        ...

    async def state(self, meeting_id: str) -> State:
        """NotFound for an unknown one."""
        ...

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]: ...

    async def settle(self, meeting_id: str) -> None:
        """What is written in the shared notes is in the record when this returns. Unavailable."""
        ...


class MeetingRow(Protocol):
    """One line of a list, as the projection has it."""

    @property
    def meeting_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def starts_ms(self) -> int: ...
    @property
    def ends_ms(self) -> int: ...
    @property
    def zone(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def chair_name(self) -> str: ...
    @property
    def invited_count(self) -> int: ...
    @property
    def decision_count(self) -> int: ...
    @property
    def action_count(self) -> int: ...


class Busy(Protocol):
    """Somebody's place in another meeting."""

    @property
    def account_id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def meeting_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def starts_ms(self) -> int: ...
    @property
    def ends_ms(self) -> int: ...
    @property
    def zone(self) -> str: ...


class SeriesDesk(Protocol):
    """Meetings that come again; server/recurring.py. Each verb raises what the rules raise."""

    async def begin(self, meeting_id: str, rule: Rule, actor: Actor) -> None: ...

    async def sync(self, series_id: str) -> None: ...

    async def cancel_one(self, meeting_id: str, reason: str, actor: Actor) -> None: ...

    async def cancel_from(self, meeting_id: str, reason: str, actor: Actor) -> None: ...

    async def change_from(self, meeting_id: str, wish: PlanMeeting, actor: Actor) -> None: ...


class Lists(Protocol):
    """Answers at once, from projections. `account_id` None: every meeting of the office."""

    async def coming(self, account_id: str | None, now_ms: int, limit: int, offset: int = 0) -> Sequence[MeetingRow]:
        """Open, or not yet past their planned end, cancelled ones too; the first first."""
        ...

    async def busy(
        self, accounts: Collection[str], emails: Collection[str], from_ms: int, to_ms: int
    ) -> Sequence[Busy]:
        """When these people are invited elsewhere; `emails` case-folded."""
        ...

    async def occurrences(self, series_id: str) -> Sequence[tuple[int, str]]:
        """(slot_ms, meeting_id) of the meetings of a series but its first, in order."""
        ...

    async def seen(self, account_id: str | None, meeting_id: str) -> MeetingRow | None:
        """None: there is no such meeting, or not for this account."""
        ...

    async def unfinished(self, account_id: str, limit: int) -> Sequence[MeetingRow]:
        """Meetings of this account whose minutes are on their way, the last first."""
        ...

    async def past(self, account_id: str | None, now_ms: int, limit: int, offset: int) -> Sequence[MeetingRow]:
        """All others, the last first."""
        ...


class Searches(Protocol):
    """The words of all meetings; server/store/searching.py."""

    async def find(self, wish: Search) -> Sequence[Found]:
        """The latest first; nothing for a wish without a word."""
        ...


class Outcomes(Protocol):
    """Decisions and action items across meetings; server/store/outcomes.py."""

    async def tasks(self, wish: TaskWish) -> Sequence[Task]: ...

    async def decisions(self, wish: DecisionWish) -> Sequence[DecisionLine]: ...

    async def carrying(self, origin_id: str, action_id: str) -> Sequence[str]:
        """The meetings that look at this action item of an earlier one."""
        ...

    async def led_by(self, account_id: str, meeting_ids: Collection[str]) -> frozenset[str]: ...

    async def following(self, meeting_id: str) -> Sequence[str]:
        """The meetings that follow this one in its series."""
        ...


class Papers(Protocol):
    """Documents made from a meeting's facts."""

    async def minutes(self, meeting_id: str, language: str) -> MinutesPaper:
        """The notula to read, and the digest that its approval would fix."""
        ...

    @property
    def signs(self) -> bool:
        """Whether minutes can be signed here, not only on paper."""
        ...

    @property
    def asks(self) -> Asks:
        """What somebody types to sign here."""
        ...

    async def sign(self, meeting_id: str, person_id: str, credentials: Credentials | None = None) -> Signed:
        """Signed for that person and kept. Unavailable, Refused."""
        ...

    async def take_scan(self, meeting_id: str, previous: str, files: Sequence[bytes]) -> Signed:
        """One PDF, or a photograph of each page. Invalid, as documents/scans.read_scan."""
        ...

    async def signed(self, meeting_id: str, digest: str) -> bytes:
        """The file that is kept; NotFound("minutes.no_file")."""
        ...

    async def signatures(self, meeting_id: str, digest: str) -> tuple[SignatureSeen, ...]:
        """What the kept file's signatures are; () for a scan. NotFound("minutes.no_file")."""
        ...

    async def discard(self, meeting_id: str, digest: str) -> None:
        """What did not become a fact."""
        ...

    async def profile(self, at_ms: int | None = None) -> Profile:
        """How the office's papers look; None: now."""
        ...

    async def template(self, kind: str, *, new: bool = False) -> bytes:
        """The office's Word template of that kind; `new`: one to begin with. NotFound."""
        ...

    async def take_template(self, kind: str, content: bytes, by: str) -> None:
        """In force from now on. Invalid."""
        ...

    async def drop_template(self, kind: str, by: str) -> None: ...

    async def save_profile(self, profile: Profile, by: str) -> None: ...

    async def draw(self, profile: Profile, language: str) -> bytes:
        """A page as it would look, as PNG. Invalid("office.mark")."""
        ...

    async def invitation_pdf(self, meeting_id: str, language: str) -> bytes:
        """The letter as it reads now; the signed file, where it is still the same letter. NotFound."""
        ...

    async def draft(self, state: State, language: str, form: Literal["png", "pdf"]) -> bytes:
        """The letter of a meeting that need not be there yet."""
        ...

    async def paper(self, meeting_id: str, kind: Kind, form: Form, language: str, number: int = 0) -> bytes:
        """`number`: of the decision, for an excerpt. NotFound."""
        ...


class Phrases(Protocol):
    """The office's set phrases; server/documents/phrases.py."""

    async def all(self) -> Sequence[Phrase]: ...

    async def save(self, phrases: Sequence[Phrase]) -> None: ...


class Archives(Protocol):
    """Whole records to be taken away; server/documents/takeaway.py."""

    async def pack(self, meeting_id: str) -> Takeaway:
        """NotFound("meeting.unknown")."""
        ...


class PersonalData(Protocol):
    """All that is kept about one person; server/personal.py."""

    async def gather(self, account: Account) -> dict[str, Any]:
        """As values that JSON has."""
        ...


class Retention(Protocol):
    """What is destroyed when; server/retention.py."""

    @property
    def schedules(self) -> Sequence[Schedule]: ...

    @property
    def usual(self) -> str:
        """The schedule of meetings for which none was chosen; "": none."""
        ...

    async def coming(self, limit: int) -> Sequence[Due]:
        """What will be destroyed, the first first; held meetings too, which stay."""
        ...

    def reports(self) -> Sequence[Path]:
        """The latest first. Blocks."""
        ...


class DocumentBytes(Protocol):
    """The bytes of attached documents; server/store/documents.py."""

    async def keep(self, meeting_id: str, document_id: str, content: bytes) -> None: ...

    async def read(self, meeting_id: str, document_id: str, digest: str) -> bytes:
        """NotFound("document.gone")."""
        ...

    async def drop(self, meeting_id: str, document_id: str) -> None: ...


class Recordings(Protocol):
    """What there is to be seen and heard; recordings/library.py."""

    async def shelf(self, state: State) -> Shelf: ...

    async def speakers(self, state: State) -> Sequence[Speech]: ...

    def open(self, state: State, composition_id: str, name: str) -> AbstractAsyncContextManager[OpenFile]:
        """NotFound("composition.unknown" | "composition.no_file"), Unavailable("composition.broken")."""
        ...


class Registers(Protocol):
    """The book of outgoing letters; server/store/registers.py."""

    async def all(self) -> Sequence[Register]: ...

    async def save(self, register: Register) -> None:
        """Invalid("register.*")."""
        ...

    async def next_counter(self, register: Register, year: int) -> int:
        """What the next letter would get, if nobody takes it first."""
        ...

    async def reserve(self, register_id: str, day: date, about: str, at_ms: int) -> str:
        """The next number, for a letter that is written elsewhere. Refused("register.unknown" | "register.closed")."""
        ...

    async def years(self) -> Sequence[int]: ...

    async def book(self, wish: LetterWish) -> Sequence[LetterLine]: ...


class Templates(Protocol):
    """The office's templates of letters; server/documents/letter_templates.py."""

    async def all(self) -> tuple[LetterTemplate, ...]: ...

    async def find(self, template_id: str) -> LetterTemplate: ...

    async def save(self, wanted: LetterTemplate) -> None: ...

    async def remove(self, template_id: str) -> None: ...


class Mail(Protocol):
    """The mail desk; server/mail/desk.py."""

    @property
    def fault(self) -> str:
        """Why nothing goes out just now, in the words of the network; "" while all is well."""
        ...

    async def posts(self, meeting_id: str) -> Sequence[Post]: ...

    async def settling(self, meeting_id: str) -> int:
        """When the last changes will be told (Unix ms); 0: nothing waits."""
        ...

    async def opened(self, meeting_id: str, person_id: str) -> None: ...

    @property
    def usual(self) -> Reminders:
        """The reminders of a meeting that has none of its own."""
        ...

    async def ask(self, meeting_id: str) -> int:
        """Ask whoever has not answered once more; how many. Nobody twice within a few hours."""
        ...

    async def again(self, meeting_id: str, person_id: str) -> None:
        """NotFound("mail.unknown") where no mail of theirs failed."""
        ...

    async def preview(self, state: State, person_id: str, language: str) -> str:
        """The HTML that this person would get. NotFound."""
        ...


class Inbox(Protocol):
    """What came in by mail; server/mail/inbox.py."""

    @property
    def fault(self) -> str:
        """Why nothing is read just now; "" while all is well."""
        ...

    async def of_meeting(self, meeting_id: str) -> Sequence[Arrival]:
        """The latest first."""
        ...

    async def of_nobody(self, limit: int) -> Sequence[Arrival]:
        """What belongs to no meeting and waits to be looked at."""
        ...

    async def settle(self, meeting_id: str, arrival_id: str) -> Arrival | None:
        """Looked at. None: there is none that waits."""
        ...


class FeedSent(Protocol):
    """A calendar as it is sent. `digest` is another one whenever the content is."""

    @property
    def content(self) -> bytes: ...
    @property
    def digest(self) -> str: ...
    @property
    def changed_ms(self) -> int: ...


class CalendarFeeds(Protocol):
    """Calendars by secret address; server/mail/feeds.py."""

    async def address(self, account_id: str) -> str:
        """ "" where the account has none."""
        ...

    async def renew(self, account_id: str) -> None: ...

    async def revoke(self, account_id: str) -> None: ...

    async def open(self, token: str) -> FeedSent | None:
        """None for an address that is none, or no longer."""
        ...


class Doors(Protocol):
    """The rooms' connections."""

    async def look_again(self) -> int:
        """Something was revoked: connections whose ticket no longer holds end. How many did."""
        ...


class Reach(Protocol):
    """Test sessions by which a browser finds out what it can reach; server/sfu/probe.py."""

    async def offer(self, who: str) -> Mapping[str, Any]:
        """{processes: [{parameters, candidates, fingerprints}], ice_servers}. Unavailable."""
        ...


class MetricsPage(Protocol):
    """What is counted, as a monitoring system reads it."""

    def page(self) -> bytes:
        """Prometheus text format."""
        ...


@dataclass(frozen=True, slots=True)
class Monitoring:
    """Who may read the metrics: these networks, or whoever knows the token ("": nobody)."""

    page: MetricsPage
    networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    token: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """Whose house this is. `logo`: an SVG or PNG file; None: the house's own mark."""

    name: str = "Balai"
    logo: Path | None = None
    zone: str = "Asia/Jakarta"
    language: str = "id"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the pages are built on. `public_url` "": the address that the browser asked. `trusted_proxies`:
    addresses or networks whose X-Forwarded-For and -Proto are believed. `dist`: the built client."""

    identity: Identity
    meetings: Meetings
    lists: Lists
    searches: Searches
    outcomes: Outcomes
    papers: Papers
    archivist: Archives
    retention: Retention
    personal: PersonalData
    registers: Registers
    templates: Templates
    phrases: Phrases
    documents: DocumentBytes
    series: SeriesDesk
    doors: Doors
    clock: Clock
    secret: bytes
    office: Office = Office()
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    monitoring: Monitoring | None = None
    mail: Mail | None = None
    inbox: Inbox | None = None
    feeds: CalendarFeeds | None = None
    recordings: Recordings | None = None
    reach: Reach | None = None
    letterbox: Letterbox | None = None
    oidc: Oidc | None = None
    dist: Path = Path(__file__).parent / "dist"
