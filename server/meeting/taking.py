"""Recording the meeting: which facts follow from a wish. Pure, as rules.py. Nobody is recorded who has not agreed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import NotFound, Refused
from server.meeting import commands, facts
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact
from server.meeting.recording import Taken
from server.meeting.state import State

Facts: TypeAlias = tuple[Fact, ...]

MOST_RECORDINGS = 100  # of one meeting: who starts and stops for fun must not fill the journal


def _start(state: State, wish: commands.StartRecording, actor: Actor, _: int) -> Facts:
    now = state.recording
    if any(one.recording_id == wish.recording_id for one in now.taken):
        return ()  # said twice
    if now.status != "off":
        raise Refused("recording.already")
    if len(now.taken) >= MOST_RECORDINGS:
        raise Refused("recording.too_many")
    started = facts.RecordingStarted(actor.signature, wish.recording_id, wish.scope, wish.refusal)
    # Whoever begins it has agreed to it.
    return (started, facts.RecordingAnswered(actor.person_id, consents=True)) if actor.person_id else (started,)


def _pause(state: State, _: commands.PauseRecording, actor: Actor, __: int) -> Facts:
    current = _current(state)
    if state.recording.status == "paused":
        return ()
    return (facts.RecordingPaused(actor.signature, current.recording_id),)


def _resume(state: State, _: commands.ResumeRecording, actor: Actor, __: int) -> Facts:
    current = _current(state)
    if state.recording.status == "on":
        return ()
    return (facts.RecordingResumed(actor.signature, current.recording_id),)


def _stop(state: State, _: commands.StopRecording, actor: Actor, __: int) -> Facts:
    return (facts.RecordingStopped(actor.signature, _current(state).recording_id, "ordered"),)


def closing(state: State, actor: Actor) -> Facts:
    """What ends with the meeting."""
    current = state.recording.current
    return () if current is None else (facts.RecordingStopped(actor.signature, current.recording_id, "closed"),)


def _fail(state: State, wish: commands.ReportRecordingFailed, _: Actor, __: int) -> Facts:
    current = state.recording.current
    if current is None or current.recording_id != wish.recording_id:
        return ()
    return (facts.RecordingStopped("", current.recording_id, wish.reason),)


def _answer(state: State, wish: commands.AnswerRecording, actor: Actor, now_ms: int) -> Facts:
    _current(state)
    if state.session_of(actor.person_id) is None:
        raise NotFound("meeting.no_session")
    if state.recording.consents.get(actor.person_id) == wish.consents:
        return ()
    answered = facts.RecordingAnswered(actor.person_id, wish.consents)
    if wish.consents or state.recording.refusal == "unrecorded":
        return (answered,)
    gone = tuple(
        facts.Left(one.session_id, "left", now_ms, actor.person_id)
        for one in state.sessions.values()
        if one.person_id == actor.person_id
    )
    return (answered, *gone)


def _seal(state: State, wish: commands.ReportRecordingSealed, _: Actor, __: int) -> Facts:
    taken = next((one for one in state.recording.taken if one.recording_id == wish.recording_id), None)
    if taken is None or taken.manifest == wish.manifest:
        return ()
    return (facts.RecordingSealed(wish.recording_id, wish.manifest, wish.size_bytes, wish.files),)


def _current(state: State) -> Taken:
    current = state.recording.current
    if current is None:
        raise Refused("recording.off")
    return current


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.StartRecording: _start,
    commands.PauseRecording: _pause,
    commands.ResumeRecording: _resume,
    commands.StopRecording: _stop,
    commands.AnswerRecording: _answer,
    commands.ReportRecordingFailed: _fail,
    commands.ReportRecordingSealed: _seal,
}
