"""The journal's row as bytes: how a fact is written, hashed and read again. Pure; no key is kept here.

The hash of a row is SHA-256 over, in this order, each field with its length in front (4 bytes, big-endian):
the text "balai.fact.1"; the previous row's hash (32 bytes, zeros before the first); meeting_id; number; at_ms (both in
decimal digits); kind; sealing; the sealed payload as it lies there. All text is UTF-8. No key is needed to verify.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from server.meeting.facts import KINDS, Fact, NumberedFact
from server.store.database import StoreError
from server.store.vault import Unsealable, seal, unseal

FIRST = bytes(32)
"""What the first row of a meeting names as the hash before it."""

_encoder = msgspec.json.Encoder(order="deterministic")
_decoders: dict[str, msgspec.json.Decoder[Fact]] = {
    name: msgspec.json.Decoder(kind, strict=True) for name, kind in KINDS.items()
}


What: TypeAlias = Literal["hash", "gap", "payload", "kind", "key", "text"]
"""hash: the row, or the one before, was changed. gap: rows are missing here, or at the end. payload: it does not open
with its key, or is no fact. kind: no such kind. key: its key is missing or not ours, but was not destroyed in order.
text: the adopted notes are not those whose digest was adopted with them."""


class JournalBroken(StoreError):
    """A row cannot be what was written; values: meeting_id, number, what, kind."""

    default_code = "journal.broken"

    def __init__(self, meeting_id: str, number: int, what: What, kind: str = "") -> None:
        super().__init__(meeting_id=meeting_id, number=number, what=what, kind=kind)
        self.what: What = what


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One row as it lies in the table `facts`."""

    meeting_id: str
    number: int
    at_ms: int
    kind: str
    sealing: str
    sealed: bytes
    previous: bytes
    hash: bytes


def row_hash(row: JournalRow) -> bytes:
    """What row.hash must be, from all its other fields."""
    digest = hashlib.sha256()
    for part in (
        b"balai.fact.1",
        row.previous,
        row.meeting_id.encode(),
        b"%d" % row.number,
        b"%d" % row.at_ms,
        row.kind.encode(),
        row.sealing.encode(),
        row.sealed,
    ):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()


def _place(meeting_id: str, number: int, at_ms: int, kind: str) -> bytes:
    """Authenticated with the payload: a payload that is moved to another row does not open."""
    return f"{meeting_id}|{number}|{at_ms}|{kind}".encode()


def write(meeting_id: str, number: int, at_ms: int, fact: Fact, *, key: bytes, previous: bytes) -> JournalRow:
    """The row of one fact, chained to the row before."""
    kind = type(fact).__name__
    sealed = seal(key, _encoder.encode(fact), _place(meeting_id, number, at_ms, kind))
    row = JournalRow(meeting_id, number, at_ms, kind, fact.sealing, sealed, previous, b"")
    return JournalRow(meeting_id, number, at_ms, kind, fact.sealing, sealed, previous, row_hash(row))


def read(row: JournalRow, keys: Mapping[str, bytes | None]) -> NumberedFact | None:
    """The fact; None if its key was destroyed. `keys`: sealing -> key. JournalBroken."""
    decoder = _decoders.get(row.kind)
    if decoder is None or KINDS[row.kind].sealing != row.sealing:
        raise _broken(row, "kind")
    if row.sealing not in keys:
        raise _broken(row, "key")
    key = keys[row.sealing]
    if key is None:
        return None
    try:
        plain = unseal(key, row.sealed, _place(row.meeting_id, row.number, row.at_ms, row.kind))
        return NumberedFact(row.number, row.at_ms, decoder.decode(plain), row.hash.hex())
    except (Unsealable, msgspec.DecodeError):
        raise _broken(row, "payload") from None


def _broken(row: JournalRow, what: What) -> JournalBroken:
    return JournalBroken(row.meeting_id, row.number, what, row.kind)
