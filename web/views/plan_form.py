"""The form of a meeting's plan: its rows as typed, and the wish they amount to. No request and no page here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import cast, get_args
from zoneinfo import ZoneInfo

from server.identity.accounts import EMAIL
from server.identity.ports import Account
from server.meeting.commands import Invitee, PlanMeeting, SetRules
from server.meeting.deliberation import Procedure
from server.meeting.facts import AgendaItem, QuorumKind, RemarkRule, Role
from server.meeting.quorum import PRESETS
from server.meeting.state import Person, State
from web import i18n
from web.addressees import AddressBook, listed, once
from web.forms import Form

TITLE, PLACE, NUMBER, ITEM, NAME, EMAIL_LENGTH = 200, 200, 100, 300, 120, 254
MOST_ITEMS, MOST_PEOPLE = 50, 300
ROLES: tuple[Role, ...] = ("chair", "secretary", "participant", "observer")
ITEM_FIELDS = ("id", "title", "minutes")
PERSON_FIELDS = ("id", "ref", "name", "email", "function", "office", "role")
OWN = "own"
QUORUMS: tuple[QuorumKind, ...] = get_args(QuorumKind)
REMARKS: tuple[RemarkRule, ...] = get_args(RemarkRule)
REASON = 500
ROW = re.compile(r"(item|person)-(\d{1,4})-([a-z]+)")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as typed: `number` is the one in its fields' names, `fields` by their short names."""

    number: int
    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def is_empty(self) -> bool:
        return not any(value.strip() for name, value in self.fields.items() if name not in ("id", "ref", "role"))


