"""Who has to act on the minutes next and has not been told, or is to be reminded. Pure.

An errand is told once: its key names the step and the round, so that whoever gets the minutes again after they went
back is told again, and whoever clicks twice tells nobody twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from server.mail.ports import Errand
from server.mail.telling import is_address
from server.meeting.approving import Act, has_acted, next_acts
from server.meeting.state import Person, State

DAY_MS = 86_400_000
REMINDED: frozenset[str] = frozenset({"review", "comment"})


def wanted(state: State, told: Collection[tuple[str, str]], now_ms: int) -> Iterator[Errand]:
    """`told`: (person_id, key) of all that were told or are queued. A konsep that was never handed in yet waits for
    nobody but its writers, who know."""
    for act in next_acts(state, now_ms):
        if act.kind == "submit" and not state.minutes.returned:
            continue
        for person_id in act.people:
            person = state.people.get(person_id)
            if person is None or has_acted(state, act, person_id) or not address(person):
                continue
            for errand in _of(state, act, person_id, now_ms):
                if (person_id, errand.key) not in told:
                    yield errand


def _of(state: State, act: Act, person_id: str, now_ms: int) -> Iterator[Errand]:
    key = f"{act.kind}.{state.minutes.rounds}"
    if act.kind == "answer":
        key = f"{key}.{state.minutes.stage}"  # once when the first comes, once when all are there
    yield Errand(person_id, key, act.kind, False, now_ms)
    if act.kind in REMINDED and act.until_ms - now_ms > DAY_MS:
        # A longer period is another deadline, and another reminder.
        yield Errand(person_id, f"{key}.{act.until_ms}", act.kind, True, act.until_ms - DAY_MS)


def stands(state: State, errand: Errand, now_ms: int) -> Act | None:
    """What is still to be done by this person; None: nothing of the kind."""
    for act in next_acts(state, now_ms):
        if act.kind == errand.kind and not has_acted(state, act, errand.person_id):
            outdated = errand.reminder and not errand.key.endswith(f".{act.until_ms}")
            return None if outdated else act
    return None


def address(person: Person) -> str:
    return person.email if is_address(person.email) else ""


def language(person: Person, languages: Mapping[str, str], office: str) -> str:
    return languages.get(person.account_id, office)
