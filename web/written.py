"""What was written of a meeting, one agenda item after the other, as pages show it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from server.documents.notes import note_blocks
from server.documents.sheet import Block
from server.meeting.facts import AgendaItem
from server.meeting.state import ActionLine, Decision, State, Statement


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """What was written of one agenda item; `item` None: of the meeting in general."""

    item: AgendaItem | None
    number: int
    notes: tuple[Block, ...]
    decisions: tuple[Decision, ...]
    actions: tuple[ActionLine, ...]
    statements: tuple[Statement, ...]

    @property
    def item_id(self) -> str:
        return self.item.item_id if self.item else ""

    @property
    def is_empty(self) -> bool:
        return not (self.notes or self.decisions or self.actions or self.statements)


def record(state: State) -> tuple[ItemRecord, ...]:
    """Per agenda item, in order; what belongs to none comes last and only if there is something."""
    rows = [_item_record(state, item, number) for number, item in enumerate(state.items, 1)]
    general = _item_record(state, None, 0)
    return (*rows, general) if not general.is_empty or not rows else tuple(rows)


def _item_record(state: State, item: AgendaItem | None, number: int) -> ItemRecord:
    item_id = item.item_id if item else ""
    notes = state.notes.get(item_id)
    return ItemRecord(
        item,
        number,
        note_blocks(notes.blocks) if notes else (),
        tuple(one for one in state.decisions.values() if one.item_id == item_id),
        tuple(one for one in state.actions.values() if one.item_id == item_id),
        tuple(one for one in state.statements.values() if one.item_id == item_id),
    )
