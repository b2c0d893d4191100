"""A meeting's whole record in one ZIP, with checksums and a program that checks them without this server.

What is in it is personal: whoever may fetch it is decided elsewhere. Secrets of the server are not in it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import msgspec

from server.clock import Clock
from server.documents.kept import signed_files
from server.documents.papers import FORMS, Form, Kind
from server.errors import NotFound
from server.meeting import facts
from server.meeting.facts import NumberedFact
from server.meeting.state import State, replay

FORMAT = 1
PACKED: tuple[Kind, ...] = ("notula", "risalah", "report", "attendance", "votes")
VERIFIER = Path(__file__).with_name("verify_archive.py")
README = """\
ARSIP RAPAT / ARCHIVE OF A MEETING

Seluruh catatan satu rapat. Berkas ini memuat data pribadi: simpan dan bagikan sesuai aturan.
The whole record of one meeting. It holds personal data: keep and share it as the rules say.

Periksa / check:   python3 verify.py

journal/rows.jsonl    baris jurnal seperti tersimpan (tersegel), dengan rantai sidik / the journal's rows as they are
                      kept (sealed), with the chain of hashes
journal/facts.jsonl   isi baris yang sama, terbuka; null: dimusnahkan sesuai jadwal retensi / what those rows
                      say, opened; null: destroyed by retention
documents/            notula, risalah, berita acara, daftar hadir, suara / minutes, verbatim record, report,
                      attendance, votes
attachments/          bahan rapat, dengan sidiknya dalam journal/facts.jsonl / attached documents; their hashes are
                      in journal/facts.jsonl
signed/               berkas bertanda tangan dan hasil pindai; nama berkas adalah sidiknya / signed files and scans,
                      named by their SHA-256
notes.jsonl           setiap versi catatan / every version of the notes
chat.jsonl            percakapan / the chat
recordings/           keterangan rekaman / what the recordings consist of
"""

GONE = b"Tidak ada lagi di server / no longer on the server\n"
ZIP_BEGINS_S = 315_532_800  # 1980: ZIP knows no year before
_encode = msgspec.json.Encoder(order="deterministic").encode


class Row(Protocol):
    """A row of the journal as it is kept; server/store/chain.JournalRow."""

    @property
    def number(self) -> int: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def sealing(self) -> str: ...
    @property
    def sealed(self) -> bytes: ...
    @property
    def previous(self) -> bytes: ...
    @property
    def hash(self) -> bytes: ...


class Rows(Protocol):
    async def rows(self, meeting_id: str) -> tuple[Sequence[Row], Sequence[NumberedFact]]:
        """All rows as they are kept, and what of them can still be read. NotFound("meeting.unknown")."""
        ...


class MeetingPapers(Protocol):
    async def paper(self, meeting_id: str, kind: Kind, form: Form, language: str, number: int = 0) -> bytes: ...
    async def signed(self, meeting_id: str, digest: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Takeaway:
    """`last_hash` stands for the whole record: written down elsewhere, it tells later whether this is all of it."""

    content: bytes
    last_hash: str
    files: int


class Shelf(Protocol):
    """The bytes of what was attached; server/store/documents.py."""

    async def read(self, meeting_id: str, document_id: str, digest: str) -> bytes:
        """NotFound("document.gone")."""
        ...


class Archivist:
    """`recordings`: name -> bytes of what describes the meeting's recordings."""

    def __init__(
        self,
        rows: Rows,
        papers: MeetingPapers,
        clock: Clock,
        language: str,
        recordings: Callable[[str], Mapping[str, bytes]] = lambda _: {},
        *,
        shelf: Shelf | None = None,
    ) -> None:
        self._rows, self._papers, self._clock, self._language = rows, papers, clock, language
        self._recordings, self._shelf = recordings, shelf

    async def pack(self, meeting_id: str) -> Takeaway:
        """NotFound("meeting.unknown"), JournalBroken."""
        rows, numbered = await self._rows.rows(meeting_id)
        files = await asyncio.to_thread(_of_journal, meeting_id, rows, numbered, self._clock.now_ms())
        files |= await self._documents(meeting_id, numbered)
        described = await asyncio.to_thread(self._recordings, meeting_id)
        files |= {f"recordings/{name}": content for name, content in described.items()}
        content = await asyncio.to_thread(_packed, files, rows[-1].at_ms)
        return Takeaway(content, rows[-1].hash.hex(), len(files) + 1)

    async def _documents(self, meeting_id: str, numbered: Sequence[NumberedFact]) -> dict[str, bytes]:
        state = replay(meeting_id, tuple(numbered))
        files: dict[str, bytes] = {}
        if state.opened_ms:
            for kind in PACKED:
                for form in FORMS[kind]:
                    try:
                        made = await self._papers.paper(meeting_id, kind, form, self._language)
                    except NotFound as error:
                        if error.code != "template.missing":
                            raise
                        files[f"documents/{kind}.{form}.missing.txt"] = GONE
                    else:
                        files[f"documents/{kind}.{form}"] = made
        for digest in signed_files(numbered):
            try:
                files[f"signed/{digest}.pdf"] = await self._papers.signed(meeting_id, digest)
            except NotFound:
                files[f"signed/{digest}.missing.txt"] = GONE
        return files | await self._attached(meeting_id, state)

    async def _attached(self, meeting_id: str, state: State) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        if self._shelf is None:
            return files
        for one in state.attachments.values():
            try:
                content = await self._shelf.read(meeting_id, one.document_id, one.digest)
                files[f"attachments/{one.document_id}-{one.name}"] = content
            except NotFound:
                files[f"attachments/{one.document_id}.missing.txt"] = GONE
        return files


