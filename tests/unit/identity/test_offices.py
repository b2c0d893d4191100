"""Who holds which post when, whatever the order of changes; and the tree that never loses what history names."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.errors import BalaiError, Conflict, Invalid, Refused
from server.identity.offices import finding, tenure, tree
from server.identity.offices.records import ACTING, Acting, Directory, Group, Official, Post, Term, Unit

DAYS = [(date(2026, 1, 1) + timedelta(days=number)).isoformat() for number in range(12)]
EMPTY = Directory(
    units={"u": Unit("u", "Dinas Kesehatan")},
    posts={"head": Post("head", "u", "Kepala Dinas Kesehatan"), "many": Post("many", "u", "Analis", several=True)},
    officials={key: Official(key, name) for key, name in (("a", "Ani"), ("b", "Budi"), ("c", "Citra"))},
)
days = st.sampled_from(DAYS)
last_days = st.one_of(st.just(""), days)


class AnyOrder(RuleBasedStateMachine):
    """Appointing, succeeding, ending, correcting and removing in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.directory, self.made = EMPTY, 0

    def attempt(self, change: object, *arguments: object) -> None:
        before = self.directory
        try:
            self.directory = change(before, *arguments)  # type: ignore[operator]
        except BalaiError:
            assert self.directory is before

    def term(self, post: str, who: str, since: str, until: str, acting: Acting) -> Term:
        self.made += 1
        return Term(f"t{self.made}", post, who, since, until, acting)

    @rule(post=st.sampled_from(["head", "many"]), who=st.sampled_from("abc"), since=days, until=last_days,
          acting=st.sampled_from(ACTING))  # fmt: skip
    def appoints(self, post: str, who: str, since: str, until: str, acting: Acting) -> None:
        self.attempt(tenure.appoint, self.term(post, who, since, until, acting))

    @rule(
        post=st.sampled_from(["head", "many"]), who=st.sampled_from("abc"), since=days, acting=st.sampled_from(ACTING)
    )
    def succeeds(self, post: str, who: str, since: str, acting: Acting) -> None:
        term = self.term(post, who, since, "", acting)
        self.attempt(tenure.succeed, term)
        if term.term_id in self.directory.terms and post == "head" and acting:
            assert [one.official_id for one in tenure.holders(self.directory, post, since)] == [who]

    @rule(place=st.integers(0, 30), last=days)
    def ends(self, place: int, last: str) -> None:
        if self.directory.terms:
            key = list(self.directory.terms)[place % len(self.directory.terms)]
            self.attempt(tenure.end, key, last)

    @rule(place=st.integers(0, 30), since=days, until=last_days)
    def corrects(self, place: int, since: str, until: str) -> None:
        if self.directory.terms:
            term = list(self.directory.terms.values())[place % len(self.directory.terms)]
            self.attempt(tenure.change_term, replace(term, since=since, until=until))

    @rule(place=st.integers(0, 30))
    def removes(self, place: int) -> None:
        if self.directory.terms:
            self.attempt(tenure.remove_term, list(self.directory.terms)[place % len(self.directory.terms)])

    @invariant()
    def no_two_hold_one_post_but_acting_ones(self) -> None:
        assert list(tenure.faults(self.directory)) == []
        for day in DAYS:
            standing = [one for one in tenure.terms_of_post(self.directory, "head") if one.covers(day)]
            assert sum(not one.acting for one in standing) <= 1
            assert sum(bool(one.acting) for one in standing) <= 1
            holders = tenure.holders(self.directory, "head", day)
            assert len(holders) == min(1, len(standing))
            assert not any(one.acting for one in standing) or holders[0].acting
            many = [one.official_id for one in tenure.holders(self.directory, "many", day)]
            assert len(many) == len(set(many))


TestAnyOrder = AnyOrder.TestCase


