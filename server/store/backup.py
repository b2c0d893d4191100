"""One file from which Balai's memory comes back: the database as of one moment, the key, signed files, templates.

Whoever holds such a file can read everything: it is made readable for its owner only. Recordings are files of their own
and are not in it. Everything here blocks; no running server is asked or stopped.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec
from sqlalchemy.engine import URL

from server.errors import Conflict, Invalid, NotFound, Refused
from server.store.backup_files import KEPT, is_whole, kept_files, named, place
from server.store.database import BUSY_MS, DATABASE_NAME, database_url
from server.store.vault import KEY_NAME, open_vault, sync_folder

MANIFEST_NAME = "manifest.json"
FORMAT, KNOWN = 2, (1, 2)  # 1: without files


class Manifest(msgspec.Struct, frozen=True):
    """What the file says of itself. `pointers`: where configuration, certificates and recordings lay; not in it.
    `files`: names of the signed files and templates that are, each with its SHA-256 in it."""

    format: int
    made_ms: int
    key_fingerprint: str
    pointers: dict[str, str] = {}
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Backup:
    """`damaged`: kept files that are no longer what their name says; they were copied as they are."""

    path: Path
    size_bytes: int
    key_fingerprint: str
    files: int = 0
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """`damaged`: files that came back otherwise than their name says, or not at all."""

    manifest: Manifest
    damaged: tuple[str, ...] = ()


def backup(url: str, data_folder: Path, target: Path, now_ms: int, pointers: Mapping[str, str]) -> Backup:
    """Write `target` (must not exist), while a server may be writing. It holds the keys: keep it like the keys.
    Conflict("backup.exists"), NotFound("backup.no_database" | "backup.no_folder"), StoreError("store.key_*");
    Refused("backup.postgresql", command=...) names the command for PostgreSQL, beside the key file."""
    parsed = database_url(url, data_folder)
    if parsed.get_backend_name() != "sqlite":
        beside = " ".join(str(data_folder / name) for name in (KEY_NAME, *KEPT))
        raise Refused("backup.postgresql", command=postgresql_command(parsed, target), key=beside)
    source = Path(str(parsed.database))
    if target.exists():
        raise Conflict("backup.exists", path=str(target))
    if not target.parent.is_dir():
        raise NotFound("backup.no_folder", path=str(target.parent))
    if not source.exists():
        raise NotFound("backup.no_database", path=str(source))
    fingerprint = open_vault(data_folder, create=False).fingerprint
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as aside:
        copy = Path(aside) / DATABASE_NAME
        _copy_database(source, copy)
        files = tuple(kept_files(data_folder))  # after the database: whatever its facts name is there
        manifest = Manifest(FORMAT, now_ms, fingerprint, dict(pointers), files)
        packed = Path(aside) / "packed"
        with _own_file(packed) as file, tarfile.open(fileobj=file, mode="w") as archive:
            _add(archive, MANIFEST_NAME, msgspec.json.format(msgspec.json.encode(manifest)), now_ms)
            _add(archive, KEY_NAME, (data_folder / KEY_NAME).read_bytes(), now_ms)
            archive.add(copy, DATABASE_NAME, filter=_without_owner)
            for name in files:
                archive.add(place(data_folder, name), name, recursive=False, filter=_without_owner)
        try:
            os.link(packed, target)  # appears whole or not at all, and never over something else
        except FileExistsError:
            raise Conflict("backup.exists", path=str(target)) from None
    sync_folder(target.parent)
    damaged = tuple(name for name in files if not is_whole(name, place(data_folder, name)))
    return Backup(target, target.stat().st_size, fingerprint, len(files), damaged)


def restore(file: Path, data_folder: Path) -> Restored:
    """Put what a backup holds into a data folder that has neither database nor key nor files. A damaged file does not
    keep the rest from coming back: it is told. NotFound("backup.missing"), Invalid("backup.broken"),
    Conflict("restore.not_empty")."""
    if not file.exists():
        raise NotFound("backup.missing", path=str(file))
    for name in (DATABASE_NAME, f"{DATABASE_NAME}-wal", KEY_NAME, *KEPT):
        if (data_folder / name).exists():
            raise Conflict("restore.not_empty", path=str(data_folder / name))
    data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data_folder) as aside:
        manifest = _unpack(file, Path(aside))
        _check(Path(aside), manifest)
        damaged = tuple(name for name in manifest.files if not is_whole(name, place(Path(aside), name)))
        for name in (*KEPT, KEY_NAME, DATABASE_NAME):
            if (Path(aside) / name).exists():
                (Path(aside) / name).rename(data_folder / name)
    sync_folder(data_folder)
    return Restored(manifest, damaged)


def postgresql_command(url: URL, target: Path) -> str:
    """pg_dump takes a consistent copy while the server writes; the password is asked for, or read from ~/.pgpass."""
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return shlex.join(["pg_dump", "--format=custom", f"--file={target}", plain.render_as_string()])


# ------------------------------------------------------------ making


def _copy_database(source: Path, copy: Path) -> None:
    """The state of one moment, read in one transaction: the server goes on writing into its WAL meanwhile."""
    with closing(sqlite3.connect(source, timeout=BUSY_MS / 1000, isolation_level=None)) as database:
        database.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)


def _add(archive: tarfile.TarFile, name: str, content: bytes, now_ms: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, now_ms // 1000
    archive.addfile(entry, io.BytesIO(content))


def _without_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


@contextmanager
def _own_file(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner may read, on disk when this ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


# ------------------------------------------------------------ bringing back


def _unpack(file: Path, folder: Path) -> Manifest:
    """Only the names that we know, as plain files: whatever else an archive holds is not taken."""
    try:
        with tarfile.open(file, mode="r:") as archive:
            for name in (MANIFEST_NAME, KEY_NAME, DATABASE_NAME):
                entry = archive.extractfile(name)
                if entry is None:
                    raise Invalid("backup.broken", path=str(file))
                with entry, _own_file(folder / name) as own:
                    shutil.copyfileobj(entry, own)
            manifest = msgspec.json.decode((folder / MANIFEST_NAME).read_bytes(), type=Manifest)
            _unpack_files(archive, manifest, folder)
    except (tarfile.TarError, KeyError, EOFError, msgspec.DecodeError):
        raise Invalid("backup.broken", path=str(file)) from None
    if manifest.format not in KNOWN:
        raise Invalid("backup.format", format=manifest.format)
    return manifest


def _unpack_files(archive: tarfile.TarFile, manifest: Manifest, folder: Path) -> None:
    """Those that are there; what is not will be told as damaged."""
    there = {entry.name: entry for entry in archive if entry.isfile()}
    for name in manifest.files:
        if named(name) and name in there and (entry := archive.extractfile(there[name])) is not None:
            path = place(folder, name)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with entry, _own_file(path) as own:
                shutil.copyfileobj(entry, own)


def _check(folder: Path, manifest: Manifest) -> None:
    """The database is whole and belongs to the key that lies beside it."""
    try:
        with closing(sqlite3.connect(f"{(folder / DATABASE_NAME).as_uri()}?mode=ro", uri=True)) as database:
            whole = database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        whole = False
    if not whole or open_vault(folder, create=False).fingerprint != manifest.key_fingerprint:
        raise Invalid("backup.broken", path=DATABASE_NAME)
