"""Documents of a meeting and of its agenda items: a frozen part of State with its own `apply`, and which facts follow
from a wish. Pure: what is in a file, nobody here knows but by its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from server.errors import NotFound, Refused
from server.meeting import commands, facts
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact

if TYPE_CHECKING:
    from server.meeting.state import State

Facts: TypeAlias = tuple[Fact, ...]

MOST = 60
MOST_BYTES = 300 * 1024 * 1024
"""Of one meeting: its people fetch them over thin lines, and every backup carries them."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """As in facts.DocumentAttached. `item_id` "": of the meeting in general."""

    document_id: str
    item_id: str
    name: str
    media_type: str
    size_bytes: int
    digest: str
    at_ms: int


Attachments: TypeAlias = Mapping[str, Attachment]


def apply(before: Attachments, fact: Fact, at_ms: int) -> Attachments:
    """After one more fact; one that says nothing here changes nothing."""
    match fact:
        case facts.DocumentAttached():
            said = (fact.item_id, fact.name, fact.media_type, fact.size_bytes, fact.digest)
            return {**before, fact.document_id: Attachment(fact.document_id, *said, at_ms)}
        case facts.DocumentWithdrawn():
            return {key: one for key, one in before.items() if key != fact.document_id}
        case _:
            return before


KINDS: frozenset[type[Fact]] = frozenset({facts.DocumentAttached, facts.DocumentWithdrawn})
"""Kinds that change nothing else."""


def _attach(state: State, wish: commands.AttachDocument, actor: Actor, _: int) -> Facts:
    if wish.document_id in state.attachments:
        return ()
    if wish.item_id and all(one.item_id != wish.item_id for one in state.items):
        raise NotFound("meeting.no_item")
    standing = state.attachments.values()
    if any((one.item_id, one.digest) == (wish.item_id, wish.digest) for one in standing):
        raise Refused("document.there_already", field="file")
    if len(standing) >= MOST or sum(one.size_bytes for one in standing) + wish.size_bytes > MOST_BYTES:
        raise Refused("document.many", field="file", most=MOST, megabytes=MOST_BYTES >> 20)
    said = (wish.document_id, wish.item_id, wish.name, wish.media_type, wish.size_bytes, wish.digest)
    return (facts.DocumentAttached(actor.signature, *said),)


def _withdraw(state: State, wish: commands.WithdrawDocument, actor: Actor, _: int) -> Facts:
    if wish.document_id not in state.attachments:
        return ()
    return (facts.DocumentWithdrawn(actor.signature, wish.document_id),)


DECIDE: dict[type[Command], Callable[[Any, Any, Actor, int], Facts]] = {
    commands.AttachDocument: _attach,
    commands.WithdrawDocument: _withdraw,
}
