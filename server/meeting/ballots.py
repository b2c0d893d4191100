"""Secret ballots as anybody can check them: what a voter's browser has signed, and what a published box must add up to.

Pure. No key is kept here, and nothing that could say whose ballot one is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from server.errors import Invalid
from server.meeting import facts
from server.meeting.facts import Choice, NumberedFact, SecretBallot

LATE_MS = 15_000
"""So long a ballot whose paper was handed out in time may still come in: a line that dropped takes no vote away."""
RECEIPT = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}")  # 80 bits in Crockford's base 32: nobody finds another's by chance
PREFIX_BYTES = 32  # RFC 9474, section 4.1: PrepareRandomize

Fault: TypeAlias = Literal["signature", "receipt_twice", "more_than_papers", "sum", "digest"]
Holds: TypeAlias = Callable[[str, bytes, str], bool]
"""(public key in hex, message, signature in hex) -> whether that key has signed it."""


def message(meeting_id: str, motion_id: str, choice: Choice, receipt: str) -> bytes:
    """What is signed, after the ballot's prefix: neither the choice nor the meeting can be exchanged afterwards."""
    return "\n".join(("balai.ballot.1", meeting_id, motion_id, choice, receipt)).encode()


def signed(meeting_id: str, motion_id: str, ballot: SecretBallot) -> bytes:
    """Prefix and message. Invalid("vote.ballot") for what no browser of ours has made."""
    try:
        prefix = bytes.fromhex(ballot.prefix)
    except ValueError:
        raise Invalid("vote.ballot") from None
    if len(prefix) != PREFIX_BYTES or not RECEIPT.fullmatch(ballot.receipt):
        raise Invalid("vote.ballot")
    return prefix + message(meeting_id, motion_id, ballot.choice, ballot.receipt)


def in_order(ballots: Iterable[SecretBallot]) -> tuple[SecretBallot, ...]:
    """By receipt."""
    return tuple(sorted(ballots, key=lambda one: one.receipt))


def digest(ballots: Iterable[SecretBallot]) -> str:
    """SHA-256 (hex) over a line per ballot, by receipt: receipt, choice, prefix and signature, a space between."""
    lines = (f"{one.receipt} {one.choice} {one.prefix} {one.signature}\n" for one in in_order(ballots))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Audit:
    """One secret ballot, recounted. `number`: the motion's."""

    number: int
    papers: int
    ballots: int
    faults: tuple[Fault, ...]


def audits(meeting_id: str, journal: Iterable[NumberedFact], holds: Holds) -> tuple[Audit, ...]:
    """Every published box of the meeting, from the facts alone."""
    votes: dict[str, _Vote] = {}
    for numbered in journal:
        match numbered.fact:
            case facts.VoteOpened(ballot="secret") as fact:
                votes[fact.motion_id] = _Vote(meeting_id, fact)
            case facts.BallotGranted() as fact if fact.motion_id in votes:
                votes[fact.motion_id].papers.add(fact.member_id)
            case facts.BallotsPublished() as fact if fact.motion_id in votes:
                votes[fact.motion_id].box = fact.ballots
            case facts.VoteClosed() as fact if fact.motion_id in votes:
                votes[fact.motion_id].closed = fact
            case _:
                pass
    return tuple(one.audit(one.box, holds) for one in votes.values() if one.box is not None)


@dataclass(slots=True)
class _Vote:
    """What the facts tell of one secret ballot."""

    meeting_id: str
    opened: facts.VoteOpened
    papers: set[str] = field(default_factory=set)
    box: tuple[SecretBallot, ...] | None = None
    closed: facts.VoteClosed | None = None

    def audit(self, box: tuple[SecretBallot, ...], holds: Holds) -> Audit:
        return Audit(self.opened.motion_number, len(self.papers), len(box), tuple(self._faults(box, holds)))

    def _faults(self, box: tuple[SecretBallot, ...], holds: Holds) -> Iterable[Fault]:
        if not all(self._is_signed(one, holds) for one in box):
            yield "signature"
        if len({one.receipt for one in box}) < len(box):
            yield "receipt_twice"
        if len(box) > len(self.papers):
            yield "more_than_papers"
        counts = [sum(one.choice == choice for one in box) for choice in ("yes", "no", "abstain")]
        if self.closed is None or counts != [self.closed.yes, self.closed.no, self.closed.abstain]:
            yield "sum"
        if self.closed is None or self.closed.digest != digest(box):
            yield "digest"

    def _is_signed(self, ballot: SecretBallot, holds: Holds) -> bool:
        try:
            return holds(self.opened.key, signed(self.meeting_id, self.opened.motion_id, ballot), ballot.signature)
        except Invalid:
            return False
