"""The one page of a meeting, which changes with its life: before, during, after, or cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp.web import Request, Response

from recordings.library import Shelf
from server.documents.notes import note_blocks
from server.documents.sheet import Block
from server.errors import BalaiError, NotFound, Refused
from server.meeting import entering
from server.meeting.attaching import Attachment
from server.meeting.attendance import Attendance, attendance
from server.meeting.facts import AgendaItem
from server.meeting.minutes import WRITABLE
from server.meeting.recurrence import sentence
from server.meeting.state import ActionLine, Decision, State, Statement
from web.belonging import Belonging, belonging
from web.house import House, see_other
from web.ports import MeetingRow
from web.views.invitations import board
from web.views.minutes import standing_of
from web.views.plan_check import holiday
from web.views.recordings import may_watch
from web.views.takeaway import takes_away
from web.views.timeline import chart

SHOWN = 6  # meetings ahead of a series


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


class Meeting:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        one = await belonging(request, self._house.services)
        state, services = one.state, self._house.services
        now_ms = services.clock.now_ms()
        rooms = state.deliberation.rooms
        return self._house.pages.page(
            request,
            "meeting.html",
            one=one,
            state=state,
            links=await self._links(request, one),
            guest_link=self._house.url(request, f"/g/{state.meeting_id}"),
            joins=may_join(one, now_ms),
            opens_ms=entering.opens_ms(state),
            watchers=sum(person.role == "watcher" for person in state.people.values()),
            record=record(state),
            attended=await self._attendance(state, now_ms) if state.opened_ms else None,
            people=[
                person
                for person in state.people.values()
                if person.person_id not in rooms and (person.invited or (state.opened_ms and person.role == "guest"))
            ],
            rooms=[person for person in state.people.values() if person.person_id in rooms],
            now_ms=now_ms,
            board=await board(self._house.services, state) if one.plans else None,
            takes_away=takes_away(one),
            again=await self._again(request, one),
            series_ahead=await self._ahead(one),
            holiday=holiday(state.plan.starts_ms, state.plan.zone, self._house.words(request)) if one.plans else "",
            document_groups=documents_of(state),
            writable=state.status in ("planned", "open", "closed") and state.minutes.stage in WRITABLE,
            shelf=await self._shelf(one),
            before=await self._listed(one, state.keeping.previous_id),
            after=await self._following(one),
            standing=standing_of(one, now_ms) if state.status == "closed" else None,
        )

    async def _shelf(self, one: Belonging) -> Shelf | None:
        """None: nothing was recorded, or not for this reader."""
        library = self._house.services.recordings
        if library is None or not one.state.recording.taken or not may_watch(one):
            return None
        return await library.shelf(one.state)

    async def _again(self, request: Request, one: Belonging) -> str:
        """How the meeting comes again, in words; "" for one that comes once."""
        recurring = one.state.recurring
        try:
            first = await self._house.services.meetings.state(recurring.series_id) if recurring.series_id else one.state
        except BalaiError:
            return ""
        return sentence(first.recurring.series, self._house.words(request))

    async def _ahead(self, one: Belonging) -> list[MeetingRow]:
        """The next meetings of the series that the reader may see."""
        state, now_ms = one.state, self._house.services.clock.now_ms()
        series_id = state.meeting_id if state.recurring.series else state.recurring.series_id
        if not series_id:
            return []
        made = await self._house.services.lists.occurrences(series_id)
        ids = [meeting_id for slot_ms, meeting_id in made if slot_ms > now_ms and meeting_id != state.meeting_id]
        return [row for meeting_id in ids[:SHOWN] if (row := await self._listed(one, meeting_id)) is not None]

    async def _listed(self, one: Belonging, meeting_id: str) -> MeetingRow | None:
        """Another meeting of the series, if the reader may see it."""
        if not meeting_id or one.reader.account is None:
            return None
        return await self._house.services.lists.seen(None if one.reader.plans else one.reader.account_id, meeting_id)

    async def _following(self, one: Belonging) -> list[MeetingRow]:
        later = await self._house.services.outcomes.following(one.state.meeting_id)
        return [row for meeting_id in later if (row := await self._listed(one, meeting_id)) is not None]

    async def timeline(self, request: Request) -> Response:
        one = await belonging(request, self._house.services)
        attended = await self._attendance(one.state, self._house.services.clock.now_ms())
        drawn = chart(attended, one.state, self._house.words(request)) if one.state.opened_ms else None
        return self._house.pages.page(request, "timeline.html", one=one, state=one.state, chart=drawn)

    async def renew_link(self, request: Request) -> Response:
        """The person's old links end, with the browser that used them; the page shows the new one."""
        one = await belonging(request, self._house.services)
        if not one.plans:
            raise Refused("meeting.not_allowed")
        person_id = request.match_info["person_id"]
        if person_id not in one.state.people:
            raise NotFound("meeting.no_person")
        await self._house.services.identity.links.renew(one.state.meeting_id, person_id)
        await self._house.services.doors.look_again()
        return see_other(f"/m/{one.state.meeting_id}?done=link_renewed")

    async def _links(self, request: Request, one: Belonging) -> dict[str, str]:
        """person_id -> whole address, for whoever plans the meeting while there is something to join."""
        if not one.plans or one.state.status not in ("planned", "open"):
            return {}
        rooms = one.state.deliberation.rooms
        people = tuple(
            person.person_id for person in one.state.people.values() if person.invited or person.person_id in rooms
        )
        links = self._house.services.identity.links
        tokens = await links.tokens(one.state.meeting_id, people, one.state.plan.ends_ms)
        return {person_id: self._house.url(request, f"/j/{token}") for person_id, token in tokens.items()}

    async def _attendance(self, state: State, now_ms: int) -> Attendance:
        facts = await self._house.services.meetings.facts_after(state.meeting_id, 0)
        return attendance(facts, now_ms)


def may_join(one: Belonging, now_ms: int) -> bool:
    """As the rules will say when the room is entered; chair and secretary may any time."""
    if one.person is None or one.state.status not in ("planned", "open"):
        return False
    return one.leads or one.state.status == "open" or now_ms >= entering.opens_ms(one.state)


@dataclass(frozen=True, slots=True)
class DocumentGroup:
    """What is attached to one agenda item; `title` "": to the meeting in general."""

    title: str
    files: tuple[Attachment, ...]


def documents_of(state: State) -> tuple[DocumentGroup, ...]:
    """Those of the meeting first, then item by item; of an item that left the agenda they are the meeting's."""
    files, items = tuple(state.attachments.values()), {one.item_id for one in state.items}
    general = DocumentGroup("", tuple(one for one in files if one.item_id not in items))
    groups = [
        DocumentGroup(f"{number}. {item.title}", tuple(one for one in files if one.item_id == item.item_id))
        for number, item in enumerate(state.items, 1)
    ]
    return tuple(one for one in (general, *groups) if one.files)


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
