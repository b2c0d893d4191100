"""A meeting's papers for whoever asks: facts in, files out, the work done in a thread. No right is checked here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from server.clock import Clock
from server.config import OfficeSection
from server.documents import compose
from server.documents.digest import canonical
from server.documents.invitation import invitation, invitation_sheet
from server.documents.kept import KeptPapers
from server.documents.render_docx import docx_bytes
from server.documents.render_pdf import pdf, read_logo, signature_places, stamp
from server.documents.render_table import csv_bytes, xlsx_bytes
from server.documents.sheet import Sheet, Table
from server.documents.signing import Place, Request, Signer, check_scan
from server.documents.wording import Wording, attendance_data, attendance_sheet, notula_sheet
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


class OfficePapers:
    """`words`: the texts of a language. OSError at once if the office's logo cannot be read."""

    def __init__(
        self,
        rooms: FactsReader,
        words: Callable[[str], Wording],
        office: OfficeSection,
        clock: Clock,
        *,
        public_url: str = "",
        signing: Signing | None = None,
    ) -> None:
        self._rooms = rooms
        self._words = words
        self._office = office
        self._clock = clock
        self._logo = read_logo(office.logo)
        self._public_url = public_url
        self._signing = signing

    async def notula_pdf(self, meeting_id: str, language: str) -> bytes:
        facts, now_ms = await self._facts(meeting_id)
        return await asyncio.to_thread(lambda: pdf(self._notula(meeting_id, facts, now_ms, language), self._logo))

    @property
    def signs(self) -> bool:
        """Whether a key or a service is there to sign with."""
        return self._signing is not None and self._signing.signer is not None

    async def sign(self, meeting_id: str, person_id: str) -> Signed:
        """The approved notula, or the file with the signatures before this one, signed for that person and kept.
        Whoever calls makes it a fact, or discards it. Unavailable("signature.failed" | "signature.none")."""
        if self._signing is None or self._signing.signer is None:
            raise Unavailable("signature.none")
        facts, now_ms = await self._facts(meeting_id)
        state = replay(meeting_id, tuple(facts))
        if any(one.person_id == person_id for one in state.minutes.signatures):
            raise Refused("minutes.signed_already")
        previous = state.minutes.signed_digest
        sheet = await asyncio.to_thread(self._notula, meeting_id, facts, now_ms, self._office.language)
        places = await asyncio.to_thread(signature_places, sheet, self._logo)
        before = (
            await self.signed(meeting_id, previous) if previous else await asyncio.to_thread(pdf, sheet, self._logo)
        )
        request = await asyncio.to_thread(self._request, state, person_id, places, now_ms)
        content = await self._signing.signer.sign(before, request)
        digest = await asyncio.to_thread(self._signing.kept.keep, meeting_id, content)
        return Signed(previous, digest, self._signing.signer.manner)

    def _request(self, state: State, person_id: str, places: Sequence[Place], now_ms: int) -> Request:
        person, zone, words = state.people[person_id], state.plan.zone, self._words(self._office.language)
        day = f"{words.day(now_ms, zone).partition(', ')[2]}, {words.time(now_ms, zone)}"
        lines = tuple(one for one in (words("document.stamp"), person.name, person.function, day) if one)
        field = "right" if person.role == "chair" else "left"
        if any((state.role(one.person_id) == "chair") == (field == "right") for one in state.minutes.signatures):
            field = f"more-{len(state.minutes.signatures)}"  # a second secretary: a valid signature without a picture
        look = stamp(lines, words.language)
        return Request(places, field, person.name, words("document.stamp.reason"), self._office.city, look)

    async def take_scan(self, meeting_id: str, previous: str, content: bytes) -> Signed:
        """A paper that was printed, signed by hand and scanned. Invalid("minutes.scan" | "minutes.scan_size")."""
        if self._signing is None:
            raise Unavailable("signature.none")
        await asyncio.to_thread(check_scan, content)
        return Signed(previous, await asyncio.to_thread(self._signing.kept.keep, meeting_id, content), "scan")

    async def signed(self, meeting_id: str, digest: str) -> bytes:
        """NotFound("minutes.no_file")."""
        if self._signing is None:
            raise NotFound("minutes.no_file")
        return await asyncio.to_thread(self._signing.kept.read, meeting_id, digest)

    async def discard(self, meeting_id: str, digest: str) -> None:
        if self._signing is not None:
            await asyncio.to_thread(self._signing.kept.discard, meeting_id, digest)

    async def minutes(self, meeting_id: str, language: str) -> MinutesPaper:
        facts, now_ms = await self._facts(meeting_id)
        return await asyncio.to_thread(self._minutes, meeting_id, facts, now_ms, language)

    async def notula_docx(self, meeting_id: str, language: str) -> bytes:
        facts, now_ms = await self._facts(meeting_id)
        return await asyncio.to_thread(
            lambda: docx_bytes(self._notula(meeting_id, facts, now_ms, language), self._logo)
        )

    async def attendance_pdf(self, meeting_id: str, language: str) -> bytes:
        facts, now_ms = await self._facts(meeting_id)
        return await asyncio.to_thread(
            lambda: pdf(self._attendance(meeting_id, facts, now_ms, language)[0], self._logo)
        )

    async def attendance_xlsx(self, meeting_id: str, language: str) -> bytes:
        facts, now_ms = await self._facts(meeting_id)
        return await asyncio.to_thread(lambda: xlsx_bytes(*self._attendance(meeting_id, facts, now_ms, language)))

    async def attendance_csv(self, meeting_id: str, language: str) -> bytes:
        facts, now_ms = await self._facts(meeting_id)
        return await asyncio.to_thread(lambda: csv_bytes(self._attendance(meeting_id, facts, now_ms, language)[1]))

    async def invitation_pdf(self, meeting_id: str, language: str) -> bytes:
        """The letter as it reads now; before it is sent it is dated by this day."""
        facts, now_ms = await self._facts(meeting_id)
        return await asyncio.to_thread(lambda: pdf(self._invitation(meeting_id, facts, now_ms, language), self._logo))

    def _minutes(self, meeting_id: str, facts: Sequence[NumberedFact], now_ms: int, language: str) -> MinutesPaper:
        paper = compose.notula(meeting_id, facts, now_ms)
        lines = canonical(paper)
        sheet = notula_sheet(paper, self._words(language), self._office, self._public_url)
        return MinutesPaper(sheet, lines, sha256(lines).hexdigest(), paper.version)

    async def _facts(self, meeting_id: str) -> tuple[Sequence[NumberedFact], int]:
        return await self._rooms.facts_after(meeting_id, 0), self._clock.now_ms()

    def _notula(self, meeting_id: str, facts: Sequence[NumberedFact], now_ms: int, language: str) -> Sheet:
        paper = compose.notula(meeting_id, facts, now_ms)
        return notula_sheet(paper, self._words(language), self._office, self._public_url)

    def _invitation(self, meeting_id: str, facts: Sequence[NumberedFact], now_ms: int, language: str) -> Sheet:
        state = replay(meeting_id, tuple(facts))
        return invitation_sheet(invitation(state, now_ms), self._words(language), self._office)

    def _attendance(
        self, meeting_id: str, facts: Sequence[NumberedFact], now_ms: int, language: str
    ) -> tuple[Sheet, Table]:
        paper = compose.attendance_list(meeting_id, facts, now_ms)
        words = self._words(language)
        return attendance_sheet(paper, words, self._office), attendance_data(paper, words)
