"""A meeting's papers for whoever asks: facts in, files out, the work done in a thread. No right is checked here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, Protocol, TypeAlias

from server.clock import Clock
from server.config import OfficeSection
from server.documents import compose
from server.documents.compose_risalah import risalah
from server.documents.digest import canonical
from server.documents.invitation import invitation, invitation_sheet
from server.documents.kept import KeptPapers, signed_files
from server.documents.office_templates import OfficeTemplates, templated
from server.documents.profile import Logo, Profile, Profiles, read_logo
from server.documents.render_docx import docx_bytes
from server.documents.render_html import html_bytes
from server.documents.render_markdown import markdown_bytes
from server.documents.render_odt import odt_bytes
from server.documents.render_pdf import first_page, pdf, signature_places, stamp
from server.documents.render_table import csv_bytes, xlsx_bytes
from server.documents.results import excerpt, official_report, votes_sheet
from server.documents.sample import sample_sheet
from server.documents.sample_meeting import sample_facts
from server.documents.scans import read_scan
from server.documents.sheet import Paragraph, Sheet, Table
from server.documents.signatures_seen import SignatureSeen, signatures_in
from server.documents.signing import Asks, Credentials, Place, Request, Signer
from server.documents.word_context import Templated
from server.documents.word_risalah import risalah_sheet
from server.documents.wording import Wording, attendance_data_sheet, attendance_sheet, notula_sheet
from server.errors import NotFound, Refused, Unavailable
from server.meeting.facts import NumberedFact, SigningManner
from server.meeting.state import State, replay


class FactsReader(Protocol):
    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]:
        """NotFound for an unknown meeting."""
        ...


@dataclass(frozen=True, slots=True)
class MinutesPaper:
    """The notula to read on a page, and what its approval would fix: the lines' bytes and their SHA-256 (hex).
    `version`: how often the text had changed."""

    sheet: Sheet
    lines: bytes
    digest: str
    version: int


@dataclass(frozen=True, slots=True)
class Signing:
    """Where signed papers are kept, and who signs here; `signer` None: only paper that was signed by hand is taken."""

    kept: KeptPapers
    signer: Signer | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """As in commands.SignMinutes."""

    previous: str
    digest: str
    manner: SigningManner


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as a file. `content`: SHA-256 (hex) of what was set; `digest`: of the signed file that is kept, "" for
    one that nobody signed; `new`: how it was signed just now, which no fact says yet, "" otherwise."""

    file: bytes
    content: str
    digest: str = ""
    new: SigningManner | Literal[""] = ""


Kind: TypeAlias = Literal["notula", "risalah", "report", "decision", "attendance", "votes", "invitation"]
Form: TypeAlias = Literal["pdf", "docx", "odt", "html", "md", "xlsx", "csv"]
MOST_SEEN = 200  # signed files of which is remembered what was found in them
WRITTEN: tuple[Form, ...] = ("pdf", "docx")
FORMS: dict[Kind, tuple[Form, ...]] = {
    "notula": ("pdf", "docx", "odt", "html", "md"),
    "risalah": WRITTEN,
    "report": WRITTEN,
    "decision": WRITTEN,
    "attendance": ("pdf", "docx", "xlsx", "csv"),
    "votes": ("xlsx", "csv"),
    "invitation": WRITTEN,
}
"""What can be had of each paper."""


@dataclass(frozen=True, slots=True)
class _Told:
    """All that a paper is made from."""

    meeting_id: str
    facts: Sequence[NumberedFact]
    state: State
    now_ms: int
    office: Profile


