"""What an office's Word template may name: the words of a sheet under placeholders in Indonesian. No file is made here.

A placeholder stays what it was once: templates that offices wrote name it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from server.documents.docx_notes import clean
from server.documents.sheet import (
    Block,
    Field,
    Fields,
    Heading,
    Opening,
    Paragraph,
    Sheet,
    Signatures,
    Signer,
    Table,
    Verification,
)
from server.documents.wording import Wording

Value: TypeAlias = "str | Mapping[str, Value] | Sequence[Value]"
Templated: TypeAlias = Literal["notula", "report", "attendance", "decision", "invitation"]
TEMPLATED: tuple[Templated, ...] = ("notula", "report", "attendance", "decision", "invitation")

FIELDS = {
    "document.meeting": "rapat", "document.day": "hari", "document.letter": "surat",
    "document.time.called": "waktu_undangan", "document.time": "waktu", "document.time.planned": "waktu",
    "document.place": "tempat", "document.agenda": "acara", "document.chair": "pimpinan",
    "document.secretary": "notulis", "document.participants": "peserta", "document.quorum": "kuorum",
    "document.excerpt.number": "nomor", "document.excerpt.item": "mata_acara", "document.column.method": "cara",
    "document.column.standing": "kehadiran", "document.letter.number": "nomor", "document.letter.nature": "sifat",
    "document.letter.annex": "lampiran", "document.letter.about": "hal", "document.letter.copies": "tembusan",
}  # fmt: skip
COLUMNS = {
    "number": "nomor", "decision": "isi", "method": "cara", "standing": "kehadiran", "what": "apa", "who": "siapa",
    "due": "tenggat", "name": "nama", "nip": "nip", "rank": "pangkat", "function": "jabatan", "office": "instansi",
    "stands_for": "mewakili", "mode": "cara_hadir", "in_out": "waktu", "signature": "tanda_tangan",
}  # fmt: skip
ROWS = (("isi", "keputusan"), ("apa", "tindak_lanjut"), ("nip", "hadir"), ("nama", "daftar"))
"""A table is what its first such column says."""
LISTED = ("acara", "tembusan")
OPEN, CLOSE = "\ue000", "\ue001"
"""Around the place of what is more than text; neither is left in what anybody typed."""

OWN: dict[Templated, tuple[str, ...]] = {
    "notula": (
        "hari", "surat", "waktu_undangan", "waktu", "tempat", "acara", "pimpinan", "notulis", "peserta", "kuorum",
        "pembahasan", "keputusan", "tindak_lanjut", "catatan",
    ),
    "report": ("pembuka", "keputusan", "daftar", "penutup"),
    "attendance": ("hari", "waktu", "tempat", "pimpinan", "peserta", "hadir", "catatan"),
    "decision": ("nomor", "hari", "tempat", "pimpinan", "mata_acara", "cara", "kehadiran", "putusan"),
    "invitation": (
        "nomor", "sifat", "lampiran", "hal", "kepada", "pembuka", "hari", "waktu", "tempat", "acara", "pimpinan",
        "penutup", "tembusan", "daftar",
    ),
}  # fmt: skip
COMMON = ("kop", "judul", "rapat", "konsep", "isi", "tempat_tanggal", "kiri", "kanan", "verifikasi")


@dataclass
class Told:
    """`values`: by placeholder. `parts`: what stands where a value is the name of a place."""

    values: dict[str, Value] = field(default_factory=dict)
    parts: dict[str, tuple[Block, ...]] = field(default_factory=dict)

    def part(self, blocks: Sequence[Block]) -> str:
        name = f"{OPEN}{len(self.parts) + 1}{CLOSE}"
        self.parts[name] = tuple(blocks)
        return name


def told_by(kind: Templated, sheet: Sheet, words: Wording) -> Told:
    """Every placeholder of the kind, and those of every kind; what the sheet does not say is "" or empty."""
    told, blocks = Told(), sheet.blocks
    known = dict.fromkeys((*COMMON, *OWN[kind]), "")
    lists = {"pembahasan", "keputusan", "tindak_lanjut", "hadir", "daftar", "kepada", *LISTED} & known.keys()
    told.values = {**known, **{name: [] for name in lists}}
    told.values |= {"judul": _text(sheet.title.upper()), "rapat": _text(sheet.meeting), "konsep": _text(sheet.draft)}
    told.values["kop"] = {
        "pemerintah": _text(sheet.kop.government.upper()), "unit": _text(sheet.kop.unit.upper()),
        "nama": _text(sheet.kop.name), "alamat": _text(sheet.kop.address),
    }  # fmt: skip
    for block in blocks:
        _take(told, known, block, words)
    framing = (Signatures, Verification, Opening)
    told.values["isi"] = told.part([one for one in blocks if not isinstance(one, framing)])
    told.values |= {side: _signer(blocks, side) for side in ("kiri", "kanan")}
    _proof(told, blocks)
    if "pembahasan" in known:
        told.values["pembahasan"] = _items(told, blocks, words)
    if "pembuka" in known:
        told.values |= _around(blocks)
    if "catatan" in known:
        told.values["catatan"] = _remarks(told, blocks, words)
    if "putusan" in known:  # all but the rows that open it
        first = next((one for one in blocks if isinstance(one, Fields)), None)
        told.values["putusan"] = told.part([one for one in blocks if one is not first and not isinstance(one, framing)])
    return told


def _take(told: Told, known: Mapping[str, object], block: Block, words: Wording) -> None:
    if isinstance(block, Opening):
        told.values["tempat_tanggal"] = _text(block.place_date)
        told.values["kepada"] = [_text(one) for one in block.addressees]
    if isinstance(block, Signatures) and block.place_date:
        told.values["tempat_tanggal"] = _text(block.place_date)
    if isinstance(block, (Fields, Opening)):
        names = {words(key): name for key, name in FIELDS.items()}
        for row in block.rows if isinstance(block, Fields) else block.fields:
            if (name := names.get(row.label, "")) in known:
                told.values[name] = _field(name, row)
    if isinstance(block, Table):
        columns = {words(f"document.column.{key}"): name for key, name in COLUMNS.items()}
        named = [columns.get(header, "") for header in block.headers]
        rows = [dict(zip(named, map(_text, row), strict=True)) for row in block.rows]
        name = next((rows_name for column, rows_name in ROWS if column in named), "")
        if name in known:
            told.values[name] = rows


def _field(name: str, row: Field) -> Value:
    return [_text(one) for one in row.values] if name in LISTED else _text("\n".join(row.values))


def _signer(blocks: Sequence[Block], side: str) -> Value:
    found = next((one for one in blocks if isinstance(one, Signatures)), None)
    signer: Signer | None = None
    if found is not None:
        signer = found.left if side == "kiri" else found.right
    if signer is None:
        return {"sebagai": "", "nama": "", "keterangan": ""}
    return {"sebagai": _text(signer.caption), "nama": _text(signer.name), "keterangan": _text("\n".join(signer.below))}


def _proof(told: Told, blocks: Sequence[Block]) -> None:
    found = next((one for one in blocks if isinstance(one, Verification)), None)
    told.values["verifikasi"] = {
        "teks": _text(found.text) if found else "",
        "alamat": _text(found.url) if found else "",
        "kode": told.part([found]) if found else "",
    }


def _items(told: Told, blocks: Sequence[Block], words: Wording) -> list[Value]:
    """The proceedings by agenda item: from their heading to the next one of the same rank."""
    rows: list[tuple[str, list[Block]]] = []
    inside = False
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2:
            inside = block.text == words("document.proceedings")
        elif inside and isinstance(block, Heading) and block.level == 3 and (block.about or not rows):
            rows.append((block.text, []))
        elif inside:
            if not rows:
                rows.append(("", []))
            rows[-1][1].append(block)
    return [{"judul": _text(title), "isi": told.part(said)} for title, said in rows]


def _remarks(told: Told, blocks: Sequence[Block], words: Wording) -> str:
    """What stands below the last table: interruptions, the approval, ralat. "" for nothing."""
    last = next((at for at, one in enumerate(blocks) if one == Heading(words("document.actions"))), -1) + 1
    if last == 0:
        last = max((at for at, one in enumerate(blocks) if isinstance(one, Table)), default=0)
    said = [one for one in blocks[last + 1 :] if isinstance(one, (Paragraph, Heading))]
    return told.part(said) if said else ""


def _around(blocks: Sequence[Block]) -> dict[str, Value]:
    """Paragraphs before what is set out in rows, and after it."""
    before: list[str] = []
    after: list[str] = []
    passed = False
    for block in blocks:
        if isinstance(block, (Fields, Table)):
            passed = passed or bool(before)
        elif isinstance(block, Paragraph):
            (after if passed else before).append(_text(block.text))
    return {"pembuka": "\n".join(before), "penutup": "\n".join(after)}


def _text(text: str) -> str:
    return clean(text).replace(OPEN, "").replace(CLOSE, "")
