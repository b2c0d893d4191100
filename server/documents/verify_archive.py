#!/usr/bin/env python3
"""Checks an archive of a meeting without the server that made it: every file against its checksum, and the chain of the
journal. Python 3.8 or later, nothing else. Usage: python3 verify.py [FOLDER or ZIP] [--last HASH]

Memeriksa arsip rapat tanpa server pembuatnya: setiap berkas terhadap sidiknya, dan rantai jurnal.

The hash of a row is SHA-256 over, in this order, each field with its length in front (4 bytes, big-endian): the text
"balai.fact.1"; the hash of the row before (32 bytes, zeros before the first); the meeting's id; the number; the time in
milliseconds (both in decimal digits); the kind; the sealing; the sealed payload. All text is UTF-8.
"""

# ruff: noqa: T201  (it is a program of its own: it prints, and tells whatever a damaged file makes of it)

from __future__ import annotations

import base64
import hashlib
import json
import pathlib
import sys
import zipfile
from typing import Any, Tuple  # noqa: UP035  (3.8 knows no subscript of tuple outside annotations)

SUMS, ROWS, FACTS, MANIFEST = "SHA256SUMS", "journal/rows.jsonl", "journal/facts.jsonl", "manifest.json"


Fault = Tuple[str, str, str]  # noqa: UP006
"""What is wrong: where, in Indonesian, in English."""


class Folder:
    def __init__(self, path: str) -> None:
        self.path = pathlib.Path(path)

    def names(self) -> list[str]:
        return [one.relative_to(self.path).as_posix() for one in self.path.rglob("*") if one.is_file()]

    def read(self, name: str) -> bytes:
        return self.path.joinpath(*name.split("/")).read_bytes()


class Packed:
    def __init__(self, path: str) -> None:
        self.file = zipfile.ZipFile(path)

    def names(self) -> list[str]:
        return [one for one in self.file.namelist() if not one.endswith("/")]

    def read(self, name: str) -> bytes:
        return self.file.read(name)


def row_hash(meeting_id: str, row: dict[str, Any], sealed: bytes) -> str:
    digest = hashlib.sha256()
    for part in (
        b"balai.fact.1",
        bytes.fromhex(row["previous"]),
        meeting_id.encode(),
        str(int(row["number"])).encode(),
        str(int(row["at_ms"])).encode(),
        row["kind"].encode(),
        row["sealing"].encode(),
        sealed,
    ):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.hexdigest()


def check_sums(archive: Folder | Packed) -> tuple[list[Fault], int]:
    """Sentences about files that are not as they were packed, each in Indonesian and English."""
    listed = archive.read(SUMS)
    known: dict[str, str] = {}
    for line in listed.decode("utf-8", "replace").split("\n"):
        digest, _, name = line.partition("  ")
        if name:
            known[name] = digest
    written = "".join(f"{digest}  {name}\n" for name, digest in known.items()).encode()
    names = set(archive.names())
    faults: list[Fault] = [
        (name, "tidak tercantum dalam SHA256SUMS", "is not listed in SHA256SUMS")
        for name in sorted(names - set(known) - {SUMS})
    ]
    if written != listed:
        faults.append((SUMS, "tidak seperti ketika ditulis", "is not as it was written"))
    for name, digest in sorted(known.items()):
        if name not in names:
            faults.append((name, "hilang", "is missing"))
            continue
        try:
            content = archive.read(name)
        except Exception as error:
            faults.append((name, f"tidak terbaca: {error}", f"cannot be read: {error}"))
            continue
        if hashlib.sha256(content).hexdigest() != digest:
            faults.append((name, "berubah sejak dikemas", "was changed since it was packed"))
    return faults, len(known)


