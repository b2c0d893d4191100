"""What has arrived of one incoming stream, what is missing, and when to ask for it again. No I/O."""

from __future__ import annotations

from array import array

NEW = 0  #: newer than everything before
LATE = 1  #: fills a hole, or came in the wrong order
DUPLICATE = 2  #: seen before: do not forward
STALE = 3  #: so old that nobody knows: do not forward

SEEN = 1024  # power of two; numbers remembered to tell duplicates
FORGET_AFTER = 600  # packets: the picture has moved on
ROUNDS = 10
ASKS_PER_ROUND = 2  # a question may be lost as well; whoever got both sends once (libwebrtc: not again in a round trip)
ASK_AT_MOST = ROUNDS * ASKS_PER_ROUND
HOLES_PER_PACKET = 8  # on the long run; a line that loses more cannot be repaired, and asking for it costs both sides
MIN_INTERVAL_MS = 20  # again no sooner, however near the sender is
MAX_INTERVAL_MS = 500


class NackGenerator:
    """Asks at once, twice, again each round trip, ten times; forgets a hole after 600 packets. Bounded, whatever comes.

    How long an answer takes is learnt from those that came after the first round (Karn's rule): what else is known of a
    sender's round trip is its handshake's, long ago, and a line gets worse meanwhile.
    """

    __slots__ = ("_answer_ms", "_credit", "_holes", "_lost", "_seen", "_spread_ms", "highest")

    def __init__(self) -> None:
        #: highest number so far, unwrapped (the first is one wrap up); -1 before the first
        self.highest = -1
        self._seen = array("q", b"\xff" * (8 * SEEN))
        #: unwrapped -> [times asked, when last, when first], in ascending order
        self._holes: dict[int, list[int]] = {}
        self._lost = False
        self._credit = FORGET_AFTER  # holes that may be opened: a few per packet that came, a burst now and then
        self._answer_ms = self._spread_ms = -1.0  # from question to answer, smoothed as in RFC 6298 2; -1: unknown

    def receive(self, sequence: int, now_ms: int, *, repaired: bool = False) -> int:
        """NEW, LATE, DUPLICATE or STALE. repaired: it came as RTX; sequence is its original number."""
        highest = self.highest
        unwrapped = sequence + 0x10000
        if highest >= 0:
            unwrapped = highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
        seen = self._seen
        slot = unwrapped & 1023
        if unwrapped > highest:
            self.highest = unwrapped
            seen[slot] = unwrapped
            if self._credit < FORGET_AFTER:
                self._credit = min(FORGET_AFTER, self._credit + HOLES_PER_PACKET)
            if highest >= 0 and unwrapped - highest > 1:
                self._open_holes(highest + 1, unwrapped)
            if self._holes:
                self._forget(unwrapped - FORGET_AFTER)
            return NEW
        if unwrapped <= highest - SEEN:
            return STALE
        if seen[slot] == unwrapped:
            return DUPLICATE
        seen[slot] = unwrapped
        hole = self._holes.pop(unwrapped, None)
        if repaired and hole is not None and 0 < hole[0] <= ASKS_PER_ROUND:
            self._answered(now_ms - hole[2])
        return LATE

    def _answered(self, took_ms: int) -> None:
        if self._answer_ms < 0:
            self._answer_ms, self._spread_ms = float(took_ms), took_ms / 2
            return
        self._spread_ms += (abs(took_ms - self._answer_ms) - self._spread_ms) / 4
        self._answer_ms += (took_ms - self._answer_ms) / 8

    def interval_ms(self, rtt_ms: int) -> int:
        """From one round of questions to the next; rtt_ms: what is believed before anything was answered."""
        if self._answer_ms >= 0:
            rtt_ms = int(self._answer_ms + self._spread_ms)
        return min(MAX_INTERVAL_MS, max(MIN_INTERVAL_MS, rtt_ms))

    def follow(self, count: int) -> None:
        """`count` packets came, each the next in order, while nothing was missing: as if each had been received."""
        seen = self._seen
        first = self.highest + 1
        for unwrapped in range(first, first + count):
            seen[unwrapped & 1023] = unwrapped
        self.highest += count
        self._credit = min(FORGET_AFTER, self._credit + count * HOLES_PER_PACKET)

    def _open_holes(self, first: int, end: int) -> None:
        if end - first > min(FORGET_AFTER, self._credit):
            self._holes.clear()
            self._lost = True
            return
        self._credit -= end - first
        for number in range(first, end):
            self._holes[number] = [0, 0, 0]

    def _forget(self, oldest: int) -> None:
        holes = self._holes
        while holes:
            first = next(iter(holes))
            if first >= oldest:
                return
            del holes[first]
            self._lost = True

    def due(self, now_ms: int, rtt_ms: int) -> list[int]:
        """Sequence numbers to ask for now, ascending; empty almost always. After receiving and on a timer (20 ms)."""
        if not self._holes:
            return []
        interval_ms = max(MIN_INTERVAL_MS, self.interval_ms(rtt_ms) - MIN_INTERVAL_MS * (ASKS_PER_ROUND - 1))
        ask: list[int] = []
        gone: list[int] = []
        for number, state in self._holes.items():
            count, last_ms, _ = state
            wait_ms = MIN_INTERVAL_MS if count % ASKS_PER_ROUND else interval_ms
            if count and now_ms - last_ms < wait_ms:
                continue
            if count >= ASK_AT_MOST:
                gone.append(number)
                continue
            if not count:
                state[2] = now_ms
            state[0] = count + 1
            state[1] = now_ms
            ask.append(number & 0xFFFF)
        for number in gone:
            del self._holes[number]
            self._lost = True
        return ask

    @property
    def waiting(self) -> bool:
        """Is anything missing (so that the timer is needed)?"""
        return bool(self._holes)

    @property
    def lost(self) -> bool:
        """Was something given up since the last `take_lost`?"""
        return self._lost

    def take_lost(self) -> bool:
        """True once after something was given up: a key frame is needed (video)."""
        lost = self._lost
        self._lost = False
        return lost

    def key_frame(self, sequence: int) -> None:
        """A key frame starts here: holes before it no longer matter."""
        if self._holes:
            start = self.highest + ((sequence - self.highest + 0x8000) & 0xFFFF) - 0x8000
            for number in [number for number in self._holes if number < start]:
                del self._holes[number]
        self._lost = False

    def missing(self, sequence: int) -> bool:
        """Is this number a hole that came from upstream (and a viewer's NACK for it must wait)?"""
        return self.highest + ((sequence - self.highest + 0x8000) & 0xFFFF) - 0x8000 in self._holes
