"""Signed papers as files of the data folder, each under the SHA-256 of its bytes. Nothing is ever changed in place."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal

from server.errors import NotFound
from server.meeting.facts import LetterIssued, MinutesSigned, NumberedFact


def signed_files(numbered: Sequence[NumberedFact]) -> tuple[str, ...]:
    """Digests of all files that were ever signed, a replaced scan and letters too: a fact names each."""
    kinds = (MinutesSigned, LetterIssued)
    return tuple(dict.fromkeys(one.fact.digest for one in numbered if isinstance(one.fact, kinds)))


class KeptPapers:
    """Blocking: call it in a thread. The files are readable by the server only."""

    def __init__(self, folder: Path, suffix: str = ".pdf") -> None:
        self._folder, self._suffix = folder, suffix

    def keep(self, meeting_id: str, content: bytes) -> str:
        """Its digest (hex), once the bytes would survive a power cut. Keeping the same twice keeps it once."""
        digest = sha256(content).hexdigest()
        path = self._path(meeting_id, digest)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.rename(path)
        entry = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(entry)  # the name, too
        finally:
            os.close(entry)
        return digest

    def read(self, meeting_id: str, digest: str) -> bytes:
        """NotFound("minutes.no_file") for what is not there, or is no longer what was kept."""
        try:
            content = self._path(meeting_id, digest).read_bytes()
        except OSError:
            raise NotFound("minutes.no_file") from None
        if sha256(content).hexdigest() != digest:
            raise NotFound("minutes.no_file")
        return content

    def state(self, meeting_id: str, digest: str) -> Literal["whole", "missing", "damaged"]:
        """How the file stands now."""
        try:
            self.read(meeting_id, digest)
        except NotFound:
            return "damaged" if self._path(meeting_id, digest).exists() else "missing"
        return "whole"

    def discard(self, meeting_id: str, digest: str) -> None:
        """What no fact names."""
        self._path(meeting_id, digest).unlink(missing_ok=True)

    def _path(self, meeting_id: str, digest: str) -> Path:
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", meeting_id) or not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise NotFound("minutes.no_file")
        return self._folder / meeting_id / f"{digest}{self._suffix}"
