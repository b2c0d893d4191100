"""What a recording consists of: every file with its hash, when it was taken, and whose it is. The manifest's own hash
is a fact of the meeting, so that nothing of it can be exchanged later. Names stand in the journal only.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import msgspec

NAME = "manifest.json"
NOTE = ".note"
_BLOCK = 1 << 20


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One stream, or a part of it. from_ms, until_ms: on the recording's clock; bytes: before sealing; sha256: of the
    sealed file as it lies on the disk, "" while that is not known. complete: False for one that a crash cut off."""

    name: str
    person_id: str
    source: str
    mime_type: str
    from_ms: int
    until_ms: int
    frames: int
    packets_lost: int
    bytes: int
    sha256: str = ""
    complete: bool = True


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """began_ms: Unix ms at which the recording's clock was zero."""

    version: int = 1
    meeting_id: str
    recording_id: str
    began_ms: int
    ended_ms: int
    files: tuple[File, ...]


def write_note(folder: Path, file: File) -> None:
    """What is known of one file, beside it; in one step. OSError."""
    path = folder / f"{file.name}{NOTE}"
    aside = path.with_suffix(".new")
    aside.write_bytes(msgspec.json.encode(file))
    aside.replace(path)


def notes(folder: Path) -> list[File]:
    """Of all files of a recording, in the order of their names; one that cannot be read is left out."""
    found: list[File] = []
    for path in sorted(folder.glob(f"*{NOTE}")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=File))
        except msgspec.MsgspecError:
            continue
    return found


def hash_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def encode(manifest: Manifest) -> bytes:
    """Canonical: the same manifest is always the same bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1)


def decode(data: bytes) -> Manifest:
    """msgspec.MsgspecError when it is none."""
    return msgspec.json.decode(data, type=Manifest, strict=True)
