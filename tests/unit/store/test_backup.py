"""A backup taken while others write comes back as it was at one moment, whole, with its key; or is refused."""

from __future__ import annotations

import asyncio
import io
import json
import stat
import tarfile
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import pytest

from server.errors import BalaiError, Conflict, Invalid, NotFound, Refused
from server.meeting import facts
from server.store.backup import Backup, backup, restore
from server.store.store import Store, open_store
from server.store.vault import KEY_NAME
from tests.unit.store.places import START_MS, Place, StandingClock, beginning

Opening = Callable[[Place], Awaitable[Store]]
POINTERS = {"config": "/etc/balai/balai.toml"}


def take(place: Place, target: Path) -> Backup:
    return backup(place.url, place.data_folder, target, START_MS, POINTERS)


async def test_a_backup_taken_while_facts_are_appended_comes_back_whole(
    sqlite_place: Place, opening: Opening, clock: StandingClock, tmp_path: Path
) -> None:
    store = await opening(sqlite_place)
    done = asyncio.Event()

    async def append(meeting_id: str) -> int:
        await store.journal.take_lease(meeting_id)
        number = (await store.journal.append(meeting_id, 0, START_MS, beginning()))[-1].number
        while not done.is_set():
            said = facts.ChatSaid(f"c{number}", "p1", "ya " * 50)
            number = (await store.journal.append(meeting_id, number, START_MS, [said]))[-1].number
        return number

    writers = [asyncio.create_task(append(f"m{n}")) for n in range(4)]
    files = [tmp_path / f"backup{n}.tar" for n in range(3)]
    for file in files:
        await asyncio.to_thread(take, sqlite_place, file)
    done.set()
    last = dict(zip((f"m{n}" for n in range(4)), await asyncio.gather(*writers), strict=True))
    before = {meeting_id: await store.journal.read(meeting_id) for meeting_id in last}

    for n, file in enumerate(files):
        folder = tmp_path / f"restored{n}"
        manifest = (await asyncio.to_thread(restore, file, folder)).manifest
        assert (manifest.made_ms, manifest.pointers) == (START_MS, POINTERS)
        restored = await open_store("", folder, clock)
        for meeting_id in await restored.journal.meeting_ids():
            result = await restored.verify(meeting_id)
            assert result.holds
            found = await restored.journal.read(meeting_id)
            assert found == before[meeting_id][: len(found)]
            meeting = await restored.listings.meeting(meeting_id)
            assert meeting is not None
            assert meeting.last_number == len(found)
        await restored.close()


async def test_a_backup_is_for_its_owner_only(sqlite_place: Place, opening: Opening, tmp_path: Path) -> None:
    await opening(sqlite_place)
    target = tmp_path / "backup.tar"
    made = await asyncio.to_thread(take, sqlite_place, target)
    assert made.size_bytes == target.stat().st_size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with tarfile.open(target) as archive:
        assert {entry.name: entry.mode for entry in archive} == {
            "manifest.json": 0o600, KEY_NAME: 0o600, "balai.sqlite": 0o600,
        }  # fmt: skip
    assert not list(target.parent.glob(".*"))
    folder = tmp_path / "restored"
    await asyncio.to_thread(restore, target, folder)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        KEY_NAME: 0o600, "balai.sqlite": 0o600,
    }  # fmt: skip


def code_of(act: Callable[[], object], kind: type[BalaiError]) -> str:
    with pytest.raises(kind) as raised:
        act()
    return raised.value.code


async def test_nothing_is_overwritten(sqlite_place: Place, opening: Opening, tmp_path: Path) -> None:
    await opening(sqlite_place)
    target = tmp_path / "backup.tar"
    await asyncio.to_thread(take, sqlite_place, target)
    assert code_of(lambda: take(sqlite_place, target), Conflict) == "backup.exists"
    assert code_of(lambda: restore(target, sqlite_place.data_folder), Conflict) == "restore.not_empty"
    assert code_of(lambda: take(sqlite_place, tmp_path / "no" / "backup.tar"), NotFound) == "backup.no_folder"
    assert code_of(lambda: take(Place("", tmp_path / "empty"), tmp_path / "b"), NotFound) == "backup.no_database"
    assert code_of(lambda: restore(tmp_path / "none.tar", tmp_path / "new"), NotFound) == "backup.missing"


def packed(target: Path, contents: dict[str, bytes]) -> Path:
    with tarfile.open(target, "w") as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target


@pytest.mark.parametrize("harm", ["no key", "other key", "no database", "torn database", "no manifest", "newer", "cut"])
async def test_a_damaged_backup_is_refused_and_leaves_nothing(
    sqlite_place: Place, opening: Opening, tmp_path: Path, harm: str
) -> None:
    await opening(sqlite_place)
    whole = tmp_path / "whole.tar"
    await asyncio.to_thread(take, sqlite_place, whole)
    with tarfile.open(whole) as archive:
        contents = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    contents["../outside"] = b"never unpacked"
    manifest = json.loads(contents["manifest.json"])
    if harm.startswith("no "):
        del contents[{"no key": KEY_NAME, "no database": "balai.sqlite", "no manifest": "manifest.json"}[harm]]
    elif harm == "other key":
        contents[KEY_NAME] = b"k" * 32
    elif harm == "torn database":
        contents["balai.sqlite"] = contents["balai.sqlite"][:5000] + b"\xff" * 8000
    elif harm == "newer":
        contents["manifest.json"] = json.dumps({**manifest, "format": 3}).encode()
    damaged = packed(tmp_path / "damaged.tar", contents)
    if harm == "cut":
        damaged.write_bytes(damaged.read_bytes()[:40_000])
    folder = tmp_path / "restored"
    wanted = "backup.format" if harm == "newer" else "backup.broken"
    assert code_of(lambda: restore(damaged, folder), Invalid) == wanted
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "outside").exists()


