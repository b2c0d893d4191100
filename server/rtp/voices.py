"""Which microphones are forwarded in a large room: those who spoke last, and at once whoever begins. No I/O.

A microphone outside costs its decryption only. Nobody inside is put out while speaking, so that no syllable is cut; who
begins takes the place of who has been silent longest, with the very packet that is loud.
"""

from __future__ import annotations

from collections.abc import Mapping

WAKES_AT = 55  # dBov below full scale: louder is somebody who speaks ...
VOICE_AT = 65  # ... or softer, when the browser heard a voice in it (RFC 6464 3: the V bit)
HOLD_MS = 1_000  # a pause between two words does not cost the place
LEAD = 8  # dB (smoothed) by which somebody outside must be louder than the softest inside, when all speak

ALL = 0


class Voices:
    """One per room. most: streams forwarded, ALL: every one; above: rooms of so many microphones forward all."""

    __slots__ = ("_inside", "_loud_ms", "above", "limited", "most")

    def __init__(self, most: int = ALL, above: int = 0) -> None:
        self.most = most
        self.above = above
        self.limited = False
        self._loud_ms: dict[str, int] = {}
        self._inside: set[str] = set()

    def heard(self, source: str, level: int, now_ms: int) -> bool:
        """One packet; level: the whole byte of the extension. True: forward it."""
        softness = level & 0x7F
        loud = softness <= WAKES_AT or (level >= 0x80 and softness <= VOICE_AT)
        if loud:
            self._loud_ms[source] = now_ms
        if not self.limited or source in self._inside:
            return True
        return loud and self._enters(source, now_ms)

    def _enters(self, source: str, now_ms: int) -> bool:
        inside = self._inside
        if len(inside) >= self.most:
            quietest = min(inside, key=lambda one: (self._loud_ms.get(one, -1), one))
            if now_ms - self._loud_ms.get(quietest, now_ms - HOLD_MS) < HOLD_MS:
                return False
            inside.discard(quietest)
        inside.add(source)
        return True

    def forwards(self, source: str) -> bool:
        return not self.limited or source in self._inside

    def remove(self, source: str) -> None:
        self._loud_ms.pop(source, None)
        self._inside.discard(source)

    def tick(self, scores: Mapping[str, float]) -> None:
        """Every quarter of a second. scores: every microphone's smoothed loudness, 0..127."""
        limited = self.most != ALL and len(scores) > max(self.above, self.most)
        if limited and not self.limited:
            latest = sorted(scores, key=lambda one: (-self._loud_ms.get(one, -1), one))
            self._inside = set(latest[: self.most])
        self.limited = limited
        if not limited:
            return
        outside = [one for one in scores if one not in self._inside]
        if not outside or len(self._inside) < self.most:
            return
        loudest = max(outside, key=lambda one: (scores[one], one))
        softest = min(self._inside, key=lambda one: (scores.get(one, 0.0), one))
        if scores[loudest] > scores.get(softest, 0.0) + LEAD and scores[loudest] >= 127 - WAKES_AT:
            self._inside.discard(softest)
            self._inside.add(loudest)