@given(st.lists(days, unique=True, min_size=1, max_size=8))
def test_successors_follow_each_other_without_a_gap_or_an_overlap(starts: list[str]) -> None:
    directory = EMPTY
    for number, since in enumerate(sorted(starts)):
        directory = tenure.succeed(directory, Term(f"t{number}", "head", "abc"[number % 3], since))
    terms = list(reversed(tenure.terms_of_post(directory, "head")))
    assert [one.since for one in terms] == sorted(starts)
    for one, following in itertools.pairwise(terms):
        assert one.until == tenure.day_before(following.since)
    assert terms[-1].until == ""


def test_an_acting_holder_stands_in_and_goes_again() -> None:
    directory = tenure.succeed(EMPTY, Term("t1", "head", "a", "2026-01-01"))
    directory = tenure.succeed(directory, Term("t2", "head", "b", "2026-01-05", "2026-01-07", "plh"))

    def on(day: str) -> str:
        return tenure.holders(directory, "head", day)[0].official_id

    assert [on(f"2026-01-0{day}") for day in (4, 5, 7, 8)] == ["a", "b", "b", "a"]
    head = directory.posts["head"]
    assert tenure.designation(head, directory.terms["t2"]) == "Plh. Kepala Dinas Kesehatan"
    directory = tenure.succeed(directory, Term("t3", "head", "c", "2026-01-06"))
    assert (directory.terms["t1"].until, directory.terms["t2"].until) == ("2026-01-05", "2026-01-05")
    assert on("2026-01-06") == "c"


def test_a_post_without_a_holder_is_vacant_and_history_stays() -> None:
    directory = tenure.end(tenure.succeed(EMPTY, Term("t1", "head", "a", "2026-01-01")), "t1", "2026-01-03")
    assert tenure.holders(directory, "head", "2026-01-04") == ()
    assert finding.tell(directory, "post:head", "2026-01-04") == finding.Found(
        "post:head", "Kepala Dinas Kesehatan", "", vacant=True
    )
    assert finding.described(directory, "a", "2026-01-02") == "Kepala Dinas Kesehatan"
    with pytest.raises(Refused, match=r"offices\.post_used"):
        tree.remove_post(directory, "head")


@pytest.mark.parametrize(
    ("term", "code"),
    [
        (Term("t", "head", "a", "2026-02-30"), "offices.since"),
        (Term("t", "head", "a", "2026-01-05", "2026-01-04"), "offices.until"),
        (Term("t", "head", "a", "2026-01-05", "soon"), "offices.until"),
        (Term("t", "head", "a", "20260105"), "offices.since"),
        (Term("t", "head", "nobody", "2026-01-05"), "offices.official"),
        (Term("t", "none", "a", "2026-01-05"), "offices.post"),
    ],
)
def test_what_is_no_term_is_refused(term: Term, code: str) -> None:
    with pytest.raises(BalaiError) as raised:
        tenure.appoint(EMPTY, term)
    assert raised.value.code == code


# ------------------------------------------------------------ the tree


def put(directory: Directory, *units: Unit) -> Directory:
    for unit in units:
        directory = tree.put_unit(directory, unit)
    return directory


def test_a_unit_is_moved_but_never_below_itself() -> None:
    directory = put(Directory(), Unit("a", "A"), Unit("b", "B", "a"), Unit("c", "C", "b"))
    with pytest.raises(Invalid, match=r"offices\.loop"):
        tree.put_unit(directory, Unit("a", "A", "c"))
    with pytest.raises(Invalid, match=r"offices\.loop"):
        tree.put_unit(directory, Unit("a", "A", "a"))
    moved = tree.put_unit(directory, Unit("c", "C"))
    assert [one.name for one in tree.path(moved, "c")] == ["C"]
    assert [(depth, one.name) for depth, one in tree.walk(moved)] == [(0, "A"), (1, "B"), (0, "C")]
    with pytest.raises(Conflict, match=r"offices\.unit_twice"):
        tree.put_unit(moved, Unit("d", " b ", "a"))


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["", *"abcdefgh"])), max_size=30))
def test_whatever_is_moved_where_it_stays_a_tree(moves: list[tuple[str, str]]) -> None:
    directory = put(Directory(), *(Unit(key, key.upper()) for key in "abcdefgh"))
    for key, parent in moves:
        try:
            directory = tree.put_unit(directory, Unit(key, key.upper(), parent))
        except Invalid:
            continue
    assert sorted(one.unit_id for _, one in tree.walk(directory)) == list("abcdefgh")