def test_for_postgresql_the_command_is_named(tmp_path: Path) -> None:
    place = Place("postgresql://balai:rahasia@db.contoh.go.id/rapat", tmp_path)
    with pytest.raises(Refused) as raised:
        take(place, tmp_path / "out.dump")
    assert raised.value.code == "backup.postgresql"
    command = str(raised.value.values["command"])
    assert command.startswith("pg_dump --format=custom --file=")
    assert "postgresql://balai@db.contoh.go.id/rapat" in command
    assert "rahasia" not in command


def keep(place: Place, name: str, content: bytes) -> str:
    """A file as it is kept: named by its bytes."""
    path = place.data_folder / f"{name}/{sha256(content).hexdigest()}.{'pdf' if name.startswith('signed') else 'docx'}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path.relative_to(place.data_folder).as_posix()


async def test_signed_files_and_templates_come_back_and_nothing_else(
    sqlite_place: Place, opening: Opening, tmp_path: Path
) -> None:
    await opening(sqlite_place)
    names = {keep(sqlite_place, "signed/m1", b"%PDF one"), keep(sqlite_place, "templates/notula", b"PK two")}
    (sqlite_place.data_folder / "signed" / "m1" / "half.new").write_bytes(b"being written")
    made = await asyncio.to_thread(take, sqlite_place, tmp_path / "backup.tar")
    assert (made.files, made.damaged) == (2, ())
    folder = tmp_path / "restored"
    assert (await asyncio.to_thread(restore, tmp_path / "backup.tar", folder)).damaged == ()
    for name in names:
        assert (folder / name).read_bytes() == (sqlite_place.data_folder / name).read_bytes()
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert stat.S_IMODE((folder / name).parent.stat().st_mode) == 0o700
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert kept == names | {KEY_NAME, "balai.sqlite"}
    assert code_of(lambda: restore(tmp_path / "backup.tar", folder), Conflict) == "restore.not_empty"


async def test_a_damaged_file_is_told_and_keeps_nothing_else_from_coming_back(
    sqlite_place: Place, opening: Opening, tmp_path: Path
) -> None:
    await opening(sqlite_place)
    good, bad = keep(sqlite_place, "signed/m1", b"%PDF one"), keep(sqlite_place, "signed/m2", b"%PDF two")
    (sqlite_place.data_folder / bad).write_bytes(b"%PDF tw0")
    made = await asyncio.to_thread(take, sqlite_place, tmp_path / "backup.tar")
    assert made.damaged == (bad,)
    restored = await asyncio.to_thread(restore, tmp_path / "backup.tar", tmp_path / "restored")
    assert restored.damaged == (bad,)
    assert (tmp_path / "restored" / good).read_bytes() == b"%PDF one"


async def test_a_backup_puts_files_nowhere_but_where_they_belong(
    sqlite_place: Place, opening: Opening, tmp_path: Path
) -> None:
    await opening(sqlite_place)
    await asyncio.to_thread(take, sqlite_place, tmp_path / "whole.tar")
    with tarfile.open(tmp_path / "whole.tar") as archive:
        contents = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    digest = sha256(b"x").hexdigest()
    hostile = [f"signed/../{digest}.pdf", f"/etc/{digest}.pdf", f"signed/m1/{digest}.sh", "signed/m1/../../balai.toml"]
    manifest = json.loads(contents["manifest.json"]) | {"files": [*hostile, f"signed/m1/{digest}.pdf"]}
    contents |= dict.fromkeys(hostile, b"x") | {"manifest.json": json.dumps(manifest).encode()}
    restored = await asyncio.to_thread(restore, packed(tmp_path / "hostile.tar", contents), tmp_path / "restored")
    assert {path.name for path in (tmp_path / "restored").rglob("*")} == {KEY_NAME, "balai.sqlite"}
    assert len(restored.damaged) == 5  # four of no kept file's name, and one that is not there


async def test_a_backup_of_before_there_were_files_comes_back(
    sqlite_place: Place, opening: Opening, tmp_path: Path
) -> None:
    await opening(sqlite_place)
    await asyncio.to_thread(take, sqlite_place, tmp_path / "whole.tar")
    with tarfile.open(tmp_path / "whole.tar") as archive:
        contents = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    manifest = json.loads(contents["manifest.json"]) | {"format": 1}
    del manifest["files"]
    contents["manifest.json"] = json.dumps(manifest).encode()
    await asyncio.to_thread(restore, packed(tmp_path / "old.tar", contents), tmp_path / "restored")
    assert (tmp_path / "restored" / KEY_NAME).exists()
