"""The organisation of the demonstration office: a regency's offices, posts and people, invented but as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.identity.keys import new_id
from server.identity.offices import tenure, tree
from server.identity.offices.records import ACTING, Directory, Group, Official, Post, Term, Unit
from server.identity.offices.service import Offices
from server.identity.ports import Account

TREE = """
Pemerintah Kabupaten Contoh
  * Bupati Contoh | H. Suryadi Hadikusumo, S.T., M.T. |  | 2025-02-20
  * Wakil Bupati Contoh | Dra. Hj. Maimunah Yusuf, M.M. |  | 2025-02-20
  Sekretariat Daerah
    * Sekretaris Daerah | Drs. Hendra Wijaya, M.Si. | Pembina Utama Muda (IV/c) |  |  | sekda
    * Asisten Pemerintahan dan Kesejahteraan Rakyat | Bambang Setiawan, S.H., M.H. | Pembina Utama Muda (IV/c)
    * Asisten Perekonomian dan Pembangunan | Ir. Nurhayati Simanjuntak, M.Si. | Pembina Tk. I (IV/b)
    * Asisten Administrasi Umum
    Bagian Umum
      * Kepala Bagian Umum | Agus Salim Harahap, S.Sos. | Pembina (IV/a)
      * Kepala Subbagian Tata Usaha | Sri Rahayu, S.E. | Penata (III/c) |  |  | notulis
    Bagian Hukum
      * Kepala Bagian Hukum | Theresia Lumbantobing, S.H., M.Kn. | Pembina (IV/a)
    Bagian Organisasi
      * Kepala Bagian Organisasi | Yusuf Maulana, S.STP. | Penata Tk. I (III/d)
  Inspektorat Daerah
    * Inspektur Daerah | Drs. I Wayan Sudarsana, Ak. | Pembina Utama Muda (IV/c)
  Badan Perencanaan Pembangunan Daerah
    * Kepala Bappeda | Ir. Yuliana Kusuma | Pembina (IV/a) |  |  | bappeda
    * Sekretaris Bappeda | Rizky Ramadhan, S.E., M.Ec.Dev. | Pembina (IV/a)
  Badan Keuangan dan Aset Daerah
    * Kepala Badan Keuangan dan Aset Daerah | Lestari Wulandari, S.E., M.Ak. | Pembina Tk. I (IV/b)
  Badan Penanggulangan Bencana Daerah
    * Kepala Pelaksana BPBD | Capt. Rudi Hartono, S.T. | Pembina (IV/a) | 2026-08-03 | plt
  Dinas Kesehatan
    * Kepala Dinas Kesehatan | dr. Ratna Dewi, M.Kes. | Pembina Tk. I (IV/b) | 2025-06-02 |  | dinkes
    * Sekretaris Dinas Kesehatan | Siti Aminah, S.K.M., M.Kes. | Pembina (IV/a)
    * Kepala Bidang Pencegahan dan Pengendalian Penyakit | drg. Kevin Tanujaya | Penata Tk. I (III/d)
    UPTD Puskesmas Koba
      * Kepala UPTD Puskesmas Koba | dr. Melati Puspitasari | Penata (III/c)
  Dinas Pendidikan
    * Kepala Dinas Pendidikan | Ahmad Fauzi, S.Pd., M.M. | Pembina (IV/a) |  |  | dindik
    * Sekretaris Dinas Pendidikan | Dewi Anggraini, M.Pd. | Pembina (IV/a)
  Dinas Pekerjaan Umum dan Penataan Ruang
    * Kepala Dinas Pekerjaan Umum dan Penataan Ruang | Ir. Bonar Sitorus, M.T. | Pembina Tk. I (IV/b)
  Dinas Komunikasi dan Informatika
    * Kepala Dinas Komunikasi dan Informatika | Fitria Handayani, S.Kom., M.T.I. | Pembina (IV/a)
    * Pranata Komputer | Administrator Balai | Penata Muda (III/a) |  |  | admin
  Dinas Sosial
    * Kepala Dinas Sosial
  Satuan Polisi Pamong Praja
    * Kepala Satuan Polisi Pamong Praja | Letda (Purn.) Joko Susilo, S.IP. | Pembina (IV/a)
  Kecamatan Koba
    * Camat Koba | Andika Pratama, S.STP., M.Si. | Pembina (IV/a)
    * Sekretaris Camat Koba | Nur Aisyah, S.IP. | Penata Tk. I (III/d)
  Kecamatan Lubuk
    * Camat Lubuk | Marthen Rumbiak, S.Sos. | Pembina (IV/a)
  Kecamatan Sungai Selan
    * Camat Sungai Selan | Wahyu Nugroho, S.STP. | Penata Tk. I (III/d) | 2026-11-16 | plh
