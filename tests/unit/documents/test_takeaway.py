"""One meeting in one ZIP: whole, and checked by its own program without the server, which names what was changed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from server.documents import verify_archive
from server.documents.papers import FORMS, Form, Kind
from server.documents.takeaway import PACKED, Archivist, Row
from server.errors import NotFound
from server.meeting import facts
from server.meeting.facts import Fact, NumberedFact
from server.store import chain
from tests.fakes import FakeClock

KEY = bytes(32)
SIGNED = hashlib.sha256(b"%PDF signed").hexdigest()
COURSE: tuple[Fact, ...] = (
    facts.MeetingPlanned("a1", "Rapat Koordinasi", 1_790_000_000_000, 1_790_003_600_000, "Asia/Jakarta"),
    facts.Invited("a1", "p1", "Siti Rahmawati", "chair"),
    facts.MeetingOpened("p1"),
    facts.NotesWritten("p1", "", 1, "Pertama"),
    facts.NotesWritten("p1", "", 2, "Kedua"),
    facts.ChatSaid("c1", "p1", "Selamat pagi"),
    facts.MeetingClosed("p1"),
    facts.MinutesSigned("p1", SIGNED, "scan"),
)


class Kept:
    """A journal of which one class can no longer be read."""

    def __init__(self, erased: str = "") -> None:
        self._erased = erased

    async def rows(self, meeting_id: str) -> tuple[Sequence[Row], Sequence[NumberedFact]]:
        rows: list[chain.JournalRow] = []
        for number, fact in enumerate(COURSE, 1):
            previous = rows[-1].hash if rows else chain.FIRST
            rows.append(chain.write(meeting_id, number, 1_790_000_000_000 + number, fact, key=KEY, previous=previous))
        keys = {name: None if name == self._erased else KEY for name in ("record", "presence", "chat")}
        return rows, [one for row in rows if (one := chain.read(row, keys)) is not None]


class Papers:
    async def paper(self, meeting_id: str, kind: Kind, form: Form, language: str, number: int = 0) -> bytes:
        return f"{kind} {form} {language}".encode()

    async def signed(self, meeting_id: str, digest: str) -> bytes:
        if digest != SIGNED:
            raise NotFound("minutes.no_file")
        return b"%PDF signed"


async def packed(folder: Path, erased: str = "") -> Path:
    archivist = Archivist(Kept(erased), Papers(), FakeClock(), "id", lambda _: {"r1.json": b"{}"})
    path = folder / "arsip.zip"
    path.write_bytes((await archivist.pack("m1")).content)
    return path


def run(*arguments: str) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = verify_archive.main(list(arguments))
    return code, said.getvalue()


async def told(*command: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)


async def test_it_holds_the_whole_record(tmp_path: Path) -> None:
    with zipfile.ZipFile(await packed(tmp_path)) as archive:
        names = set(archive.namelist())
        notes = [json.loads(line)["fact"]["text"] for line in archive.read("notes.jsonl").splitlines()]
        told = [json.loads(line) for line in archive.read("journal/facts.jsonl").splitlines()]
    papers = {f"documents/{kind}.{form}" for kind in PACKED for form in FORMS[kind]}
    assert names == papers | {
        "README.txt", "SHA256SUMS", "chat.jsonl", "journal/facts.jsonl", "journal/rows.jsonl", "manifest.json",
        "notes.jsonl", "recordings/r1.json", f"signed/{SIGNED}.pdf", "verify.py",
    }  # fmt: skip
    assert notes == ["Pertama", "Kedua"]
    assert [one["kind"] for one in told] == [type(one).__name__ for one in COURSE]


async def test_its_own_program_needs_nothing_but_python(tmp_path: Path) -> None:
    path = await packed(tmp_path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "arsip")
    command = [sys.executable, "-I", "-S", str(tmp_path / "arsip" / "verify.py")]
    done = await told(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Benar: 24 berkas dan 8 baris jurnal" in done.stdout
    assert "Right: 24 files and 8 rows" in done.stdout
    again = await told(*command, str(path))
    assert again.stdout == done.stdout
    last = done.stdout.split()[-1]
    assert run(str(path), "--last", last)[0] == 0
    assert run(str(path), "--last", "00" * 32)[0] == 1


async def test_a_changed_byte_anywhere_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(await packed(tmp_path)) as archive:
        archive.extractall(tmp_path / "arsip")
    files = [one for one in (tmp_path / "arsip").rglob("*") if one.is_file()]
    assert len(files) == 25
    for file in files:
        whole = file.read_bytes()
        for at in {0, len(whole) // 2, len(whole) - 1}:
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            code, said = run(str(tmp_path / "arsip"))
            assert code == 1, (file.name, at)
            name = file.relative_to(tmp_path / "arsip").as_posix()
            assert name in said or name == "SHA256SUMS", (name, said)  # there the file is named whose line it was
            assert "SALAH" in said
            assert "WRONG" in said
        file.unlink()
        code, said = run(str(tmp_path / "arsip"))
        assert code in {1, 2}
        assert file.name in said
        file.write_bytes(whole)
    (tmp_path / "arsip" / "tambahan.txt").write_text("x")
    code, said = run(str(tmp_path / "arsip"))
    assert (code, "tambahan.txt" in said) == (1, True)


async def test_who_also_changes_the_checksums_is_found_by_the_chain(tmp_path: Path) -> None:
    with zipfile.ZipFile(await packed(tmp_path)) as archive:
        archive.extractall(tmp_path / "arsip")
    rows = tmp_path / "arsip" / "journal" / "rows.jsonl"
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    lines[3]["at_ms"] += 1
    _forge(tmp_path / "arsip", "journal/rows.jsonl", "".join(json.dumps(one) + "\n" for one in lines))
    code, said = run(str(tmp_path / "arsip"))
    assert code == 1
    assert "baris/row 4" in said
    _forge(tmp_path / "arsip", "journal/rows.jsonl", "".join(json.dumps(one) + "\n" for one in lines[:3]))
    assert run(str(tmp_path / "arsip"))[0] == 1


def _forge(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    sums = (folder / "SHA256SUMS").read_text().splitlines()
    kept = [line for line in sums if not line.endswith(name)]
    digest = hashlib.sha256(content.encode()).hexdigest()
    (folder / "SHA256SUMS").write_text("\n".join([*kept, f"{digest}  {name}"]) + "\n")


@pytest.mark.parametrize(("erased", "rows"), [("chat", 1), ("presence", 1), ("record", 6)])
async def test_what_retention_destroyed_is_said_and_the_chain_holds(tmp_path: Path, erased: str, rows: int) -> None:
    code, said = run(str(await packed(tmp_path, erased)))
    assert code == 0, said
    assert f"{rows} rows can no longer be read" in said


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    assert run(str(tmp_path / "x.zip"))[0] == 2
    assert run(str(tmp_path / "nothing.zip"))[0] == 2


class Lost(Papers):
    async def signed(self, meeting_id: str, digest: str) -> bytes:
        raise NotFound("minutes.no_file")


class Swapped(Papers):
    async def signed(self, meeting_id: str, digest: str) -> bytes:
        return b"%PDF another"


@pytest.mark.parametrize(("papers", "said"), [(Lost(), "was not on the server"), (Swapped(), "is not the file that")])
async def test_a_signed_file_that_the_journal_names_is_missed(tmp_path: Path, papers: Papers, said: str) -> None:
    path = tmp_path / "arsip.zip"
    path.write_bytes((await Archivist(Kept(), papers, FakeClock(), "id").pack("m1")).content)
    code, told = run(str(path))
    assert code == 1
    assert said in told
    assert told.count("WRONG") == 1