def test_a_tree_has_a_bound_depth_also_when_a_branch_is_moved() -> None:
    chain = put(Directory(), *(Unit(str(n), f"U{n}", str(n - 1) if n else "") for n in range(tree.DEEPEST)))
    with pytest.raises(Invalid, match=r"offices\.deep"):
        tree.put_unit(chain, Unit("x", "X", str(tree.DEEPEST - 1)))
    branch = put(chain, Unit("x", "X"), Unit("y", "Y", "x"))
    with pytest.raises(Invalid, match=r"offices\.deep"):
        tree.put_unit(branch, Unit("x", "X", str(tree.DEEPEST - 2)))


def test_what_is_in_use_is_closed_not_removed() -> None:
    directory = tenure.succeed(EMPTY, Term("t1", "head", "a", "2026-01-01"))
    with pytest.raises(Refused, match=r"offices\.unit_used"):
        tree.remove_unit(directory, "u")
    with pytest.raises(Conflict, match=r"offices\.post_held"):
        tree.put_post(directory, replace(directory.posts["head"], closed=True))
    with pytest.raises(Refused, match=r"offices\.unit_open"):
        tree.put_unit(directory, replace(directory.units["u"], closed=True))
    directory = tenure.end(directory, "t1", "2026-01-31")
    for post in list(directory.posts.values()):
        directory = tree.put_post(directory, replace(post, closed=True))
    directory = tree.put_unit(directory, replace(directory.units["u"], closed=True))
    with pytest.raises(Conflict, match=r"offices\.post_closed"):
        tenure.appoint(directory, Term("t2", "head", "b", "2026-02-01"))


def test_a_group_names_what_there_is_and_loses_what_is_removed() -> None:
    directory = tree.put_group(EMPTY, Group("g", "Forkopimda", ("post:head", "official:a", "post:head")))
    assert directory.groups["g"].members == ("post:head", "official:a")
    with pytest.raises(Invalid, match=r"offices\.members"):
        tree.put_group(directory, Group("h", "Lain", ("post:none",)))
    with pytest.raises(Conflict, match=r"offices\.group_twice"):
        tree.put_group(directory, Group("h", "FORKOPIMDA"))
    assert tree.remove_post(directory, "head").groups["g"].members == ("official:a",)


# ------------------------------------------------------------ finding


def test_what_begins_so_comes_first_and_every_word_must_fit() -> None:
    directory = tree.put_post(EMPTY, Post("sec", "u", "Sekretaris Dinas Kesehatan"))
    directory = tenure.succeed(directory, Term("t1", "head", "a", "2026-01-01"))
    directory = tree.put_group(directory, Group("g", "Kepala OPD", ("post:head",)))

    def found(typed: str) -> list[str]:
        return [one.ref for one in finding.find(directory, typed, "2026-01-02")]

    assert found("kepala") == ["post:head", "group:g", "official:a"]
    assert found("kes sek") == ["post:sec"]
    assert found("ANI") == ["official:a"]
    assert found("xyz") == found("  ") == []


def test_posts_of_one_name_are_told_apart_by_their_unit() -> None:
    directory = tree.put_unit(EMPTY, Unit("v", "Dinas Pendidikan"))
    directory = tree.put_post(directory, Post("s1", "u", "Sekretaris"))
    directory = tree.put_post(directory, Post("s2", "v", "Sekretaris"))
    assert finding.label(directory, directory.posts["s1"]) == "Sekretaris (Dinas Kesehatan)"
    assert finding.label(directory, directory.posts["head"]) == "Kepala Dinas Kesehatan"
