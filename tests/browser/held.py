"""Meetings of the demonstration office, made by the house's own rules on a told clock: one that was held on the last
working day, one under way for twenty minutes, one to come, one cancelled.

Pages and papers are looked at with what they left behind: attendance with gaps, notes, decisions, action items.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.app import Balai, build
from server.config import Config, ServerSection
from server.demo import PASSWORD, PEOPLE, demo_config
from server.identity.accounts import Particulars
from server.identity.ports import Account
from server.meeting import commands as c
from server.meeting.commands import SERVER, Actor, Command, Invitee
from server.meeting.facts import AgendaItem, Role
from tests.factories import noted
from tests.fakes import FakeClock

TITLE = "Rapat Koordinasi Penanganan Banjir dan Pembahasan Rancangan Perubahan APBD Tahun Anggaran 2026"
PLANNED_TITLE = "Rapat Evaluasi Capaian Kinerja Triwulan IV"
NOW_TITLE = "Rapat Koordinasi Kesiapsiagaan Bencana dan Layanan Kesehatan"
CANCELLED_TITLE = "Rapat Persiapan Musrenbang Kecamatan"
DECISION = "Status tanggap darurat banjir diperpanjang empat belas hari, sampai dengan 8 Desember 2026."
NINE_MIN, NINETY_MIN = 2 * 60, 90  # nine o'clock WIB is two o'clock UTC
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS

MORE_PEOPLE = (
    Particulars(
        "hukum",
        "Dr. H. Ahmad Fauzi Ramadhan, S.H., M.Si.",
        "official",
        "Kepala Bagian Hukum dan Perundang-undangan pada Sekretariat Daerah",
        "Sekretariat Daerah",
        "Pembina Tk. I (IV/b)",
    ),
    Particulars(
        "bpbd",
        "Rina Kartikasari Wulandari, S.Sos., M.Si.",
        "official",
        "Kepala Pelaksana Badan Penanggulangan Bencana Daerah",
        "Badan Penanggulangan Bencana Daerah",
        "Pembina Utama Muda (IV/c)",
    ),
    Particulars(
        "pupr",
        "Ir. Bambang Setiawan, M.T.",
        "official",
        "Kepala Dinas Pekerjaan Umum, Penataan Ruang, Perumahan Rakyat, dan Kawasan Permukiman",
        "Dinas PUPRPKP",
        "Pembina Utama Muda (IV/c)",
    ),
)
ITEMS = (
    AgendaItem("i1", "Pembukaan dan pengesahan acara", 10),
    AgendaItem("i2", "Laporan keadaan banjir di Kecamatan Sungai Raya, Muara Enam, dan Tanjung Harap", 30),
    AgendaItem("i3", "Rancangan perubahan APBD untuk belanja tidak terduga dan rehabilitasi jalan", 40),
    AgendaItem("i4", "Lain-lain dan penutup", 10),
)
STAYS: dict[str, tuple[tuple[int, int], ...]] = {  # minutes after nine
    "sekda": ((-4, 93),),
    "notulis": ((-8, 93),),
    "dinkes": ((1, 41), (44, 93)),
    "dindik": ((22, 93),),
    "bappeda": ((-2, 93),),
    "hukum": ((0, 62),),
    "bpbd": ((-6, 30), (36, 93)),
}  # pupr never came
NOTES = {
    "i1": "Pimpinan rapat membuka rapat pukul 09.00 WIB dan mengesahkan acara tanpa perubahan.",
    "i2": "Kepala Pelaksana BPBD melaporkan 412 keluarga terdampak; 96 keluarga masih di pengungsian.\n"
    "Tinggi muka air di Sungai Raya turun 40 sentimeter sejak kemarin sore.\n"
    "Dinas Kesehatan menempatkan tiga regu kesehatan dan memastikan persediaan obat untuk tiga bulan.",
    "i3": "Bappeda menyampaikan usulan pergeseran anggaran sebesar Rp4.250.000.000,00 ke belanja tidak terduga.\n"
    "Bagian Hukum menyatakan usulan itu sesuai dengan peraturan perundang-undangan.",
}
DECISIONS = (
    (31, "i2", DECISION),
    (72, "i3", "Usulan pergeseran anggaran sebesar Rp4.250.000.000,00 disetujui untuk diajukan kepada DPRD."),
)
ACTIONS = (
    (33, "i2", "Menyampaikan data pengungsi per desa kepada Bappeda", "bpbd", 3),
    (74, "i3", "Menyusun rancangan Peraturan Bupati tentang perubahan penjabaran APBD", "hukum", 7),
)


@dataclass(frozen=True, slots=True)
class Held:
    """Ids of the meetings that stand in the data folder."""

    meeting_id: str
    now_id: str
    planned_id: str
    cancelled_id: str
    day: datetime  # midnight UTC of the day on which the meeting was held


async def furnish(folder: Path, now: datetime) -> Held:
    """Accounts and meetings in `folder`, before the office is started there."""
    day = (now - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    clock = FakeClock(_ms(day) - 7 * DAY_MS)
    async with _opened(folder, clock) as balai:
        accounts = {}
        for one in (*PEOPLE, *MORE_PEOPLE):
            accounts[one.login] = (await balai.identity.accounts.create(one, PASSWORD))[0]
        planner = Actor(account_id=accounts["notulis"].account_id, office_role="secretary")
        nine_ms = _ms(day) + NINE_MIN * MINUTE_MS
        meeting_id = await balai.rooms.plan(_plan(accounts, nine_ms), planner)
        later = replace(
            _plan(accounts, nine_ms + 9 * DAY_MS), title=PLANNED_TITLE, zone="Asia/Makassar", letter_number=""
        )
        planned_id = await balai.rooms.plan(later, planner)
        cancelled_id = await balai.rooms.plan(replace(later, title=CANCELLED_TITLE), planner)
        await balai.rooms.submit(cancelled_id, planner, c.CancelMeeting("Ruang rapat dipakai untuk posko banjir."))
        await _hold(balai, meeting_id, accounts, clock, nine_ms)
        clock.advance(_ms(now) - 20 * MINUTE_MS - clock.now_ms())
        now_id = await _begin(balai, accounts, clock, planner)
    return Held(meeting_id, now_id, planned_id, cancelled_id, day)


@asynccontextmanager
async def _opened(folder: Path, clock: FakeClock) -> AsyncIterator[Balai]:
    balai = await build(demo_config(Config(server=ServerSection(data_folder=folder))), clock)
    try:
        yield balai
    finally:
        await balai.close()


def _ms(at: datetime) -> int:
    return round(at.replace(tzinfo=UTC).timestamp() * 1_000)


def _plan(accounts: dict[str, Account], starts_ms: int) -> c.PlanMeeting:
    roles: dict[str, Role] = {"sekda": "chair", "notulis": "secretary"}
    invited = ("sekda", "notulis", *(login for login in (*STAYS, "pupr") if login not in roles))
    return c.PlanMeeting(
        title=TITLE,
        starts_ms=starts_ms,
        ends_ms=starts_ms + NINETY_MIN * MINUTE_MS,
        zone="Asia/Jakarta",
        place="Daring dan Ruang Rapat Utama Sekretariat Daerah",
        letter_number="005/1284/Setda-UM/XI/2026",
        letter_date=datetime.fromtimestamp(starts_ms / 1_000 - 7 * 86_400, UTC).date().isoformat(),
        items=ITEMS,
        invitees=tuple(_invitee(accounts[login], roles.get(login, "participant")) for login in invited),
    )


def _invitee(one: Account, role: Role) -> Invitee:
    return Invitee(one.name, role, "", one.function, one.office, one.rank, account_id=one.account_id)


async def _hold(balai: Balai, meeting_id: str, accounts: dict[str, Account], clock: FakeClock, nine_ms: int) -> None:
    """Everything that happened, by minutes after nine, in the order of the clock."""
    state = await balai.rooms.state(meeting_id)
    persons = {}
    for login, one in accounts.items():
        if person := state.person_of_account(one.account_id):
            persons[login] = person.person_id
    items = {known.item_id: there.item_id for known, there in zip(ITEMS, state.items, strict=True)}
    for minute, login, command in sorted(_happenings(persons, items, nine_ms), key=lambda one: one[0]):
        clock.advance(nine_ms + round(minute * MINUTE_MS) - clock.now_ms())
        session_id = command.session_id if isinstance(command, c.Join | c.ConfirmPresence | c.Leave) else ""
        who = Actor(persons[login], session_id) if login else SERVER
        await balai.rooms.submit(meeting_id, who, command)


async def _begin(balai: Balai, accounts: dict[str, Account], clock: FakeClock, planner: Actor) -> str:
    """Opened by the chair, who has come to the second item; nobody is in the room yet."""
    wish = replace(_plan(accounts, clock.now_ms()), title=NOW_TITLE, letter_number="005/1290/Setda-UM/XI/2026")
    meeting_id = await balai.rooms.plan(wish, planner)
    state = await balai.rooms.state(meeting_id)
    chair = state.person_of_account(accounts["sekda"].account_id)
    assert chair is not None
    for minutes, command in (
        (1, c.OpenMeeting()),
        (1, c.OpenItem(ITEMS[0].item_id)),
        (7, c.OpenItem(ITEMS[1].item_id)),
    ):
        clock.advance(minutes * MINUTE_MS)
        await balai.rooms.submit(meeting_id, Actor(chair.person_id), command)
    return meeting_id


def _happenings(persons: dict[str, str], items: dict[str, str], day_ms: int) -> list[tuple[float, str, Command]]:
    told: list[tuple[float, str, Command]] = [(0.2, "sekda", c.OpenMeeting()), (93, "sekda", c.CloseMeeting())]
    for login, stays in STAYS.items():
        for number, (since, until) in enumerate(stays):
            session = f"{login}-{number}"
            told.append((since, login, c.Join(session)))
            told.append((since + 0.1, login, c.ConfirmPresence(session, "media")))
            if until < 93:
                told.append((until, login, c.Leave(session, "left")))
    for minute, item in ((1, "i1"), (9, "i2"), (38, "i3"), (80, "i4")):
        told.append((minute, "sekda", c.OpenItem(items[item])))
    for minute, (item, text) in zip((8, 29, 70), NOTES.items(), strict=True):
        told.append((minute, "", noted(items[item], text)))
    for minute, item, text in DECISIONS:
        told.append((minute, "notulis", c.RecordDecision(secrets.token_hex(8), items[item], text, "mufakat")))
    for minute, item, what, who, days in ACTIONS:
        due = (datetime.fromtimestamp(day_ms / 1_000, UTC) + timedelta(days=days)).date().isoformat()
        action = c.RecordAction(secrets.token_hex(8), items[item], what, persons[who], due)
        told.append((minute, "notulis", action))
    return told