@dataclass(slots=True)
class PlanForm:
    form: Form
    items: list[Row]
    people: list[Row]
    more: bool = False  # only more empty rows are wanted (without JavaScript)

    def wish(self, book: AddressBook, state: State | None) -> PlanMeeting | None:
        """None when something is wrong: then the form's faults say what."""
        wanted = self.draft(book, state)
        self._check_roles(wanted.invitees)
        return None if self.form.faults else wanted

    def draft(self, book: AddressBook, state: State | None) -> PlanMeeting:
        """What it amounts to so far, whatever is still wrong or missing in it."""
        form = self.form
        title = form.text("title", TITLE, required="meeting.title")
        place = form.text("place", PLACE)
        letter_number = form.text("letter_number", NUMBER)
        letter_date = self._letter_date()
        zone = self._zone(state)
        starts_ms, ends_ms = self._times(zone)
        items = tuple(self._items())
        invitees = self._invitees(book, state.people if state else {})
        return PlanMeeting(title, starts_ms, ends_ms, zone, items, invitees, place, letter_number, letter_date)

    def rules(self, standing: Procedure) -> SetRules | None:
        """What the form says of the quorum; all else stays as it stands. None: something is wrong, or nothing said."""
        form, kind = self.form, self.form["quorum"]
        if not form["kind"] or "quorum" not in form.typed:
            return None
        if form["kind"] != OWN and form["kind"] not in PRESETS:
            form.fault("kind", "rules.preset")
        if kind not in QUORUMS:
            form.fault("quorum", "rules.preset")
        number = form["quorum_number"].strip()
        if form["kind"] == OWN and kind == "number" and not (number.isascii() and number.isdigit() and len(number) < 6):
            form.fault("quorum_number", "rules.number")
        reason = form.text("quorum_reason", REASON)
        if form.faults:
            return None
        own = form["kind"] == OWN
        changed = replace(
            standing,
            preset="" if own else form["kind"],
            quorum=cast(QuorumKind, kind) if own else PRESETS[form["kind"]].quorum,
            quorum_number=int(number) if own and kind == "number" else 0,
            secretary_counts=standing.secretary_counts if own and not standing.preset else own,
            remarks=next((one for one in REMARKS if one == form["remarks"]), standing.remarks),
        )
        return SetRules(**asdict(changed), reason=reason)

    # ------------------------------------------------------------ when

    def _zone(self, state: State | None) -> str:
        wanted = self.form["zone"]
        if state is not None and i18n.zone_name(state.plan.zone) == wanted:
            return state.plan.zone  # Pontianak stays Pontianak
        if wanted not in i18n.ZONES:
            self.form.fault("zone", "meeting.zone")
        return i18n.ZONES.get(wanted, i18n.ZONES["WIB"])

    def _times(self, zone: str) -> tuple[int, int]:
        day = _day(self.form["date"])
        starts, ends = _clock(self.form["start"]), _clock(self.form["end"])
        if day is None:
            self.form.fault("date", "form.date")
        if starts is None:
            self.form.fault("start", "form.time")
        if ends is None:
            self.form.fault("end", "form.time")
        if day is None or starts is None or ends is None:
            return 0, 0
        if ends <= starts:
            self.form.fault("end", "form.end")
        return _ms(day, starts, zone), _ms(day, ends, zone)

    def _letter_date(self) -> str:
        typed = self.form["letter_date"].strip()
        if not typed:
            return ""
        day = _day(typed)
        if day is None:
            self.form.fault("letter_date", "form.date")
            return ""
        return day.isoformat()

    # ------------------------------------------------------------ what about, and who

    def _items(self) -> Iterable[AgendaItem]:
        if len(self.items) > MOST_ITEMS:
            self.form.fault("items", "form.rows", most=MOST_ITEMS)
        for row in self.items:
            if row.is_empty():
                continue
            name = f"item-{row.number}"
            title = self.form.text(f"{name}-title", ITEM, required="form.item_title")
            minutes = row["minutes"].strip()
            if minutes and not (minutes.isascii() and minutes.isdigit() and len(minutes) < 4):
                self.form.fault(f"{name}-minutes", "form.minutes")
                minutes = ""
            yield AgendaItem(row["id"], title, int(minutes or 0))

    def _invitees(self, book: AddressBook, people: Mapping[str, Person]) -> tuple[Invitee, ...]:
        """A group's members stand where the group does, but for those who have a row of their own."""
        if len(self.people) > MOST_PEOPLE:
            self.form.fault("people", "form.rows", most=MOST_PEOPLE)
        rows = [self._row(row, book, people) for row in self.people if not row.is_empty()]
        own = [one for ref, found in rows if not ref.startswith("group:") for one in found]
        keys = [(one.post_id, one.official_id) for one in own if one.post_id or one.official_id]
        if len(keys) != len(set(keys)):
            self.form.fault("people", "meeting.one_account_twice")
        officials, posts = {one.official_id for one in own} - {""}, {one.post_id for one in own} - {""}
        wanted = [
            one
            for ref, found in rows
            for one in found
            if not ref.startswith("group:") or not (one.official_id in officials or one.post_id in posts)
        ]
        if len(wanted) > MOST_PEOPLE:
            self.form.fault("people", "form.rows", most=MOST_PEOPLE)
        return once(wanted)

    def _row(self, row: Row, book: AddressBook, people: Mapping[str, Person]) -> tuple[str, list[Invitee]]:
        name = f"person-{row.number}"
        typed = self.form.text(f"{name}-name", NAME, required="form.person_name")
        role = next((one for one in ROLES if one == row["role"]), None)
        if role is None:
            self.form.fault(f"{name}-role", "form.role")
        standing = people.get(row["id"])
        ref = book.reference(typed, row["ref"])
        if ref:
            return ref, list(book.invitees(ref, role or "participant", standing, row["id"]))
        return "", [self._written(row, book, typed, role or "participant", standing)]

    def _written(self, row: Row, book: AddressBook, typed: str, role: Role, standing: Person | None) -> Invitee:
        """Somebody with an account, or from outside: as the row says."""
        name = f"person-{row.number}"
        email = self.form.text(f"{name}-email", EMAIL_LENGTH)
        if email and not EMAIL.fullmatch(email):
            self.form.fault(f"{name}-email", "account.email")
        function = self.form.text(f"{name}-function", NAME)
        office = self.form.text(f"{name}-office", NAME)
        account = book.account(typed)
        if account is None:
            one = Invitee(typed, role, row["id"], function, office, email=email)
            if standing is None or standing.name != typed:
                return one
            kept = replace(one, nip=standing.nip, rank=standing.rank)
            return replace(kept, post_id=standing.post_id, official_id=standing.official_id)
        return Invitee(
            account.name,
            role,
            row["id"],
            function or account.function,
            office or account.office,
            account.rank,
            account.nip,
            email or account.email,
            account.account_id,
            official_id=book.known(account),
        )

    def _check_roles(self, invitees: tuple[Invitee, ...]) -> None:
        roles = [one.role for one in invitees]
        if roles.count("chair") != 1:
            self.form.fault("people", "meeting.chair")
        if "secretary" not in roles:
            self.form.fault("people", "meeting.secretary")
        accounts = [one.account_id for one in invitees if one.account_id]
        if len(accounts) != len(set(accounts)):
            self.form.fault("people", "meeting.one_account_twice")


