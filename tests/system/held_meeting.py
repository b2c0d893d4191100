"""A meeting as a regency holds one, fact by fact, to look at its papers. No assertion lives here."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from server.config import OfficeSection
from server.documents import compose
from server.documents.digest import digest
from server.meeting import facts
from server.meeting.facts import Fact, NumberedFact, Role

ROOT = Path(__file__).parents[2]
MINUTE_MS = 60_000
STARTS_MS = 1_795_485_600_000  # Tuesday, 24 November 2026, 09.00 WIB
OFFICE = OfficeSection(
    name="Sekretariat Daerah",
    government="Pemerintah Kabupaten Contoh",
    unit="",
    address="Jalan Merdeka Nomor 1, Contoh 12345",
    contact="Telepon (021) 1234567, rapat@contoh.go.id",
    city="Contoh",
    logo=str(ROOT / "web" / "mark.svg"),
)
PEOPLE: tuple[tuple[str, str, Role, str, str, str], ...] = (
    (
        "p1",
        "Drs. Budi Santoso, M.Si.",
        "chair",
        "Sekretaris Daerah",
        "Sekretariat Daerah",
        "Pembina Utama Madya / IV d",
    ),
    ("p2", "Siti Aminah, S.Sos.", "secretary", "Kepala Bagian Umum", "Sekretariat Daerah", "Pembina / IV a"),
    (
        "p3",
        "dr. Ratna Dewi, M.Kes.",
        "participant",
        "Kepala Dinas Kesehatan",
        "Dinas Kesehatan",
        "Pembina / IV b",
    ),
    ("p4", "Ahmad Fauzi, S.Pd., M.Pd.", "participant", "Kepala Dinas Pendidikan", "Dinas Pendidikan", "Pembina / IV a"),
    ("p5", "Ir. Wayan Sudarma", "participant", "Kepala Bappeda", "Bappeda", "Pembina Utama Muda / IV c"),
    ("p6", "Maria Ulfah, S.E.", "participant", "Kepala BPKAD", "BPKAD", "Pembina / IV a"),
    ("p7", "Joko Susilo, S.T.", "participant", "Kepala Pelaksana BPBD", "BPBD", "Pembina / IV a"),
    ("p8", "Nurhayati, S.H.", "participant", "Kepala Bagian Hukum", "Sekretariat Daerah", "Penata Tk. I / III d"),
)
THERE = ("p1", "p2", "p3", "p4", "p5", "p6", "p7")
ITEMS = ("Kesiapan menghadapi musim hujan", "Penyesuaian anggaran belanja tidak terduga", "Lain-lain")
NOTES = (
    """Kepala Pelaksana BPBD melaporkan kesiapan dua belas posko dan kebutuhan tambahan enam perahu karet.
Dinas Kesehatan menyiagakan empat puskesmas keliling di kecamatan rawan banjir.""",
    """BPKAD memaparkan sisa belanja tidak terduga sampai dengan bulan November.
Peserta sepakat bahwa penyesuaian dilakukan melalui perubahan penjabaran APBD.""",
    "Pimpinan rapat mengingatkan batas waktu penyampaian laporan akhir tahun.",
)


def held() -> tuple[NumberedFact, ...]:
    """Approved, with decisions and tasks; one was excused and one stands in for nobody."""
    ends_ms = STARTS_MS + 95 * MINUTE_MS
    told: list[tuple[int, Fact]] = []

    def at(minute: int, *said: Fact) -> None:
        told.extend((STARTS_MS + minute * MINUTE_MS, one) for one in said)

    at(
        -2_000,
        facts.MeetingPlanned(
            "a1", "Rapat Koordinasi Kesiapsiagaan Musim Hujan", STARTS_MS, ends_ms - 5 * MINUTE_MS, "Asia/Jakarta",
            "Ruang Rapat Sekretariat Daerah", "005/412/Setda", "2026-11-20",
        ),
        facts.AgendaSet("a1", tuple(facts.AgendaItem(f"i{place}", title) for place, title in enumerate(ITEMS, 1))),
        *(facts.Invited("a1", *one[:3], one[3], one[4], one[5], f"19{70 + place}0101200001100{place}")
          for place, one in enumerate(PEOPLE, 1)),
        facts.InvitationsSent("a1", copies=("Bupati Contoh (sebagai laporan)",)),
    )  # fmt: skip
    at(0, facts.MeetingOpened("p1"))
    for place, person_id in enumerate(THERE):
        at(place, facts.Joined(person_id, f"s{person_id}"), facts.PresenceConfirmed(f"s{person_id}", "act"))
    for place, notes in enumerate(NOTES, 1):
        at(25 * place - 15, facts.ItemOpened("p1", f"i{place}"), facts.NotesWritten("p2", f"i{place}", 1, notes))
    at(
        80,
        facts.DecisionRecorded("p2", "d1", 1, "i1", "Posko siaga dibuka mulai 1 Desember 2026.", "mufakat"),
        facts.DecisionRecorded("p2", "d2", 2, "i2", "Perahu karet dibiayai dari belanja tidak terduga.", "mufakat"),
        facts.ActionRecorded("p2", "t1", 1, "i1", "Menyusun jadwal piket posko siaga", "p7", "2026-11-28"),
        facts.ActionRecorded("p2", "t2", 2, "i2", "Menyiapkan perubahan penjabaran APBD", "p6", "2026-12-04"),
    )
    at(95, facts.MeetingClosed("p1"))
    numbered = _numbered(told)
    approved = digest(compose.notula("contoh00rapat001", numbered, numbered[-1].at_ms))
    at(2_000, facts.MinutesApproved("p1", approved, 1))
    return _numbered(told)


def _numbered(told: list[tuple[int, Fact]]) -> tuple[NumberedFact, ...]:
    made = sorted(told, key=lambda one: one[0])
    return tuple(
        NumberedFact(number, at_ms, fact, sha256(f"{number}".encode()).hexdigest())
        for number, (at_ms, fact) in enumerate(made, 1)
    )
