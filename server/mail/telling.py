"""What must be told to whom: the meeting as it stands against what each person was last told. Pure.

Asked as often as one likes it says the same: whoever knows already is told nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from server.mail.ports import NO_ADDRESS, Changes, Post
from server.meeting.state import Person, State

ADDRESS = re.compile(r"(?=.{3,254}$)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


def is_address(text: str) -> bool:
    """A mailbox that every mail server understands (RFC 5321, 4.1.2, without quoted local parts)."""
    return ADDRESS.fullmatch(text) is not None


def digest(state: State) -> str:
    """Two meetings of the same digest need not be told apart."""
    plan = state.plan
    told = (plan.title, str(plan.starts_ms), str(plan.ends_ms), plan.zone, plan.place)
    return hashlib.sha256("".join(f"{len(one)}:{one}" for one in told).encode()).hexdigest()[:32]


def addressees(state: State) -> tuple[Person, ...]:
    """Everybody who is invited; guests come of their own accord."""
    return tuple(one for one in state.people.values() if one.invited)


def changes(state: State, posts: Sequence[Post], languages: Mapping[str, str], office: str, now_ms: int) -> Changes:
    """`languages`: by account_id; `office`: the language of everybody else."""
    put: list[Post] = []
    drop: list[Post] = []
    by_person: dict[str, list[Post]] = {one.person_id: [] for one in addressees(state)}
    for post in filter(lambda one: one.is_letter, posts):
        by_person.setdefault(post.person_id, []).append(post)
    alive = state.status in ("planned", "open") and state.correspondence.letter is not None
    alive = alive and state.plan.ends_ms > now_ms
    for person_id, told in by_person.items():
        person = state.people.get(person_id)
        wanted = None
        if alive and person is not None and person.invited and not person.removed and person.email:
            language = languages.get(person.account_id, office)
            wanted = _request(state, person, language, now_ms)
        for change, post in _of_person(wanted, told, state, now_ms):
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


def _of_person(wanted: Post | None, told: list[Post], state: State, now_ms: int) -> Iterator[tuple[str, Post]]:
    """Each address is told for itself: whoever moves to another one is cancelled at the old."""
    following = max((one.sequence for one in told), default=-1) + 1
    ended = state.status == "closed" or state.plan.ends_ms <= now_ms
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
