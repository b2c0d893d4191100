"""What every BallotBoxes promises. Subclass it with a `boxes` fixture: the fake and the real adapter run the same."""

from __future__ import annotations

import asyncio

import pytest

from server.errors import Invalid, Refused
from server.meeting.facts import Choice, SecretBallot
from server.meeting.ports import BallotBoxes
from tests import voter

BOX = ("m1", "v1")


async def made(boxes: BallotBoxes, choice: Choice = "yes") -> tuple[str, SecretBallot]:
    """The box's key, and a ballot that was signed for it."""
    key = await boxes.make(*BOX)
    paper = voter.paper(key, *BOX, choice)
    return key, paper.finalized(await boxes.sign(*BOX, paper.blinded))


class BoxesContract:
    async def test_a_box_is_made_once(self, boxes: BallotBoxes) -> None:
        assert await boxes.make(*BOX) == await boxes.make(*BOX)

    async def test_the_same_blinded_paper_is_signed_the_same(self, boxes: BallotBoxes) -> None:
        paper = voter.paper(await boxes.make(*BOX), *BOX, "no")
        assert await boxes.sign(*BOX, paper.blinded) == await boxes.sign(*BOX, paper.blinded)

    @pytest.mark.parametrize("blinded", [b"", b"\x00" * 256, b"\xff" * 256, b"\x01" * 255])
    async def test_what_is_no_paper_is_not_signed(self, boxes: BallotBoxes, blinded: bytes) -> None:
        await boxes.make(*BOX)
        with pytest.raises(Invalid, match=r"vote\.paper"):
            await boxes.sign(*BOX, blinded)

    async def test_a_ballot_is_in_once_however_often_it_comes(self, boxes: BallotBoxes) -> None:
        key, ballot = await made(boxes)
        assert await asyncio.gather(*(boxes.put(*BOX, key, ballot) for _ in range(4))) == [1] * 4
        assert await boxes.close(*BOX) == (ballot,)

    async def test_many_at_once_are_all_in_and_lie_by_receipt(self, boxes: BallotBoxes) -> None:
        some = [await made(boxes) for _ in range(6)]
        await asyncio.gather(*(boxes.put(*BOX, key, ballot) for key, ballot in some))
        assert await boxes.count(*BOX) == 6
        assert await boxes.close(*BOX) == tuple(sorted((one for _, one in some), key=lambda one: one.receipt))

    async def test_only_what_the_box_has_signed_goes_in(self, boxes: BallotBoxes) -> None:
        key, ballot = await made(boxes)
        other = "no" if ballot.choice == "yes" else "yes"
        for changed in (
            SecretBallot(ballot.receipt, other, ballot.prefix, ballot.signature),
            SecretBallot(ballot.receipt, ballot.choice, "ab" * 32, ballot.signature),
            SecretBallot(ballot.receipt, ballot.choice, "zz", ballot.signature),
            SecretBallot("short", ballot.choice, ballot.prefix, ballot.signature),
            SecretBallot(ballot.receipt, ballot.choice, ballot.prefix, "00" * 256),
        ):
            with pytest.raises(Invalid, match=r"vote\.ballot"):
                await boxes.put(*BOX, key, changed)
        assert await boxes.count(*BOX) == 0

    async def test_a_ballot_of_another_vote_does_not_fit(self, boxes: BallotBoxes) -> None:
        key, ballot = await made(boxes)
        await boxes.make("m1", "v2")
        with pytest.raises(Invalid):
            await boxes.put("m1", "v2", key, ballot)

    async def test_a_closed_box_takes_and_signs_nothing_more(self, boxes: BallotBoxes) -> None:
        key, early = await made(boxes)
        _, late = await made(boxes)
        await boxes.put(*BOX, key, early)
        assert await boxes.close(*BOX) == await boxes.close(*BOX) == (early,)
        with pytest.raises(Refused, match=r"vote\.closed"):
            await boxes.put(*BOX, key, late)
        assert await boxes.put(*BOX, key, early) == 1  # its answer was lost
        with pytest.raises(Refused, match=r"vote\.closed"):
            await boxes.sign(*BOX, voter.paper(key, *BOX, "yes").blinded)

    async def test_what_is_dropped_is_gone(self, boxes: BallotBoxes) -> None:
        key, ballot = await made(boxes)
        await boxes.put(*BOX, key, ballot)
        await boxes.drop(*BOX)
        await boxes.drop(*BOX)
        assert (await boxes.count(*BOX), await boxes.close(*BOX)) == (0, ())
