"""A meeting with everything in it that a paper can say. No assertion lives here."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from server.config import OfficeSection
from server.meeting import commands, facts
from server.meeting.commands import SERVER
from server.meeting.facts import NumberedFact
from tests.factories import ALICE, BUDI, CHAIR, INVITEES, MINUTE_MS, SECRETARY, Ledger, actor, invitee, plan, planned

OFFICE = OfficeSection(
    name="Sekretariat Daerah",
    government="Pemerintah Kabupaten Contoh",
    unit="Bagian Umum",
    address="Jalan Merdeka 1",
    contact="rapat@contoh.go.id",
    city="Contoh",
)
NASTY = '#read("sheet.typ") *tebal* $x$ <label> @acuan'


def told(extra: int = 0) -> tuple[NumberedFact, ...]:
    """09.00 to 10.30 in Jakarta, with `extra` more people invited. Alice comes twice, Budi late, the observer never."""
    others = tuple(invitee(f"Peserta Nomor{place}") for place in range(extra))
    wish = plan((*INVITEES, *others))
    ledger = planned(replace(wish, letter_number="005/17/Setda", letter_date="2025-12-29"))
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    _comes(ledger, CHAIR, "s1")
    _comes(ledger, SECRETARY, "s2")
    _comes(ledger, ALICE, "s3")
    ledger.wish(commands.OpenItem("i1"), actor(CHAIR))
    ledger.after(5 * MINUTE_MS).wish(commands.WriteNotes("i1", 0, f"Rapat dibuka.\n{NASTY}"), actor(SECRETARY))
    ledger.wish(commands.OpenItem("i2"), actor(CHAIR))
    ledger.wish(commands.RecordDecision("d1", "i2", "Anggaran disetujui", "mufakat"), actor(SECRETARY))
    ledger.wish(commands.RecordDecision("d2", "i2", "Salah tulis", "vote"), actor(SECRETARY))
    ledger.wish(commands.WithdrawDecision("d2"), actor(SECRETARY))
    ledger.wish(commands.CorrectDecision("d1", "Anggaran tahap kedua disetujui", "vote"), actor(SECRETARY))
    ledger.wish(commands.RecordAction("a1", "i2", "Menyusun rincian", BUDI, "2026-01-15"), actor(SECRETARY))
    ledger.after(10 * MINUTE_MS).wish(commands.Leave("s3", "left", 0), SERVER)
    ledger.after(10 * MINUTE_MS)
    _comes(ledger, ALICE, "s4")
    _comes(ledger, BUDI, "s5")
    ledger.write(facts.MediaInterrupted(ledger.now_ms))
    ledger.after(2 * MINUTE_MS).write(facts.MediaRestored())
    ledger.after(63 * MINUTE_MS).wish(commands.CloseMeeting(), actor(CHAIR))
    return tuple(replace(one, hash=sha256(str(one.number).encode()).hexdigest()) for one in ledger.facts)


def _comes(ledger: Ledger, person_id: str, session_id: str) -> None:
    ledger.wish(commands.Join(session_id), actor(person_id))
    ledger.wish(commands.ConfirmPresence(session_id, "media"), SERVER)
