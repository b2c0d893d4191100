"""A recording that is over: what a crash cut off is measured, every file is hashed, and the list of them is written."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from recordings.container import measure
from recordings.manifest import NAME, File, Manifest, encode, hash_of, notes
from recordings.seal import SealBroken, SealedReader
from server.meeting.recording import Taken


@dataclass(frozen=True, slots=True)
class Sealed:
    """hash: SHA-256 (hex) of the manifest."""

    hash: str
    size_bytes: int
    files: int


def seal(folder: Path, meeting_id: str, taken: Taken, key: bytes | None) -> Sealed:
    """Write the manifest. A recording of which nothing was ever heard has an empty one. OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = tuple(_finished(folder, file, key) for file in notes(folder) if (folder / file.name).exists())
    manifest = Manifest(
        meeting_id=meeting_id,
        recording_id=taken.recording_id,
        began_ms=taken.began_ms,
        ended_ms=taken.ended_ms,
        files=files,
    )
    text = encode(manifest)
    aside = folder / f"{NAME}.new"
    aside.write_bytes(text)
    aside.replace(folder / NAME)
    return Sealed(sha256(text).hexdigest(), sum(file.bytes for file in files), len(files))


def _finished(folder: Path, file: File, key: bytes | None) -> File:
    path = folder / file.name
    if not file.complete and key is not None:
        file = _measured(path, file, key)
    return msgspec.structs.replace(file, sha256=hash_of(path))


def _measured(path: Path, file: File, key: bytes) -> File:
    """What can still be read of a file whose end was never written."""
    try:
        with SealedReader(path, key) as reader:
            frames, until_ms = measure(reader)
            size = reader.size
    except (SealBroken, ValueError):
        return file
    return msgspec.structs.replace(file, frames=frames, until_ms=max(until_ms, file.from_ms), bytes=size)
