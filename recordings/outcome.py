"""What was composed: its files with their hashes, and how its seconds lie in the day. The hash of this list is a fact.
Names and titles stand in the journal only.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import msgspec

from recordings.manifest import NAME, hash_of
from recordings.timeline import Part

TYPES = {"video.mp4": "video/mp4", "video.webm": "video/webm", "audio.mp3": "audio/mpeg"}
SPEAKERS = "speakers"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """bytes: before sealing; sha256: of the sealed file as it lies on the disk."""

    name: str
    mime_type: str
    bytes: int
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.name}.sealed"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """parts (): a clip, which lies within the whole. takes: recording_id -> hash of its manifest."""

    version: int = 1
    length_ms: int
    files: tuple[Made, ...]
    parts: tuple[Part, ...] = ()
    takes: dict[str, str] = {}

    def file(self, name: str) -> Made | None:
        return next((one for one in self.files if one.name == name), None)


def made(folder: Path, name: str, size_bytes: int) -> Made:
    """Reads the whole file. OSError."""
    return Made(
        name=name,
        mime_type=TYPES.get(name, "application/octet-stream"),
        bytes=size_bytes,
        sha256=hash_of(folder / f"{name}.sealed"),
    )


def write(folder: Path, outcome: Outcome) -> str:
    """Its hash (SHA-256, hex). OSError."""
    text = msgspec.json.format(msgspec.json.encode(outcome, order="sorted"), indent=1)
    aside = folder / f"{NAME}.new"
    aside.write_bytes(text)
    aside.replace(folder / NAME)
    return sha256(text).hexdigest()


def read(folder: Path) -> tuple[Outcome, str]:
    """With its hash. OSError, msgspec.MsgspecError."""
    text = (folder / NAME).read_bytes()
    return msgspec.json.decode(text, type=Outcome, strict=True), sha256(text).hexdigest()
