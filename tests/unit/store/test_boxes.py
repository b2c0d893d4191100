"""The boxes on each database keep what every BallotBoxes promises; and what can be read from the disk meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from server.meeting import facts
from server.meeting.ballots import digest
from server.store import blind, tables
from server.store.boxes import Boxes
from server.store.store import Store
from tests.unit.meeting.boxes_contract import BOX, BoxesContract, made
from tests.unit.store.places import START_MS, Place, beginning

KEY = blind.new_key()


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making a key takes longer than most tests."""
    monkeypatch.setattr(blind, "new_key", lambda: KEY)


class TestBoxes(BoxesContract):
    @pytest.fixture
    def boxes(self, store: Store) -> Boxes:
        return store.boxes


async def test_another_process_finds_every_ballot(place: Place, opening: Callable[[Place], Awaitable[Store]]) -> None:
    first, second = await opening(place), await opening(place)
    key, ballot = await made(first.boxes)
    await first.boxes.put(*BOX, key, ballot)
    assert await second.boxes.count(*BOX) == 1
    _, other = await made(second.boxes, "no")
    assert await second.boxes.put(*BOX, key, other) == 2


async def test_the_disk_names_no_receipt_no_choice_and_no_time(store: Store) -> None:
    key, ballot = await made(store.boxes)
    await store.boxes.put(*BOX, key, ballot)
    async with store.database.read() as connection:
        (row,) = (await connection.execute(select(tables.ballot_boxes))).all()
    assert set(row._mapping) == {"meeting_id", "motion_id", "public_key", "private_key", "box"}
    content = bytes(row.box)
    assert ballot.receipt.encode() not in content
    assert bytes.fromhex(ballot.signature) not in content
    assert KEY[0] not in bytes(row.private_key)
    await store.boxes.close(*BOX)
    async with store.database.read() as connection:
        assert await connection.scalar(select(tables.ballot_boxes.c.private_key)) is None


async def test_verify_recounts_every_secret_ballot(store: Store) -> None:
    key, ballot = await made(store.boxes)
    opened = facts.VoteOpened(
        "p1", "v1", 1, "", "Ketua", "secret", "half", "cast", False, "rejected", ("p1", "p2"), START_MS, key
    )
    forged = facts.SecretBallot("0" * 16, "yes", "00" * 32, "00" * 256)
    await store.journal.take_lease("m1")
    await store.journal.append("m1", 0, START_MS, [*beginning(), opened])
    closed = facts.VoteClosed("", "v1", 1, 0, 0, 2, "adopted", digest=digest([ballot]))
    granted = facts.BallotGranted("v1", "p1", "p1", "aa")
    await store.journal.append("m1", 5, START_MS, [granted, facts.BallotsPublished("v1", (ballot,)), closed])
    result = await store.verify("m1")
    assert [(one.number, one.papers, one.ballots, one.faults) for one in result.ballots] == [(1, 1, 1, ())]
    assert result.holds
    await store.journal.append("m1", 8, START_MS, [facts.BallotsPublished("v1", (ballot, forged))])
    result = await store.verify("m1")
    assert not result.holds
    assert set(result.ballots[0].faults) == {"signature", "more_than_papers", "sum", "digest"}
