"""Who is to be reminded of a meeting, and who is asked once more for an answer: when, and at most once each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from server.mail.ports import Changes, Post
from server.mail.telling import addressees, digest
from server.meeting.correspondence import Reminders, fresh
from server.meeting.state import Person, State

MINUTE_MS = 60_000
ASK_AGAIN_MS = 6 * 60 * MINUTE_MS
"""So long nobody is asked again by hand, however often somebody clicks."""


def wanted(state: State, usual: Reminders) -> Reminders:
    return state.correspondence.reminders or usual


def next_ms(state: State, usual: Reminders, now_ms: int) -> int:
    """When somebody is to be reminded next; 0: never, as the meeting stands."""
    if state.status != "planned" or state.correspondence.letter is None:
        return 0
    set_ = wanted(state, usual)
    times = (state.plan.starts_ms - minutes * MINUTE_MS for minutes in (*set_.before, *set_.silent))
    return min((at_ms for at_ms in times if at_ms > now_ms), default=0)


def due(state: State, posts: Sequence[Post], usual: Reminders, now_ms: int) -> Changes:
    """What is to be queued by now, and what lies there unsent and no longer holds. After half of the time that was
    left a reminder comes too late and is not sent: nobody is told "tomorrow" within the hour."""
    drop = tuple(outdated(state, posts))
    if state.status != "planned" or state.correspondence.letter is None:
        return Changes(drop=drop)
    put: list[Post] = []
    set_ = wanted(state, usual)
    for kind, spans in (("reminder", set_.before), ("silent", set_.silent)):
        for minutes in spans:
            at_ms = state.plan.starts_ms - minutes * MINUTE_MS
            if at_ms <= now_ms < state.plan.starts_ms - minutes * MINUTE_MS // 2:
                name = f"{'before' if kind == 'reminder' else 'silent'}-{minutes}"
                people = [one for one in _reachable(state, posts) if _concerns(state, one[0], kind)]
                told = [letter for _, letter in people if letter.sent_ms <= at_ms and not _has(posts, letter, name)]
                put += [_made(one, kind, name, now_ms) for one in told]
    return Changes(tuple(put), drop)


def asked(state: State, posts: Sequence[Post], now_ms: int) -> Changes:
    """Everybody who has not answered, because somebody says so."""
    if state.status not in ("planned", "open") or state.correspondence.letter is None:
        return Changes()
    put = []
    for person, letter in _reachable(state, posts):
        before = [one for one in posts if one.person_id == person.person_id and one.kind == "silent"]
        if fresh(state, person.person_id) is None and all(now_ms - one.created_ms >= ASK_AGAIN_MS for one in before):
            put.append(_made(letter, "silent", f"asked-{len(before) + 1}", now_ms))
    return Changes(tuple(put))


def outdated(state: State, posts: Sequence[Post]) -> Iterator[Post]:
    """Reminders that wait to be sent and tell what no longer holds."""
    told = digest(state)
    for post in posts:
        person = state.people.get(post.person_id)
        if post.is_letter or post.state != "queued":
            continue
        holds = post.digest == told and state.status in ("planned", "open") and person is not None
        if not holds or (person is not None and not _concerns(state, person, post.kind)):
            yield post


def _reachable(state: State, posts: Sequence[Post]) -> Iterator[tuple[Person, Post]]:
    """Whoever holds the invitation as it now reads, with that letter."""
    told = digest(state)
    for person in addressees(state):
        letters = [one for one in posts if one.person_id == person.person_id and one.is_letter]
        last = max(letters, key=lambda one: one.sequence, default=None)
        if last is None or last.kind == "cancel" or last.state != "sent":
            continue
        if last.digest == told and last.email == person.email and not person.removed:
            yield person, last


def _concerns(state: State, person: Person, kind: str) -> bool:
    answer = fresh(state, person.person_id)
    return answer is None if kind == "silent" else answer != "no"


def _has(posts: Sequence[Post], letter: Post, name: str) -> bool:
    """A start is told of once, however often the place changes."""
    return any(
        one.person_id == letter.person_id and one.reminder == name and one.starts_ms == letter.starts_ms
        for one in posts
    )


def _made(letter: Post, kind: str, name: str, now_ms: int) -> Post:
    return replace(
        letter,
        kind="silent" if kind == "silent" else "reminder",
        reminder=name,
        state="queued",
        attempts=0,
        due_ms=now_ms,
        reason="",
        created_ms=now_ms,
        sent_ms=0,
        opened_ms=0,
    )