# ------------------------------------------------------------ filling it


def empty(zone: str, now_ms: int, planner: Account | None) -> PlanForm:
    """Tomorrow at nine; the planner's own name stands as the secretary."""
    tomorrow = i18n.local(now_ms, zone).date() + timedelta(days=1)
    typed = {
        "date": tomorrow.isoformat(),
        "start": "09:00",
        "end": "11:00",
        "zone": i18n.zone_name(zone),
        "kind": "working",
        "quorum": "half",
    }
    secretary = {"role": "secretary"} | ({"name": listed(planner)} if planner else {})
    people = [Row(0, {"role": "chair"}), Row(1, secretary), Row(2, {"role": "participant"})]
    return PlanForm(Form(typed), [Row(number, {}) for number in range(3)], people)


def of_state(state: State, book: AddressBook) -> PlanForm:
    plan, procedure = state.plan, state.deliberation.procedure
    starts, ends = i18n.local(plan.starts_ms, plan.zone), i18n.local(plan.ends_ms, plan.zone)
    typed = {
        "title": plan.title,
        "date": starts.date().isoformat(),
        "start": starts.strftime("%H:%M"),
        "end": ends.strftime("%H:%M"),
        "zone": i18n.zone_name(plan.zone),
        "place": plan.place,
        "letter_number": plan.letter_number,
        "letter_date": plan.letter_date,
        "kind": procedure.preset or OWN,
        "quorum": procedure.quorum,
        "quorum_number": str(procedure.quorum_number or ""),
        "remarks": procedure.remarks,
    }
    items = [
        Row(number, {"id": item.item_id, "title": item.title, "minutes": str(item.minutes or "")})
        for number, item in enumerate(state.items)
    ]
    invited = [one for one in state.people.values() if one.invited]
    return PlanForm(Form(typed), items, [_person_row(number, one, book) for number, one in enumerate(invited)])


def read(form: Form) -> PlanForm:
    """Rows in the order in which they were sent: that is the order on the page."""
    rows: dict[tuple[str, int], dict[str, str]] = {}
    for name, value in form.typed.items():
        found = ROW.fullmatch(name)
        if found and found[3] in (ITEM_FIELDS if found[1] == "item" else PERSON_FIELDS):
            rows.setdefault((found[1], int(found[2])), {})[found[3]] = value
    plan = PlanForm(
        form,
        [Row(number, fields) for (kind, number), fields in rows.items() if kind == "item"],
        [Row(number, fields) for (kind, number), fields in rows.items() if kind == "person"],
        more=bool(form["more"]),
    )
    if plan.more:
        rows_wanted = plan.items if form["more"] == "items" else plan.people
        fresh = 1 + max((row.number for row in rows_wanted), default=-1)
        blank = {} if form["more"] == "items" else {"role": "participant"}
        rows_wanted.extend(Row(fresh + number, blank) for number in range(3))
    return plan


def _person_row(number: int, person: Person, book: AddressBook) -> Row:
    ref, label = book.row_of(person)
    return Row(
        number,
        {
            "id": person.person_id,
            "ref": ref,
            "name": label,
            "email": person.email,
            "function": person.function,
            "office": person.office,
            "role": person.role,
        },
    )


def meeting_day(form: Form) -> str:
    """The day that the form says, as an ISO date; "" where it says none."""
    day = _day(form["date"])
    return day.isoformat() if day else ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def _clock(text: str) -> time | None:
    """09:00, as browsers send it, or 09.00, as people write it."""
    found = re.fullmatch(r"([01]?\d|2[0-3])[.:]([0-5]\d)", text.strip(), re.ASCII)
    return time(int(found[1]), int(found[2])) if found else None


def _ms(day: date, clock: time, zone: str) -> int:
    return int(datetime.combine(day, clock, ZoneInfo(zone)).timestamp() * 1000)