def _of_journal(
    meeting_id: str, rows: Sequence[Row], numbered: Sequence[NumberedFact], now_ms: int
) -> dict[str, bytes]:
    opened = {one.number: one for one in numbered}
    last = rows[-1]
    manifest = {
        "format": FORMAT,
        "meeting_id": meeting_id,
        "made_ms": now_ms,
        "last_number": last.number,
        "last_hash": last.hash.hex(),
        "erased": len(rows) - len(opened),
    }
    files = {
        "README.txt": README.encode(),
        "verify.py": VERIFIER.read_bytes(),
        "manifest.json": json.dumps(manifest, indent=1).encode() + b"\n",
        "journal/rows.jsonl": _lines(_row(one) for one in rows),
        "journal/facts.jsonl": _lines(_fact(one, opened.get(one.number)) for one in rows),
    }
    notes = (facts.NotesWritten, facts.NotesAdopted)
    for name, kinds in (("notes.jsonl", notes), ("chat.jsonl", (facts.ChatSaid,))):
        lines = [one for one in numbered if isinstance(one.fact, kinds)]
        if lines:
            files[name] = _lines({"number": one.number, "at_ms": one.at_ms, "fact": one.fact} for one in lines)
    return files


def _row(row: Row) -> dict[str, Any]:
    return {
        "number": row.number,
        "at_ms": row.at_ms,
        "kind": row.kind,
        "sealing": row.sealing,
        "sealed": base64.b64encode(row.sealed).decode(),
        "previous": row.previous.hex(),
        "hash": row.hash.hex(),
    }


def _fact(row: Row, numbered: NumberedFact | None) -> dict[str, Any]:
    said = {"number": row.number, "at_ms": row.at_ms, "kind": row.kind}
    return said | {"fact": numbered.fact if numbered else None}


def _lines(rows: Any) -> bytes:
    return b"".join(_encode(row) + b"\n" for row in rows)


def _packed(files: Mapping[str, bytes], at_ms: int) -> bytes:
    sums = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    moment = datetime.fromtimestamp(max(at_ms / 1000, 315_532_800), UTC).timetuple()[
        :6
    ]  # ZIP knows no year before 1980
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in (*sorted(files.items()), ("SHA256SUMS", sums.encode())):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            packed.writestr(entry, content)
    return stream.getvalue()