class OfficePapers:
    """`words`: the texts of a language. `office`: the letterhead until `profiles` have another one. OSError at once if
    the office's logo cannot be read."""

    def __init__(
        self,
        rooms: FactsReader,
        words: Callable[[str], Wording],
        office: OfficeSection,
        clock: Clock,
        *,
        public_url: str = "",
        signing: Signing | None = None,
        profiles: Profiles | None = None,
        templates: KeptPapers | None = None,
    ) -> None:
        self._rooms = rooms
        self._words = words
        self._configured = Profile.configured(office, read_logo(office.logo))
        self._profiles = profiles
        self._clock = clock
        self._public_url = public_url
        self._signing = signing
        self._seen: dict[str, tuple[SignatureSeen, ...]] = {}
        self._templates = OfficeTemplates(templates, words, self._sample) if templates else None

    # ------------------------------------------------------------ papers

    async def paper(self, meeting_id: str, kind: Kind, form: Form, language: str, number: int = 0) -> bytes:
        """`number`: of the decision, where the paper is about one. NotFound for an unknown meeting, decision or form;
        the letter as it reads now: before it is sent it is dated by this day."""
        if form not in FORMS[kind]:
            raise NotFound("not_found")
        told = await self._told(meeting_id)
        return await asyncio.to_thread(self._made, told, kind, form, language, number)

    async def notula_pdf(self, meeting_id: str, language: str) -> bytes:
        return await self.paper(meeting_id, "notula", "pdf", language)

    # ------------------------------------------------------------ the letter

    async def letter(self, meeting_id: str, language: str) -> Letter:
        """As it goes out: signed, where the office has a key that signs by itself; one that reads the same is the same
        file again. Whoever calls makes a `new` one a fact, or discards it. What Signer.sign raises."""
        told = await self._told(meeting_id)
        plain = await asyncio.to_thread(self._letter, told, language)
        content = sha256(plain).hexdigest()
        standing = await self._issued(told, language, content)
        if standing is not None:
            return Letter(standing, content, told.state.correspondence.issued[language].digest)
        signer = self._signing.signer if self._signing else None
        if (
            self._signing is None
            or signer is None
            or not self._signs_letters
            or told.state.correspondence.letter is None
        ):
            return Letter(plain, content)
        request = await asyncio.to_thread(self._letter_request, told, language)
        signed = await signer.sign(plain, request)
        digest = await asyncio.to_thread(self._signing.kept.keep, meeting_id, signed)
        return Letter(signed, content, digest, signer.manner)

    async def invitation_pdf(self, meeting_id: str, language: str) -> bytes:
        """The letter as it reads now; the signed file, where it is still the same letter. Nothing is signed here."""
        told = await self._told(meeting_id)
        plain = await asyncio.to_thread(self._letter, told, language)
        return await self._issued(told, language, sha256(plain).hexdigest()) or plain

    @property
    def _signs_letters(self) -> bool:
        """A service asks a person each time; a key of the office's own does not."""
        signer = self._signing.signer if self._signing else None
        return signer is not None and signer.asks == "nothing"

    async def _issued(self, told: _Told, language: str, content: str) -> bytes | None:
        issued = told.state.correspondence.issued.get(language)
        if self._signing is None or issued is None or issued.content != content:
            return None
        try:
            return await asyncio.to_thread(self._signing.kept.read, told.meeting_id, issued.digest)
        except NotFound:
            return None

    def _letter(self, told: _Told, language: str) -> bytes:
        return pdf(self._letter_sheet(told, language), told.office.logo)

    def _letter_sheet(self, told: _Told, language: str) -> Sheet:
        words = self._words(language)
        sheet = invitation_sheet(invitation(told.state, told.now_ms), words, told.office)
        if self._signs_letters and told.state.correspondence.letter is not None:
            sheet = replace(sheet, blocks=(*sheet.blocks, Paragraph(words("document.letter.signed"))))
        return sheet

    def _letter_request(self, told: _Told, language: str) -> Request:
        words, made = self._words(language), invitation(told.state, told.now_ms)
        zone = told.state.plan.zone
        day = f"{words.day(told.now_ms, zone).partition(', ')[2]}, {words.time(told.now_ms, zone)}"
        name = made.signer.name if made.signer else told.office.name
        post = made.signer.function if made.signer else ""
        look = stamp(tuple(one for one in (words("document.stamp"), name, post, day) if one), words.language)
        places = signature_places(self._letter_sheet(told, language), told.office.logo)
        return Request(places, "right", name, words("document.letter.reason"), told.office.city, look)

    def _made(self, told: _Told, kind: Kind, form: Form, language: str, number: int) -> bytes:
        if kind == "attendance" and form in ("xlsx", "csv"):
            paper = compose.attendance_list(told.meeting_id, told.facts, told.now_ms)
            return _RENDER[form](attendance_data_sheet(paper, self._words(language), told.office), told.office.logo)
        sheet = self._sheet(told, kind, language, number)
        if form == "docx" and self._templates and kind in told.office.templates and language == told.office.language:
            return self._templates.fill(templated(kind), sheet, told.office)
        return _RENDER[form](sheet, told.office.logo)

    def _sheet(self, told: _Told, kind: Kind, language: str, number: int = 0) -> Sheet:
        words, office, url = self._words(language), told.office, self._public_url
        given = (told.meeting_id, told.facts, told.now_ms)
        if kind == "attendance":
            return attendance_sheet(compose.attendance_list(*given), words, office)
        if kind == "invitation":
            return invitation_sheet(invitation(told.state, told.now_ms), words, office)
        if kind == "risalah":
            return risalah_sheet(risalah(*given), words, office, url)
        paper = compose.notula(*given)
        if kind == "report":
            return official_report(paper, compose.attendance_list(*given), words, office, url)
        if kind == "decision":
            return excerpt(paper, number, words, office, url)
        make = votes_sheet if kind == "votes" else notula_sheet
        return make(paper, words, office, url)

    async def minutes(self, meeting_id: str, language: str) -> MinutesPaper:
        told = await self._told(meeting_id)
        return await asyncio.to_thread(self._minutes, told, language)

    def _minutes(self, told: _Told, language: str) -> MinutesPaper:
        paper = compose.notula(told.meeting_id, told.facts, told.now_ms)
        lines = canonical(paper)
        sheet = notula_sheet(paper, self._words(language), told.office, self._public_url)
        return MinutesPaper(sheet, lines, sha256(lines).hexdigest(), paper.version)

    async def _told(self, meeting_id: str) -> _Told:
        """With the profile that was in force when the minutes were approved; until then with the one of now."""
        facts = await self._rooms.facts_after(meeting_id, 0)
        state = await asyncio.to_thread(replay, meeting_id, tuple(facts))
        return _Told(
            meeting_id, facts, state, self._clock.now_ms(), await self.profile(state.minutes.approved_ms or None)
        )

    async def profile(self, at_ms: int | None = None) -> Profile:
        """Of that moment; None: the one in force."""
        saved = await self._profiles.at(at_ms) if self._profiles else None
        return saved or self._configured

    async def save_profile(self, profile: Profile, by: str) -> None:
        """In force from now on; `by`: an account_id. Meetings whose minutes are approved keep theirs."""
        if self._profiles is None:
            raise Unavailable("office.no_profiles")
        await self._profiles.save(profile, by, self._clock.now_ms())

    async def draw(self, profile: Profile, language: str) -> bytes:
        """The first page of a notula that never was, as PNG. Invalid("office.mark") for a mark that cannot be drawn."""
        return await asyncio.to_thread(lambda: first_page(sample_sheet(self._words(language), profile), profile.logo))

    # ------------------------------------------------------------ Word templates

    def _sample(self, kind: Templated, words: Wording, office: Profile) -> Sheet:
        said = sample_facts(words)
        told = _Told("sample", said, replay("sample", said), said[-1].at_ms, office)
        return self._sheet(told, kind, words.language, 1)

    async def template(self, kind: str, *, new: bool = False) -> bytes:
        """The one in force; `new`: one to begin with. NotFound("not_found" | "template.missing")."""
        wanted, office, templates = templated(kind), await self.profile(), self._word()
        return await asyncio.to_thread(templates.begin if new else templates.read, wanted, office)

    async def take_template(self, kind: str, content: bytes, by: str) -> None:
        """In force from now on. Invalid, as office_templates.OfficeTemplates.take."""
        wanted, office = templated(kind), await self.profile()
        digest = await asyncio.to_thread(self._word().take, wanted, content, office)
        await self.save_profile(replace(office, templates={**office.templates, kind: digest}), by)

    async def drop_template(self, kind: str, by: str) -> None:
        """The office's papers of this kind look as Balai makes them from now on."""
        office = await self.profile()
        left = {name: digest for name, digest in office.templates.items() if name != templated(kind)}
        await self.save_profile(replace(office, templates=left), by)

    def _word(self) -> OfficeTemplates:
        if self._templates is None:
            raise Unavailable("office.no_profiles")
        return self._templates

    async def draft(self, state: State, language: str, form: Literal["png", "pdf"]) -> bytes:
        """The letter of a meeting that need not be there yet: its first page as a picture, or all of it."""
        office, words = await self.profile(), self._words(language)

        def made() -> bytes:
            sheet = invitation_sheet(invitation(state, self._clock.now_ms()), words, office)
            return first_page(sheet, office.logo) if form == "png" else pdf(sheet, office.logo)

        return await asyncio.to_thread(made)

    # ------------------------------------------------------------ signatures

    @property
    def signs(self) -> bool:
        """Whether a key or a service is there to sign with."""
        return self._signing is not None and self._signing.signer is not None

    @property
    def asks(self) -> Asks:
        """What somebody types to sign here."""
        return self._signing.signer.asks if self._signing and self._signing.signer else "nothing"

    async def sign(self, meeting_id: str, person_id: str, credentials: Credentials | None = None) -> Signed:
        """The approved notula, or the file with the signatures before this one, signed for that person and kept.
        Whoever calls makes it a fact, or discards it. Unavailable("signature.none"), and what Signer.sign raises."""
        if self._signing is None or self._signing.signer is None:
            raise Unavailable("signature.none")
        told = await self._told(meeting_id)
        if any(one.person_id == person_id for one in told.state.minutes.signatures):
            raise Refused("minutes.signed_already")
        previous, logo = told.state.minutes.signed_digest, told.office.logo
        sheet = await asyncio.to_thread(self._sheet, told, "notula", told.office.language)
        if not previous and self._signing.signer.manner == "service":  # which signs without a picture: the page says it
            said = Paragraph(self._words(told.office.language)("document.signed_by_service"))
            sheet = replace(sheet, blocks=(*sheet.blocks, said))
        scanned = bool(previous) and told.state.minutes.signatures[-1].manner == "scan"  # has no room for a picture
        places = () if scanned else await asyncio.to_thread(signature_places, sheet, logo)
        before = await self.signed(meeting_id, previous) if previous else await asyncio.to_thread(pdf, sheet, logo)
        request = await asyncio.to_thread(self._request, told, person_id, places)
        request = replace(request, credentials=credentials)
        content = await self._signing.signer.sign(before, request)
        digest = await asyncio.to_thread(self._signing.kept.keep, meeting_id, content)
        return Signed(previous, digest, self._signing.signer.manner)

    def _request(self, told: _Told, person_id: str, places: Sequence[Place]) -> Request:
        state, words = told.state, self._words(told.office.language)
        person, zone = state.people[person_id], state.plan.zone
        day = f"{words.day(told.now_ms, zone).partition(', ')[2]}, {words.time(told.now_ms, zone)}"
        lines = tuple(one for one in (words("document.stamp"), person.name, person.function, day) if one)
        field = "right" if person.role == "chair" else "left"
        taken = any((state.role(one.person_id) == "chair") == (field == "right") for one in state.minutes.signatures)
        if taken or field not in {place.field for place in places}:
            field = f"more-{len(state.minutes.signatures)}"  # a second secretary: a valid signature without a picture
        look = stamp(lines, words.language)
        return Request(places, field, person.name, words("document.stamp.reason"), told.office.city, look)

    async def take_scan(self, meeting_id: str, previous: str, files: Sequence[bytes]) -> Signed:
        """A paper that was printed, signed by hand and scanned (one PDF), or photographed page by page. Invalid, as
        scans.read_scan."""
        if self._signing is None:
            raise Unavailable("signature.none")
        content = await asyncio.to_thread(read_scan, files, (await self.profile()).paper)
        return Signed(previous, await asyncio.to_thread(self._signing.kept.keep, meeting_id, content), "scan")

    async def signatures(self, meeting_id: str, digest: str) -> tuple[SignatureSeen, ...]:
        """What the kept file's signatures are, as it lies there now. NotFound("minutes.no_file")."""
        content = await self.signed(meeting_id, digest)
        if digest not in self._seen:  # a file is named by its bytes: what was found in it once stays so
            if len(self._seen) >= MOST_SEEN:
                del self._seen[next(iter(self._seen))]
            self._seen[digest] = await asyncio.to_thread(signatures_in, content)
        return self._seen[digest]

    async def signed(self, meeting_id: str, digest: str) -> bytes:
        """NotFound("minutes.no_file")."""
        if self._signing is None:
            raise NotFound("minutes.no_file")
        return await asyncio.to_thread(self._signing.kept.read, meeting_id, digest)

    async def discard(self, meeting_id: str, digest: str) -> None:
        """Unless a fact names it: the same scan may have been taken before, or just now."""
        named = signed_files(await self._rooms.facts_after(meeting_id, 0))
        if self._signing is not None and digest not in named:
            await asyncio.to_thread(self._signing.kept.discard, meeting_id, digest)


def _first_table(sheet: Sheet) -> Table:
    return next(block for block in sheet.blocks if isinstance(block, Table))


_RENDER: dict[Form, Callable[[Sheet, Logo | None], bytes]] = {
    "pdf": pdf,
    "docx": docx_bytes,
    "odt": lambda sheet, _: odt_bytes(sheet),
    "html": html_bytes,
    "md": lambda sheet, _: markdown_bytes(sheet),
    "xlsx": lambda sheet, _: xlsx_bytes(sheet, _first_table(sheet)),
    "csv": lambda sheet, _: csv_bytes(_first_table(sheet)),
}
