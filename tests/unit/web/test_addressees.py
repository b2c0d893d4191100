"""Inviting a post, a person, a group: whoever holds the post on the meeting's day is invited, and is kept as then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from server.identity.offices import tenure, tree
from server.identity.offices.records import Directory, Group, Official, Post, Term, Unit
from server.meeting import commands
from server.meeting.state import Person, State
from tests.unit.web.office import Browser, TheOffice
from web import i18n

SignIn = Callable[[str], Awaitable[Browser]]
BASE = {"title": "Rapat Koordinasi", "start": "09:00", "end": "11:00", "zone": "WIB", "kind": "working"}


@pytest.fixture
async def secretary(office: TheOffice, signed_in: SignIn) -> Browser:
    await office.account("sri", "Sri Rahayu", "secretary")
    return await signed_in("sri")


def day(office: TheOffice, days: int) -> str:
    return (i18n.local(office.clock.now_ms(), "Asia/Jakarta").date() + timedelta(days=days)).isoformat()


async def furnished(office: TheOffice) -> None:
    """Ani leads health until in twenty days Budi follows; nobody leads social affairs; Citra is both heads of two."""
    ani = await office.account("ani", "dr. Ani", function="elsewhere")
    change = day(office, 20)

    def work(directory: Directory) -> Directory:
        directory = tree.put_unit(directory, Unit("u1", "Dinas Kesehatan"))
        directory = tree.put_unit(directory, Unit("u2", "Dinas Sosial"))
        for key, unit, title in (
            ("health", "u1", "Kepala Dinas Kesehatan"),
            ("social", "u2", "Kepala Dinas Sosial"),
            ("pu", "u2", "Kepala Dinas PU"),
            ("hub", "u2", "Kepala Dinas Perhubungan"),
        ):
            directory = tree.put_post(directory, Post(key, unit, title, f"{key}@contoh.go.id"))
        directory = tree.put_post(directory, Post("many", "u1", "Analis Kesehatan", several=True))
        for key, name, account in (("a", "dr. Ani", ani.account_id), ("b", "Budi", ""), ("c", "Citra", "")):
            directory = tree.put_official(
                directory, Official(key, name, email=f"{key}@contoh.go.id", account_id=account)
            )
        for number, (post, who, since, acting) in enumerate(
            (
                ("health", "a", "2020-01-01", ""),
                ("health", "b", change, ""),
                ("pu", "c", "2020-01-01", ""),
                ("hub", "c", "2020-01-01", "plt"),
            )
        ):
            directory = tenure.succeed(directory, Term(f"t{number}", post, who, since, acting="plt" if acting else ""))
        for who in "ab":
            directory = tenure.appoint(directory, Term(f"m{who}", "many", who, "2020-01-01"))
        members = ("post:health", "post:social", "post:pu", "post:hub")
        return tree.put_group(directory, Group("g", "Seluruh Kepala OPD", members))

    await office.identity.offices.change(work, what="test")


def rows(*people: tuple[str, str, str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, (name, ref, role) in enumerate(people):
        fields |= {f"person-{number}-name": name, f"person-{number}-ref": ref, f"person-{number}-role": role}
    return fields


LEADERS = (("Sri Rahayu (sri)", "", "secretary"), ("Hendra", "", "chair"))


async def planned(office: TheOffice, secretary: Browser, when: str, *people: tuple[str, str, str]) -> State:
    await secretary.get("/meetings/new")
    response = await secretary.post("/meetings/new", BASE | {"date": when} | rows(*LEADERS, *people))
    assert response.status == 303, secretary.page
    return await office.rooms.state(response.headers["Location"].split("/")[2].partition("?")[0])


def others(state: State) -> list[Person]:
    return [one for one in state.people.values() if one.role == "participant"]


async def test_a_post_finds_who_holds_it_on_the_meetings_day(office: TheOffice, secretary: Browser) -> None:
    await furnished(office)
    post = ("Kepala Dinas Kesehatan", "post:health", "participant")
    (soon,) = others(await planned(office, secretary, day(office, 7), post))
    assert (soon.name, soon.function, soon.office) == ("dr. Ani", "Kepala Dinas Kesehatan", "Dinas Kesehatan")
    assert (soon.post_id, soon.official_id, soon.email) == ("health", "a", "a@contoh.go.id")
    assert soon.account_id
    (later,) = others(await planned(office, secretary, day(office, 27), post))
    assert (later.name, later.account_id, later.official_id) == ("Budi", "", "b")


async def test_another_day_finds_another_holder_and_the_same_day_changes_nothing(
    office: TheOffice, secretary: Browser
) -> None:
    await furnished(office)
    post = ("kepala dinas  KESEHATAN", "", "participant")  # the whole title is enough, without a script
    state = await planned(office, secretary, day(office, 7), post)
    (person,) = others(state)
    assert person.post_id == "health"
    before = state.number
    await secretary.get(f"/m/{state.meeting_id}/edit")
    assert 'value="post:health"' in secretary.page
    assert "dr. Ani" in secretary.page
    fields = BASE | {"kind": "own", "quorum": "half"} | rows(*LEADERS, post)
    fields |= {f"person-{number}-id": f"p{number + 1}" for number in range(3)}
    await secretary.post(f"/m/{state.meeting_id}/edit", fields | {"date": day(office, 7)})
    assert secretary.response.status == 303, secretary.page
    changed = await office.rooms.facts_after(state.meeting_id, before)
    assert [one.fact for one in changed] == []
    await secretary.get(f"/m/{state.meeting_id}/edit")
    await secretary.post(f"/m/{state.meeting_id}/edit", fields | {"date": day(office, 27)})
    after = (await office.rooms.state(state.meeting_id)).people[person.person_id]
    assert (after.name, after.post_id, after.email) == ("Budi", "health", "b@contoh.go.id")


async def test_a_vacant_post_is_addressed_and_says_so(office: TheOffice, secretary: Browser) -> None:
    await furnished(office)
    post = ("Kepala Dinas Sosial", "post:social", "participant")
    state = await planned(office, secretary, day(office, 7), post)
    (person,) = others(state)
    assert (person.name, person.function, person.email) == (
        "Kepala Dinas Sosial",
        "Kepala Dinas Sosial",
        "social@contoh.go.id",
    )
    assert person.is_vacant
    await secretary.get(f"/m/{state.meeting_id}/edit")
    assert "kosong pada hari rapat" in secretary.page


async def test_a_group_invites_each_of_its_posts_once(office: TheOffice, secretary: Browser) -> None:
    await furnished(office)
    group, own = ("Seluruh Kepala OPD", "group:g", "participant"), ("dr. Ani (ani)", "", "observer")
    state = await planned(office, secretary, day(office, 7), group, own)
    assert [(one.function, one.name) for one in others(state)] == [
        ("Kepala Dinas Sosial", "Kepala Dinas Sosial"),
        ("Kepala Dinas PU", "Citra"),
        ("Plt. Kepala Dinas Perhubungan", "Citra"),
    ], "who has a row of their own is not invited again"
    assert [one.email for one in others(state)] == ["social@contoh.go.id", "c@contoh.go.id", ""], (
        "one mail for one person"
    )
    assert sum(one.official_id == "a" for one in state.people.values()) == 1


async def test_a_post_that_several_hold_reaches_all(office: TheOffice, secretary: Browser) -> None:
    await furnished(office)
    state = await planned(office, secretary, day(office, 7), ("Analis Kesehatan", "post:many", "participant"))
    assert [(one.name, one.post_id) for one in others(state)] == [("Budi", "many"), ("dr. Ani", "many")]


async def test_a_forged_reference_means_nothing(office: TheOffice, secretary: Browser) -> None:
    await furnished(office)
    hostile = [
        ("Seseorang", "post:health", "participant"),  # a reference that does not belong to what is read
        ("Orang lain", "official:zzz", "participant"),
        ("Lagi", "group:../g", "participant"),
        ("Akun", "account:a", "participant"),
    ]
    state = await planned(office, secretary, day(office, 7), *hostile)
    assert [(one.name, one.post_id, one.official_id, one.account_id) for one in others(state)] == [
        (name, "", "", "") for name, _, _ in hostile
    ]


async def test_the_same_post_twice_is_told(office: TheOffice, secretary: Browser) -> None:
    await furnished(office)
    post = ("Kepala Dinas Kesehatan", "post:health", "participant")
    await secretary.get("/meetings/new")
    fields = BASE | {"date": day(office, 7)} | rows(*LEADERS, post, post)
    assert (await secretary.post("/meetings/new", fields)).status == 400
    assert "dua kali" in secretary.page


async def test_the_next_of_a_series_finds_the_new_holder(office: TheOffice, secretary: Browser) -> None:
    await furnished(office)
    post = ("Kepala Dinas Kesehatan", "post:health", "participant")
    state = await planned(office, secretary, day(office, 7), post)
    chair = next(one for one in state.people.values() if one.role == "chair")
    await office.act(state.meeting_id, chair.person_id, commands.OpenMeeting())
    await secretary.get(f"/m/{state.meeting_id}/next")
    response = await secretary.post(
        f"/m/{state.meeting_id}/next", {"date": day(office, 30), "start": "09:00", "end": "10:00"}
    )
    assert response.status == 303, secretary.page
    following = await office.rooms.state(response.headers["Location"].split("/")[2].partition("?")[0])
    assert [(one.name, one.post_id) for one in others(following)] == [("Budi", "health")]


async def test_the_type_ahead_offers_posts_people_groups_and_accounts(office: TheOffice, secretary: Browser) -> None:
    await furnished(office)
    response = await secretary.get("/directory/find?q=kepala&kinds=post,official,group,account")
    assert [one["ref"] for one in await response.json()][:4] == ["post:health", "post:hub", "post:pu", "post:social"]
    response = await secretary.get("/directory/find?q=sri&kinds=post,official,group,account")
    assert [one["label"] for one in await response.json()] == ["Sri Rahayu (sri)"]
    response = await secretary.get(f"/directory/tell?ref=post:health&ref=group:g&ref=x&day={day(office, 27)}")
    told = {one["ref"]: one for one in await response.json()}
    assert told["post:health"]["about"] == "Budi"
    assert told["group:g"]["about"] == "Kepala Dinas Kesehatan, Kepala Dinas Sosial, Kepala Dinas PU +1"
