"""Whether the meeting is being recorded, and who agreed to it: a frozen part of State with its own `apply`. Pure: no
rights, no clock, no media. What was taken lies elsewhere (recordings/); its hash is a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from server.meeting import facts
from server.meeting.facts import Composed, Fact, Refusal, Scope

RecordingStatus: TypeAlias = Literal["off", "on", "paused"]
CompositionStatus: TypeAlias = Literal["ordered", "made", "failed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Taken:
    """One recording. ended_ms 0: it goes on; manifest: SHA-256 of it, "" before the recorder has closed its files."""

    recording_id: str
    scope: Scope
    began_ms: int
    ended_ms: int = 0
    reason: str = ""
    manifest: str = ""
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Composition:
    """One watchable file. by: who wanted it, "" the server; manifest "": not made; reason: why it failed."""

    composition_id: str
    kind: Composed
    by: str
    ordered_ms: int
    from_ms: int = 0
    until_ms: int = 0
    status: CompositionStatus = "ordered"
    manifest: str = ""
    size_bytes: int = 0
    length_ms: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    status: RecordingStatus = "off"
    refusal: Refusal = "unrecorded"
    consents: Mapping[str, bool] = field(default_factory=dict)  # person_id -> to the recording that is on
    taken: tuple[Taken, ...] = ()
    compositions: tuple[Composition, ...] = ()

    @property
    def whole(self) -> Composition | None:
        """The meeting as one file: the latest that was made."""
        made = (one for one in reversed(self.compositions) if one.kind == "whole" and one.status == "made")
        return next(made, None)

    @property
    def sealed(self) -> bool:
        """Everything that was taken is closed, and there is something."""
        return bool(self.taken) and all(one.manifest for one in self.taken)

    def composition(self, composition_id: str) -> Composition | None:
        return next((one for one in self.compositions if one.composition_id == composition_id), None)

    @property
    def current(self) -> Taken | None:
        return self.taken[-1] if self.status != "off" and self.taken else None

    @property
    def recorded(self) -> frozenset[str]:
        """person_ids whose sound and picture are kept at this moment."""
        if self.status != "on":
            return frozenset()
        return frozenset(person_id for person_id, given in self.consents.items() if given)


def apply(before: Recording, fact: Fact, at_ms: int) -> Recording:
    """After one more fact; one that says nothing here changes nothing."""
    change = _APPLY.get(type(fact))
    return before if change is None else change(before, fact, at_ms)


def _started(before: Recording, fact: facts.RecordingStarted, at_ms: int) -> Recording:
    taken = (*before.taken, Taken(fact.recording_id, fact.scope, at_ms))
    return replace(before, status="on", refusal=fact.refusal, consents={}, taken=taken)


def _paused(before: Recording, _: Fact, __: int) -> Recording:
    return replace(before, status="paused")


def _resumed(before: Recording, _: Fact, __: int) -> Recording:
    return replace(before, status="on")


def _stopped(before: Recording, fact: facts.RecordingStopped, at_ms: int) -> Recording:
    return replace(_change(before, fact.recording_id, ended_ms=at_ms, reason=fact.reason), status="off", consents={})


def _consent(before: Recording, fact: facts.RecordingAnswered, _: int) -> Recording:
    return replace(before, consents={**before.consents, fact.person_id: fact.consents})


def _sealed(before: Recording, fact: facts.RecordingSealed, _: int) -> Recording:
    return _change(before, fact.recording_id, manifest=fact.manifest, size_bytes=fact.size_bytes)


def _change(before: Recording, recording_id: str, **changes: Any) -> Recording:
    taken = tuple(replace(one, **changes) if one.recording_id == recording_id else one for one in before.taken)
    return replace(before, taken=taken)


def _ordered(before: Recording, fact: facts.CompositionOrdered, at_ms: int) -> Recording:
    one = Composition(fact.composition_id, fact.kind, fact.by, at_ms, fact.from_ms, fact.until_ms)
    return replace(before, compositions=(*before.compositions, one))


def _composed(before: Recording, fact: facts.RecordingComposed, _: int) -> Recording:
    values = {"manifest": fact.manifest, "size_bytes": fact.size_bytes, "length_ms": fact.length_ms}
    return _become(before, fact.composition_id, status="made", **values)


def _failed(before: Recording, fact: facts.CompositionFailed, _: int) -> Recording:
    return _become(before, fact.composition_id, status="failed", reason=fact.reason)


def _withdrawn(before: Recording, fact: facts.CompositionWithdrawn, _: int) -> Recording:
    return _become(before, fact.composition_id, status="withdrawn")


def _become(before: Recording, composition_id: str, **changes: Any) -> Recording:
    rows = (replace(one, **changes) if one.composition_id == composition_id else one for one in before.compositions)
    return replace(before, compositions=tuple(rows))


_APPLY: dict[type[Fact], Callable[[Recording, Any, int], Recording]] = {
    facts.RecordingStarted: _started,
    facts.RecordingPaused: _paused,
    facts.RecordingResumed: _resumed,
    facts.RecordingStopped: _stopped,
    facts.RecordingAnswered: _consent,
    facts.RecordingSealed: _sealed,
    facts.CompositionOrdered: _ordered,
    facts.RecordingComposed: _composed,
    facts.CompositionFailed: _failed,
    facts.CompositionWithdrawn: _withdrawn,
}

KINDS: frozenset[type[Fact]] = frozenset(_APPLY)
"""Kinds that change nothing else."""
