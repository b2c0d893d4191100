"""What must be told to whom: the meeting as it stands against what each person was last told. Pure.

Asked as often as one likes it says the same: whoever knows already is told nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from server.mail.ports import NO_ADDRESS, Changes, Post
from server.meeting.state import Person, State

ADDRESS = re.compile(r"(?=.{3,254}$)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


def is_address(text: str) -> bool:
    """A mailbox that every mail server understands (RFC 5321, 4.1.2, without quoted local parts)."""
    return ADDRESS.fullmatch(text) is not None


def digest(state: State) -> str:
    """Two meetings of the same digest need not be told apart."""
    plan = state.plan
    told: tuple[str, ...] = (plan.title, str(plan.starts_ms), str(plan.ends_ms), plan.zone, plan.place)
    if (series := state.recurring.series) is not None:
        first = str(series.starts_ms in series.dropped)
        told = (*told, series.rrule(), str(series.over_ms() > 0), first)
    return _hashed(told)


def _hashed(told: tuple[str, ...]) -> str:
    return hashlib.sha256("".join(f"{len(one)}:{one}" for one in told).encode()).hexdigest()[:32]


def ends_ms(state: State) -> int:
    """When there is nothing left to be told of: after a series its last meeting's end. 0: nothing is left of it."""
    series = state.recurring.series
    return state.plan.ends_ms if series is None else series.over_ms()


def stands(state: State) -> bool:
    """There is something to come to: the meeting, or a series however its first meeting went."""
    if state.recurring.series is not None:
        return ends_ms(state) > 0
    return state.status in ("planned", "open")


@dataclass(frozen=True, slots=True)
class Known:
    """What people know of one meeting of a series by the mail about the series: posts that were never sent for it, and
    the number that mails about this meeting must be above (RFC 5546, 2.1.4)."""

    posts: tuple[Post, ...] = ()
    sequence: int = -1


def by_series(state: State, first: State, posts: Sequence[Post]) -> Known:
    """`first`: the first meeting of the series, `posts`: those about it."""
    series, slot_ms = first.recurring.series, state.recurring.slot_ms
    letters = sorted((one for one in posts if one.is_letter), key=lambda one: one.sequence)
    if series is None or not series.has(slot_ms):
        return Known()
    told = (series.title, str(slot_ms), str(slot_ms + series.length_ms), series.zone, series.place)
    here = {one.email: one.person_id for one in state.people.values()}
    last = {one.email: one for one in letters}
    known = tuple(
        replace(
            one,
            meeting_id=state.meeting_id,
            person_id=here.get(email, f"s-{one.person_id}"),
            sequence=-1,
            kind="request",
            digest=_hashed(told),
            state="sent",
        )
        for email, one in last.items()
        if one.kind != "cancel" and one.state != "failed"
    )
    return Known(known, letters[-1].sequence if letters else -1)


NOTHING = Known()


def addressees(state: State) -> tuple[Person, ...]:
    """Everybody who is invited; guests come of their own accord."""
    return tuple(one for one in state.people.values() if one.invited)


def changes(
    state: State,
    posts: Sequence[Post],
    languages: Mapping[str, str],
    office: str,
    now_ms: int,
    *,
    known: Known = NOTHING,
) -> Changes:
    """`languages`: by account_id; `office`: the language of everybody else. `known`: by the mail about the series."""
    put: list[Post] = []
    drop: list[Post] = []
    by_person: dict[str, list[Post]] = {one.person_id: [] for one in addressees(state)}
    for post in filter(lambda one: one.is_letter, (*known.posts, *posts)):
        by_person.setdefault(post.person_id, []).append(post)
    alive = stands(state) and state.correspondence.letter is not None and ends_ms(state) > now_ms
    for person_id, told in by_person.items():
        person = state.people.get(person_id)
        wanted = None
        if alive and person is not None and person.invited and not person.removed and person.email:
            language = languages.get(person.account_id, office)
            wanted = _request(state, person, language, now_ms)
        for change, post in _of_person(wanted, told, state, now_ms, known.sequence):
            (put if change == "put" else drop).append(post)
    return Changes(tuple(put), tuple(drop))


def _request(state: State, person: Person, language: str, now_ms: int) -> Post:
    good = is_address(person.email)
    return Post(
        state.meeting_id,
        person.person_id,
        0,
        "request",
        person.email,
        person.name,
        person.function,
        person.role,
        language,
        digest(state),
        starts_ms=state.plan.starts_ms,
        state="queued" if good else "failed",
        reason="" if good else "mail.address",
        due_ms=now_ms,
        created_ms=now_ms,
    )


def _of_person(
    wanted: Post | None, told: list[Post], state: State, now_ms: int, above: int
) -> Iterator[tuple[str, Post]]:
    """Each address is told for itself: whoever moves to another one is cancelled at the old."""
    following = max((one.sequence for one in told), default=-1)
    following = max(following, above) + 1
    ended = 0 < ends_ms(state) <= now_ms or (state.status == "closed" and state.recurring.series is None)
    for email in dict.fromkeys(one.email for one in told):
        if (wanted is not None and email == wanted.email) or ended:
            continue
        thread = _thread(told, email)
        yield from (("drop", one) for one in thread if _waits(one))
        known = [one for one in thread if not _is_fresh(one)]
        if thread[-1].kind != "cancel" and any(_may_have_come(one) for one in known):
            yield "put", _cancel(known[-1], following, now_ms)
            following += 1
    if wanted is None:
        return
    thread = _thread(told, wanted.email)
    known = [one for one in thread if not _is_fresh(one)]
    last_known = known[-1] if known else None
    unsent = thread[-1] if thread and _is_fresh(thread[-1]) and thread[-1].kind != "cancel" else None
    if last_known is not None and last_known.kind != "cancel" and last_known.digest == wanted.digest:
        if unsent is not None:
            yield "drop", unsent  # changed, and changed back before it was told
        return
    if last_known is not None and last_known.kind != "cancel" and any(_may_have_come(one) for one in known):
        wanted = replace(wanted, kind="update")
    if last_known is not None and last_known.reason == NO_ADDRESS:
        wanted = replace(wanted, state="failed", reason=NO_ADDRESS)  # until somebody says to try again
    if unsent is None:
        yield from (("drop", one) for one in thread if _waits(one))  # tried in vain, and out of date now
        yield "put", replace(wanted, sequence=following)
    elif unsent.digest != wanted.digest:
        yield "put", replace(wanted, sequence=unsent.sequence)


def _thread(told: list[Post], email: str) -> list[Post]:
    return sorted((one for one in told if one.email == email), key=lambda one: one.sequence)


def _waits(post: Post) -> bool:
    return post.state == "queued" and post.kind != "cancel"


def _is_fresh(post: Post) -> bool:
    """Certainly not known to anybody yet."""
    return post.state == "queued" and post.attempts == 0


def _may_have_come(post: Post) -> bool:
    return post.kind != "cancel" and (post.state == "sent" or (post.state == "queued" and post.attempts > 0))


def _cancel(last: Post, sequence: int, now_ms: int) -> Post:
    return Post(
        last.meeting_id,
        last.person_id,
        sequence,
        "cancel",
        last.email,
        last.name,
        last.function,
        last.role,
        last.language,
        last.digest,
        starts_ms=last.starts_ms,
        due_ms=now_ms,
        created_ms=now_ms,
    )
