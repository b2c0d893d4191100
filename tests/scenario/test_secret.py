"""Secret ballots, from the paper to the published box, in sentences: races, dropped lines, a killed server."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.meeting import commands as c
from server.meeting import facts
from server.meeting.ballots import audits
from server.meeting.deliberation import Motion
from server.meeting.facts import Choice, SecretBallot
from server.store import blind
from tests import voter
from tests.scenario.hall import MEETING, Hall, Participant, code_of

CHOICES: tuple[Choice, ...] = ("yes", "no", "abstain")


class Vote:
    """A secret ballot that is on, and what the voters' browsers keep of it."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.receipts: dict[str, str] = {}

    async def motion(self) -> Motion:
        return (await self.hall.state()).deliberation.motions["m1"]

    async def paper(self, choice: Choice) -> voter.Paper:
        return voter.paper((await self.motion()).key, MEETING, "m1", choice)

    async def takes(self, who: Participant, choice: Choice, member_id: str = "") -> SecretBallot:
        paper = await self.paper(choice)
        actor = c.Actor(who.person_id, who.session_id)
        _, signature = await self.hall.rooms.paper(MEETING, actor, c.TakeBallot("m1", member_id), paper.blinded)
        self.receipts[member_id or who.person_id] = paper.receipt
        return paper.finalized(signature)

    async def puts_in(self, ballot: SecretBallot) -> None:
        await self.hall.rooms.put_ballot(MEETING, "m1", ballot)
        await self.hall.settles()

    async def votes(self, who: Participant, choice: Choice, member_id: str = "") -> None:
        await self.puts_in(await self.takes(who, choice, member_id))


async def opened(hall: Hall, seconds: int = 60) -> Vote:
    for who in (hall.chair, hall.secretary, hall.alice, hall.budi):
        await who.joins_with_media()
    await hall.chair.opens_the_meeting()
    await hall.chair.wants(c.OpenVote("m1", "", "Memilih ketua panitia", "secret", seconds))
    return Vote(hall)


def of_kind(hall: Hall, kind: type[facts.Fact]) -> list[facts.Fact]:
    return [one for one in hall.record if isinstance(one, kind)]


async def test_all_vote_it_closes_by_itself_and_each_finds_their_own(hall: Hall) -> None:
    vote = await opened(hall)
    said: dict[str, Choice] = {"p1": "yes", "p2": "yes", "p3": "no", "p4": "abstain"}
    for who in (hall.chair, hall.secretary, hall.alice, hall.budi):
        await vote.votes(who, said[who.person_id])
    await hall.passes(seconds=1)
    motion = await vote.motion()
    assert (motion.phase, motion.yes, motion.no, motion.abstain, motion.present) == ("adopted", 2, 1, 1, 4)
    assert {who: dict(motion.receipts)[receipt] for who, receipt in vote.receipts.items()} == said
    assert list(motion.receipts) == sorted(motion.receipts)
    (audit,) = audits(MEETING, hall.store.facts[MEETING], blind.holds)
    assert (audit.papers, audit.ballots, audit.faults) == (4, 4, ())
    await hall.passes(seconds=1)
    assert not hall.boxes.boxes  # nothing is kept of the box but what was published


async def test_the_record_says_who_took_a_paper_and_never_what_was_on_it(hall: Hall) -> None:
    vote = await opened(hall)
    await vote.votes(hall.alice, "no")
    (granted,) = of_kind(hall, facts.BallotGranted)
    assert vote.receipts["p3"] not in repr(hall.record)
    assert granted in hall.told
    assert not of_kind(hall, facts.VoteCast)


async def test_one_member_asking_from_many_devices_at_once_gets_one_paper(hall: Hall) -> None:
    vote = await opened(hall)
    papers = [await vote.paper(choice) for choice in CHOICES * 4]
    alice = c.Actor(hall.alice.person_id, hall.alice.session_id)
    answers = await asyncio.gather(
        *(hall.rooms.paper(MEETING, alice, c.TakeBallot("m1"), one.blinded) for one in papers), return_exceptions=True
    )
    given = [one for one in answers if not isinstance(one, BaseException)]
    assert len(given) == len(of_kind(hall, facts.BallotGranted)) == 1
    assert {getattr(one, "code", "") for one in answers if isinstance(one, BaseException)} == {"vote.already"}


