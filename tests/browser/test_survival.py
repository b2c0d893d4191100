"""The server is killed in the middle of everything: everybody comes back by themselves, nothing is lost that a page had
shown as done, and the papers of the closed meeting say all of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from server.meeting import facts
from server.meeting.attendance import attendance
from server.meeting.facts import NumberedFact
from server.meeting.richtext import plain, read
from tests.browser.conftest import Company, company, measured
from tests.browser.papers import csv_rows, docx_text, papers_of, pdf_text, xlsx_rows
from tests.browser.people import WAIT_MS, Person, Watch
from web.i18n import Catalogues

pytestmark = pytest.mark.browser

BACK_MS = 10_000
ITEM = "Kesiapan layanan kesehatan"
NOTES = "Stok obat puskesmas cukup untuk tiga bulan"


@dataclass
class Written:
    """What pages showed as done at the moment when the server was killed."""

    chat: set[str] = field(default_factory=set)
    notes: str = ""
    decisions: set[str] = field(default_factory=set)
    actions: set[str] = field(default_factory=set)


@dataclass
class Table:
    """Four people around it: the chair, the secretary who writes the record, and two who write to each other."""

    chair: Person
    secretary: Person
    talkers: list[Person]
    written: Written = field(default_factory=Written)
    killed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def people(self) -> list[Person]:
        return [self.chair, self.secretary, *self.talkers]

    def others(self, one: Person) -> list[Person]:
        return [other for other in self.people if other is not one]

    async def talk(self, one: Person) -> None:
        """Line after line, the next as soon as the last one was acknowledged; ends after the kill."""
        for number in count(1):
            if self.killed.is_set():
                return
            line = f"Pesan ke-{number} dari {one.name}"
            await one.says(line)
            await one.has_said(line)

    async def write(self) -> None:
        """Notes, a decision, an action item, and again; ends after the kill."""
        for number in count(1):
            if self.killed.is_set():
                return
            text = f"{NOTES}, catatan ke-{number}."
            await self.secretary.writes_notes(text)
            if not self.killed.is_set():
                self.written.notes = text
            await self.secretary.decides(f"Jam layanan ditambah, butir ke-{number}.")
            await self.secretary.assigns(f"Menyusun jadwal ke-{number}", self.talkers[0].name, "2026-12-01")

    async def look(self) -> None:
        """Nobody is there to acknowledge anything any more: what stands now was acknowledged before."""
        for one in (self.chair, *self.talkers):
            self.written.chat.update(await one.chat_lines().all_inner_texts())
        entries = self.secretary.page.locator("balai-notes li.entry")
        for kind, texts in (("Keputusan", self.written.decisions), ("Tindak lanjut", self.written.actions)):
            badge = self.secretary.page.locator(".badge", has_text=kind)
            texts.update(await entries.filter(has=badge).locator("p.what").all_inner_texts())


async def test_a_killed_server_loses_nothing_and_the_papers_say_all_of_it(tmp_path: Path) -> None:
    async with company(tmp_path) as gathered:
        chair, secretary, *talkers = await gathered.sign_in("sekda", "notulis", "dinkes", "dindik")
        table = Table(chair, secretary, talkers)
        await take_seats(gathered, table)
        async with asyncio.TaskGroup() as writing:
            for one in (*map(table.talk, talkers), table.write()):
                writing.create_task(one)
            await chair.page.locator("balai-chat p.text").nth(11).wait_for()
            await secretary.page.locator("balai-notes p.what", has_text="Menyusun jadwal ke-2").wait_for()
            gathered.office.kill()
            table.killed.set()
            await table.look()
            await come_back(gathered, table)
        journal = await gathered.office.journal()
        nothing_is_lost(table.written, journal)
        await a_newcomer_reads_all(gathered, talkers[0], table.written)

        await close(table)
        assert gathered.office.verify() == 0
        papers = await papers_of(secretary, gathered.office.meeting_id, tmp_path)
        papers_say_all(papers, await gathered.office.journal(), table.written.notes)


async def take_seats(gathered: Company, table: Table) -> None:
    for one in table.people:
        await one.joins(gathered.office.meeting_id)
    for one in table.people:
        await one.sees(table.others(one))
        await one.opens("Catatan" if one is table.secretary else "Obrolan")
    await table.chair.opens("Acara")
    await table.chair.presses(f"Bahas sekarang: {ITEM}")
    await table.chair.opens("Obrolan")


async def come_back(gathered: Company, table: Table) -> None:
    """By themselves, in the page they have: everybody sees the right others again in ten seconds, and hears them."""
    for one in table.people:
        await one.page.get_by_text("Sambungan terputus. Sedang menyambung kembali").wait_for()
    began = Watch()
    await asyncio.to_thread(gathered.office.start)
    watch = Watch()
    await asyncio.gather(*(one.sees(table.others(one), watch.left_ms(BACK_MS)) for one in table.people))
    measured(restart_to_back_ms=began.ms(), ready_to_back_ms=watch.ms())
    await asyncio.gather(*(one.hears(table.others(one)) for one in table.people))


def nothing_is_lost(written: Written, journal: tuple[NumberedFact, ...]) -> None:
    """Each acknowledged line stands in the journal, and stands there once; so does each one that was on its way."""
    told = [one.fact for one in journal]
    said = Counter(one.text for one in told if isinstance(one, facts.ChatSaid))
    decided = Counter(one.text for one in told if isinstance(one, facts.DecisionRecorded))
    assigned = Counter(one.what for one in told if isinstance(one, facts.ActionRecorded))
    assert len(written.chat) >= 12
    assert len(written.decisions) >= 2
    assert len(written.actions) >= 2
    assert written.chat <= set(said)
    assert written.decisions <= set(decided)
    assert written.actions <= set(assigned)
    assert {*said.values(), *decided.values(), *assigned.values()} == {1}


async def a_newcomer_reads_all(gathered: Company, one: Person, written: Written) -> None:
    """A page that remembers nothing is told everything by the server."""
    await one.joins(gathered.office.meeting_id)
    await one.opens("Obrolan")
    await one.chat_lines().nth(len(written.chat) - 1).wait_for()
    assert written.chat <= set(await one.chat_lines().all_inner_texts())
    await one.opens("Catatan")
    record = one.page.locator("balai-notes")
    for text in (NOTES, *written.decisions, *written.actions):
        await record.get_by_text(text).first.wait_for()


async def close(table: Table) -> None:
    page = table.chair.page
    await page.get_by_role("button", name="Rapat", exact=True).click()
    await page.get_by_role("menuitem", name="Tutup rapat").click()
    await page.get_by_role("button", name="Tutup rapat", exact=True).click()
    for one in table.people:
        await one.page.get_by_role("heading", name="Rapat telah ditutup").wait_for(timeout=WAIT_MS)


def _number(notes: str) -> int:
    return int(notes.rstrip(".").rpartition("-")[2])


def papers_say_all(papers: dict[str, Path], journal: tuple[NumberedFact, ...], acknowledged: str) -> None:
    told = [one.fact for one in journal]
    here = attendance(journal, 0)
    words, zone = Catalogues().words("id"), "Asia/Jakarta"
    notula, written = pdf_text(papers["notula.pdf"]), docx_text(papers["notula.docx"])
    notes = plain(read([one for one in told if isinstance(one, facts.NotesAdopted)][-1].text))
    assert notes.startswith(NOTES)
    assert _number(notes) >= _number(acknowledged)
    decisions = [one for one in told if isinstance(one, facts.DecisionRecorded)]
    actions = [one for one in told if isinstance(one, facts.ActionRecorded)]
    names = {one.person_id: one.name for one in here.attendees}
    for paper in (notula, written):
        for said in (
            notes,
            *(one.text for one in decisions),
            *(f"{one.what} {names[one.who]} 1 Desember 2026" for one in actions),
            *(one.name for one in here.attendees if one.role in ("chair", "secretary")),
            words.span(here.opened_ms, here.closed_ms, zone),
            *(words.span(part.from_ms, part.to_ms, zone) for item in here.items for part in item.intervals),
            *(words.span(gap.from_ms, gap.to_ms, zone) for gap in here.gaps),
        ):
            assert said in paper, said
        assert "KONSEP: rapat belum ditutup" not in paper

    listed = pdf_text(papers["attendance.pdf"])
    rows = xlsx_rows(papers["attendance.xlsx"])
    assert csv_rows(papers["attendance.csv"]) == rows
    for row, one in zip(rows[1:], here.attendees, strict=True):
        assert row[1] == one.name
        times = ", ".join(words.span(part.from_ms, part.to_ms, zone) for part in one.intervals)
        assert any(cell.startswith(times or "tidak hadir") for cell in row)
        assert one.name in listed
        assert times in listed

    chat = [one.text for one in told if isinstance(one, facts.ChatSaid)]
    everything = " ".join([notula, written, listed, *(cell for row in rows for cell in row)])
    assert not [line for line in chat if line in everything]