Instansi vertikal
  * Kepala Kepolisian Resor Contoh | AKBP Dimas Prayoga, S.I.K.
  * Komandan Kodim Contoh | Letkol Inf. Arif Budiman
  * Kepala Kejaksaan Negeri Contoh | Rini Kartikasari, S.H., M.H.
  * Ketua Pengadilan Negeri Contoh | Gede Mahendra, S.H., M.H.
Dewan Perwakilan Rakyat Daerah
  * Ketua DPRD | H. Abdul Rahman, S.H.
  * Sekretaris DPRD | Endang Sulastri, S.Sos. | Pembina (IV/a)
"""
"""A line per unit, moved in below the one it belongs to; "*": a post in it, who holds it, rank, since, acting, login.
The first post leads its unit. Nobody of these exists."""

SINCE = "2024-01-08"  # where nothing else is said
BEFORE = {"Kepala Dinas Kesehatan": ("dr. Hasan Basri, M.P.H.", "2021-03-01")}

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Forkopimda": (
        "Bupati Contoh",
        "Ketua DPRD",
        "Kepala Kepolisian Resor Contoh",
        "Komandan Kodim Contoh",
        "Kepala Kejaksaan Negeri Contoh",
        "Ketua Pengadilan Negeri Contoh",
    ),
    "Seluruh Kepala OPD": (
        "Inspektur Daerah",
        "Kepala Bappeda",
        "Kepala Badan Keuangan dan Aset Daerah",
        "Kepala Pelaksana BPBD",
        "Kepala Dinas Kesehatan",
        "Kepala Dinas Pendidikan",
        "Kepala Dinas Pekerjaan Umum dan Penataan Ruang",
        "Kepala Dinas Komunikasi dan Informatika",
        "Kepala Dinas Sosial",
        "Kepala Satuan Polisi Pamong Praja",
    ),
    "Camat": ("Camat Koba", "Camat Lubuk", "Camat Sungai Selan"),
}


async def furnish(offices: Offices, accounts: Mapping[str, Account]) -> None:
    """Made once; an organisation that stands is left as it is."""
    if not (await offices.directory()).units:
        await offices.change(lambda directory: _made(directory, accounts), what="Kabupaten Contoh")


def _made(directory: Directory, accounts: Mapping[str, Account]) -> Directory:
    above: list[str] = []
    posts: dict[str, str] = {}
    for order, line in enumerate(TREE.strip().splitlines(), 1):
        depth, text = (len(line) - len(line.lstrip())) // 2, line.strip()
        del above[depth:]
        if not text.startswith("* "):
            above.append(new_id())
            parent = above[depth - 1] if depth else ""
            directory = tree.put_unit(directory, Unit(above[depth], text, parent, order))
            continue
        title, *cells = (cell.strip() for cell in text[2:].split("|"))
        posts[title], unit_id = new_id(), above[-1]
        leads = not tree.posts_in(directory, unit_id)
        directory = tree.put_post(directory, Post(posts[title], unit_id, title, leads=leads, order=order))
        if cells:
            directory = _appointed(directory, posts[title], title, cells, accounts)
    return _grouped(directory, posts)


def _appointed(
    directory: Directory, post_id: str, title: str, cells: Sequence[str], accounts: Mapping[str, Account]
) -> Directory:
    name, rank, since, acting, login = (*cells, "", "", "", "")[:5]
    if title in BEFORE:
        earlier = Official(new_id(), BEFORE[title][0])
        directory = tree.put_official(directory, earlier)
        directory = tenure.appoint(directory, Term(new_id(), post_id, earlier.official_id, BEFORE[title][1]))
    account = accounts.get(login)
    one = Official(
        new_id(),
        name,
        rank,
        email=account.email if account else "",
        account_id=account.account_id if account else "",
    )
    directory = tree.put_official(directory, one)
    kind = next(kind for kind in ACTING if kind == acting)
    return tenure.succeed(directory, Term(new_id(), post_id, one.official_id, since or SINCE, acting=kind))


def _grouped(directory: Directory, posts: Mapping[str, str]) -> Directory:
    for name, titles in GROUPS.items():
        members = tuple(f"post:{posts[title]}" for title in titles)
        directory = tree.put_group(directory, Group(new_id(), name, members))
    return directory
