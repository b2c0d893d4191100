"""What was sent to one viewer, by output sequence number: numbers and a storage handle only, never bytes."""

from __future__ import annotations

from array import array
from typing import NamedTuple

SIZE = 1024
_MASK = SIZE - 1
MIN_INTERVAL_MS = 10  # on a local line the round trip is near nothing, and a packet sent twice in it is wasted
MAX_RESENDS = 10


class Sent(NamedTuple):
    """handle as given to `put`; the numbers that were written (picture_id and tl0 -1 when absent)."""

    handle: int
    timestamp: int
    picture_id: int
    tl0: int


class History:
    """Ring of the last 1,024 packets sent. Arrays, not objects: a room holds hundreds of these."""

    __slots__ = ("_keys", "_resends", "_stamps", "_vp8")

    def __init__(self) -> None:
        self._keys = array("Q", bytes(8 * SIZE))  # (handle + 1) << 16 | sequence; 0: empty
        self._stamps = array("I", bytes(4 * SIZE))
        self._vp8 = array("i", bytes(4 * SIZE))
        self._resends: dict[int, tuple[int, int]] = {}  # slot -> (when, how often); cleared with the slot

    def put(self, sequence: int, handle: int, timestamp: int, picture_id: int = -1, tl0: int = -1) -> None:
        """handle: where the source packet is kept, 0 <= handle < 2**40. picture_id 15 bits, tl0 8 bits, -1 absent."""
        slot = sequence & _MASK
        self._keys[slot] = (handle + 1) << 16 | sequence
        self._stamps[slot] = timestamp
        self._vp8[slot] = (picture_id + 1) << 9 | (tl0 + 1)
        if self._resends:
            self._resends.pop(slot, None)

    def find(self, sequence: int) -> Sent | None:
        """What was sent under this number, or None when unknown or overwritten."""
        slot = sequence & _MASK
        key = self._keys[slot]
        if key == 0 or key & 0xFFFF != sequence:
            return None
        vp8 = self._vp8[slot]
        return Sent((key >> 16) - 1, self._stamps[slot], (vp8 >> 9) - 1, (vp8 & 0x1FF) - 1)

    def resend(self, sequence: int, now_ms: int, rtt_ms: int) -> Sent | None:
        """What to send again, or None: unknown, too old, resent under a round trip (10 ms) ago, or ten times."""
        sent = self.find(sequence)
        if sent is None:
            return None
        slot = sequence & _MASK
        last = self._resends.get(slot)
        count = 0
        if last is not None:
            last_ms, count = last
            if count >= MAX_RESENDS or now_ms - last_ms < max(rtt_ms, MIN_INTERVAL_MS):
                return None
        self._resends[slot] = (now_ms, count + 1)
        return sent

    def clear(self) -> None:
        """Forget everything (the viewer's stream was closed or its source packets were freed)."""
        self._keys = array("Q", bytes(8 * SIZE))
        self._resends.clear()


class Resends:
    """How often each number was sent again to one viewer, for those who keep the packets themselves."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent: dict[int, tuple[int, int]] = {}  # sequence -> (when, how often), oldest first

    def allow(self, sequence: int, now_ms: int, rtt_ms: int) -> int:
        """For the how manieth time it may be sent now, which counts as sent; 0: not, as it was sent less than half a
        round trip (10 ms) ago, or ten times.

        Half: a viewer asks again after a round trip of its own, which jitter makes shorter than what is known here; and
        who passes over a question whose answer was lost makes it wait for one more.
        """
        last_ms, count = self._sent.pop(sequence, (now_ms, 0))
        if count and (count >= MAX_RESENDS or now_ms - last_ms < max(rtt_ms // 2, MIN_INTERVAL_MS)):
            self._sent[sequence] = (last_ms, count)
            return 0
        self._sent[sequence] = (now_ms, count + 1)
        if len(self._sent) > SIZE:
            del self._sent[next(iter(self._sent))]
        return count + 1
