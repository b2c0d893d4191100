"""The lists say what the facts say, however they came about; and can be made anew from the journal alone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.meeting import facts
from server.meeting.attendance import attendance
from server.meeting.facts import Fact
from server.store import tables
from server.store.listings import Span
from server.store.projecting import OWN
from server.store.store import Store
from tests.unit.store.places import START_MS, beginning, invited, planned
from web.ports import Lists

PROJECTIONS: tuple[Table, ...] = OWN
HOUR_MS = 3_600_000


async def rows_of(store: Store, meeting_id: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    async with store.database.read() as connection:
        for table in PROJECTIONS:
            query = select(table).where(table.c.meeting_id == meeting_id).order_by(*table.primary_key.columns)
            found[table.name] = [dict(row) for row in (await connection.execute(query)).mappings()]
    return found


async def keep(store: Store, meeting_id: str, *appends: Sequence[Fact], step_ms: int = 60_000) -> None:
    await store.journal.take_lease(meeting_id)
    number = 0
    for position, some in enumerate(appends):
        numbered = await store.journal.append(meeting_id, number, START_MS + position * step_ms, some)
        number = numbered[-1].number


# ------------------------------------------------------------ any stream of facts

people = st.sampled_from(["p1", "p2", "p3", "p4"])
sessions = st.sampled_from(["s1", "s2", "s3"])
items = st.sampled_from(["", "i1", "i2"])
words = st.text(st.characters(codec="utf-8"), max_size=8)
roles: st.SearchStrategy[facts.Role] = st.sampled_from(["chair", "secretary", "participant", "observer", "guest"])
methods: st.SearchStrategy[facts.Method] = st.sampled_from(["mufakat", "vote", "chair"])
things = st.sampled_from(["d1", "d2"])
recorded = st.builds(facts.DecisionRecorded, st.just("p2"), things, st.integers(1, 9), items, words, methods)
actions = st.builds(facts.ActionRecorded, st.just("p2"), things, st.integers(1, 9), items, words, people)
any_fact: st.SearchStrategy[Fact] = st.one_of(
    st.builds(planned, words, st.integers(START_MS, START_MS + HOUR_MS)),
    st.builds(facts.MeetingReplanned, st.just("a1"), words, st.just(START_MS), st.just(START_MS + 1), words, words),
    st.just(facts.MeetingCancelled("a1")),
    st.builds(invited, people, roles, words, st.sampled_from(["", "acc"])),
    st.builds(facts.InvitationChanged, st.just("a1"), people, words, roles),
    st.builds(facts.InvitationRevoked, st.just("a1"), people),
    st.just(facts.MeetingOpened("p1")),
    st.just(facts.MeetingClosed("p1")),
    st.builds(facts.Joined, people, sessions),
    st.builds(facts.PresenceConfirmed, sessions, st.just("media")),
    st.builds(facts.PresenceLost, sessions, st.integers(START_MS, START_MS + HOUR_MS)),
    st.builds(facts.Left, sessions, st.just("left"), st.integers(START_MS, START_MS + HOUR_MS)),
    st.builds(facts.ServiceInterrupted, st.integers(START_MS, START_MS + HOUR_MS)),
    st.builds(facts.ItemOpened, st.just("p1"), items),
    st.just(facts.AgendaSet("a1", (facts.AgendaItem("i1", "Satu"), facts.AgendaItem("i2", "Dua")))),
    st.builds(facts.ChatSaid, words, people, words),
    st.builds(facts.NotesWritten, st.just("p2"), items, st.integers(1, 9), words),
    recorded,
    st.builds(facts.DecisionCorrected, st.just("p2"), things, words, methods),
    st.builds(facts.DecisionWithdrawn, st.just("p2"), things, words),
    actions,
    st.builds(facts.ActionCorrected, st.just("p2"), things, words, people),
    st.builds(facts.ActionWithdrawn, st.just("p2"), things, words),
    st.builds(facts.ActionDone, st.just("p2"), things, words),
    st.builds(facts.ActionReported, st.just("p3"), things, words),
    st.builds(facts.CommentsOpened, st.just("p2"), st.integers(START_MS, START_MS + HOUR_MS)),
    st.just(facts.CommentsClosed()),
    st.builds(facts.ActionReopened, st.just("p2"), things, words),
    st.builds(facts.SeriesFollowed, st.just("p2"), st.just("m0")),
    st.builds(facts.ActionCarried, st.just("p2"), st.just("m0"), things, st.just(1), words, words),
    st.builds(facts.HoldSet, st.just("p2"), words),
    st.just(facts.HoldLifted("p2", "selesai")),
    st.just(facts.MinutesApproved("p1", "ab" * 32, 3)),
)


def sensible(stream: Sequence[Fact]) -> list[Fact]:
    """Only what the rules could have let through: nothing is corrected that was never said."""
    said: set[tuple[str, str]] = set()
    joined: set[str] = set()
    kept: list[Fact] = []
    for fact in stream:
        name = type(fact).__name__
        thing = getattr(fact, "decision_id", None) or getattr(fact, "action_id", None)
        if isinstance(fact, facts.ActionCarried):  # of another meeting
            thing = None
        if thing and name.endswith("Recorded"):
            said.add((name[:6], thing))
        elif thing and (name[:6], thing) not in said:
            continue
        if isinstance(fact, facts.Joined):
            joined.add(fact.session_id)
        elif isinstance(fact, facts.PresenceConfirmed) and fact.session_id not in joined:
            continue
        elif isinstance(fact, facts.Left):
            joined.discard(fact.session_id)
        kept.append(fact)
    return kept


@given(stream=st.lists(any_fact, max_size=40).map(sensible), cuts=st.sets(st.integers(1, 45), max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_rebuilt_rows_are_those_that_grew(store: Store, stream: list[Fact], cuts: set[int]) -> None:
    whole = [*beginning(), *stream]
    bounds = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    meeting_id = secrets.token_hex(8)  # every example its own, in one database
    await keep(store, meeting_id, *(whole[low:high] for low, high in pairwise(bounds)))
    grown = await rows_of(store, meeting_id)
    await store.journal.rebuild(meeting_id)
    assert await rows_of(store, meeting_id) == grown
    assert grown["meetings"][0]["last_number"] == len(whole)
    numbered = await store.journal.read(meeting_id)
    closed = bool(grown["meetings"][0]["closed_ms"])
    wanted = attendance(numbered, numbered[-1].at_ms).attendees if closed else ()
    assert [(one.person_id, one.total_ms) for one in await store.listings.attendance(meeting_id)] == [
        (one.person_id, one.total_ms) for one in wanted
    ]


# ------------------------------------------------------------ one meeting


async def test_a_meeting_from_plan_to_closing(store: Store) -> None:
    await keep(
        store,
        "m1",
        beginning(),
        [facts.MeetingOpened("p1"), facts.Joined("p1", "s1"), facts.PresenceConfirmed("s1", "media")],
        [facts.DecisionRecorded("p2", "d1", 1, "i1", "Setuju", "mufakat")],
        [facts.ActionRecorded("p2", "t1", 1, "i1", "Menyusun laporan", "p3", "2026-12-01")],
        [facts.DecisionCorrected("p2", "d1", "Setuju dengan catatan", "vote")],
        [facts.DecisionRecorded("p2", "d2", 2, "", "Keliru", "chair"), facts.DecisionWithdrawn("p2", "d2")],
        [invited("p4", "guest", "Tamu")],
        [facts.MeetingClosed("p1"), facts.Left("s1", "closed", START_MS + 420_000)],
    )
    meeting = await store.listings.meeting("m1")
    assert meeting is not None
    assert (meeting.status, meeting.opened_ms, meeting.closed_ms) == ("closed", START_MS + 60_000, START_MS + 420_000)
    assert (meeting.chair_name, meeting.secretary_name) == ("Siti Rahmawati", "Budi Santoso")
    assert (meeting.invited_count, meeting.decision_count, meeting.action_count) == (3, 1, 1)
    first, second = await store.listings.decisions("m1")
    assert (first.text, first.method, first.withdrawn, second.withdrawn) == (
        "Setuju dengan catatan", "vote", False, True,
    )  # fmt: skip
    assert [(one.what, one.who, one.due) for one in await store.listings.actions("m1")] == [
        ("Menyusun laporan", "p3", "2026-12-01")
    ]
    assert [one.person_id for one in await store.listings.invitations("m1")] == ["p1", "p2", "p3", "p4"]
    rows = {one.person_id: one for one in await store.listings.attendance("m1")}
    assert rows["p1"].intervals == [[START_MS + 60_000, START_MS + 420_000]]
    assert (rows["p1"].status, rows["p3"].status) == ("present", "absent")


async def test_attendance_follows_what_is_said_after_the_closing(store: Store) -> None:
    await keep(
        store,
        "m1",
        beginning(),
        [facts.MeetingOpened("p1")],
        [facts.MeetingClosed("p1")],
        [facts.InvitationChanged("a1", "p3", "Ni Luh Ayu Lestari", "participant")],
    )
    names = [one.name for one in await store.listings.attendance("m1")]
    assert names == ["Siti Rahmawati", "Budi Santoso", "Ni Luh Ayu Lestari"]


@pytest.mark.parametrize("table", PROJECTIONS, ids=lambda table: table.name)
async def test_rebuilding_mends_any_damage(store: Store, table: Table) -> None:
    for name in ("m1", "m2"):
        await keep(
            store,
            name,
            beginning(),
            [facts.DecisionRecorded("p2", "d1", 1, "", "Setuju", "mufakat")],
            [facts.ActionRecorded("p2", "t1", 1, "", "Tindak lanjut", "p3")],
            [facts.MeetingOpened("p1"), facts.MeetingClosed("p1")],
            [facts.ActionCarried("p2", "m0", "t0", 1, "Melapor", "Budi")],
        )
    before = [await rows_of(store, name) for name in ("m1", "m2")]

    async def harm(connection: AsyncConnection) -> None:
        column = next((one for one in table.columns if str(one.type) == "TEXT"), table.columns[2])
        await connection.execute(update(table).where(table.c.meeting_id == "m1").values({column.name: "dirusak"}))
        await connection.execute(delete(table).where(table.c.meeting_id == "m2"))
        if table is tables.invitations:
            extra = {"meeting_id": "m1", "person_id": "p9", "position": 9, "role": "chair"}
            await connection.execute(insert(table).values(extra))

    await store.database.write(harm)
    assert [await rows_of(store, name) for name in ("m1", "m2")] != before
    assert await store.rebuild() == 2
    assert [await rows_of(store, name) for name in ("m1", "m2")] == before


# ------------------------------------------------------------ lists


@pytest.fixture
async def calendar(store: Store) -> Store:
    """Five meetings, an hour each, an hour apart; Siti chairs all, Budi is in the odd ones."""
    for n in (3, 1, 5, 2, 4):
        people_of = [invited("p1", "chair", "Siti", "account-siti")]
        if n % 2:
            people_of.append(invited("p2", "secretary", "Budi", "account-budi"))
        await keep(store, f"m{n}", [planned(f"Rapat {n}", START_MS + 2 * n * HOUR_MS, 1), *people_of])
    return store


async def test_everybody_sees_their_own_meetings_by_start(calendar: Store) -> None:
    page = await calendar.listings.meetings_for("account-budi")
    assert [(one.meeting.meeting_id, one.role, one.person_id) for one in page.items] == [
        ("m1", "secretary", "p2"), ("m3", "secretary", "p2"), ("m5", "secretary", "p2"),
    ]  # fmt: skip
    assert page.total == 3
    assert (await calendar.listings.meetings_for("account-siti", Span(newest_first=True))).items[0].role == "chair"
    assert (await calendar.listings.meetings_for("")).total == 0
    assert (await calendar.listings.meetings_for("somebody")).items == ()


async def test_all_meetings_come_in_pages(calendar: Store) -> None:
    seen: list[str] = []
    for offset in (0, 2, 4):
        page = await calendar.listings.all_meetings(Span(offset=offset, limit=2))
        assert page.total == 5
        seen += [one.meeting_id for one in page.items]
    assert seen == ["m1", "m2", "m3", "m4", "m5"]
    newest = await calendar.listings.all_meetings(Span(newest_first=True, limit=1))
    assert [one.title for one in newest.items] == ["Rapat 5"]


@pytest.mark.parametrize(
    ("from_hour", "to_hour", "wanted"),
    [(4, 7, ["m2", "m3"]), (4.5, 6, ["m2"]), (5, 6, []), (6.5, 0, ["m3", "m4", "m5"]), (0, 4, ["m1"])],
)
async def test_a_span_takes_what_touches_it(
    calendar: Store, from_hour: float, to_hour: float, wanted: list[str]
) -> None:
    span = Span(
        from_ms=int(START_MS + from_hour * HOUR_MS) if from_hour else 0,
        to_ms=int(START_MS + to_hour * HOUR_MS) if to_hour else 0,
    )
    assert [one.meeting_id for one in (await calendar.listings.all_meetings(span)).items] == wanted


async def test_what_comes_and_what_is_past(calendar: Store) -> None:
    """m1 is still open long after its planned end, m4 was cancelled before its time (which is to come), m2 never took
    place."""
    lists: Lists = calendar.listings
    await calendar.journal.append("m1", 3, START_MS, [facts.MeetingOpened("p1")])
    await calendar.journal.append("m4", 2, START_MS, [facts.MeetingCancelled("a1")])
    now_ms = START_MS + 6 * HOUR_MS + 1
    assert [row.meeting_id for row in await lists.coming(None, now_ms, 9)] == ["m1", "m3", "m4", "m5"]
    assert [row.meeting_id for row in await lists.coming(None, now_ms, 2)] == ["m1", "m3"]
    assert [row.meeting_id for row in await lists.coming(None, now_ms, 2, 2)] == ["m4", "m5"]
    assert [row.meeting_id for row in await lists.past(None, now_ms, 9, 0)] == ["m2"]
    after_ms = START_MS + 10 * HOUR_MS
    assert [row.meeting_id for row in await lists.past(None, after_ms, 9, 0)] == ["m4", "m3", "m2"]
    assert [row.meeting_id for row in await lists.past(None, after_ms, 1, 1)] == ["m3"]
    assert [row.meeting_id for row in await lists.coming("account-budi", START_MS + 8 * HOUR_MS, 9)] == ["m1", "m5"]
    assert [row.meeting_id for row in await lists.past("account-budi", START_MS + 8 * HOUR_MS, 9, 0)] == ["m3"]
    assert await lists.coming("", now_ms, 9) == ()


async def test_a_revoked_invitation_leaves_the_list(calendar: Store) -> None:
    await calendar.journal.append("m1", 3, START_MS, [facts.InvitationRevoked("a1", "p2")])
    page = await calendar.listings.meetings_for("account-budi")
    assert [one.meeting.meeting_id for one in page.items] == ["m3", "m5"]