def check_signed(archive: Folder | Packed, digest: str) -> list[Fault]:
    """The file that a fact names is there, with the bytes that were signed or scanned."""
    name = f"signed/{digest}.pdf"
    if name not in archive.names():
        return [(name, "tidak ada di server ketika dikemas", "was not on the server when this was packed")]
    try:
        whole = hashlib.sha256(archive.read(name)).hexdigest() == digest
    except Exception:
        whole = False
    return [] if whole else [(name, "bukan berkas yang dicatat jurnal", "is not the file that the journal names")]


def check_chain(archive: Folder | Packed) -> tuple[list[Fault], int, int, str]:
    """Faults of the chain, the number of rows, how many were erased by retention, the last hash."""
    manifest = json.loads(archive.read(MANIFEST).decode())
    previous, number, erased = "00" * 32, 0, 0
    faults: list[Fault] = []
    signed: list[Fault] = []
    facts: dict[int, dict[str, Any]] = {}
    for line in archive.read(FACTS).decode().splitlines():
        fact = json.loads(line)
        facts[fact["number"]] = fact
    for line in archive.read(ROWS).decode().splitlines():
        row = json.loads(line)
        number += 1
        where = f"{ROWS}, baris/row {number}"
        if row["number"] != number:
            faults.append((where, "baris hilang atau tertukar", "rows are missing or out of order"))
            break
        sealed = base64.b64decode(row["sealed"])
        if row["previous"] != previous or row_hash(manifest["meeting_id"], row, sealed) != row["hash"]:
            faults.append((where, "rantai putus: baris ini diubah", "the chain breaks: this row was changed"))
            break
        fact = facts.get(number)
        if fact is None or fact["kind"] != row["kind"] or fact["at_ms"] != row["at_ms"]:
            faults.append((where, f"tidak sesuai dengan {FACTS}", f"does not agree with {FACTS}"))
        elif fact["fact"] is None:
            erased += 1
        elif fact["kind"] in ("MinutesSigned", "LetterIssued"):
            signed += check_signed(archive, fact["fact"]["digest"])
        previous = row["hash"]
    if not faults and (number, previous) != (manifest["last_number"], manifest["last_hash"]):
        faults.append((ROWS, "tidak berakhir seperti tertulis dalam manifest", "does not end as the manifest says"))
    return faults + signed, number, erased, previous


def main(arguments: list[str]) -> int:
    wanted = ""
    if "--last" in arguments:
        at = arguments.index("--last")
        wanted, arguments = arguments[at + 1].lower(), arguments[:at] + arguments[at + 2 :]
    path = arguments[0] if arguments else str(pathlib.Path(__file__).resolve().parent)
    try:
        archive: Folder | Packed = Folder(path) if pathlib.Path(path).is_dir() else Packed(path)
        faults, files = check_sums(archive)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        print(f"TIDAK DAPAT DIBACA: {error}\nCANNOT BE READ: {error}")
        return 2
    rows, erased, last = 0, 0, ""
    try:
        broken, rows, erased, last = check_chain(archive)
        faults += broken
    except Exception as error:
        faults.append(("journal/", f"tidak terbaca: {error!r}", f"cannot be read: {error!r}"))
    if wanted and last != wanted:
        faults.append((ROWS, f"sidik terakhir bukan {wanted}", f"the last hash is not {wanted}"))
    for name, indonesian, english in faults:
        print(f"SALAH  {name}: {indonesian}")
        print(f"WRONG  {name}: {english}")
    if faults:
        print("\nArsip ini TIDAK seperti ketika dibuat.\nThis archive is NOT as it was made.")
        return 1
    print(f"Benar: {files} berkas dan {rows} baris jurnal seperti ketika dibuat.")
    print(f"Right: {files} files and {rows} rows of the journal are as they were made.")
    if erased:
        print(f"{erased} baris tidak terbaca lagi karena masa simpannya habis; rantainya tetap utuh.")
        print(f"{erased} rows can no longer be read, as their time was over; the chain holds without them.")
    print(f"Sidik terakhir / last hash: {last}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
