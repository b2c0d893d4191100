"""What a meeting's facts say of one person: all of it, and of nobody else. Pure.

For who asks what is kept about them (UU 27/2022 art. 6 to 8). Where others stand in such a fact, only that it was
another person is told. A secret ballot is not in it: no fact joins it to who cast it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

from server.meeting import facts
from server.meeting.facts import Fact, NumberedFact

Value: TypeAlias = str | int | bool | list["Value"] | dict[str, "Value"]

SELF, OTHER, SERVER = "self", "other", "server"
ACTORS = frozenset({"by", "signer_id"})
"""Fields that say who wanted a fact; all others that name somebody say whom it is about."""
OF_OTHERS = frozenset({"stand_in_name", "stand_in_function", "stand_in_email"})
"""What somebody wrote down about another person."""
MARKS = frozenset({"paper"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact that names the person. `values`: its fields; only `by` where the person did something to others."""

    number: int
    at_ms: int
    kind: str
    values: dict[str, Value]


def about(journal: Sequence[NumberedFact], account_id: str) -> tuple[Entry, ...]:
    """Every fact in which this account is named: by itself, as a person of the meeting, or by a device of that
    person's."""
    persons = _Persons(journal, account_id)
    return tuple(entry for one in journal if (entry := _entry(one, persons.ids_at(one))) is not None)


class _Persons:
    """Which ids mean this person at each fact: an invitation may be made over to somebody else."""

    def __init__(self, journal: Sequence[NumberedFact], account_id: str) -> None:
        self._account_id = account_id
        self._given: dict[str, list[tuple[int, str]]] = {}  # person_id -> (fact number, account_id), in order
        self._devices: dict[str, tuple[str, int]] = {}  # session_id -> (person_id, fact number)
        self.everybody: set[str] = set()
        for one in journal:
            match one.fact:
                case facts.Invited() | facts.InvitationChanged() as fact:
                    self._given.setdefault(fact.person_id, []).append((one.number, fact.account_id))
                case facts.Joined() as fact:
                    self._devices[fact.session_id] = (fact.person_id, one.number)
                case _:
                    pass

    def ids_at(self, one: NumberedFact) -> frozenset[str]:
        mine = {self._account_id}
        mine |= {person_id for person_id in self._given if self._is_mine(person_id, one.number)}
        mine |= {key for key, (who, joined) in self._devices.items() if self._is_mine(who, joined)}
        return frozenset(mine)

    def _is_mine(self, person_id: str, number: int) -> bool:
        """By the account that stood there then; without one, by the first that was put there afterwards."""
        given = self._given.get(person_id, [])
        before = [account for at, account in given if at <= number]
        if before and before[-1]:
            return before[-1] == self._account_id
        return next((account for at, account in given if at > number and account), "") == self._account_id


SUBJECTS = frozenset(
    {"person_id", "session_id", "waiting_id", "member_id", "stand_in_id", "room_id", "who", "account_id"}
)
"""Fields of one person. `who` may be free text as well: then it is nobody of this person's."""
PEOPLE = frozenset({"present", "eligible", "reviewers", "votes", "times"})
"""Fields of several people, or of pairs that begin with one."""
NAMING = ACTORS | SUBJECTS | PEOPLE
"""All others hold no person: what stands there was made by a browser, which may call a thing as it likes."""


def _entry(one: NumberedFact, mine: frozenset[str]) -> Entry | None:
    given = (item.name for item in fields(one.fact) if item.name in NAMING)
    named = {name for name in given if _names(getattr(one.fact, name), mine)}
    if not named:
        return None
    kind = type(one.fact).__name__
    if named <= ACTORS and any(item.name in SUBJECTS for item in fields(one.fact) if getattr(one.fact, item.name)):
        return Entry(one.number, one.at_ms, kind, {"by": SELF})  # what was done to somebody else is theirs
    return Entry(one.number, one.at_ms, kind, dict(_values(one.fact, mine)))


def _names(value: object, mine: frozenset[str]) -> bool:
    if isinstance(value, str):
        return value in mine
    return isinstance(value, tuple) and any(_names(one, mine) for one in value)


def _values(fact: Fact, mine: frozenset[str]) -> Iterator[tuple[str, Value]]:
    for item in fields(fact):
        name, value = item.name, getattr(fact, item.name)
        if name in ACTORS:
            yield name, SELF if value in mine else OTHER if value else SERVER
        elif name in SUBJECTS:
            if value:
                yield name, SELF if value in mine else OTHER
        elif name in PEOPLE:
            mentions = [one for one in value if _names(one, mine)] if isinstance(value, tuple) else []
            yield name, [SELF if isinstance(one, str) else _plain([one])[0] for one in mentions]
        elif name in OF_OTHERS:
            if value:
                yield name, OTHER
        elif name not in MARKS:
            yield name, value if isinstance(value, str | int) else _plain(value if isinstance(value, tuple) else ())


def _plain(value: Iterable[object]) -> list[Value]:
    """Tuples as lists, and of a pair with the person only what stands beside them."""
    found: list[Value] = []
    for one in value:
        if isinstance(one, tuple):
            found.append([part for part in one[1:] if isinstance(part, str | int)])
        elif isinstance(one, str | int):
            found.append(one)
    return found
