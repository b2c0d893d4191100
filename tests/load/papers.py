"""`python -m tests.load.papers`: how long the notula of 500 people and 100 agenda items takes, from facts to a PDF/A.

Adds `documents.notula_500_ms` (median) to build/bench.json; what else stands there stays.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from server.documents import compose
from server.documents.profile import Profile
from server.documents.render_pdf import pdf
from server.documents.wording import notula_sheet
from server.meeting import commands, facts
from server.meeting.facts import NumberedFact
from tests.factories import CHAIR, INVITEES, MINUTE_MS, SECRETARY, actor, invitee, plan, planned
from web.i18n import Catalogues

PEOPLE, ITEMS, RUNS = 500, 100, 5
OFFICE = Profile("Sekretariat Daerah", "Pemerintah Kabupaten Contoh", "Bagian Umum", "Jalan Merdeka 1", city="Contoh")
WORDS = Catalogues().words("id")
SAID = "Peserta membahas rincian kegiatan, anggaran dan jadwal pelaksanaan, serta menyepakati langkah berikutnya. "


def great_meeting(people: int = PEOPLE, items: int = ITEMS) -> tuple[NumberedFact, ...]:
    """Everybody comes; every item has notes, a decision and an action item."""
    invitees = (*INVITEES, *(invitee(f"Peserta Nomor{place}") for place in range(people - len(INVITEES))))
    agenda = tuple(facts.AgendaItem(f"k{place}", f"Mata acara nomor {place}") for place in range(1, items + 1))
    ledger = planned(replace(plan(invitees), items=agenda))
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    for place in range(1, people + 1):
        ledger.write(facts.Joined(f"p{place}", f"s{place}"))
        ledger.write(facts.PresenceConfirmed(f"s{place}", "media"))
    for place, item in enumerate(agenda, 1):
        ledger.write(facts.ItemOpened(CHAIR, item.item_id))
        ledger.write(facts.NotesWritten(SECRETARY, item.item_id, 1, SAID * 4))
        ledger.write(facts.DecisionRecorded(SECRETARY, f"d{place}", place, item.item_id, SAID, "mufakat"))
        ledger.write(facts.ActionRecorded(SECRETARY, f"a{place}", place, item.item_id, SAID, f"p{place}"))
        ledger.after(MINUTE_MS)
    ledger.wish(commands.CloseMeeting(), actor(CHAIR))
    return tuple(ledger.facts)


def once(journal: Sequence[NumberedFact]) -> bytes:
    """From the facts, as the house makes it for a reader."""
    paper = compose.notula("m1", journal, journal[-1].at_ms)
    return pdf(notula_sheet(paper, WORDS, OFFICE, "https://rapat.contoh.go.id"))


def main() -> None:
    journal = great_meeting()
    taken_ms: list[float] = []
    for _ in range(RUNS):
        since = time.perf_counter()
        once(journal)
        taken_ms.append((time.perf_counter() - since) * 1000)
    median_ms = round(statistics.median(taken_ms))
    out = Path("build/bench.json")
    out.parent.mkdir(exist_ok=True)
    told = json.loads(out.read_text()) if out.exists() else {}
    told["documents.notula_500_ms"] = median_ms
    out.write_text(json.dumps(told, indent=2) + "\n")
    sys.stdout.write(f"notula of {PEOPLE} people and {ITEMS} items: {median_ms} ms ({len(journal)} facts)\n")


if __name__ == "__main__":
    main()
