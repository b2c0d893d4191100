"""What becomes of a mail that came in: an answer to apply, a mail that bounced, or something for the secretary to see.
Pure. Whatever is stale, forged or unclear is shown as such and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.mail import trust
from server.mail.inbox_ports import Arrival
from server.mail.itip import PartStat, Reply
from server.mail.marks import Mark
from server.mail.ports import NO_ADDRESS, Post
from server.mail.replies import Incoming
from server.mail.telling import digest
from server.meeting import commands
from server.meeting.facts import Answer
from server.meeting.state import Person, State

ANSWERS: dict[PartStat, Answer] = {
    "ACCEPTED": "yes",
    "DECLINED": "no",
    "TENTATIVE": "maybe",
    "DELEGATED": "stand_in",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The meeting as it stands when a mail about it comes in. `mark`: of our mail that it refers to, if it does.
    `trusted`: the server whose results on senders count; "": senders are believed."""

    state: State
    posts: Sequence[Post]
    mark: Mark | None
    trusted: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`wish`: the answer, if it is to be applied; `post`: a mail as it now stands in the outbox."""

    arrival: Arrival
    wish: commands.AnswerInvitation | None = None
    post: Post | None = None


def judge(incoming: Incoming, arrival: Arrival, seen: Seen) -> Verdict:
    """`arrival`: with what is known of every mail; here it gets a person, a state and a reason."""
    if incoming.reply is not None:
        return _answer(incoming, incoming.reply, arrival, seen)
    if incoming.counter is not None:
        person = _person(seen.state, incoming.counter.attendee)
        told = replace(arrival, starts_ms=incoming.counter.starts_ms, text=incoming.counter.comment or arrival.text)
        reason = "" if person and incoming.sender == person.email.lower() else "sender"
        return Verdict(replace(told, person_id=person.person_id if person else "", state="open", reason=reason))
    if incoming.bounce is not None:
        return _bounce(incoming, arrival, seen)
    return _message(incoming, arrival, seen)


# ------------------------------------------------------------ answers


def _answer(incoming: Incoming, reply: Reply, arrival: Arrival, seen: Seen) -> Verdict:
    person = _person(seen.state, reply.attendee) or _marked(seen)
    arrival = replace(
        arrival,
        person_id=person.person_id if person else "",
        answer=ANSWERS.get(reply.answer, ""),
        written_ms=min(reply.stamp_ms, seen.now_ms),
        text=reply.comment or arrival.text,
        stand_in_name=reply.delegated_name or reply.delegated_to,
        stand_in_email=reply.delegated_to,
    )
    if reply.delegated_from and _person(seen.state, reply.attendee) is None:
        return _of_stand_in(incoming, reply, arrival, seen)
    starts_ms = _start_told(person, reply.sequence, seen) if person else 0
    arrival = replace(arrival, starts_ms=starts_ms)
    reason = _doubt(incoming, reply, person, starts_ms, seen)
    if reason or person is None:
        return Verdict(replace(arrival, state="open", reason=reason or "attendee"))
    if reply.answer not in ANSWERS:  # NEEDS-ACTION: they let it rest
        return Verdict(replace(arrival, state="done"))
    wish = commands.AnswerInvitation(
        person.person_id,
        ANSWERS[reply.answer],
        starts_ms,
        "mail",
        arrival.stand_in_name,
        message=reply.comment,
        stand_in_email=arrival.stand_in_email,
        written_ms=arrival.written_ms,
    )
    return Verdict(replace(arrival, state="done"), wish)


def _doubt(incoming: Incoming, reply: Reply, person: Person | None, starts_ms: int, seen: Seen) -> str:
    """Why this answer is not applied; "" if it is."""
    if person is None:
        return "attendee"
    doubts = {
        "attendee": person.email.lower() != reply.attendee,
        "sender": incoming.sender != reply.attendee,
        "unverified": not _is_genuine(incoming, seen),
        "occurrence": bool(reply.occurrence),
        "over": seen.state.status not in ("planned", "open"),
        "sequence": not starts_ms,
        "nobody": reply.answer == "DELEGATED" and not reply.delegated_to,
        "changed": starts_ms != seen.state.plan.starts_ms,
    }
    return next((reason for reason, holds in doubts.items() if holds), "")


def _of_stand_in(incoming: Incoming, reply: Reply, arrival: Arrival, seen: Seen) -> Verdict:
    """Somebody answers in place of a person of the meeting. It confirms what that person said, or is for the secretary
    to see: nobody delegates themselves."""
    person = _person(seen.state, reply.delegated_from)
    arrival = replace(arrival, person_id=person.person_id if person else "", stand_in_email=reply.attendee)
    arrival = replace(arrival, stand_in_name=arrival.sender_name or reply.attendee)
    known = seen.state.correspondence.replies.get(person.person_id) if person else None
    named = known is not None and known.answer == "stand_in" and known.stand_in_email == reply.attendee
    genuine = incoming.sender == reply.attendee and _is_genuine(incoming, seen)
    confirms = named and genuine and reply.answer == "ACCEPTED"
    return Verdict(replace(arrival, state="done" if confirms else "open", reason="stand_in"))


def _start_told(person: Person, sequence: int, seen: Seen) -> int:
    """The start that the calendar showed which is answered; 0: no such invitation was sent to this person."""
    sent = [one for one in seen.posts if one.person_id == person.person_id and one.is_letter and one.kind != "cancel"]
    told = next((one for one in sent if one.sequence == sequence and one.attempts), None)
    if told is None:
        return 0
    if told.starts_ms:
        return told.starts_ms
    return seen.state.plan.starts_ms if told.digest == digest(seen.state) else 1  # from before starts were kept


# ------------------------------------------------------------ the others


def _bounce(incoming: Incoming, arrival: Arrival, seen: Seen) -> Verdict:
    """Only a report that names our own mail counts: nobody else can silence somebody's invitations."""
    bounce, mark = incoming.bounce, seen.mark
    post = next((one for one in seen.posts if mark is not None and _is(one, mark)), None)
    if bounce is None or post is None or mark is None:
        return Verdict(replace(arrival, state="open", reason="unmatched"))
    told = f"{bounce.status} {bounce.diagnostic}".strip() or bounce.recipient
    arrival = replace(arrival, person_id=mark.person_id, text=told, state="done")
    if post.state != "sent":
        return Verdict(arrival)
    if not bounce.permanent:
        return Verdict(arrival, post=replace(post, reason="mail.delayed"))
    return Verdict(arrival, post=replace(post, state="failed", reason=NO_ADDRESS if bounce.unknown_address else told))