async def test_a_ballot_put_in_many_times_at_once_is_in_once(hall: Hall) -> None:
    vote = await opened(hall)
    ballot = await vote.takes(hall.alice, "yes")
    await asyncio.gather(*(vote.puts_in(ballot) for _ in range(8)))
    assert len(hall.boxes.boxes[MEETING, "m1"]) == 1


async def test_a_changed_or_invented_ballot_is_refused(hall: Hall) -> None:
    vote = await opened(hall)
    real = await vote.takes(hall.alice, "no")
    changed = SecretBallot(real.receipt, "yes", real.prefix, real.signature)
    invented = SecretBallot("0" * 16, "yes", "00" * 32, "00" * 256)
    assert await code_of(vote.puts_in(changed)) == "vote.ballot"
    assert await code_of(vote.puts_in(invented)) == "vote.ballot"
    assert await code_of(hall.rooms.put_ballot("another", "m1", real)) == "meeting.unknown"
    assert await code_of(hall.rooms.put_ballot(MEETING, "m2", real)) == "vote.unknown"


async def test_a_lost_answer_loses_no_vote(hall: Hall) -> None:
    vote = await opened(hall)
    paper, alice = await vote.paper("yes"), c.Actor(hall.alice.person_id, hall.alice.session_id)
    await hall.rooms.paper(MEETING, alice, c.TakeBallot("m1"), paper.blinded)  # the answer did not arrive
    await hall.chair.wants(c.CloseVote("m1"))
    _, signature = await hall.rooms.paper(MEETING, alice, c.TakeBallot("m1"), paper.blinded)
    await vote.puts_in(paper.finalized(signature))
    await hall.passes(seconds=1)
    assert (await vote.motion()).receipts == ((paper.receipt, "yes"),)


async def test_a_paper_that_never_comes_back_holds_nobody_up_for_long(hall: Hall) -> None:
    vote = await opened(hall, seconds=60)
    await vote.votes(hall.chair, "yes")
    stays_away = await vote.takes(hall.alice, "no")
    await hall.passes(seconds=61)
    assert (await vote.motion()).phase == "counting"
    assert await code_of(vote.takes(hall.budi, "no")) == "vote.closed"
    await hall.passes(seconds=16)
    await hall.passes()
    motion = await vote.motion()
    assert (motion.phase, motion.yes, motion.no) == ("adopted", 1, 0)
    assert await code_of(vote.puts_in(stays_away)) == "vote.closed"


async def test_a_server_that_is_killed_keeps_papers_and_ballots(hall: Hall) -> None:
    vote = await opened(hall, seconds=600)
    await vote.votes(hall.chair, "yes")
    in_hand = await vote.takes(hall.alice, "yes")
    await hall.is_killed()
    await hall.comes_back()
    assert await code_of(vote.puts_in(in_hand)) == "vote.no_quorum"  # nobody's presence outlives the server
    for who in (hall.chair, hall.secretary, hall.alice, hall.budi):
        await who.joins_with_media()
    await vote.puts_in(in_hand)
    assert await code_of(vote.takes(hall.alice, "no")) == "vote.already"
    await hall.chair.wants(c.CloseVote("m1"))
    await hall.passes(seconds=1)
    assert (await vote.motion()).yes == 2


async def test_a_server_that_is_killed_while_it_counts_counts_again(hall: Hall) -> None:
    vote = await opened(hall)
    await vote.votes(hall.chair, "yes")
    await vote.takes(hall.alice, "no")
    await hall.chair.wants(c.CloseVote("m1"))
    await hall.boxes.close(MEETING, "m1")
    await hall.is_killed()
    await hall.comes_back()
    await hall.passes(seconds=16)
    await hall.passes()
    assert (await vote.motion()).phase == "adopted"


async def test_without_a_quorum_the_box_waits(hall: Hall) -> None:
    vote = await opened(hall, seconds=600)
    ballot = await vote.takes(hall.alice, "yes")
    await hall.chair.leaves()
    await hall.budi.leaves()
    assert await code_of(vote.puts_in(ballot)) == "vote.no_quorum"
    assert await code_of(vote.takes(hall.secretary, "yes")) == "vote.no_quorum"
    await hall.chair.joins_with_media()
    await vote.puts_in(ballot)
    assert len(hall.boxes.boxes[MEETING, "m1"]) == 1


