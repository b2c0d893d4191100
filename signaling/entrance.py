"""Coming into a room: anew, again after a dropped line, or by way of the waiting room. Socket.IO is unknown here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from server.clock import Clock
from server.errors import BalaiError, NotFound, Refused, Unavailable
from server.identity.ports import Admission
from server.meeting import commands
from server.meeting.commands import Actor
from server.meeting.ports import MediaPlane
from signaling import translate
from signaling.messages import Resume
from signaling.outbox import Outbox
from signaling.ports import Meetings
from signaling.sessions import SessionSecrets, new_session_id
from signaling.translate import Wire
from signaling.watchers import Watcher, Watchers


def waiting_id(admission: Admission) -> str:
    """Under which this one waits: a guest's request, or the person who was invited."""
    return admission.waiting_id or admission.person_id


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who stands at the door, and how to reach them. `say_goodbye(code)` ends their connection with a sentence."""

    admission: Admission
    person_id: str
    outbox: Outbox
    say_goodbye: Callable[[str], None]

    @property
    def meeting_id(self) -> str:
        return self.admission.meeting_id

    def actor(self, session_id: str) -> Actor:
        return Actor(self.person_id, session_id, self.admission.account_id, self.admission.office_role)


@dataclass(frozen=True, slots=True)
class Entered:
    """`welcome` is the answer to `enter`."""

    watcher: Watcher
    actor: Actor
    welcome: Wire


class Entrance:
    """One for all rooms."""

    def __init__(
        self, meetings: Meetings, plane: MediaPlane, watchers: Watchers, secrets: SessionSecrets, clock: Clock
    ) -> None:
        self._meetings = meetings
        self._plane = plane
        self._watchers = watchers
        self._secrets = secrets
        self._clock = clock

    async def person_of(self, admission: Admission) -> str:
        """Whom the ticket stands for, "" while still waiting."""
        await self._meetings.ready(admission.meeting_id)
        if admission.person_id:
            return admission.person_id
        return self._meetings.person_of_guest(admission.meeting_id, admission.waiting_id) or ""

    def must_wait(self, admission: Admission, person_id: str) -> bool:
        return self._meetings.must_wait(admission.meeting_id, person_id)

    def told_waiting(self, admission: Admission) -> str:
        return self._meetings.told_waiting(admission.meeting_id)

    async def ask(self, admission: Admission) -> None:
        """Somebody asks to be let in; asking again changes nothing. Refused when they were refused."""
        wish = commands.AskToEnter(
            waiting_id(admission),
            admission.guest_name,
            admission.guest_office,
            admission.guest_function,
            "account" if admission.account_id else "link",
        )
        await self._meetings.submit(admission.meeting_id, Actor(), wish)

    async def stop_asking(self, admission: Admission) -> None:
        wish = commands.StopWaiting(waiting_id(admission))
        await self._meetings.submit(admission.meeting_id, Actor(), wish)

    async def enter(self, one: Newcomer, resume: Resume | None) -> Entered:
        """Resume where that is possible, else join anew. From here on the watcher gets every fact after the number in
        the welcome (a few before it may come twice: readers skip what they have)."""
        if resume is not None and self._is_standing(one, resume):
            return await self._again(one, resume)
        return await self._anew(one)

    def _is_standing(self, one: Newcomer, resume: Resume) -> bool:
        """A wrong secret is no fault: the ticket has said who it is already, so they come in anew."""
        meeting_id, session_id = one.meeting_id, resume.session_id
        role = self._meetings.role(meeting_id, one.person_id)
        return (
            role is not None
            and self._secrets.fits(resume.secret, meeting_id, one.person_id, role, session_id)
            and self._meetings.person_of_session(meeting_id, session_id) == one.person_id
            and resume.after <= self._meetings.number(meeting_id)
        )

    async def _again(self, one: Newcomer, resume: Resume) -> Entered:
        meeting_id, session_id = one.meeting_id, resume.session_id
        self._meetings.session_resumed(meeting_id, session_id)
        watcher = self._watch(one, session_id)
        missed = await self._meetings.facts_after(meeting_id, resume.after)
        seen = self._watchers.seen_by(watcher, missed)
        number = max(resume.after, missed[-1].number if missed else 0)
        kept = bool(resume.epoch) and resume.epoch == self._plane.epoch_of(meeting_id)
        kept = kept and session_id in self._plane.sessions(meeting_id)
        media: Wire | str | None = "kept" if kept else await self._ticket(watcher)
        if kept:
            with contextlib.suppress(Unavailable, NotFound):  # gone in this very moment: the client will hear of it
                await self._plane.tell_again(session_id)
        return Entered(watcher, one.actor(session_id), self._welcome(watcher, number, media) | {"facts": seen})

    async def _anew(self, one: Newcomer) -> Entered:
        meeting_id, session_id = one.meeting_id, new_session_id()
        actor = one.actor(session_id)
        await self._meetings.submit(meeting_id, actor, commands.Join(session_id))
        # No await between these lines: the snapshot's number and the first fact that is queued fit together.
        watcher = self._watch(one, session_id)
        number = self._meetings.number(meeting_id)
        snapshot = dict(self._meetings.snapshot(meeting_id, one.person_id))
        media = await self._ticket(watcher)
        return Entered(watcher, actor, self._welcome(watcher, number, media) | {"snapshot": snapshot})

    def lost(self, watcher: Watcher) -> None:
        """Its connection is gone: the grace begins, unless another connection carries the session on already."""
        if self._watchers.unwatch(watcher):
            self._meetings.session_lost(watcher.meeting_id, watcher.session_id)

    def _watch(self, one: Newcomer, session_id: str) -> Watcher:
        role = self._meetings.role(one.meeting_id, one.person_id)
        if role is None:
            raise Refused("meeting.not_invited")
        before = self._watchers.watching(one.meeting_id, session_id)
        watcher = Watcher(one.meeting_id, session_id, one.person_id, role, one.outbox, one.say_goodbye)
        self._watchers.watch(watcher)
        if before is not None:
            before.outbox.abandon()
        return watcher

    async def _ticket(self, watcher: Watcher) -> Wire | None:
        """None while the media process is down; the meeting does not wait for it."""
        try:
            return translate.ticket(await self._plane.admit(watcher.meeting_id, watcher.session_id))
        except Unavailable:
            return None
        except BalaiError:
            self.lost(watcher)
            raise

    def _welcome(self, watcher: Watcher, number: int, media: Wire | str | None) -> Wire:
        meeting_id, session_id = watcher.meeting_id, watcher.session_id
        return {
            "you": {
                "person_id": watcher.person_id,
                "session_id": session_id,
                "secret": self._secrets.secret(meeting_id, watcher.person_id, watcher.role, session_id),
                "role": watcher.role,
            },
            "now_ms": self._clock.now_ms(),
            "number": number,
            "media": media,
            "producers": [translate.producer(one) for one in self._plane.producers(meeting_id)],
            "loudness": dict(self._meetings.loudness(meeting_id)),
        }