def _message(incoming: Incoming, arrival: Arrival, seen: Seen) -> Verdict:
    person = _marked(seen) or _person(seen.state, incoming.sender)
    if incoming.kind == "automatic":
        return Verdict(replace(arrival, person_id=person.person_id if person else "", state="done"))
    reason = "" if person is not None and incoming.sender == person.email.lower() else "sender"
    if not reason and not _is_genuine(incoming, seen):
        reason = "unverified"
    if incoming.kind == "unreadable":
        reason = "unreadable"
    return Verdict(replace(arrival, person_id=person.person_id if person else "", state="open", reason=reason))


def _is_genuine(incoming: Incoming, seen: Seen) -> bool:
    return not seen.trusted or trust.is_genuine(incoming.results, seen.trusted, incoming.sender)


def _person(state: State, address: str) -> Person | None:
    """One mailbox may be that of several people; then it is nobody's."""
    found = [one for one in state.people.values() if one.invited and one.email.lower() == address]
    return found[0] if len(found) == 1 and address else None


def _marked(seen: Seen) -> Person | None:
    return seen.state.people.get(seen.mark.person_id) if seen.mark is not None else None


def _is(post: Post, mark: Mark) -> bool:
    return (post.person_id, post.sequence, post.reminder) == (mark.person_id, mark.sequence, mark.reminder)