async def test_a_store_that_is_away_for_a_moment_delays_the_count(hall: Hall) -> None:
    vote = await opened(hall)
    await vote.votes(hall.chair, "yes")
    hall.boxes.away = True
    await hall.chair.wants(c.CloseVote("m1"))
    await hall.passes(seconds=1)
    assert (await vote.motion()).phase == "counting"
    hall.boxes.away = False
    await hall.passes(seconds=1)
    assert (await vote.motion()).phase == "adopted"


async def test_a_stand_in_has_a_paper_of_their_own_and_one_for_whom_they_represent(hall: Hall) -> None:
    vote = await opened(hall)
    await hall.budi.leaves()
    await hall.secretary.wants(c.NameStandIn("p4", "p3"))
    await vote.votes(hall.alice, "yes")
    await vote.votes(hall.alice, "no", "p4")
    assert await code_of(vote.takes(hall.secretary, "yes", "p4")) == "vote.not_yours"
    assert await code_of(hall.secretary.wants(c.NameStandIn("p4", "p1"))) == "vote.already"
    await hall.chair.wants(c.CloseVote("m1"))
    await hall.passes(seconds=1)
    motion = await vote.motion()
    assert (motion.yes, motion.no, motion.present) == (1, 1, 4)


async def test_no_key_is_made_for_whoever_may_not_open_a_vote(hall: Hall) -> None:
    await hall.alice.joins_with_media()
    await hall.chair.joins_with_media()
    await hall.secretary.joins_with_media()
    await hall.chair.opens_the_meeting()
    assert await code_of(hall.alice.wants(c.OpenVote("m1", "", "Setuju", "secret", 60))) == "meeting.not_allowed"
    assert not hall.boxes.boxes


@pytest.mark.parametrize("fault", ["signature", "receipt_twice", "more_than_papers", "sum", "digest"])
async def test_whoever_changes_a_published_box_is_found_out(hall: Hall, fault: str) -> None:
    vote = await opened(hall)
    await vote.votes(hall.chair, "yes")
    await vote.votes(hall.alice, "yes")
    await hall.chair.wants(c.CloseVote("m1"))
    await hall.passes(seconds=1)
    rows = hall.store.facts[MEETING]
    at, box = next((at, one.fact) for at, one in enumerate(rows) if isinstance(one.fact, facts.BallotsPublished))
    first, second = box.ballots
    changed = {
        "signature": (SecretBallot(first.receipt, "no", first.prefix, first.signature), second),
        "receipt_twice": (first, first),
        "more_than_papers": (first, second, second),
        "sum": (first,),
        "digest": (second,),
    }[fault]
    rows[at] = facts.NumberedFact(rows[at].number, rows[at].at_ms, facts.BallotsPublished("m1", changed))
    (audit,) = audits(MEETING, rows, blind.holds)
    assert fault in audit.faults


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(range(4)), st.sampled_from(("take", "put", "drop")), st.sampled_from(CHOICES)))
)
def test_in_any_order_what_was_put_in_is_what_is_counted(events: list[tuple[int, str, Choice]]) -> None:
    asyncio.run(_course(events))


async def _course(events: list[tuple[int, str, Choice]]) -> None:
    hall = Hall()
    await hall.plans_a_meeting()
    vote = await opened(hall, seconds=3_600)
    people = (hall.chair, hall.secretary, hall.alice, hall.budi)
    in_hand: dict[int, SecretBallot] = {}
    inside: Counter[Choice] = Counter()
    for who, what, choice in events:
        if what == "take" and who not in in_hand:
            in_hand[who] = await vote.takes(people[who], choice)
        elif what == "put" and who in in_hand:
            before = len(hall.boxes.boxes[MEETING, "m1"])
            await vote.puts_in(in_hand[who])
            inside[in_hand[who].choice] += len(hall.boxes.boxes[MEETING, "m1"]) - before
        elif what == "drop":
            await people[who].joins_with_media()
    await hall.passes(minutes=61)
    await hall.passes(seconds=16)
    await hall.passes()
    done = await vote.motion()
    assert (done.yes, done.no, done.abstain) == (inside["yes"], inside["no"], inside["abstain"])
    await hall.rooms.close()
