"""Making watchable files of what was recorded: which facts follow from a wish. Pure, as rules.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import Invalid, NotFound, Refused
from server.meeting import commands, facts
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact
from server.meeting.recording import Composition
from server.meeting.state import State

Facts: TypeAlias = tuple[Fact, ...]

MOST_COMPOSITIONS = 200  # of one meeting
LONGEST_CLIP_MS = 2 * 3_600_000
SHORTEST_CLIP_MS = 1_000


def _order(state: State, wish: commands.OrderComposition, actor: Actor, _: int) -> Facts:
    now = state.recording
    if now.composition(wish.composition_id) is not None:
        return ()  # said twice
    if now.status != "off":
        raise Refused("composition.recording")
    if not now.sealed:
        raise Refused("composition.nothing")
    if "recordings" in state.keeping.erased:
        raise Refused("composition.erased")
    if len(now.compositions) >= MOST_COMPOSITIONS:
        raise Refused("composition.too_many")
    if wish.kind == "whole":
        if any(one.kind == "whole" and one.status == "ordered" for one in now.compositions):
            raise Refused("composition.already")
        return (facts.CompositionOrdered(actor.signature, wish.composition_id, "whole"),)
    _check_clip(now.whole, wish)
    return (facts.CompositionOrdered(actor.signature, wish.composition_id, "clip", wish.from_ms, wish.until_ms),)


def _check_clip(whole: Composition | None, wish: commands.OrderComposition) -> None:
    if whole is None:
        raise Refused("composition.no_whole")
    if not 0 <= wish.from_ms <= wish.until_ms - SHORTEST_CLIP_MS or wish.until_ms > whole.length_ms:
        raise Invalid("composition.span", field="until")
    if wish.until_ms - wish.from_ms > LONGEST_CLIP_MS:
        raise Invalid("composition.too_long", field="until", hours=LONGEST_CLIP_MS // 3_600_000)


def _withdraw(state: State, wish: commands.WithdrawComposition, actor: Actor, _: int) -> Facts:
    if _known(state, wish.composition_id).status == "withdrawn":
        return ()
    return (facts.CompositionWithdrawn(actor.signature, wish.composition_id),)


def _made(state: State, wish: commands.ReportComposed, _: Actor, __: int) -> Facts:
    one = state.recording.composition(wish.composition_id)
    if one is None or one.status != "ordered":
        return ()
    return (facts.RecordingComposed(wish.composition_id, wish.manifest, wish.size_bytes, wish.length_ms),)


def _fail(state: State, wish: commands.ReportCompositionFailed, _: Actor, __: int) -> Facts:
    one = state.recording.composition(wish.composition_id)
    if one is None or one.status != "ordered":
        return ()
    return (facts.CompositionFailed(wish.composition_id, wish.reason),)


def _known(state: State, composition_id: str) -> Composition:
    one = state.recording.composition(composition_id)
    if one is None:
        raise NotFound("composition.unknown")
    return one


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.OrderComposition: _order,
    commands.WithdrawComposition: _withdraw,
    commands.ReportComposed: _made,
    commands.ReportCompositionFailed: _fail,
}
