"""Several wishes decided one after the other, to be written at once. Pure: nothing of it has happened yet."""

from __future__ import annotations

from dataclasses import dataclass

from server.errors import BalaiError
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact, NumberedFact
from server.meeting.procedure import follows
from server.meeting.rules import decide
from server.meeting.state import State, apply


@dataclass(frozen=True, slots=True)
class Outcome:
    """The facts of one wish are led_to[first:end] of its batch, or it was refused."""

    first: int = 0
    end: int = 0
    error: BalaiError | None = None


class Batch:
    """Each wish is decided on the `state` that those before it lead to."""

    def __init__(self, state: State, now_ms: int) -> None:
        self.state = state
        self.led_to: list[Fact] = []
        self._now_ms = now_ms

    def take(self, command: Command, actor: Actor) -> Outcome:
        """A refusal changes nothing, and harms no other wish."""
        first = len(self.led_to)
        try:
            led_to = decide(self.state, command, actor, self._now_ms)
        except BalaiError as error:
            return Outcome(error=error)
        for fact in led_to:
            self._happen(fact)
        while led_to and (next_one := follows(self.state)) is not None:
            self._happen(next_one)
        return Outcome(first, len(self.led_to))

    def _happen(self, fact: Fact) -> None:
        self.state = apply(self.state, NumberedFact(self.state.number + 1, self._now_ms, fact))
        self.led_to.append(fact)
