"""One meeting at work: a mailbox that decides, journals, applies and tells, one wish after another.

Durable before visible: nobody hears of a fact that the journal has not kept. No rule lives here (rules.py), no socket,
no SQL. What the media plane must do because of a fact is done by a second queue, so that it never holds up the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from server.clock import Clock
from server.errors import BalaiError, Unavailable
from server.meeting import commands, facts
from server.meeting.commands import SERVER, Actor, Command
from server.meeting.facts import NumberedFact
from server.meeting.ports import Audience, Journal, MediaPlane, Source
from server.meeting.rules import decide
from server.meeting.state import State, apply
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

MAILBOX = 512
"""Wishes that may wait; more are refused with Unavailable("room.busy") and may be sent again."""

SOURCE_FACTS: dict[type[facts.Fact], tuple[Source, ...]] = {
    facts.MicrophoneSet: ("microphone",),
    facts.CameraSet: ("camera",),
    facts.ScreenSet: ("screen", "screen_audio"),
}


class Handle(Protocol):
    def cancel(self) -> None: ...


class Timer(Protocol):
    """asyncio's call_later, or a test's own."""

    def __call__(self, delay_s: float, act: Callable[[], None], /) -> Handle: ...


@dataclass(frozen=True, slots=True)
class Graces:
    """How long a lost connection may come back before its session is over."""

    lost_s: float = 8.0
    restart_s: float = 15.0  # after the server itself was away


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every room of this process shares."""

    journal: Journal
    audience: Audience
    plane: MediaPlane
    clock: Clock
    timer: Timer
    graces: Graces = Graces()


_Letter = tuple[Command, Actor, "asyncio.Future[int]"]


class Room:
    """Owner of one meeting's state. `submit` is the only way to change it."""

    def __init__(self, state: State, surroundings: Surroundings, tasks: TaskOwner) -> None:
        self.state = state
        self.used_ms = surroundings.clock.monotonic_ms()
        self._around = surroundings
        self._mailbox: asyncio.Queue[_Letter] = asyncio.Queue(MAILBOX)
        self._effects: asyncio.Queue[NumberedFact] = asyncio.Queue()
        self._graces: dict[str, Handle] = {}
        self._work = [
            tasks.start(f"mailbox.{state.meeting_id}", self._read_mailbox()),
            tasks.start(f"effects.{state.meeting_id}", self._carry_out()),
        ]

    async def submit(self, command: Command, actor: Actor) -> int:
        """The meeting's last number, once everything that the wish led to is durable. Raises what the rules raise."""
        self.used_ms = self._around.clock.monotonic_ms()
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        try:
            self._mailbox.put_nowait((command, actor, answer))
        except asyncio.QueueFull:
            raise Unavailable("room.busy") from None
        return await answer

    def post(self, command: Command) -> None:
        """A wish of the server itself that nobody waits for; refused ones have become pointless."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            self._mailbox.put_nowait((command, SERVER, answer))
        except asyncio.QueueFull:
            log.warning("room is busy", meeting=self.state.meeting_id, dropped=type(command).__name__)

    async def close(self) -> None:
        """Stop reading; wishes that still wait are refused."""
        for handle in self._graces.values():
            handle.cancel()
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        while not self._mailbox.empty():
            _, _, answer = self._mailbox.get_nowait()
            if not answer.done():
                answer.set_exception(Unavailable("room.moved"))

    # ------------------------------------------------------------ the mailbox

    async def _read_mailbox(self) -> None:
        while True:
            command, actor, answer = await self._mailbox.get()
            try:
                number = await self._obey(command, actor)
            except BalaiError as refusal:
                if not answer.done():
                    answer.set_exception(refusal)
            except asyncio.CancelledError:
                if not answer.done():
                    answer.set_exception(Unavailable("room.moved"))
                raise
            else:
                if not answer.done():
                    answer.set_result(number)

    async def _obey(self, command: Command, actor: Actor) -> int:
        now_ms = self._around.clock.now_ms()
        decided = decide(self.state, command, actor, now_ms)
        if not decided:
            return self.state.number
        before = self.state
        numbered = await self._around.journal.append(before.meeting_id, before.number, now_ms, decided)
        state = before
        for one in numbered:
            state = apply(state, one)
        self.state = state
        self._around.audience.facts(before.meeting_id, numbered)
        self._told(before, numbered)
        return state.number

    def _told(self, before: State, numbered: Sequence[NumberedFact]) -> None:
        """What follows from facts outside the record."""
        for one in numbered:
            fact = one.fact
            if isinstance(fact, facts.Left):
                self._end_grace(fact.session_id)
                if fact.reason in ("removed", "replaced", "closed"):
                    self._around.audience.dismissed(before.meeting_id, fact.session_id, fact.reason)
            if isinstance(fact, (facts.Left, *SOURCE_FACTS)):
                self._effects.put_nowait(one)

    # ------------------------------------------------------------ what the media plane must do

    async def _carry_out(self) -> None:
        while True:
            fact = (await self._effects.get()).fact
            try:
                if isinstance(fact, facts.Left):
                    await self._around.plane.dismiss(fact.session_id)
                elif isinstance(fact, (facts.MicrophoneSet, facts.CameraSet, facts.ScreenSet)):
                    await self._switch(fact.session_id, SOURCE_FACTS[type(fact)], fact.on)
            except BalaiError as error:  # the media process restarts, or the stream went first: nothing is owed
                log.debug("media effect came too late", fact=type(fact).__name__, code=error.code)

    async def _switch(self, session_id: str, sources: Sequence[Source], on: bool) -> None:
        for producer in self._around.plane.producers(self.state.meeting_id):
            if producer.session_id == session_id and producer.source in sources:
                await self._around.plane.set_paused(producer.producer_id, not on)

    # ------------------------------------------------------------ connections that drop

    def session_lost(self, session_id: str, after_restart: bool = False) -> None:
        """Its connection dropped: unless it is resumed within the grace, it left when it was last heard of."""
        if session_id not in self.state.sessions:
            return
        self._end_grace(session_id)
        since_ms = self._around.clock.now_ms()
        graces = self._around.graces
        leave = commands.Leave(session_id, "lost", since_ms)
        delay_s = graces.restart_s if after_restart else graces.lost_s
        self._graces[session_id] = self._around.timer(delay_s, lambda: self.post(leave))

    def session_resumed(self, session_id: str) -> None:
        self._end_grace(session_id)

    def _end_grace(self, session_id: str) -> None:
        handle = self._graces.pop(session_id, None)
        if handle is not None:
            handle.cancel()
