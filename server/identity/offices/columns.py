"""The columns of a sheet of people, as Indonesian and English headers call them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice

from server.errors import Invalid
from server.identity.offices.tree import fold

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "kunci", "key"),
    "name": ("nama", "nama lengkap", "nama pejabat", "nama pegawai", "name", "full name"),
    "nip": ("nip", "nip baru", "employee number", "nip nik"),
    "rank": (
        "pangkat", "golongan", "pangkat golongan", "pangkat gol", "pangkat gol ruang", "pangkat golongan ruang", "gol",
        "rank", "grade",
    ),
    "post": ("jabatan", "nama jabatan", "post", "position", "job title", "title"),
    "office": (
        "perangkat daerah", "opd", "skpd", "instansi", "dinas", "unit organisasi", "office", "agency", "department",
        "organisation", "organization",
    ),
    "unit": ("unit kerja", "unit", "bidang", "bagian", "sub unit", "division", "section"),
    "acting": ("kedudukan", "status jabatan", "status", "plt plh pj", "standing", "acting"),
    "since": (
        "mulai", "tmt", "tmt jabatan", "sejak", "tanggal mulai", "terhitung mulai tanggal", "from", "since", "start",
    ),
    "until": ("sampai", "sampai dengan", "s d", "selesai", "berakhir", "tanggal selesai", "until", "to", "end"),
    "decree": ("nomor keputusan", "sk", "nomor sk", "no sk", "decree"),
    "email": ("pos el", "alamat pos el", "surel", "email", "e mail", "mail", "email address"),
    "phone": ("telepon", "nomor telepon", "no hp", "hp", "no telepon", "telephone", "phone", "mobile"),
}  # fmt: skip
"""In the order in which a sheet of ours has them."""

LOOKED_AT = 10  # rows above the header: a title, a letterhead
_BETWEEN = re.compile(r"[^a-z0-9]+")


def header(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """Which row is the header, where each column stands, and what was not understood. Invalid("import.header" |
    "import.twice")."""
    found = [(_columns(row), place) for place, row in enumerate(islice(rows, LOOKED_AT))]
    best, place = max(found, key=lambda one: (len(one[0]), -one[1]), default=([], 0))
    names = {name for name, _ in best}
    if not ({"name"} & names or {"post"} & names) or len(names) < 2:
        raise Invalid("import.header", field="file")
    for name in names:
        if sum(one == name for one, _ in best) > 1:
            raise Invalid("import.twice", field="file", column=name)
    known = {column for _, column in best}
    unknown = tuple(cell[:60] for column, cell in enumerate(rows[place]) if cell and column not in known)
    return place, dict(best), tuple(one for one in unknown if _plain(one) not in ("no", "nomor", "number"))


def _columns(row: Sequence[str]) -> list[tuple[str, int]]:
    by_header = {called: name for name, calls in COLUMNS.items() for called in calls}
    return [(by_header[plain], place) for place, cell in enumerate(row) if (plain := _plain(cell)) in by_header]


def _plain(cell: str) -> str:
    return _BETWEEN.sub(" ", fold(cell)).strip()
