"""A meeting with everything in it that a paper can say. No assertion lives here."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from server.config import OfficeSection
from server.meeting import commands, facts
from server.meeting.commands import SERVER
from server.meeting.facts import NumberedFact, SecretBallot
from tests.factories import (
    ALICE,
    BUDI,
    CHAIR,
    INVITEES,
    MINUTE_MS,
    SECRETARY,
    Ledger,
    actor,
    invitee,
    noted,
    plan,
    planned,
)

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
    comes(ledger, CHAIR, "s1")
    comes(ledger, SECRETARY, "s2")
    comes(ledger, ALICE, "s3")
    ledger.wish(commands.OpenItem("i1"), actor(CHAIR))
    ledger.after(5 * MINUTE_MS).wish(noted("i1", f"Rapat dibuka.\n{NASTY}"), SERVER)
    ledger.wish(commands.OpenItem("i2"), actor(CHAIR))
    ledger.wish(commands.RecordDecision("d1", "i2", "Anggaran disetujui", "mufakat"), actor(SECRETARY))
    ledger.wish(commands.RecordDecision("d2", "i2", "Salah tulis", "vote"), actor(SECRETARY))
    ledger.wish(commands.WithdrawDecision("d2"), actor(SECRETARY))
    ledger.wish(commands.CorrectDecision("d1", "Anggaran tahap kedua disetujui", "vote"), actor(SECRETARY))
    ledger.wish(commands.RecordAction("a1", "i2", "Menyusun rincian", BUDI, "2026-01-15"), actor(SECRETARY))
    said(ledger)
    ledger.after(10 * MINUTE_MS).wish(commands.Leave("s3", "left", 0), SERVER)
    ledger.after(10 * MINUTE_MS)
    comes(ledger, ALICE, "s4")
    comes(ledger, BUDI, "s5")
    ledger.write(facts.MediaInterrupted(ledger.now_ms))
    ledger.after(2 * MINUTE_MS).write(facts.MediaRestored())
    ledger.after(63 * MINUTE_MS).wish(commands.CloseMeeting(), actor(CHAIR))
    return tuple(replace(one, hash=sha256(str(one.number).encode()).hexdigest()) for one in ledger.facts)


def said(ledger: Ledger) -> None:
    """A statement, a motion by somebody who is not of the meeting, an objection, and one that was withdrawn."""
    for key, what, who, text in (
        ("q1", "statement", ALICE, "Kecamatan belum menerima surat."),
        ("q2", "motion", "Camat Suka Maju", "Batas waktu diundur."),
        ("q3", "objection", BUDI, "Waktunya terlalu singkat."),
        ("q4", "objection", ALICE, "Keliru dicatat."),
    ):
        ledger.wish(commands.RecordStatement(key, what, "i2", who, text), actor(SECRETARY))  # type: ignore[arg-type]
    ledger.wish(commands.CorrectStatement("q3", BUDI, "Waktunya satu minggu saja."), actor(SECRETARY))
    ledger.wish(commands.WithdrawStatement("q4"), actor(CHAIR))


def comes(ledger: Ledger, person_id: str, session_id: str) -> None:
    ledger.wish(commands.Join(session_id), actor(person_id))
    ledger.wish(commands.ConfirmPresence(session_id, "media"), SERVER)


def deliberated() -> tuple[NumberedFact, ...]:
    """Mufakat found, mufakat failed and a roll call after it, a secret vote, quorum lost and reached again; Budi is
    represented by Alice, the observer is seen in the room."""
    chair, secretary, alice = actor(CHAIR), actor(SECRETARY), actor(ALICE)
    people = (*INVITEES, invitee("Citra Dewi"))
    ledger = planned(plan(people))
    ledger.wish(commands.OpenMeeting(), chair)
    for number, person_id in enumerate((CHAIR, SECRETARY, ALICE), 1):
        comes(ledger, person_id, f"s{number}")
    ledger.wish(commands.NameStandIn(BUDI, ALICE), secretary)
    ledger.wish(commands.ExcuseAbsence("p6", "tugas luar"), secretary)
    ledger.wish(commands.MarkPresence("k1", "p5", "room"), secretary)
    ledger.wish(commands.OpenItem("i2"), chair)
    ledger.wish(commands.CallConsensus("m1", "i2", "Jadwal disetujui", 60), chair)
    ledger.after(MINUTE_MS).wish(commands.CloseConsensus("m1"), SERVER)
    ledger.wish(commands.CallConsensus("m2", "i2", "Anggaran disetujui", 60), chair)
    ledger.wish(commands.RaiseObjection("m2", "terlalu besar"), alice)
    ledger.after(MINUTE_MS).wish(commands.CloseConsensus("m2"), SERVER)
    ledger.wish(commands.OpenVote("m2", "", "", "roll_call", 120), chair)
    ledger.wish(commands.CastVote("m2", "yes"), chair)
    ledger.wish(commands.CastVote("m2", "yes"), secretary)
    ledger.wish(commands.CastVote("m2", "no"), alice)
    ledger.wish(commands.CastVote("m2", "abstain", BUDI), alice)
    ledger.wish(commands.CloseVote("m2"), chair)
    ledger.wish(commands.OpenVote("m3", "i2", "Memilih ketua panitia", "secret", 120, key="00"), chair)
    ledger.wish(commands.TakeBallot("m3"), alice)
    ledger.wish(commands.CloseVote("m3"), chair)
    ledger.wish(commands.ReportBallots("m3", (SecretBallot("R1", "no", "00", "00"),)), SERVER)
    ledger.after(5 * MINUTE_MS).wish(commands.Leave("s3", "left", 0), SERVER)
    ledger.after(5 * MINUTE_MS)
    comes(ledger, ALICE, "s4")
    ledger.after(5 * MINUTE_MS).wish(commands.CloseMeeting(), chair)
    return tuple(replace(one, hash=sha256(str(one.number).encode()).hexdigest()) for one in ledger.facts)
