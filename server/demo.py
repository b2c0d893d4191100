"""The demonstration office: Kabupaten Contoh, five people, one meeting that is on now. For loopback only.

Everything goes through the same doors as real data (identity, rules, journal); nothing here is used by `balai serve`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from server import demo_office
from server.app import Balai
from server.config import Config, OfficeSection
from server.identity.accounts import Particulars
from server.identity.ports import Account
from server.meeting import commands
from server.meeting.commands import Actor, Invitee, PlanMeeting
from server.meeting.facts import AgendaItem, Role

PASSWORD = "rapat-contoh-2026"  # noqa: S105  (printed at every start; the demonstration listens on loopback only)

PEOPLE = (
    Particulars(
        "admin", "Administrator Balai", "administrator", "Pranata Komputer", "Dinas Komunikasi dan Informatika"
    ),
    Particulars(
        "sekda",
        "Drs. Hendra Wijaya, M.Si.",
        "official",
        "Sekretaris Daerah",
        "Sekretariat Daerah",
        "Pembina Utama Muda (IV/c)",
    ),
    Particulars(
        "notulis", "Sri Rahayu, S.E.", "secretary", "Kepala Subbagian Tata Usaha", "Bagian Umum", "Penata (III/c)"
    ),
    Particulars(
        "dinkes",
        "dr. Ratna Dewi, M.Kes.",
        "official",
        "Kepala Dinas Kesehatan",
        "Dinas Kesehatan",
        "Pembina Tk. I (IV/b)",
    ),
    Particulars(
        "dindik",
        "Ahmad Fauzi, S.Pd., M.M.",
        "official",
        "Kepala Dinas Pendidikan",
        "Dinas Pendidikan",
        "Pembina (IV/a)",
    ),
    Particulars(
        "bappeda",
        "Ir. Yuliana Kusuma",
        "official",
        "Kepala Bappeda",
        "Badan Perencanaan Pembangunan Daerah",
        "Pembina (IV/a)",
    ),
)

AGENDA = (
    AgendaItem("", "Pembukaan dan pengesahan acara", 10),
    AgendaItem("", "Kesiapan layanan kesehatan menjelang musim hujan", 30),
    AgendaItem("", "Rencana kerja dan anggaran tahun 2027", 40),
    AgendaItem("", "Lain-lain dan penutup", 10),
)


def demo_config(config: Config) -> Config:
    """The given configuration with the demonstration's office and data folder, on loopback."""
    office = OfficeSection(
        name="Kabupaten Contoh",
        government="PEMERINTAH KABUPATEN CONTOH",
        unit="SEKRETARIAT DAERAH",
        address="Jalan Merdeka Nomor 1, Koba, Bangka Tengah 33681",
        contact="Telepon (0718) 000000, setda@kabupaten-contoh.example",
        city="Koba",
    )
    folder = config.server.data_folder
    server = replace(config.server, data_folder=Path("data/demo") if folder == Path("data") else folder)
    return replace(config, office=office, server=server)


async def furnish(balai: Balai) -> str:
    """Accounts and a meeting that is on now, made once; gives the id of the meeting to show."""
    now_ms = balai.clock.now_ms()
    accounts = {one.login: one for one in await balai.identity.accounts.all()}
    for one in PEOPLE:
        if one.login not in accounts:
            accounts[one.login] = (await balai.identity.accounts.create(one, PASSWORD))[0]
    await demo_office.furnish(balai.identity.offices, accounts)
    for row in await balai.store.listings.coming(None, now_ms, 50):
        if row.status == "open":
            return row.meeting_id
    return await _meeting(balai, accounts, now_ms)


async def _meeting(balai: Balai, accounts: dict[str, Account], now_ms: int) -> str:
    secretary = accounts["notulis"]
    quarter_ms = 15 * 60_000
    starts_ms = now_ms - now_ms % quarter_ms
    wish = PlanMeeting(
        title="Rapat Koordinasi Perangkat Daerah",
        starts_ms=starts_ms,
        ends_ms=starts_ms + 8 * quarter_ms,
        zone="Asia/Jakarta",
        place="Daring dan Ruang Rapat Setda",
        letter_number="005/128/Setda/2026",
        letter_date="2026-11-20",
        items=AGENDA,
        invitees=(
            _invitee(accounts["sekda"], "chair"),
            _invitee(secretary, "secretary"),
            *(_invitee(accounts[login], "participant") for login in ("dinkes", "dindik", "bappeda")),
        ),
    )
    meeting_id = await balai.rooms.plan(wish, Actor(account_id=secretary.account_id, office_role="secretary"))
    state = await balai.rooms.state(meeting_id)
    chair = state.person_of_account(accounts["sekda"].account_id)
    if chair is not None:
        actor = Actor(chair.person_id, account_id=chair.account_id, office_role="official")
        await balai.rooms.submit(meeting_id, actor, commands.OpenMeeting())
    return meeting_id


def _invitee(account: Account, role: Role) -> Invitee:
    return Invitee(
        name=account.name,
        role=role,
        function=account.function,
        office=account.office,
        rank=account.rank,
        account_id=account.account_id,
    )
