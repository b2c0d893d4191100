"""Who speaks, from RFC 6464 audio levels. No I/O."""

from __future__ import annotations

from server.rtp.voices import Voices

RISE = 0.25  # share of a new level taken over per packet (20 ms) when it is louder ...
FALL = 0.04  # ... and when it is softer: pauses between words do not end a turn
SPEAKS_AT = 77  # 127 - dBov: -50 dBov
SILENT_AT = 67
QUIET_AFTER_MS = 400  # no packets (muted, DTX): silent
LEAD = 6  # dB by which another must be louder ...
LEAD_MS = 600  # ... for so long
HOLD_MS = 1000  # a turn lasts at least this long
MOST_TURNS = 30  # remembered


class _Source:
    __slots__ = ("heard_ms", "leads_since_ms", "score", "speaking")

    def __init__(self) -> None:
        self.score = 0.0
        self.heard_ms = 0
        self.speaking = False
        self.leads_since_ms: int | None = None


class Loudness:
    """One per room. level_dbov: 0 loudest .. 127 silence (the low seven bits of the extension)."""

    __slots__ = ("_since_ms", "_sources", "_speaker", "_speaking", "_turns", "voices")

    def __init__(self, voices: Voices | None = None) -> None:
        #: whose sound is forwarded
        self.voices = voices or Voices()
        self._turns: list[str] = []
        self._sources: dict[str, _Source] = {}
        self._speaker: str | None = None
        self._speaking: tuple[str, ...] = ()
        self._since_ms = 0

    def level(self, source: str, level_dbov: int, now_ms: int) -> bool:
        """One packet's level byte; the only verb on a packet's path. True: forward it."""
        state = self._sources.get(source)
        if state is None:
            state = self._sources[source] = _Source()
        loud = 127 - (level_dbov & 0x7F)
        score = state.score
        state.score = score + (loud - score) * (RISE if loud > score else FALL)
        state.heard_ms = now_ms
        return self.voices.heard(source, level_dbov, now_ms)

    def remove(self, source: str) -> None:
        """The source is gone; `tick` tells of the change."""
        self._sources.pop(source, None)
        self.voices.remove(source)
        if source in self._turns:
            self._turns.remove(source)

    def tick(self, now_ms: int) -> bool:
        """Every 100 ms or so. True when the speaker or the set of speaking sources changed."""
        for state in self._sources.values():
            if now_ms - state.heard_ms > QUIET_AFTER_MS:
                state.score = 0.0
            state.speaking = state.score >= (SILENT_AT if state.speaking else SPEAKS_AT)
        speaking = tuple(sorted(name for name, state in self._sources.items() if state.speaking))
        speaker = self._next_speaker(now_ms)
        changed = speaking != self._speaking or speaker != self._speaker
        self.voices.tick({name: state.score for name, state in self._sources.items()})
        if speaker != self._speaker:
            self._since_ms = now_ms
            self._took_turn(speaker)
            for state in self._sources.values():
                state.leads_since_ms = None
        self._speaking = speaking
        self._speaker = speaker
        return changed

    def _next_speaker(self, now_ms: int) -> str | None:
        held = self._sources.get(self._speaker) if self._speaker is not None else None
        speaking = {name: state for name, state in self._sources.items() if state.speaking}
        if held is None:
            return max(speaking, key=lambda name: (speaking[name].score, name), default=None)
        # Silence does not take the turn away: who spoke last stays until somebody else does.
        best: str | None = None
        for name, state in speaking.items():
            if state is held:
                continue
            if held.speaking and state.score < held.score + LEAD:
                state.leads_since_ms = None
                continue
            if state.leads_since_ms is None:
                state.leads_since_ms = now_ms
            ready = not held.speaking or now_ms - state.leads_since_ms >= LEAD_MS
            if ready and (best is None or state.score > speaking[best].score):
                best = name
        for state in self._sources.values():
            if not state.speaking:
                state.leads_since_ms = None
        if best is None or now_ms - self._since_ms < HOLD_MS:
            return self._speaker
        return best

    def _took_turn(self, speaker: str | None) -> None:
        if speaker is None:
            return
        if speaker in self._turns:
            self._turns.remove(speaker)
        self._turns.insert(0, speaker)
        del self._turns[MOST_TURNS:]

    def place(self, source: str) -> int:
        """Among those who spoke last: 0 has the turn; MOST_TURNS: not for long."""
        return self._turns.index(source) if source in self._turns else MOST_TURNS

    @property
    def speaker(self) -> str | None:
        """Who has the turn; who spoke last, when all are silent; None before anybody spoke."""
        return self._speaker

    @property
    def speaking(self) -> tuple[str, ...]:
        """Everybody who makes sound above -50 dBov, in the order of their names."""
        return self._speaking

    def levels(self) -> dict[str, int]:
        """Who speaks now -> loudness 0..100, loudest first."""
        loud = sorted(
            ((self._sources[name].score, name) for name in self._speaking if name in self._sources), reverse=True
        )
        return {name: min(100, round(score * 100 / 127)) for score, name in loud}
