"""What the record says of one person: every fact that names them, and nothing of anybody else."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from server.meeting import facts
from server.meeting.about import Entry, about
from server.meeting.facts import NumberedFact
from tests.factories import ALICE, BUDI, CHAIR, SECRETARY
from tests.unit.meeting.test_snapshots import everything

PEOPLE = (CHAIR, SECRETARY, ALICE, BUDI)
ACCOUNT = "0123456789abcdef" * 2


def of(person_id: str) -> tuple[list[NumberedFact], set[str]]:
    """A meeting with every kind of fact in it, in which this person has an account; and all ids that mean them."""
    journal = [replace(one, fact=_with_account(one.fact, person_id)) for one in everything(set()).facts]
    joins = [one.fact for one in journal if isinstance(one.fact, facts.Joined)]
    joined = {one.session_id for one in joins if one.person_id == person_id}
    return journal, {person_id, ACCOUNT, *joined}


def _with_account(fact: facts.Fact, person_id: str) -> facts.Fact:
    is_theirs = isinstance(fact, facts.Invited | facts.InvitationChanged) and fact.person_id == person_id
    return replace(fact, account_id=ACCOUNT) if is_theirs else fact  # type: ignore[call-arg]


def _invited(journal: list[NumberedFact], person_id: str) -> list[facts.Fact]:
    kinds = facts.Invited | facts.InvitationChanged
    return [one.fact for one in journal if isinstance(one.fact, kinds) and one.fact.person_id == person_id]


def strings(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for one in value.values() for text in strings(one)}
    return {text for one in value for text in strings(one)} if isinstance(value, list | tuple) else set()


def test_every_fact_that_names_the_person_is_in_it_and_no_other() -> None:
    for person_id in PEOPLE:
        journal, ids = of(person_id)
        naming = {one.number for one in journal if ids & strings(asdict(one.fact))}
        assert {one.number for one in about(journal, ACCOUNT)} == naming
        assert len(naming) > 10


def test_nobody_else_is_in_it() -> None:
    for person_id in PEOPLE:
        journal, ids = of(person_id)
        others = [
            one.fact
            for one in journal
            if isinstance(one.fact, facts.Invited | facts.InvitationChanged) and one.fact.person_id != person_id
        ]
        mine = strings([asdict(one) for one in _invited(journal, person_id)])
        secret = {text for one in others for text in (one.name, one.email, one.nip, one.account_id) if len(text) > 2}
        secret -= mine  # the office's people share an NIP here
        told = json.dumps([asdict(one) for one in about(journal, ACCOUNT)])
        assert [text for text in secret if text in told] == []
        said = strings([asdict(one) for one in about(journal, ACCOUNT)])
        assert said.isdisjoint({*PEOPLE, "p6", "s1", "s2", "s3", "s4"} - ids | {person_id})


def entries(kind: type[facts.Fact], journal: list[NumberedFact]) -> list[Entry]:
    return [one for one in about(journal, ACCOUNT) if one.kind == kind.__name__]


def test_of_a_roll_call_only_the_own_vote_and_of_speaking_only_the_own_time() -> None:
    journal, _ = of(ALICE)
    closed = [one for one in entries(facts.VoteClosed, journal) if one.values["votes"]]
    assert [one.values["votes"] for one in closed] == [[["yes"]]]
    assert [one.values["times"] for one in entries(facts.SpeakingMeasured, journal)] == [[[4_000]]]
    assert all("paper" not in one.values for one in entries(facts.BallotGranted, journal))


def test_what_was_done_to_others_tells_only_that_it_was_done() -> None:
    journal, _ = of(SECRETARY)
    marks = entries(facts.PresenceMarked, journal)
    assert marks
    assert all(one.values == {"by": "self"} for one in marks)


def test_an_invitation_that_was_made_over_belongs_to_each_for_their_time() -> None:
    first, then = (
        facts.Invited("p2", "p3", "Ani", "participant", account_id=ACCOUNT),
        facts.InvitationChanged("p2", "p3", "Bayu", "participant", account_id="b" * 32),
    )
    said = (first, facts.ChatSaid("c1", "p3", "pagi"), then, facts.ChatSaid("p3", "p3", "sore"))
    journal = [NumberedFact(number, number, fact) for number, fact in enumerate(said, 1)]
    assert [one.number for one in about(journal, ACCOUNT)] == [1, 2]
    assert [one.number for one in about(journal, "b" * 32)] == [3, 4]
    assert about(journal, "c" * 32) == ()
