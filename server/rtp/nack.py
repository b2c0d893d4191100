"""What has arrived of one incoming stream, what is missing, and when to ask for it again. No I/O."""

from __future__ import annotations

from array import array

NEW = 0  #: newer than everything before
LATE = 1  #: fills a hole, or came in the wrong order
DUPLICATE = 2  #: seen before: do not forward
STALE = 3  #: so old that nobody knows: do not forward

SEEN = 1024  # power of two; numbers remembered to tell duplicates
FORGET_AFTER = 600  # packets: the picture has moved on
ASK_AT_MOST = 10
HOLES_PER_PACKET = 8  # on the long run; a line that loses more cannot be repaired, and asking for it costs both sides
MIN_INTERVAL_MS = 20  # again no sooner, however near the sender is


class NackGenerator:
    """Asks at once, again each round trip, ten times; forgets a hole after 600 packets. Bounded whatever arrives."""

    __slots__ = ("_credit", "_holes", "_lost", "_seen", "highest")

    def __init__(self) -> None:
        #: highest number so far, unwrapped (the first is one wrap up); -1 before the first
        self.highest = -1
        self._seen = array("q", b"\xff" * (8 * SEEN))
        self._holes: dict[int, list[int]] = {}  # unwrapped -> [times asked, when], in ascending order
        self._lost = False
        self._credit = FORGET_AFTER  # holes that may be opened: a few per packet that came, a burst now and then

    def receive(self, sequence: int, now_ms: int) -> int:
        """NEW, LATE, DUPLICATE or STALE. Give repaired packets (RTX) too, with their original number."""
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
        self._holes.pop(unwrapped, None)
        return LATE

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
            self._holes[number] = [0, 0]

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
        interval = max(rtt_ms, MIN_INTERVAL_MS)
        ask: list[int] = []
        gone: list[int] = []
        for number, state in self._holes.items():
            count, when = state
            if count and now_ms - when < interval:
                continue
            if count >= ASK_AT_MOST:
                gone.append(number)
                continue
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
