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
from server.documents.render_docx import docx_bytes
from server.documents.render_pdf import pdf, read_logo
from server.documents.render_table import csv_bytes, xlsx_bytes
from server.documents.sheet import Sheet, Table
from server.documents.wording import Wording, attendance_sheet, attendance_table, notula_sheet
from server.meeting.facts import NumberedFact
from server.meeting.state import replay


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


class OfficePapers:
    """`words`: the texts of a language. OSError at once if the office's logo cannot be read."""

    def __init__(
        self, rooms: FactsReader, words: Callable[[str], Wording], office: OfficeSection, clock: Clock
    ) -> None:
        self._rooms = rooms
        self._words = words
        self._office = office
        self._clock = clock
        self._logo = read_logo(office.logo)

    async def notula_pdf(self, meeting_id: str, language: str) -> bytes:
        facts, now_ms = await self._facts(meeting_id)
        return await asyncio.to_thread(lambda: pdf(self._notula(meeting_id, facts, now_ms, language), self._logo))

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
        sheet = notula_sheet(paper, self._words(language), self._office)
        return MinutesPaper(sheet, lines, sha256(lines).hexdigest(), paper.version)

    async def _facts(self, meeting_id: str) -> tuple[Sequence[NumberedFact], int]:
        return await self._rooms.facts_after(meeting_id, 0), self._clock.now_ms()

    def _notula(self, meeting_id: str, facts: Sequence[NumberedFact], now_ms: int, language: str) -> Sheet:
        return notula_sheet(compose.notula(meeting_id, facts, now_ms), self._words(language), self._office)

    def _invitation(self, meeting_id: str, facts: Sequence[NumberedFact], now_ms: int, language: str) -> Sheet:
        state = replay(meeting_id, tuple(facts))
        return invitation_sheet(invitation(state, now_ms), self._words(language), self._office)

    def _attendance(
        self, meeting_id: str, facts: Sequence[NumberedFact], now_ms: int, language: str
    ) -> tuple[Sheet, Table]:
        paper = compose.attendance_list(meeting_id, facts, now_ms)
        words = self._words(language)
        return attendance_sheet(paper, words, self._office), attendance_table(paper, words)
